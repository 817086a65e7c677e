"""Fills the disk under a SQLite site while requests come in: nothing is answered as sent that is not stored.

    python -m drills.disk_full [--disks N] [--seed N] [--out FILE]

Each round leaves a random, small rest free, sends four requests, frees the space and sends the same four
again. The site's log lies on the same disk. Needs root, for a small tmpfs.
"""

import argparse
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.machine import describe
from benchmarks.outcome import keep
from benchmarks.people import Filled
from drills import posting
from drills.posting import AWAY, SENT, Answer
from tests.config.site import Site, free_port, running

SIZE = 64  # MiB of the disk
TRIES = 4  # forms per full disk
BACK_WITHIN = 10.0  # seconds after space is freed
LARGEST_REST = 400_000  # bytes left free at most
BROKEN = ("not_calm", "said_sent_but_not_stored", "stored_twice", "did_not_come_back", "died", "not_sound")


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of SIZE MiB in memory. Raises PermissionError where mounting is not allowed."""
    place = Path(tempfile.mkdtemp(prefix="disk-full-", dir=folder))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "tmpfs", str(place)]
    done = subprocess.run(mount, check=False, capture_output=True, text=True)
    if done.returncode:
        place.rmdir()
        raise PermissionError(done.stderr)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)
        place.rmdir()


def fill(path: Path, rest: int) -> None:
    """Take all space but about `rest` bytes."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(bytes(65536)):
            pass
    with path.open("rb+") as file:
        file.truncate(max(0, path.stat().st_size - rest))


class Round:
    """One full disk: what was answered in it, and after it."""

    def __init__(self, site: Site, disk: Path, forms: Sequence[Filled]) -> None:
        self.site, self.disk, self.forms = site, disk, forms
        self.seen: Counter[str] = Counter()
        self.back_after = 0.0

    def run(self, rest: int) -> None:
        """Fill, send, free, send again. Answers are counted in `seen`."""
        filler = self.disk / "filler"
        fill(filler, rest)
        for form in self.forms:
            self._note(form, posting.send(form, self.site.port))
        filler.unlink()
        freed = time.monotonic()
        for form in self.forms:
            self.seen["did_not_come_back"] += not self._until_sent(form, freed + BACK_WITHIN)
            self.back_after = self.back_after or time.monotonic() - freed
        self.seen["died"] += self.site.process.poll() is not None

    def _note(self, form: Filled, answer: Answer) -> None:
        stored = stored_times(self.disk, form)
        self.seen[f"answered_{answer.status}"] += 1
        self.seen["not_calm"] += not answer.is_calm
        self.seen["said_sent_but_not_stored"] += answer.status == SENT and stored == 0

    def _until_sent(self, form: Filled, deadline: float) -> bool:
        while time.monotonic() < deadline:
            answer = posting.send(form, self.site.port)
            if answer.status == SENT:
                return True
            self.seen[f"answered_{answer.status}_after"] += 1
            time.sleep(0.1)
        return False


def stored_times(disk: Path, form: Filled) -> int:
    """How often the form is stored, as another process sees it."""
    with closing(_database(disk)) as database:
        question = "SELECT count(*) FROM referrals_referral WHERE idempotency_digest = ?"
        return int(database.execute(question, [form.digest]).fetchone()[0])


def _database(disk: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{disk / 'data' / 'cairn.sqlite3'}?mode=ro", uri=True, timeout=20)


def drill(folder: Path, *, disks: int, seed: int) -> dict[str, Any]:
    """Counts over all rounds; those of BROKEN must be 0."""
    random, port = Random(seed), free_port()
    found, back = Counter(dict.fromkeys(BROKEN, 0)), []
    with small_disk(folder) as disk:
        *forms, first = posting.prepare(disk / "data", port, "", disks * TRIES + 1)
        no_log = without_a_log(disk, first)
        extra = posting.settings(port, "")
        with running(disk / "data", extra, port=port, command=posting.SERVER) as site:
            posting.wait_for(site)
            began = time.monotonic()
            for number in range(disks):
                one = Round(site, disk, forms[number * TRIES : (number + 1) * TRIES])
                one.run(random.randrange(LARGEST_REST) if number % 2 else random.randrange(20_000))
                found.update(one.seen)
                back.append(one.back_after)
                _progress(number + 1, disks, time.monotonic() - began)
        found.update(_at_the_end(disk, forms))
    answers = {name: count for name, count in sorted(found.items()) if name not in BROKEN}
    rest = {name: found[name] for name in BROKEN}
    return {
        "disks": disks,
        **answers,
        **rest,
        "slowest_return_s": round(max(back), 2),
        "without_a_log": no_log,
    }


def _at_the_end(disk: Path, forms: Sequence[Filled]) -> dict[str, int]:
    with closing(_database(disk)) as database:
        sound = database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return {
        "stored_twice": sum(stored_times(disk, form) > 1 for form in forms),
        "said_sent_but_not_stored": sum(stored_times(disk, form) == 0 for form in forms),
        "not_sound": int(not sound),
    }


def without_a_log(place: Path, form: Filled) -> dict[str, int]:
    """Send `form` to a site of which every log line fails: the status of the answer, and how often it is stored."""
    port = free_port()
    (place / f"data-{port}.txt").symlink_to("/dev/full")
    extra = posting.settings(port, "")
    with running(place / "data", extra, port=port, command=posting.SERVER) as site:
        posting.wait_for(site)
        time.sleep(2)  # nobody reads their answers faster
        answer = posting.send(form, port)
    return {"status": answer.status, "stored": stored_times(place, form)}


def _progress(number: int, disks: int, seconds: float) -> None:
    rate = number / max(seconds, 0.001)
    sys.stderr.write(f"\r{number}/{disks} disks, {rate:.1f}/s, {(disks - number) / rate:.0f} s left ")


def verdict(found: dict[str, Any]) -> list[str]:
    """What was promised and did not hold, in words."""
    wrong = [f"{name}: {found[name]}" for name in BROKEN if found[name]]
    if not found.get(f"answered_{AWAY}"):
        wrong.append("the disk was never full")
    if found["without_a_log"] != {"status": SENT, "stored": 1}:
        wrong.append("a request failed because its log line did")
    return wrong


def main() -> int:
    """The exit code: 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m drills.disk_full", description=__doc__.splitlines()[0])
    parser.add_argument("--disks", type=int, default=20, help="how often the disk is filled")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--folder", type=Path, help="for files of the drill")
    parser.add_argument("--out", type=Path, help="keep the result in this file too")
    options = parser.parse_args()
    sys.stderr.write(f"seed {options.seed}\n")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        found = drill(Path(folder), disks=options.disks, seed=options.seed)
    wrong = verdict(found)
    head = {"drill": "disk_full", "machine": describe(), "seed": options.seed}
    keep({**head, **found, "broken": wrong, "bound_95": round(3 / options.disks, 5)}, options.out)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
