"""How long a search takes, as a multiple of the least that a view can do behind the same server and middleware.

    python -m benchmarks.search [--sizes 6000,100000] [--rounds 5] [--seconds 2] [--folder DIR] [--out FILE]
                                [--database-url postgres://.../cairn_{size}]

Answers are compared with a row-by-row reckoning first. Every size is served by a process of its own, and all sides
take turns. "warm": the same 400 points again and again. "unique": points nobody asked from before, so that no
remembered count can answer. The server has one processor, the client the other. Results end as JSON on stdout.
"""

import argparse
import itertools
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine, rounds, served
from benchmarks.questions import Question

API, PAGE = "/api/v1/clinics/?", "/search/?"


@dataclass
class Subject:
    """One directory under measurement, and what was found out about it inside its own process."""

    size: int
    asker: served.Asker
    site: Any
    inside: dict[str, Any]


def main(arguments: list[str] | None = None) -> int:
    """0; 1 if an answer was wrong; 3 if the machine was too busy to measure anything."""
    options = _options(arguments)
    with ExitStack() as stack:
        subjects = [_subject(stack, size, options) for size in options.sizes]
        if wrong := [fault for subject in subjects for fault in subject.inside["wrong"]]:
            print("\n".join(wrong[:20]), file=sys.stderr)
            return 1
        sides = {name: call for subject in subjects for name, call in _sides(subject).items()}
        rates = rounds.interleaved(sides, rounds=options.rounds, seconds=options.seconds)
        result = _result(subjects, rates, options)
    text = json.dumps(result, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n")
    return 3 if result["noisy"] else 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sizes = [6_000, 100_000]
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=sizes)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each side of a round")
    parser.add_argument(
        "--folder", type=Path, default=Path("var/benchmarks"), help="where the directories are kept"
    )
    parser.add_argument(
        "--database-url", default="", help="of existing databases, {size} in its name; else SQLite"
    )
    parser.add_argument("--out", type=Path)
    return parser.parse_args(arguments)


def _subject(stack: ExitStack, size: int, options: argparse.Namespace) -> Subject:
    place = served.prepared(options.folder.resolve(), size, options.database_url.format(size=size))
    site = stack.enter_context(served.serving(place))
    os.sched_setaffinity(0, {os.cpu_count() - 1} if (os.cpu_count() or 1) > 1 else {0})  # type: ignore[operator]
    inside = json.loads(place.do("-m", "benchmarks.inside", str(place.port)))
    return Subject(size, served.Asker(place.port), site, inside)


def _sides(subject: Subject) -> dict[str, Callable[[], None]]:
    """What takes turns. The questions were asked once each beforehand: they are warm."""
    points = [Question(*point) for point in subject.inside.pop("questions")]
    fresh = (Question(*point) for point in subject.inside.pop("unique"))
    name = f"{subject.size}"
    return {
        f"{name} bare": _asking(subject, itertools.repeat("/bare/")),
        f"{name} bare REST": _asking(subject, itertools.repeat("/bare-rest/")),
        f"{name} API warm": _asking(subject, itertools.cycle([API + each.address for each in points])),
        f"{name} page warm": _asking(subject, itertools.cycle([PAGE + each.address for each in points])),
        f"{name} API unique": _asking(subject, (API + each.address for each in fresh)),
    }


def _asking(subject: Subject, addresses: Iterator[str]) -> Callable[[], None]:
    def ask() -> None:
        subject.asker.get(next(addresses))

    return ask


def _result(subjects: list[Subject], rates: rounds.Rates, options: argparse.Namespace) -> dict[str, Any]:
    bare = [rates[f"{subject.size} bare"] for subject in subjects]
    return {
        "benchmark": "search",
        "engine": "PostgreSQL" if options.database_url else "SQLite",
        "machine": machine.describe(),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "sizes": {subject.size: _of_one(subject, rates) for subject in subjects},
        "growth": _growth(subjects, rates),
        "noisy": max((max(each) - min(each)) / statistics.median(each) for each in bare) > 0.15,
    }


def _of_one(subject: Subject, rates: rounds.Rates) -> dict[str, Any]:
    """Times as multiples: how often the bare view answers while the other side answers once."""
    size = subject.size
    sides = ("API warm", "page warm", "API unique", "bare REST")
    bare = {f"{side} / bare": rounds.ratios(rates, f"{size} bare", f"{size} {side}") for side in sides}
    more = {
        "page warm / API warm": rounds.ratios(rates, f"{size} API warm", f"{size} page warm"),
        "API warm / bare REST": rounds.ratios(rates, f"{size} bare REST", f"{size} API warm"),
    }
    per_second = {
        name: round(statistics.median(each), 1) for name, each in rates.items() if name.startswith(f"{size} ")
    }
    return {
        **bare,
        **more,
        "answers per second": per_second,
        "web process MB": round(served.resident_megabytes(subject.site), 1),
        "inside": subject.inside,
    }


def _growth(subjects: list[Subject], rates: rounds.Rates) -> dict[str, Any]:
    """How many times as long a search of a larger directory takes as one of the smallest."""
    smallest, *larger = sorted(subjects, key=lambda subject: subject.size)
    return {
        f"{side} {subject.size} / {smallest.size}": rounds.ratios(
            rates, f"{smallest.size} {side}", f"{subject.size} {side}"
        )
        for subject in larger
        for side in ("API warm", "page warm")
    }


if __name__ == "__main__":
    began = time.monotonic()
    code = main()
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    sys.exit(code)
