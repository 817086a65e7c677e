"""Mails to everybody who looks after a listing, each said once for its occasion. What they say is the callers'.

    found = occasions.not_said(wanted, at)
    occasions.promise(found)

An occasion is a kind of mail, a listing, how many days ahead, and the day that it is about: the same occasion is the
same mail, whoever asks for it and however often.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from directory import members
from outbox import deliveries
from outbox.models import Delivery

CAUGHT_UP_FOR: Final = timedelta(days=2)
"""A worker that was down so long still says what it would have said."""

_LOOKED_BACK: Final = timedelta(days=6)
"""Longer than any occasion can be said for."""


@dataclass(frozen=True)
class Notice:
    """One mail to everybody who acts for a clinic. `day`: what it is about, as an ISO date in UTC."""

    kind: str
    days: int
    clinic_id: int
    day: str

    def key_for(self, recipient: str) -> str:
        """The same occasion is the same mail."""
        return f"{self.kind}:{self.clinic_id}:{self.days}:{self.day}:{recipient}"


@dataclass(frozen=True)
class Said:
    """What was promised of late: occasions without their recipients, and listings that had a mail."""

    occasions: set[str]
    clinic_ids: set[int]

    def has(self, notice: Notice) -> bool:
        """Was this very occasion said?"""
        return notice.key_for("") in self.occasions


def window(days: int, at: datetime) -> tuple[datetime, datetime]:
    """Between which instants something lies that is said `days` days ahead, if it is said at `at`.

    With 0 days what has just happened, else only what is still ahead.
    """
    until = at + timedelta(days=days)
    earliest = until - CAUGHT_UP_FOR
    return (max(at, earliest) if days else earliest), until


def said_of_late(kinds: Collection[str], at: datetime) -> Said:
    """What was promised of these kinds in the days before `at`."""
    rows = Delivery.objects.filter(kind__in=kinds, created_at__gt=at - _LOOKED_BACK)
    pairs = list(rows.values_list("dedupe_key", "subject"))
    occasions = {key.rpartition(":user:")[0] + ":" for key, _ in pairs}
    return Said(occasions, {int(subject) for _, subject in pairs})


def not_said(found: Sequence[Notice], at: datetime) -> list[Notice]:
    """Those that were not promised yet."""
    said = said_of_late({notice.kind for notice in found}, at)
    return [notice for notice in found if not said.has(notice)]


def promise(found: Iterable[Notice]) -> int:
    """Promise each to everybody who acts for its clinic; about how many listings."""
    notices = list(found)
    looking_after = members.recipients_of_each(notice.clinic_id for notice in notices)
    for notice in notices:
        recipients = looking_after.get(notice.clinic_id, [])
        deliveries.enqueue_each(
            kind=notice.kind,
            subject=str(notice.clinic_id),
            dedupe_keys={recipient: notice.key_for(recipient) for recipient in recipients},
        )
    return len(notices)
