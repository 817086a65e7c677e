"""Crashes PostgreSQL under a living web server, again and again: every answered request is stored once.

    python -m drills.postgres_crashes [--kills N] [--seed N] [--out FILE]

Several people send forms without a pause; a form that got no success is sent again, as a person would. The
database stops as in a crash (`pg_ctl stop -m immediate`) at random moments and starts again. The web server is
never started again.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random
from typing import Any

import psycopg

from benchmarks.machine import describe
from benchmarks.outcome import keep
from benchmarks.people import Filled
from drills import half_stored, posting
from drills.ledger import Ledger, read
from drills.posting import SENT
from tests import cluster
from tests.config.site import free_port, running

SENDERS = 3
FORMS_PER_CRASH = 40
PAUSE = (0.05, 0.25)  # seconds between a person's sends
BETWEEN = (0.3, 1.2)  # seconds from a success after one crash to the next crash
GRACE = 15.0  # seconds after the database answers again in which a 503 may still be seen
BROKEN = (
    "lost",
    "doubled",
    "half_stored",
    "never_sent",
    "not_calm",
    "failures_outside_an_outage",
    "did_not_come_back",
)


class Senders:
    """People who press Send at the same time, each with forms of their own."""

    def __init__(self, forms: Sequence[Filled], port: int, ledger: Ledger, seed: int) -> None:
        self.port, self.ledger, self.seed = port, ledger, seed
        self.waiting: SimpleQueue[Filled] = SimpleQueue()
        for form in forms:
            self.waiting.put(form)
        self.over = threading.Event()
        self.last_success = 0.0
        self.threads = [threading.Thread(target=self._send_all, args=[number]) for number in range(SENDERS)]

    @contextmanager
    def sending(self) -> Iterator["Senders"]:
        """While the block runs; afterwards each finishes the form in hand."""
        for thread in self.threads:
            thread.start()
        try:
            yield self
        finally:
            self.over.set()
            for thread in self.threads:
                thread.join()

    def _send_all(self, number: int) -> None:
        random = Random(f"{self.seed} {number}")
        while not self.over.is_set():
            try:
                form = self.waiting.get_nowait()
            except Empty:
                return
            self._until_sent(form, random)

    def _until_sent(self, form: Filled, random: Random) -> None:
        for _ in range(400):
            began, answer = time.time(), posting.send(form, self.port)
            facts = {"digest": form.digest, "status": answer.status, "calm": answer.is_calm, "began": began}
            self.ledger.record(event="answer", **facts)
            if answer.status == SENT:
                self.last_success = time.time()
                break
            time.sleep(0.1)
        time.sleep(random.uniform(*PAUSE))

    def wait_for_success(self, since: float, within: float) -> float:
        """Seconds from `since` (since 1970) to a success after it; 0 if there was none."""
        while time.time() < since + within:
            if self.last_success > since:
                return self.last_success - since
            time.sleep(0.01)
        return 0.0


def crash_and_return(server: cluster.Server, senders: Senders, ledger: Ledger) -> tuple[float, float]:
    """One crash. Seconds until the database answered, and from then to the first success; 0 for never."""
    began = time.time()
    server.crash()
    server.start()
    ready = time.time()
    ledger.record(event="outage", began=began, ready=ready)
    return ready - began, senders.wait_for_success(ready, GRACE)


# --- what is there afterwards -----------------------------------------------------------------------------


def compare(path: Path, url: str) -> dict[str, int]:
    """The ledger against the database: counts, and all of BROKEN."""
    lines = list(read(path))
    answers = [line for line in lines if line["event"] == "answer"]
    outages = [(line["began"], line["ready"] + GRACE) for line in lines if line["event"] == "outage"]
    told = {line["digest"] for line in answers if line["status"] == SENT}
    failed = [line for line in answers if line["status"] != SENT]
    with psycopg.connect(url) as database:
        stored = Counter(
            row[0] for row in database.execute("SELECT idempotency_digest FROM referrals_referral")
        )
        halves = sum(_count(database, question) for question in half_stored.QUESTIONS)
    return {
        "acknowledged": len(told),
        "stored": stored.total(),
        "tries_that_failed": len(failed),
        **{
            f"answered_{status}": count
            for status, count in Counter(line["status"] for line in failed).items()
        },
        "lost": len(told - stored.keys()),
        "doubled": sum(count > 1 for count in stored.values()),
        "half_stored": halves,
        "never_sent": len({line["digest"] for line in answers} - told),
        "not_calm": sum(not line["calm"] for line in failed),
        "failures_outside_an_outage": sum(not _inside(line, outages) for line in failed),
    }


def _inside(line: dict[str, Any], outages: list[tuple[float, float]]) -> bool:
    return any(line["began"] <= end and line["at"] >= start for start, end in outages)


def _count(database: psycopg.Connection[Any], question: str) -> int:
    row = database.execute(question).fetchone()
    return int(row[0]) if row else 0


# --- the drill --------------------------------------------------------------------------------------------


def drill(folder: Path, *, kills: int, seed: int) -> dict[str, Any]:
    """Counts over all crashes; those of BROKEN must be 0. Raises LookupError without PostgreSQL."""
    programs = cluster.binaries()
    if programs is None:
        raise LookupError("There is no PostgreSQL server on this machine.")
    data, port = folder / "data", free_port()
    with cluster.serving(programs, folder) as server:
        with psycopg.connect(server.url.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE cairn")
        forms = posting.prepare(data, port, server.url, kills * FORMS_PER_CRASH)
        extra = posting.settings(port, server.url)
        with (
            running(data, extra, port=port, command=posting.SERVER) as site,
            Ledger(folder / "ledger") as ledger,
        ):
            posting.wait_for(site)
            times = _crashes(server, Senders(forms, port, ledger, seed), kills)
        return {"kills": kills, **compare(folder / "ledger", server.url), **_summary(times)}


def _crashes(server: cluster.Server, senders: Senders, kills: int) -> list[tuple[float, float]]:
    random, began, times = Random(senders.seed), time.monotonic(), []
    with senders.sending():
        for number in range(1, kills + 1):
            time.sleep(random.uniform(*BETWEEN))
            if senders.waiting.empty():
                raise RuntimeError("The forms ran out: a crash without load shows nothing.")
            times.append(crash_and_return(server, senders, senders.ledger))
            _progress(number, kills, time.monotonic() - began)
    return times


def _summary(times: list[tuple[float, float]]) -> dict[str, Any]:
    back = sorted(second for _, second in times)
    return {
        "did_not_come_back": sum(second == 0 for second in back),
        "database_away_s": round(max(first for first, _ in times), 2),
        "first_success_after_it_answers_s": {
            "median": round(back[len(back) // 2], 3),
            "slowest": round(back[-1], 3),
        },
    }


def _progress(number: int, kills: int, seconds: float) -> None:
    rate = number / max(seconds, 0.001)
    sys.stderr.write(f"\r{number}/{kills} crashes, {rate:.2f}/s, {(kills - number) / rate:.0f} s left ")


def main() -> int:
    """The exit code: 1 if a promise was broken."""
    parser = argparse.ArgumentParser(
        prog="python -m drills.postgres_crashes", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--kills", type=int, default=50, help="how often the database crashes")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--folder", type=Path, help="for files of the drill")
    parser.add_argument("--out", type=Path, help="keep the result in this file too")
    options = parser.parse_args()
    sys.stderr.write(f"seed {options.seed}\n")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        found = drill(Path(folder), kills=options.kills, seed=options.seed)
    wrong = [f"{name}: {found[name]}" for name in BROKEN if found[name]]
    head = {"drill": "postgres_crashes", "machine": describe(), "seed": options.seed}
    keep({**head, **found, "broken": wrong, "bound_95": round(3 / options.kills, 5)}, options.out)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
