"""Real worker processes, killed where it hurts: nothing is lost, and at most the mail in hand is repeated."""

import os
import signal
import time
from collections import Counter
from threading import Thread

import pytest
from django.db import connection

from outbox import chores, clock, deliveries, heartbeat
from outbox.models import Delivery
from outbox.worker import Worker
from tests.outbox import workers

MINUTE = deliveries.LEASE

pytestmark = pytest.mark.django_db(transaction=True)

FAILPOINTS = [
    "worker.after-claim",
    "worker.before-send",
    "worker.after-send",
    "worker.before-mark",
    "worker.after-mark",
]


def end_leases() -> None:
    """A minute passes: nobody may wait longer for what a killed worker held."""
    leased = Delivery.objects.filter(state=Delivery.State.PENDING, run_after__gt=clock.now())
    assert all(delivery.run_after <= clock.now() + MINUTE for delivery in leased)
    leased.update(run_after=clock.now())


@pytest.mark.parametrize("failpoint", [*FAILPOINTS, "worker.after-send:2", "worker.after-claim:3"])
def test_it_loses_nothing_when_a_worker_is_killed(failpoint, promised, smtp_server, tmp_path):
    for recipient in ("one", "two", "three"):
        promised(recipient)
    killed = workers.start(smtp_server.url, tmp_path, failpoint=failpoint)
    assert killed.wait(timeout=30) == -signal.SIGKILL

    held = Delivery.objects.filter(state=Delivery.State.PENDING, attempts=1).count()
    assert held == (0 if failpoint == "worker.after-mark" else 1)
    end_leases()
    while deliveries.deliver_one():
        pass

    received = Counter(smtp_server.recipients)
    assert set(received) == {"one@clinic.example", "two@clinic.example", "three@clinic.example"}
    assert received.total() - len(received) <= 1
    assert len({mail.message["Message-ID"] for mail in smtp_server.received}) == 3
    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.State.DELIVERED}


@pytest.mark.parametrize("kept", [True, False], ids=["mail taken", "mail not taken"])
def test_it_loses_nothing_when_a_worker_is_killed_in_the_middle_of_sending(
    kept, promised, smtp_server, tmp_path
):
    promised()
    smtp_server.drop, smtp_server.keep_dropped = True, kept
    killed = workers.start(smtp_server.url, tmp_path)
    smtp_server.on_data = lambda: os.kill(killed.pid, signal.SIGKILL)
    assert killed.wait(timeout=30) == -signal.SIGKILL

    smtp_server.drop, smtp_server.on_data = False, lambda: None
    end_leases()
    assert deliveries.deliver_one()
    assert smtp_server.recipients == ["front-desk@clinic.example"] * (2 if kept else 1)


def test_it_sends_each_message_exactly_once_from_four_workers(promised, smtp_server):
    for number in range(100):
        promised(f"desk-{number}")

    def work() -> None:
        while deliveries.deliver_one():
            pass
        connection.close()

    team = [Thread(target=work) for _ in range(4)]
    for worker in team:
        worker.start()
    for worker in team:
        worker.join()
    assert len(smtp_server.recipients) == len(set(smtp_server.recipients)) == 100
    assert set(Delivery.objects.values_list("attempts", "state")) == {(1, Delivery.State.DELIVERED)}


def test_it_runs_as_a_command_until_it_is_told_to_stop(tmp_path, smtp_server):
    worker = workers.start(smtp_server.url, tmp_path, "manage.py", "worker")
    workers.wait_until((tmp_path / "worker.heartbeat").exists)
    assert workers.finish(worker) == 0


def test_it_finishes_sending_when_it_is_told_to_stop(promised, smtp_server, tmp_path):
    promised("one")
    promised("two")
    smtp_server.stall = 1
    worker = workers.start(smtp_server.url, tmp_path)
    workers.wait_until(lambda: Delivery.objects.filter(attempts=1).exists())
    assert workers.finish(worker) == 0
    assert smtp_server.recipients == ["one@clinic.example"]
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["delivered", "pending"]


def test_it_outlives_a_lost_connection_to_the_database(promised, smtp_server, monkeypatch):
    monkeypatch.setattr("outbox.worker.TROUBLE_SECONDS", 0)
    promised()
    connection.connection.close()  # the driver's own, behind Django's back
    worker = Worker()
    worker._turn()
    assert not smtp_server.received
    worker._turn()
    assert smtp_server.recipients == ["front-desk@clinic.example"]


def test_it_runs_each_chore_when_its_rest_is_over_and_goes_on_after_a_failure(monkeypatch):
    ran = []

    def broken() -> None:
        ran.append("broken")
        raise RuntimeError

    monkeypatch.setattr(chores, "_chores", {})
    chores.register("broken", 60, broken)
    chores.register("often", 0, lambda: ran.append("often"))
    chores.run_due()
    chores.run_due()
    assert ran == ["broken", "often", "often"]


def test_it_leaves_a_sign_of_life(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    assert heartbeat.is_silent()
    heartbeat.beat()
    assert not heartbeat.is_silent()
    hour_ago = time.time() - 3600
    os.utime(heartbeat.heartbeat_file(), (hour_ago, hour_ago))
    assert heartbeat.is_silent()
