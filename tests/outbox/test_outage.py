"""After an hour without a mail server, what waited for it is tried within ten minutes of its return."""

import socket
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outbox import clock, deliveries, outage
from outbox.models import Delivery

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


@dataclass
class Server:
    """The mail server as the site finds it: `away` is a port where nobody listens."""

    settings: Any
    port: int

    def away(self) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.settings.EMAIL_PORT = free.getsockname()[1]

    def back(self) -> None:
        self.settings.EMAIL_PORT = self.port


@pytest.fixture
def server(smtp_server, settings):
    found = Server(settings, smtp_server.port)
    found.away()
    return found


def an_hour_of_failures(start: datetime) -> datetime:
    """Every row is tried whenever it is due, for an hour."""
    now = start
    while now < start + timedelta(hours=1):
        with clock.frozen(now):
            while deliveries.deliver_one():
                pass
        now += timedelta(minutes=1)
    return now


def test_all_that_waited_goes_out_within_ten_minutes_of_the_first_that_arrives(db, promised, server):
    with clock.frozen(NOON):
        waiting = [promised(dedupe_key=f"row {number}") for number in range(20)]
    back = an_hour_of_failures(NOON)
    server.back()
    with clock.frozen(back):
        promised(dedupe_key="a fresh one")
        assert deliveries.deliver_one()
    rows = Delivery.objects.filter(pk__in=[row.pk for row in waiting])
    assert all(row.run_after <= back + outage.WITHIN for row in rows)
    with clock.frozen(back + outage.WITHIN):
        while deliveries.deliver_one():
            pass
    assert set(rows.values_list("state", flat=True)) == {Delivery.State.DELIVERED}


def test_they_are_spread_over_the_ten_minutes_in_the_order_in_which_they_were_promised(db, promised, server):
    for number in range(4):
        with clock.frozen(NOON + timedelta(seconds=number)):
            promised(dedupe_key=f"row {number}")
    back = an_hour_of_failures(NOON + timedelta(seconds=4))
    with clock.frozen(back):
        assert outage.over() == 4
    first, *_, last = Delivery.objects.order_by("created_at")
    assert first.run_after == back
    assert timedelta(minutes=7) <= last.run_after - back < outage.WITHIN


def test_what_the_server_refused_keeps_its_wait(db, promised, server, smtp_server):
    server.back()
    smtp_server.answers["front-desk@clinic.example"] = "451 Try later"
    with clock.frozen(NOON):
        promised()
    back = an_hour_of_failures(NOON)
    planned = Delivery.objects.get().run_after
    outage.suspect(ConnectionRefusedError())
    with clock.frozen(back):
        assert outage.over() == 0
    assert Delivery.objects.get().run_after == planned


def test_a_server_that_comes_and_goes_does_not_use_up_three_days_of_tries(db, promised, server):
    """After five failures the long waits stay, so a person hears of it no sooner than after two days."""
    with clock.frozen(NOON):
        delivery = promised()
    now = NOON
    while delivery.state == Delivery.State.PENDING:
        with clock.frozen(now):
            outage.over()
            deliveries.deliver_one()
        now += timedelta(minutes=5)
        delivery.refresh_from_db()
    assert now - NOON > timedelta(hours=48)


def test_a_success_with_nothing_suspected_asks_the_database_for_nothing(db, django_assert_num_queries):
    outage.over()
    with django_assert_num_queries(0):
        assert outage.over() == 0
