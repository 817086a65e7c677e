"""How long a search takes, as a multiple of the least that a view can do behind the same server and middleware.

    python -m benchmarks.search [--sizes 6000,100000] [--rounds 5] [--seconds 2] [--folder DIR] [--out FILE]
                                [--database-url postgres://.../cairn_{size}]

Answers are compared with a row-by-row reckoning first. Every size is served by a process of its own, and all sides
take turns. "warm": the same 400 points again and again. "unique": points nobody asked from before, so that no
remembered count can answer. On PostgreSQL the statement of the 20 nearest is held against PostGIS, where it is
installed. Results end as JSON on stdout. Ends with 1 if an answer was wrong, 3 if the machine was too busy.
"""

import itertools
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import rounds, served, subjects
from benchmarks.subjects import Subject

API = "/api/v1/clinics/?"


def main(arguments: list[str] | None = None) -> int:
    """The exit code."""
    return subjects.measure(
        "search", __doc__, arguments, sides_of=_sides, result_of=_of_one, growing=("API warm",)
    )


def _sides(subject: Subject) -> dict[str, Callable[[], None]]:
    return {
        f"{subject.size} bare": subject.asking(itertools.repeat("/bare/")),
        f"{subject.size} bare REST": subject.asking(itertools.repeat("/bare-rest/")),
        f"{subject.size} API warm": subject.asking(
            itertools.cycle([API + each.address for each in subject.points])
        ),
        f"{subject.size} API unique": subject.asking(API + each.address for each in subject.fresh),
    }


def _of_one(subject: Subject, rates: rounds.Rates) -> dict[str, Any]:
    """Times as multiples: how often the bare view answers while the other side answers once."""
    size = subject.size
    sides = ("API warm", "API unique", "bare REST")
    return {
        **{f"{side} / bare": rounds.ratios(rates, f"{size} bare", f"{size} {side}") for side in sides},
        "API warm / bare REST": rounds.ratios(rates, f"{size} bare REST", f"{size} API warm"),
        "answers per second": subjects.per_second(rates, size),
        "web process MB": round(served.resident_megabytes(subject.site), 1),
        "inside": subject.inside,
    }


if __name__ == "__main__":
    sys.exit(main())
