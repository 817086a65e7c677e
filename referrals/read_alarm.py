"""Somebody who opens very many requests within an hour is looked at by a person: curiosity, or a copy being made.

Counted from the audit trail itself, so that nothing else has to remember who read what.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from accounts import audit
from accounts.models import AuditEvent, User
from outbox import clock

MOST: Final = 50
"""Different requests that one person opens within WITHIN before it is noted. Names in a list do not count."""

WITHIN: Final = timedelta(hours=1)
SHOWN_FOR: Final = timedelta(days=7)
ACTION, OBJECT_TYPE = "read.alarm", "read-alarm"
LIST: Final = "inbox"
"""The purpose of a read that shows names alone."""


@dataclass(frozen=True)
class Alarm:
    """Who, and when it was noted; None for somebody whose account is gone."""

    person: User | None
    at: datetime


def watch(by: User) -> None:
    """Note it once an hour if `by` opened too many. Last in the transaction that reads, after its own audit row."""
    since = clock.now() - WITHIN
    if _opened(by, since) > MOST and not _noted(since).filter(object_id=str(by.pk)).exists():
        audit.record(actor=audit.SYSTEM, action=ACTION, object_type=OBJECT_TYPE, object_id=str(by.pk))


def recent() -> list[Alarm]:
    """What was noted in the last seven days, the latest first, in two statements."""
    noted = list(_noted(clock.now() - SHOWN_FOR).order_by("-seq")[:50])
    people = User.objects.in_bulk([int(event.object_id) for event in noted])
    return [Alarm(people.get(int(event.object_id)), event.at) for event in noted]


def _opened(by: User, since: datetime) -> int:
    reads = AuditEvent.objects.filter(actor=audit.actor_of(by), at__gt=since, action="referral.read")
    return reads.exclude(purpose=LIST).values("object_id").distinct().count()


def _noted(since: datetime) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(object_type=OBJECT_TYPE, action=ACTION, at__gt=since)
