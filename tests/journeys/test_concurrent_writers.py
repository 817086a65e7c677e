"""Eight connections in four processes write at once: nobody hears of a lock, and all that was answered is stored."""

import json
import os
import subprocess
import sys
from collections import Counter
from statistics import quantiles

import pytest
from django.conf import settings

from accounts import audit
from accounts.models import AuditEvent
from outbox.models import Delivery
from referrals.models import Referral, TimelineEntry
from tests.outbox import workers

pytestmark = pytest.mark.django_db(transaction=True)

PROCESSES = 4
SECONDS = 5
# SQLite's waiting is not fair: of eight that never rest, one may wait for seconds. At its `timeout` it would be told.
PATIENCE_MS = 20_000


def test_many_writers_at_once_lose_nothing_and_hear_of_no_lock(clinic, owner, tmp_path):
    arguments = ["-m", "tests.journeys.a_writer", str(SECONDS), str(clinic.pk), str(owner.pk)]
    writers = [_begin(tmp_path / str(number), arguments) for number in range(PROCESSES)]
    done = [json.loads(line) for writer in writers for line in _lines(writer)]

    assert [line["error"] for line in done if line["error"]] == []
    steps = Counter(line["verb"] for line in done)
    assert steps["request"] == steps["open"] == steps["accept"] > PROCESSES
    acknowledged = {line["pk"] for line in done}
    assert {
        str(pk) for pk in Referral.objects.filter(status="accepted").values_list("pk", flat=True)
    } == acknowledged
    assert TimelineEntry.objects.count() == len(done)
    assert Delivery.objects.filter(kind="clinic-new-request").count() == steps["request"]
    assert AuditEvent.objects.filter(action="referral.request").count() == steps["request"]
    assert audit.verify() == []
    _tell(done)


def _begin(folder, arguments):
    folder.mkdir()
    command = [sys.executable, *arguments]
    return subprocess.Popen(command, cwd=workers.ROOT, env=_environment(folder), stdout=subprocess.PIPE)


def _environment(folder):
    return os.environ | {
        "DATABASE_URL": workers.database_url(),
        "DATA_DIR": str(folder),
        "SECRET_KEY": settings.SECRET_KEY,
        "PHI_KEYS": settings.PHI_KEYS,
        "PYTHONPATH": str(workers.ROOT),
    }


def _lines(writer):
    said, _ = writer.communicate(timeout=120)
    assert writer.returncode == 0
    return said.decode().splitlines()


def _tell(done):
    """The figures, for whoever runs this with -s."""
    cuts = quantiles((line["ms"] for line in done), n=100)
    slowest = max(line["ms"] for line in done)
    sys.stdout.write(
        f"{len(done)} writes by {PROCESSES} processes in {SECONDS} s: "
        f"p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, slowest {slowest:.0f} ms\n"
    )
    assert slowest < PATIENCE_MS
