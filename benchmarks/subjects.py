"""The command line of the benchmarks, and the directories of several sizes that they measure side by side."""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine, rounds, served
from benchmarks.outcome import keep
from benchmarks.questions import Question
from tests.config.site import Site

NOISY = 0.15
"""The bare view's rates may differ so much, of their median, before a run counts as noisy."""


@dataclass
class Subject:
    """One directory under measurement, and what was found out about it inside its own process."""

    size: int
    asker: served.Asker
    site: Site
    inside: dict[str, Any]
    points: list[Question]
    fresh: Iterator[Question]

    def asking(self, addresses: Iterator[str]) -> Callable[[], None]:
        """A call that asks for the next address."""

        def ask() -> None:
            self.asker.get(next(addresses))

        return ask


def measure(
    name: str,
    text: str,
    arguments: list[str] | None,
    *,
    sides_of: Callable[[Subject], dict[str, Callable[[], None]]],
    result_of: Callable[[Subject, rounds.Rates], dict[str, Any]],
    growing: tuple[str, ...],
) -> int:
    """Serve every size, check the answers, let all sides take turns, print the result; the exit code.

    `growing` names the sides whose time is compared across sizes.
    """
    asked = options(text, arguments)
    with ExitStack() as stack:
        measured = served_side_by_side(stack, asked)
        if wrong_answers(measured):
            return 1
        sides = {side: call for subject in measured for side, call in sides_of(subject).items()}
        rates = rounds.interleaved(sides, rounds=asked.rounds, seconds=asked.seconds)
        result = {
            **head(name, asked, rates),
            "sizes": {subject.size: result_of(subject, rates) for subject in measured},
            "growth": growth(measured, rates, growing),
        }
    return finish(result, asked)


def options(text: str, arguments: list[str] | None) -> argparse.Namespace:
    """What was asked for on the command line. `text`: the help."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--sizes", type=_sizes, default=[6_000, 100_000], help="clinics, with commas between")
    add("--rounds", type=int, default=5)
    add("--seconds", type=float, default=2.0, help="for each side of a round")
    add("--folder", type=Path, default=Path("var/benchmarks"), help="where the directories are kept")
    add("--database-url", default="", help="of existing databases, {size} in its name; SQLite without")
    add("--out", type=Path, help="a file for the result, besides stdout")
    return parser.parse_args(arguments)


def _sizes(text: str) -> list[int]:
    return [int(size) for size in text.split(",")]


def served_side_by_side(stack: ExitStack, asked: argparse.Namespace) -> list[Subject]:
    """One web server for each size. The servers share a processor, this process takes another."""
    os.sched_setaffinity(0, {(os.cpu_count() or 1) - 1})
    return [_subject(stack, size, asked) for size in asked.sizes]


def _subject(stack: ExitStack, size: int, asked: argparse.Namespace) -> Subject:
    place = served.prepared(asked.folder.resolve(), size, asked.database_url.format(size=size))
    site = stack.enter_context(served.serving(place))
    inside = json.loads(place.do("-m", "benchmarks.inside", str(place.port)))
    points = [Question(*point) for point in inside.pop("questions")]
    fresh = iter([Question(*point) for point in inside.pop("unique")])
    return Subject(size, served.Asker(place.port), site, inside, points, fresh)


def wrong_answers(subjects: list[Subject]) -> bool:
    """Whether an answer differs from a row-by-row reckoning; says which on stderr."""
    faults = [f"{subject.size}: {fault}" for subject in subjects for fault in subject.inside["wrong"]]
    print("\n".join(faults[:20]), file=sys.stderr, end="\n" if faults else "")
    return bool(faults)


def head(name: str, asked: argparse.Namespace, rates: rounds.Rates) -> dict[str, Any]:
    """What every result begins with."""
    bare = [each for side, each in rates.items() if side.endswith(" bare")]
    spread = max((max(each) - min(each)) / statistics.median(each) for each in bare)
    return {
        "benchmark": name,
        "engine": "PostgreSQL" if asked.database_url else "SQLite",
        "machine": machine.describe(),
        "rounds": asked.rounds,
        "seconds": asked.seconds,
        "spread of bare": round(spread, 3),
        "noisy": spread > NOISY,
    }


def per_second(rates: rounds.Rates, size: int) -> dict[str, float]:
    """Median answers a second of each side of one size."""
    mine = {name: each for name, each in rates.items() if name.startswith(f"{size} ")}
    return {name: round(statistics.median(each), 1) for name, each in mine.items()}


def growth(subjects: list[Subject], rates: rounds.Rates, sides: tuple[str, ...]) -> dict[str, Any]:
    """How many times as long an answer of a larger directory takes as one of the smallest."""
    smallest, *larger = sorted(subjects, key=lambda subject: subject.size)
    return {
        f"{side} {each.size} / {smallest.size}": rounds.ratios(
            rates, f"{smallest.size} {side}", f"{each.size} {side}"
        )
        for each in larger
        for side in sides
    }


def finish(result: dict[str, Any], asked: argparse.Namespace) -> int:
    """Print the result and keep it; 3 if the machine was too busy for it to count, else 0."""
    keep(result, asked.out)
    return 3 if result["noisy"] else 0
