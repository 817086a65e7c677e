"""A process killed at any place of a request: nothing acknowledged is lost, nothing is there twice."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from accounts import audit
from accounts.models import AuditEvent
from outbox.models import Delivery
from referrals import reading
from referrals.models import Referral, TimelineEntry
from tests.build_referrals import sent

pytestmark = pytest.mark.django_db(transaction=True)

FAILPOINTS = (
    "request.before-begin",
    "request.after-begin",
    "request.after-lock",
    "request.after-eligibility",
    "request.after-sealing",
    "request.after-referral",
    "request.after-timeline",
    "request.after-deliveries",
    "request.after-audit",
    "request.after-commit",
)
AT_A_REPEAT = "request.after-replay"  # reached by a second post of one form: tests/journeys/test_kills.py
KEYS = ("first key", "second key", "third key")


def _start(clinic, keys, failpoint=""):
    """The other process, on this test's database."""
    environment = {
        **os.environ,
        "DATABASE_URL": _address(),
        "DATA_DIR": str(settings.DATA_DIR),
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings"),
        "PHI_KEYS": settings.PHI_KEYS,
        "SECRET_KEY": settings.SECRET_KEY,
        "FAILPOINT": failpoint,
    }
    command = [sys.executable, "-m", "tests.referrals.killed_request", str(clinic.pk), *keys]
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def _address():
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    where = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return f"postgres://{database['USER']}:{database['PASSWORD']}@{where}"


def _acknowledged(output):
    """The ledger: key, id and token of each request that was answered with success."""
    return [line.split() for line in re.findall(r"(?m)^.* \S{36} \S{43}$", output.decode())]


def _check(clinic, keys, ledger):
    """Acknowledged is stored; a retry with the same key converges; every request is there exactly once."""
    for *_, row, token in ledger:
        assert str(reading.of_token(token).pk) == row
    stored = Referral.objects.count()
    assert len(ledger) <= stored <= len(ledger) + 1
    assert Delivery.objects.count() == TimelineEntry.objects.count() == stored
    assert AuditEvent.objects.filter(action="referral.request").count() == stored
    receipts = [sent(clinic, key=key) for key in keys]
    assert [receipt.replayed for receipt in receipts] == [True] * stored + [False] * (len(keys) - stored)
    assert Referral.objects.count() == Delivery.objects.count() == TimelineEntry.objects.count() == len(keys)
    tokens = [receipt.token for receipt in receipts]
    assert [token for *_, token in ledger] == tokens[: len(ledger)]
    assert audit.verify() == []
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            assert cursor.fetchone() == ("ok",)


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_a_kill_at_each_place_loses_and_doubles_nothing(clinic, owner, failpoint):
    process = _start(clinic, KEYS, f"{failpoint}:2")
    output, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, errors.decode()[-2000:]
    ledger = _acknowledged(output)
    assert len(ledger) == 1
    expected = 2 if failpoint == "request.after-commit" else 1
    assert _settled_count(expected) == expected
    _check(clinic, KEYS, ledger)


def test_kills_at_any_moment_lose_and_double_nothing(clinic, owner):
    keys = [f"key {number}" for number in range(150)]
    chance = random.Random(20261109)
    process = _start(clinic, keys)
    assert process.stdout.readline() == b"ready\n"
    first = (
        process.stdout.readline()
    )  # a busy machine may need long for it: the kill comes after, at any moment
    time.sleep(chance.uniform(0.0, 0.3))
    process.kill()
    output, _ = process.communicate(timeout=60)
    ledger = _acknowledged(first + output)
    assert 0 < len(ledger) < len(keys)
    _settled_count(len(ledger))
    _check(clinic, keys[: len(ledger) + 3], ledger)


def test_every_place_of_a_request_has_its_test():
    source = (Path(settings.BASE_DIR) / "referrals" / "requesting.py").read_text()
    assert tuple(re.findall(r'failpoint\("([^"]+)"\)', source)) != ()
    assert set(re.findall(r'failpoint\("([^"]+)"\)', source)) == {*FAILPOINTS, AT_A_REPEAT}


def _settled_count(expected):
    """How many are stored, once the server has noticed that its client is gone."""
    for _ in range(50):
        if Referral.objects.count() >= expected:
            break
        time.sleep(0.1)
    return Referral.objects.count()
