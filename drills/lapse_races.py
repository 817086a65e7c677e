"""Lapses a clinic while requests to it come in: none is taken from that instant on.

    python -m drills.lapse_races [--races N] [--database-url URL] [--seed N] [--out FILE]

Half of the lapses are recorded (a license is found revoked), half come by the clock (a license that ends while people
ask). In each race several people ask at once, one member accepts what was opened before, and the clinic comes to its
lapse at some moment between. The database is a real file, or a PostgreSQL server; every thread has a connection.
"""

import argparse
import os
import random
import secrets
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from benchmarks.outcome import keep
from benchmarks.site import prepared, throw_away_postgresql

ASK = 6
"""People who ask in one race, each twice."""
BROKEN = (
    "taken_after_the_instant",
    "accepted_after_the_instant",
    "left_waiting",
    "unexpected",
    "trail_problems",
)


def race(number: int, chance: random.Random, owner: Any, verifier: Any) -> Counter[str]:
    """One clinic, one lapse; what came of it."""
    from referrals.vocabulary import Status
    from tests import build
    from tests.build_referrals import referral

    clinic = build.clinic(owner=owner)
    opened = [referral(clinic, reached=Status.RECEIVED, by=owner) for _ in range(2)]
    lapse = _lapse_by_clock(clinic, chance) if number % 2 else _lapse_by_hand(clinic, chance, verifier)
    asks = [lambda: _ask(clinic, chance)] * ASK
    accepts = [lambda each=each: [_accept(each, owner)] for each in opened]
    instant, *results = together(lapse, *asks, *accepts)
    if not isinstance(instant, datetime):
        return Counter(unexpected=1)
    _sweep(instant)
    said = Counter(
        word for result in results for word in (result if isinstance(result, list) else ["unexpected"])
    )
    return Counter(races=1) + said + _wrong(clinic, opened, instant)


def _wrong(clinic: Any, opened: list[Any], instant: datetime) -> Counter[str]:
    from referrals.models import Referral, TimelineEntry
    from referrals.transitions import TICK
    from referrals.vocabulary import Status

    made = Referral.objects.filter(clinic=clinic).exclude(pk__in=[each.pk for each in opened])
    accepted = TimelineEntry.objects.filter(referral__in=opened, status=Status.ACCEPTED)
    return Counter(
        taken=made.count(),
        taken_after_the_instant=made.filter(created_at__gte=instant).count(),
        # A step is at least a tick later than the one before, whatever the clock says.
        accepted_after_the_instant=accepted.filter(at__gt=instant + TICK).count(),
        left_waiting=made.filter(status=Status.REQUESTED).count(),
    )


def _lapse_by_clock(clinic: Any, chance: random.Random) -> Callable[[], datetime]:
    """The license ends while people ask; nobody writes anything at that instant."""
    from directory.vocabulary import Fact
    from outbox import clock
    from tests import build

    ends = clock.now() + timedelta(milliseconds=chance.randint(20, 150))
    build.check(clinic, Fact.LICENSE, lapses_at=ends)
    return lambda: _waited_for(ends)


def _lapse_by_hand(clinic: Any, chance: random.Random, verifier: Any) -> Callable[[], datetime]:
    """The board says no. The check is dated when it was answered: from then on nothing may be taken."""
    from directory import checks
    from directory.vocabulary import Fact
    from outbox import clock

    pause, held = chance.uniform(0, 0.08), clinic.responsible.licenses.get()

    def revoke() -> datetime:
        time.sleep(pause)
        look = {"fact": Fact.LICENSE, "license": held, "outcome": "fails", "source": "Example Board"}
        checks.record(clinic=clinic, by=verifier, **look)
        return clock.now()

    return revoke


def _waited_for(ends: datetime) -> datetime:
    from outbox import clock

    while clock.now() < ends:
        time.sleep(0.005)
    return ends


def _sweep(instant: datetime) -> None:
    """What the worker's chore does within seconds."""
    from directory import index

    _waited_for(instant + timedelta(milliseconds=2))
    while index.refresh_stale():
        pass


def _ask(clinic: Any, chance: random.Random) -> list[str]:
    from referrals.lifecycle import NotTaking
    from tests.build_referrals import sent

    said = []
    for _ in range(2):
        time.sleep(chance.uniform(0, 0.06))
        try:
            sent(clinic, key=secrets.token_urlsafe(32))
            said.append("sent")
        except NotTaking:
            said.append("not_taking")
    return said


def _accept(referral: Any, owner: Any) -> str:
    from referrals import lifecycle

    time.sleep(0.03)
    try:
        lifecycle.accept(referral=referral, by=owner)
    except lifecycle.ListingStopped:
        return "accept_refused"
    return "accepted"


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """Run the jobs in threads that start at one moment, each with its own connection; results, or what was raised."""
    from django.db import connection, connections

    barrier, results = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(place: int, job: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            results[place] = job()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def drill(races: int, seed: int) -> dict[str, Any]:
    """Counts over all races; those of BROKEN must be 0."""
    from accounts import audit
    from tests import build

    chance = random.Random(seed)
    owner, verifier = build.user(), build.user(verifier=True)
    found: Counter[str] = Counter(dict.fromkeys(BROKEN, 0))
    begun = time.monotonic()
    for number in range(races):
        found.update(race(number, chance, owner, verifier))
        _progress(number + 1, races, begun)
    found["trail_problems"] += len(audit.verify())
    return {name: found[name] for name in sorted(found)}


def _progress(done: int, races: int, begun: float) -> None:
    rate = done / (time.monotonic() - begun)
    left = (races - done) / rate
    print(f"\r{done}/{races} races, {rate:.1f}/s, {left:.0f} s left ", end="", file=sys.stderr, flush=True)


def _set_up(environment: dict[str, str]) -> None:
    os.environ.update(environment)
    import logging

    import django

    django.setup()
    logging.disable(logging.CRITICAL)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--races", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--database-url", default="", help='of an empty database; "postgresql": a new server')
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    print(f"seed {options.seed}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as name:
        server: Any = nullcontext(options.database_url)
        if options.database_url == "postgresql":
            server = throw_away_postgresql(Path(name) / "postgresql")
        with server as url:
            _set_up(prepared(Path(name) / "site", url).environment)
            result = drill(options.races, options.seed)
            _close_connections()
    return _report(options, result)


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()


def _report(options: argparse.Namespace, result: dict[str, Any]) -> int:
    facts = {"drill": "lapse_races", "machine": describe(), "seed": options.seed, **result}
    keep({**facts, "bound_95": 3 / options.races}, options.out)
    return 1 if any(result[name] for name in BROKEN) else 0


if __name__ == "__main__":
    sys.exit(main())
