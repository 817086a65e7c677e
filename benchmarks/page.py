"""How long the page of results takes, as a multiple of the API's answer to the same question, and what it weighs.

    python -m benchmarks.page [--sizes 6000,100000] [--rounds 5] [--seconds 2] [--folder DIR] [--out FILE]
                              [--database-url postgres://.../cairn_{size}]

"warm": the same 400 points again and again, with cards, map and filters remembered. "unique": points nobody asked
from before: every part is drawn anew but the cards. Results end as JSON on stdout; 3 if the machine was too busy.
"""

import gzip
import itertools
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import rounds, subjects
from benchmarks.subjects import Subject

API, PAGE = "/api/v1/clinics/?", "/search/?"
STATIC = re.compile(rb'(?:href|src)="(/static/[^"]+\.(?:css|js))"')


def main(arguments: list[str] | None = None) -> int:
    """The exit code."""
    return subjects.measure(
        "page", __doc__, arguments, sides_of=_sides, result_of=_of_one, growing=("page warm",)
    )


def _sides(subject: Subject) -> dict[str, Callable[[], None]]:
    points, fresh = subject.points, subject.fresh
    return {
        f"{subject.size} bare": subject.asking(itertools.repeat("/bare/")),
        f"{subject.size} API warm": subject.asking(itertools.cycle([API + each.address for each in points])),
        f"{subject.size} page warm": subject.asking(
            itertools.cycle([PAGE + each.address for each in points])
        ),
        f"{subject.size} page unique": subject.asking(PAGE + each.address for each in fresh),
    }


def _of_one(subject: Subject, rates: rounds.Rates) -> dict[str, Any]:
    size = subject.size
    return {
        "page warm / API warm": rounds.ratios(rates, f"{size} API warm", f"{size} page warm"),
        "page warm / bare": rounds.ratios(rates, f"{size} bare", f"{size} page warm"),
        "page unique / bare": rounds.ratios(rates, f"{size} bare", f"{size} page unique"),
        "answers per second": subjects.per_second(rates, size),
        "weight": _weight(subject),
    }


def _weight(subject: Subject) -> dict[str, int]:
    """Bytes over the wire (gzip) of a page of twenty, and of all that it asks for besides its icon."""
    html = subject.asker.get(PAGE + subject.points[0].address)
    files = {path.decode(): subject.asker.get(path.decode()) for path in STATIC.findall(html)}
    small = {Path(path).suffix[1:]: len(gzip.compress(body, 6)) for path, body in files.items()}
    page = len(gzip.compress(html, 6))
    return {"page": page, **small, "in all": page + sum(small.values()), "requests": 1 + len(files)}


if __name__ == "__main__":
    sys.exit(main())
