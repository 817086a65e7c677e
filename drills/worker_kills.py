"""K2: SIGKILL for delivery workers, at random instants and at every failpoint; no mail may be lost.

A parent that has imported Django forks the workers: each is a real process with the real loop, and a
thousand of them cost no thousand starts of Python. Leases last LEASE instead of a minute.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.machine import describe
from benchmarks.outcome import keep
from benchmarks.site import ROOT, prepared, throw_away_postgresql
from drills import ledger

LEASE = timedelta(seconds=3)
FAILPOINTS = ("after-claim", "before-send", "after-send", "before-mark", "after-mark")
AT_ONCE = 2  # workers
LONGEST_LIFE = 0.5  # seconds before a kill
GIVE_UP_AFTER = 5.0  # seconds for a failpoint to be reached
MOST_WAITING = 200
BATCH = 100
SETTLE_SECONDS = 180


def run(kills: int, seed: int, database_url: str, folder: Path) -> dict[str, Any]:
    """Kill `kills` workers while mails wait; what came of it. Takes this process: Django is set up here."""
    received = folder / "received"
    place = prepared(folder, database_url)
    with _mail_server(place.port, received):
        os.environ.update({**place.environment, "EMAIL_URL": f"smtp://127.0.0.1:{place.port}"})
        _set_up()
        killed = _kill_all(kills, random.Random(seed))
        seconds = _let_finish()
    return {"killed": dict(killed), "seconds_to_settle": round(seconds, 1), **_compare(received)}


@contextmanager
def _mail_server(port: int, path: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "drills.mail_server", str(port), str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout
            assert server.stdout.readline() == b"ready\n"
            yield
        finally:
            server.terminate()


def _set_up() -> None:
    import logging

    import django

    django.setup()
    logging.disable(logging.CRITICAL)
    from outbox import deliveries, handlers

    deliveries.LEASE = LEASE
    handlers.register("drill", lambda row: handlers.Mail(f"{row.recipient}@clinic.example", "News", "News\n"))


def _kill_all(kills: int, chance: random.Random) -> Counter[str]:
    killed: Counter[str] = Counter()
    begun = time.monotonic()
    number = 0
    while (done := killed.total()) < kills:
        _keep_filled(number)
        for where in _kill_some(chance, number):
            killed[where] += 1
        number += AT_ONCE
        _progress(done, kills, begun)
    return killed


def _progress(done: int, kills: int, begun: float) -> None:
    rate = done / (time.monotonic() - begun)
    left = (kills - done) / rate if rate else 0
    print(f"\r{done}/{kills} kills, {rate:.1f}/s, {left:.0f} s left ", end="", file=sys.stderr, flush=True)


def _keep_filled(number: int) -> None:
    """Promise more mails when few wait. The connection is closed, for a fork must not share it."""
    from django.db import connection

    from outbox import deliveries
    from outbox.models import Delivery

    if Delivery.objects.filter(state="pending").count() < MOST_WAITING:
        keys = {f"r{number}-{each}": f"key {number}-{each}" for each in range(BATCH)}
        deliveries.enqueue_each(kind="drill", subject="about", dedupe_keys=keys)
    connection.close()


def _kill_some(chance: random.Random, number: int) -> list[str]:
    """Start workers together, and kill each; where those died that did not end by themselves."""
    workers = []
    for each in range(AT_ONCE):
        turn = number + each
        point = FAILPOINTS[turn // 2 % len(FAILPOINTS)] if turn % 2 else ""
        passes = chance.randint(1, 3)
        workers.append((_fork(f"worker.{point}:{passes}" if point else ""), point))
    time.sleep(chance.uniform(0, LONGEST_LIFE))
    return [_end(pid, point) for pid, point in workers]


def _fork(failpoint: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        from django.conf import settings

        from outbox.worker import Worker

        settings.FAILPOINT = failpoint
        Worker().run()
    finally:
        os._exit(0)


def _end(pid: int, point: str) -> str:
    """Kill a worker now, or wait until it has died at its failpoint; where it died."""
    end = time.monotonic() + GIVE_UP_AFTER
    while point and time.monotonic() < end:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return point
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return "any instant"


def _let_finish() -> float:
    """One worker that nobody kills, until nothing waits; the seconds that took."""
    from outbox.models import Delivery

    begun = time.monotonic()
    worker = _fork("")
    while time.monotonic() - begun < SETTLE_SECONDS and Delivery.objects.filter(state="pending").exists():
        time.sleep(0.5)
    os.kill(worker, signal.SIGTERM)
    os.waitpid(worker, 0)
    return time.monotonic() - begun


def _compare(received: Path) -> dict[str, int]:
    """The mail server's ledger against the database."""
    from outbox.models import Delivery

    mails = Counter(line["message_id"].strip("<>").partition("@")[0] for line in ledger.read(received))
    rows = list(Delivery.objects.values_list("pk", "state", "attempts"))
    promised = {pk for pk, _, _ in rows}
    return {
        "promised": len(rows),
        "received": mails.total(),
        "repeats": mails.total() - len(mails),
        "undelivered": len(promised - {UUID(each) for each in mails}),
        "unknown": len({UUID(each) for each in mails} - promised),
        "not_marked_delivered": sum(state != "delivered" for _, state, _ in rows),
        "leases_recovered": sum(attempts > 1 for _, _, attempts in rows),
    }


def is_kept(result: dict[str, Any]) -> bool:
    """Were all promises kept: nothing lost, nothing stuck, no more repeats than kills?"""
    wrong = result["undelivered"] + result["unknown"] + result["not_marked_delivered"]
    return not wrong and result["repeats"] <= sum(result["killed"].values())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
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
            result = run(options.kills, options.seed, url, folder)
    return _report(options, result)


def _report(options: argparse.Namespace, result: dict[str, Any]) -> int:
    bound = 3 / sum(result["killed"].values())
    facts = {
        "drill": "worker_kills",
        "machine": describe(),
        "seed": options.seed,
        **result,
        "bound_95": bound,
    }
    keep(facts, options.out)
    return 0 if is_kept(result) else 1


if __name__ == "__main__":
    sys.exit(main())
