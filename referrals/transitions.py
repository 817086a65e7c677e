"""Which step leads from where to where, and the one place where a status changes."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max

from outbox import clock
from referrals import envelope
from referrals.errors import WrongState
from referrals.models import Referral, TimelineEntry
from referrals.vocabulary import CLOSED_STATUSES, OPEN_STATUSES, Status

TRANSITIONS: dict[str, tuple[frozenset[str], str]] = {
    "open": (frozenset({Status.REQUESTED}), Status.RECEIVED),
    "ask": (frozenset({Status.RECEIVED, Status.ON_HOLD}), Status.ON_HOLD),
    "answer": (frozenset({Status.ON_HOLD}), Status.RECEIVED),
    "accept": (frozenset({Status.RECEIVED, Status.ON_HOLD}), Status.ACCEPTED),
    "decline": (frozenset({Status.RECEIVED, Status.ON_HOLD, Status.ACCEPTED}), Status.REJECTED),
    "set_appointment": (frozenset({Status.ACCEPTED, Status.IN_PROGRESS}), Status.IN_PROGRESS),
    "complete": (frozenset({Status.ACCEPTED, Status.IN_PROGRESS}), Status.COMPLETED),
    "withdraw": (frozenset(OPEN_STATUSES), Status.CANCELLED),
    "stop": (frozenset({Status.REQUESTED}), Status.FAILED),
    "give_up": (frozenset({Status.REQUESTED}), Status.FAILED),
    "end_unanswerable": (frozenset(OPEN_STATUSES), Status.FAILED),
}

# Each step is later than the one before, even within one tick of the database's clock, so that
# (status, status_at) names a version of the row.
TICK = timedelta(milliseconds=1)


def can(verb: str, status: str) -> bool:
    """May `verb` start from `status`? For pages that show or hide a button."""
    return status in TRANSITIONS[verb][0]


def move(
    referral: Referral,
    verb: str,
    *,
    actor: str,
    reason: str = "",
    note: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> TimelineEntry:
    """Take one step from the state in which `referral` was read, or raise WrongState if it has moved on.

    Runs in the caller's transaction; of several who try at once, one wins. `at` is now, unless the step rests on
    something that was asked at an instant.
    """
    _, target = TRANSITIONS[verb]
    seen = Referral.objects.filter(pk=referral.pk, status=referral.status, status_at=referral.status_at)
    taken_at = max(at or clock.now(), referral.status_at + TICK)
    closed_at = taken_at if target in CLOSED_STATUSES else None
    change = {"status": target, "status_reason": reason, "status_at": taken_at, "closed_at": closed_at}
    if not (can(verb, referral.status) and seen.update(**change)):
        raise WrongState(Referral.objects.values_list("status", flat=True).get(pk=referral.pk))
    for name, value in change.items():
        setattr(referral, name, value)
    return add_step(referral, actor=actor, note=note)


def add_step(referral: Referral, *, actor: str, note: dict[str, Any] | None = None) -> TimelineEntry:
    """Write the timeline entry of the step that led to the present status; the row is locked by then."""
    last = referral.timeline.aggregate(last=Max("number"))["last"] or 0
    return TimelineEntry.objects.create(
        referral=referral,
        number=last + 1,
        at=referral.status_at,
        actor=actor,
        status=referral.status,
        sealed=envelope.seal_note(referral, last + 1, note) if note else None,
    )
