"""5,000 sequences of claims, members and requests: does anybody read what is not theirs, or a request wait for nobody?

    python -m drills.custody [--sequences N] [--first N] [--out FILE]

Ctrl+C ends it early and reports what was tried; a fault is said at once. It uses a test database beside the one of
DATABASE_URL or DATA_DIR, made and thrown away; no test may run with the same DATA_DIR meanwhile.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection

from benchmarks.machine import describe
from benchmarks.outcome import keep
from drills import in_test_database
from tests.custody.walking import Walk, walk_all


def main(arguments: list[str]) -> int:
    """0 if no sequence ended in a fault."""
    asked = _parser().parse_args(arguments)
    called: Counter[str] = Counter()
    numbers = range(asked.first, asked.first + asked.sequences)
    with in_test_database.a_database():
        tried, faults, seconds = in_test_database.walk(
            _counted(numbers, called), of=asked.sequences, fault=lambda walk: walk.fault
        )
    facts = {"machine": describe(), "database": connection.vendor, "sequences": tried, "seconds": seconds}
    keep({**facts, "faults": faults, "called": dict(called.most_common())}, asked.out)
    return 1 if faults else 0


def _counted(numbers: range, called: Counter[str]) -> Iterator[Walk]:
    for walk in walk_all(numbers):
        called.update(walk.done)
        yield walk


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sequences", type=int, default=5_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--out", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
