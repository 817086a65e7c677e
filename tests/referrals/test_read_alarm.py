"""More than 50 different requests opened by one person within an hour are noted, and the operator's staff sees it."""

from datetime import timedelta

import pytest

from accounts import audit
from accounts.models import AuditEvent
from outbox import clock
from referrals import read_alarm, reading
from tests import build_referrals
from tests.portal.reading_pages import main
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def referral(clinic, owner):
    return build_referrals.referral(clinic, reached="received", by=owner)


def opened(by, number: int, *, purpose: str = "reply", ago: timedelta = timedelta()) -> None:
    """`by` opened that many other requests."""
    from django.db import transaction

    with clock.frozen(clock.now() - ago), transaction.atomic():
        audit.record_each(
            actor=audit.actor_of(by),
            action="referral.read",
            object_type="referral",
            object_ids=[f"other-{each}" for each in range(number)],
            purpose=purpose,
        )


def alarms() -> list[str]:
    return list(AuditEvent.objects.filter(action="read.alarm").values_list("object_id", flat=True))


def test_the_fifty_first_within_an_hour_is_noted_once(referral, owner):
    opened(owner, 49)
    reading.read(referral=referral, by=owner, purpose="reply")
    assert alarms() == []
    opened(owner, 50)
    for _ in range(2):
        reading.read(referral=referral, by=owner, purpose="reply")
    assert alarms() == [str(owner.pk)]
    assert audit.verify() == []


@pytest.mark.parametrize(
    "reads",
    [{"purpose": "inbox"}, {"ago": timedelta(hours=1, seconds=1)}],
    ids=["names in a list", "earlier"],
)
def test_other_reads_do_not_count(reads, referral, owner):
    opened(owner, 60, **reads)
    reading.read(referral=referral, by=owner, purpose="reply")
    assert alarms() == []


def test_the_same_request_many_times_is_one(referral, owner):
    for _ in range(3):
        opened(owner, 20)
    reading.read(referral=referral, by=owner, purpose="reply")
    assert alarms() == []


def test_what_others_read_does_not_count(referral, owner, colleague):
    opened(colleague, 60)
    reading.read(referral=referral, by=owner, purpose="reply")
    assert alarms() == []


def test_the_staff_sees_it_for_a_week(referral, owner, staff):
    opened(owner, 50)
    reading.read(referral=referral, by=owner, purpose="reply")
    assert "Olive Owner (owner@clinic.example) opened more than 50" in main(
        signed_in(staff).get("/staff/undelivered/")
    )
    with clock.frozen(clock.now() + timedelta(days=7, seconds=1)):
        assert read_alarm.recent() == []
