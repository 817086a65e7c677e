"""SIGKILL for imports of NPPES at random instants and at every failpoint; the table must be the old one or the new.

    python -m drills.import_kills [--kills N] [--rows N] [--database-url URL|postgresql] [--seed N] [--out FILE]

Two files take turns, of which the second gains, changes and loses rows, so that every kill meets a swap that matters.
After each kill the table is compared with both, row for row; every tenth time the same command runs to its end, and
at last the whole table must be the file's.
"""

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from benchmarks import nppes_file
from benchmarks.machine import describe
from benchmarks.outcome import keep
from benchmarks.site import ROOT, Place, prepared, throw_away_postgresql

FAILPOINTS = ("import.staging:2", "import.staging:40", "import.removed", "import.changed", "import.swapped")


class Drill:
    """A site whose imports are killed."""

    def __init__(self, place: Place, rows: int, chance: random.Random) -> None:
        self.place, self.chance = place, chance
        self.files = [place.data_dir / "first.csv", place.data_dir / "second.csv"]
        nppes_file.write(self.files[0], rows)
        nppes_file.write(self.files[1], rows, first=rows // 50, street="LATER")
        self.tables: list[str] = []
        self.seconds = 1.0
        for path in (self.files[1], self.files[0]):
            begun = time.monotonic()
            self.run_to_the_end(path)
            self.seconds = time.monotonic() - begun
            self.tables.insert(0, self.table())
        self.at = 0
        self.came_to: Counter[str] = Counter()
        self.broken = 0

    def start(self, path: Path, failpoint: str = "") -> subprocess.Popen[bytes]:
        environment = {**self.place.environment, "FAILPOINT": failpoint}
        options = ["--date=2026-11-01", "--everything", "--again", "-v0"]
        command = [sys.executable, "manage.py", "import_nppes", str(path), *options]
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)

    def run_to_the_end(self, path: Path) -> None:
        if self.start(path).wait():
            raise AssertionError("an import that nobody killed failed")

    def table(self) -> str:
        """A digest of every row and column."""
        from directory.models import NppesRecord

        digest = hashlib.sha256()
        for row in NppesRecord.objects.order_by("npi").values_list().iterator():
            digest.update(repr(row).encode())
        return digest.hexdigest()

    def kill_one(self, number: int) -> str:
        """Starts an import of the file that is not in the table, and kills it; where."""
        path = self.files[1 - self.at]
        point = FAILPOINTS[number // 2 % len(FAILPOINTS)] if number % 2 else ""
        child = self.start(path, point)
        if not point:
            time.sleep(self.chance.uniform(0, self.seconds * 1.1))
            child.kill()
        code = child.wait()
        self._look()
        if number % 10 == 9:
            self.run_to_the_end(self.files[1 - self.at])
            self._look()
        return (
            (point.partition(":")[0] or "any instant") if code == -signal.SIGKILL else "had ended by itself"
        )

    def _look(self) -> None:
        """Which of the two tables is there?"""
        found = self.table()
        if found not in self.tables:
            self.broken += 1
            self.came_to["neither"] += 1
            return
        now = self.tables.index(found)
        self.came_to["the old table" if now == self.at else "the new table"] += 1
        self.at = now


def run(kills: int, rows: int, seed: int, database_url: str, folder: Path) -> dict[str, Any]:
    """The drill. Takes this process: Django is set up here."""
    place = prepared(folder, database_url)
    os.environ.update(place.environment)
    import django

    django.setup()
    drill = Drill(place, rows, random.Random(seed))
    killed: Counter[str] = Counter()
    begun = time.monotonic()
    for number in range(kills):
        killed[drill.kill_one(number)] += 1
        _progress(number + 1, kills, begun)
    wanted = 1 - drill.at
    drill.run_to_the_end(drill.files[wanted])
    whole = drill.table() == drill.tables[wanted]
    django.db.connections.close_all()
    return {
        "rows": rows,
        "killed": dict(killed),
        "found": dict(drill.came_to),
        "broken": drill.broken,
        "whole": whole,
    }


def _progress(done: int, kills: int, begun: float) -> None:
    rate = done / (time.monotonic() - begun)
    left = (kills - done) / rate
    print(f"\r{done}/{kills} kills, {rate:.2f}/s, {left:.0f} s left ", end="", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--database-url", default="", help='of an empty database; "postgresql": a new server')
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    print(f"seed {options.seed}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = nullcontext(options.database_url)
        if options.database_url == "postgresql":
            server = throw_away_postgresql(folder / "postgresql")
        with server as url:
            result = run(options.kills, options.rows, options.seed, url, folder)
    engine = "postgresql" if options.database_url else "sqlite"
    keep(
        {"drill": "import_kills", "engine": engine, "machine": describe(), "seed": options.seed, **result},
        options.out,
    )
    return 0 if result["whole"] and not result["broken"] else 1


if __name__ == "__main__":
    sys.exit(main())
