"""Cuts the power of a SQLite site at many instants, on paper: no answered request may be missing afterwards.

    python -m drills.power_loss [--images N] [--seed N] [--out FILE]

The system calls of a process that sends real requests are traced. From them the files are made again as a disk
may hold them after a cut: what was synced, and a random part of the rest. Each must be sound and complete.
The same with synchronous=NORMAL and OFF must lose something, or the drill could not see a loss. Needs strace.
"""

import argparse
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.machine import ROOT, describe
from benchmarks.outcome import keep
from drills import half_stored
from drills.disk_image import CALLS, Disk, Step, read_trace
from tests.config.site import OF_THE_SITE

LEVELS = {"full": "", "normal": "1", "off": "0"}
"""What the requester is told: nothing for the site's own level."""
BROKEN = ("not_sound", "lost", "doubled", "half_stored")


@dataclass(frozen=True)
class Trace:
    """What a process did: the database file before it, and its calls, acknowledgements among them."""

    before: bytes
    steps: list[Step]


# --- the trace --------------------------------------------------------------------------------------------


def traced(folder: Path, requests: int, level: str) -> Trace:
    """Send `requests` in a new site below `folder` under strace."""
    data = folder / level
    data.mkdir(parents=True)
    environment = _environment(data)
    migrate = [sys.executable, "manage.py", "migrate", "--no-input", "-v0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    database, told, calls = data / "cairn.sqlite3", data / "acknowledged", data / "calls"
    before = database.read_bytes()
    if Path(f"{database}-wal").exists():
        raise RuntimeError("The database was not closed before the trace begins.")
    watch = ["strace", "-xx", "-y", "-s", "70000", "-e", f"trace={CALLS}", "-o", str(calls)]
    act = [sys.executable, "-m", "drills.requester", str(requests), str(told), *filter(None, [LEVELS[level]])]
    subprocess.run([*watch, *act], cwd=ROOT, env=environment, check=True)
    names = {os.fsencode(database): "db", os.fsencode(f"{database}-wal"): "wal", os.fsencode(told): "told"}
    return Trace(before, list(read_trace(calls, names)))


def _environment(data: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in OF_THE_SITE}
    return {**kept, "DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "config.settings"}


# --- the cuts ---------------------------------------------------------------------------------------------


def cuts(trace: Trace, images: int, random: Random) -> Iterator[tuple[dict[str, bytes], list[str]]]:
    """`images` times: the files after a cut, and the keys that were acknowledged before it."""
    first = next(number for number, step in enumerate(trace.steps) if step.file == "wal")
    chosen = Counter(random.randrange(first, len(trace.steps) + 1) for _ in range(images))
    disk, keys = Disk({"db": trace.before, "wal": b""}), list[str]()
    for number in range(len(trace.steps) + 1):
        for _ in range(chosen[number]):
            yield disk.after_cut(random), keys
        if number == len(trace.steps):
            return
        step = trace.steps[number]
        if step.file == "told":
            keys.append(step.data.decode().strip())
        else:
            disk.apply(step)


def look(files: dict[str, bytes], keys: list[str], folder: Path) -> Counter[str]:
    """Open one image as SQLite does after a cut, and count what is wrong with it."""
    place = folder / "image"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    (place / "db").write_bytes(files["db"])
    (place / "db-wal").write_bytes(files["wal"])
    try:
        with closing(sqlite3.connect(place / "db")) as database:
            return _wrong(database, keys)
    except sqlite3.DatabaseError:
        return Counter(not_sound=1)


def _wrong(database: sqlite3.Connection, keys: list[str]) -> Counter[str]:
    if database.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
        return Counter(not_sound=1)
    stored = Counter(row[0] for row in database.execute("SELECT idempotency_digest FROM referrals_referral"))
    return Counter(
        lost=len(set(keys) - stored.keys()),
        doubled=sum(count > 1 for count in stored.values()),
        half_stored=_half_stored(database),
    )


def _half_stored(database: sqlite3.Connection) -> int:
    return sum(database.execute(question).fetchone()[0] for question in half_stored.QUESTIONS)


# --- the drill --------------------------------------------------------------------------------------------


def drill(folder: Path, level: str, *, images: int, requests: int, seed: int) -> dict[str, int]:
    """Counts over all images of one level of syncing; those of BROKEN must be 0 for the site's own level."""
    trace, began = traced(folder, requests, level), time.monotonic()
    found = Counter(dict.fromkeys(BROKEN, 0))
    checked = 0
    for number, (files, keys) in enumerate(cuts(trace, images, Random(seed)), 1):
        wrong = look(files, keys, folder)
        found += Counter({**wrong, "images_with_loss": int(wrong["lost"] > 0)})
        checked += len(keys)
        _progress(level, number, images, time.monotonic() - began)
    sys.stderr.write("\n")
    kinds = Counter((step.file, step.kind) for step in trace.steps)
    return {
        "images": images,
        "requests": kinds["told", "write"],
        "wal_writes": kinds["wal", "write"],
        "database_writes": kinds["db", "write"],
        "wal_syncs": kinds["wal", "sync"],
        "database_syncs": kinds["db", "sync"],
        "acknowledged_keys_looked_for": checked,
        "images_with_loss": found["images_with_loss"],
        **{name: found[name] for name in BROKEN},
    }


def _progress(level: str, number: int, images: int, seconds: float) -> None:
    rate = number / max(seconds, 0.001)
    sys.stderr.write(
        f"\r{level}: {number}/{images} images, {rate:.0f}/s, {(images - number) / rate:.0f} s left "
    )


def verdict(found: dict[str, dict[str, int]]) -> list[str]:
    """What was promised and did not hold, in words."""
    own = found["full"]
    wrong = [f"{name}: {own[name]}" for name in BROKEN if own[name]]
    if own["wal_syncs"] < own["requests"]:
        wrong.append("fewer syncs than requests")
    controls = [level for level in found if level != "full"]
    return wrong + [f"the control {level} lost nothing" for level in controls if not found[level]["lost"]]


def main() -> int:
    """The exit code: 1 if a promise was broken, or a control found nothing."""
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="power-loss-", dir=options.folder))
    sys.stderr.write(f"seed {options.seed}\n")
    try:
        found = {
            level: drill(folder, level, images=options.images, requests=options.requests, seed=options.seed)
            for level in LEVELS
        }
    finally:
        shutil.rmtree(folder)
    wrong = verdict(found)
    keep(_result(options, found, wrong), options.out)
    return 1 if wrong else 0


def _result(options: argparse.Namespace, found: dict[str, Any], wrong: list[str]) -> dict[str, Any]:
    return {
        "drill": "power_loss",
        "machine": describe(),
        "seed": options.seed,
        "full": found["full"],
        "controls": {level: counts for level, counts in found.items() if level != "full"},
        "broken": wrong,
        "bound_95": round(3 / options.images, 5),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drills.power_loss", description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=200, help="how many cuts for each level")
    parser.add_argument("--requests", type=int, default=150, help="sent while the calls are traced")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--folder", type=Path, help="for files of the drill; gone afterwards")
    parser.add_argument("--out", type=Path, help="keep the result in this file too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
