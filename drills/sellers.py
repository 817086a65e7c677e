"""5,000 sequences of whatever one person can call, by process and by page: does a seller ever become public?

    python -m drills.sellers [--sequences N] [--first N] [--pages N] [--out FILE]

Ctrl+C ends it early and reports what was tried; a leak is said at once.
It uses a test database beside the one of DATABASE_URL or DATA_DIR, made and thrown away; no test may run with the same
DATA_DIR meanwhile. Also looks with the gate at
the 200 sellers and the 200 honest clinics of the tests, and times one look.
"""

import argparse
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection

from benchmarks.machine import describe
from benchmarks.outcome import keep
from directory import gate
from drills import in_test_database
from tests.directory.gate.honest import honest_clinics
from tests.directory.gate.sellers import seller_profiles
from tests.directory.gate.walking import Walk, walk_all

HONEST_MAY_BE_HELD = 4
LOOKS = 2_000


def main(arguments: list[str]) -> int:
    """0 if nothing leaked and few honest clinics were held."""
    asked = _parser().parse_args(arguments)
    with in_test_database.a_database():
        found = {"machine": describe(), "database": connection.vendor, **_drill(asked), **_gate()}
    keep(found, asked.out)
    return 1 if found["leaks"] or found["honest_held"] > HONEST_MAY_BE_HELD else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sequences", type=int, default=5_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--pages", type=int, default=10, help="pages are visited in one of so many sequences")
    parser.add_argument("--out", type=Path)
    return parser


def _drill(asked: argparse.Namespace) -> dict[str, Any]:
    called: Counter[str] = Counter()
    numbers = range(asked.first, asked.first + asked.sequences)
    tried, leaks, seconds = in_test_database.walk(
        _counted(numbers, asked.pages, called), of=asked.sequences, fault=lambda walk: walk.leak
    )
    return {"sequences": tried, "seconds": seconds, "leaks": leaks, "called": dict(called.most_common())}


def _counted(numbers: range, pages: int, called: Counter[str]) -> Iterator[Walk]:
    for walk in walk_all(numbers, pages=pages):
        called.update(" ".join(name.split()[:2]) for name in walk.done[1:])
        called[walk.done[0]] += 1
        yield walk


def _gate() -> dict[str, Any]:
    sellers, honest = seller_profiles(), honest_clinics()
    held: Counter[str] = Counter(
        each.kind for each in sellers if gate.look({**each.texts, "website_text": each.website_text})
    )
    took = []
    for number in range(LOOKS):
        began = time.process_time()
        gate.look(honest[number % len(honest)].texts)
        took.append((time.process_time() - began) * 1000)
    return {
        "sellers_held_by_words": dict(held),
        "honest_held": sum(bool(gate.look(each.texts)) for each in honest),
        "one_look_cpu_ms": {
            "median": round(statistics.median(took), 2),
            "p99": round(sorted(took)[-LOOKS // 100], 2),
        },
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
