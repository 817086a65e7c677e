"""Everything that happens to a referral, one verb each. Nobody else sets a status.

Every verb takes the referral as its caller read it, and either takes the step from that very state
or raises WrongState; of several at once one wins. Locks are taken in one order everywhere: clinic,
referral, deliveries, audit trail.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.models import User
from directory.models import Clinic
from outbox import clock
from referrals import access, eligibility, telling
from referrals.answers import Answers
from referrals.errors import (
    BadText,
    ConsentChanged,
    DateOutOfRange,
    KeyReused,
    ListingStopped,
    NotTaking,
    NotYours,
    WrongState,
)
from referrals.models import Referral, TimelineEntry
from referrals.requesting import Receipt, request
from referrals.transitions import TRANSITIONS, can, move
from referrals.vocabulary import AGREED, Actor, CompleteReason, DeclineReason, FailReason, Status

__all__ = [
    "TRANSITIONS",
    "Answers",
    "BadText",
    "ConsentChanged",
    "DateOutOfRange",
    "KeyReused",
    "ListingStopped",
    "NotTaking",
    "NotYours",
    "Receipt",
    "WrongState",
    "can",
    "request",
]

MESSAGE_LIMIT = 1000
FURTHEST_APPOINTMENT = timedelta(days=731)


# --- the clinic's side -------------------------------------------------------------------------


def open(*, referral: Referral, by: User) -> None:  # noqa: A001
    """A member of the clinic reads the request for the first time: requested -> received.

    Raises ListingStopped when the clinic's facts no longer hold (the request was stopped then, and the
    patient told), WrongState, NotYours.
    """
    if not _opened(referral, by):
        raise ListingStopped


@transaction.atomic
def _opened(referral: Referral, by: User) -> bool:
    access.require(referral, by)
    stands_at = eligibility.stands_at(referral) if can("open", referral.status) else None
    if can("open", referral.status) and stands_at is None:
        stop(referral=referral)
        return False
    _clinic_step("open", referral, by, at=stands_at)
    return True


@transaction.atomic
def ask(*, referral: Referral, question: str, by: User) -> None:
    """The clinic asks the person something: -> on-hold. Raises WrongState, NotYours, BadText."""
    _clinic_step("ask", referral, by, note={"text": _message(question)})


@transaction.atomic
def accept(*, referral: Referral, by: User, note: str = "") -> None:
    """The clinic will see the person: -> accepted. `note` is for the patient.

    Raises ListingStopped when the clinic's facts no longer hold (nothing changes then), WrongState,
    NotYours, BadText.
    """
    access.require(referral, by)
    stands_at = None if referral.is_closed else eligibility.stands_at(referral)
    if not referral.is_closed and stands_at is None:
        raise ListingStopped
    words = {"text": _message(note)} if note.strip() else None
    _clinic_step("accept", referral, by, note=words, at=stands_at)


@transaction.atomic
def decline(*, referral: Referral, reason: str, by: User) -> None:
    """The clinic cannot help, for a DeclineReason: -> rejected. Raises WrongState, NotYours, ValueError."""
    _clinic_step("decline", referral, by, reason=DeclineReason(reason))


@transaction.atomic
def set_appointment(*, referral: Referral, at: datetime, by: User) -> None:
    """There is a date, or a new one: -> in-progress. Raises DateOutOfRange, WrongState, NotYours."""
    if not timedelta(0) < at - clock.now() <= FURTHEST_APPOINTMENT:
        raise DateOutOfRange
    _clinic_step("set_appointment", referral, by, note={"appointment": at.astimezone(UTC).isoformat()})


@transaction.atomic
def complete(*, referral: Referral, reason: str, by: User) -> None:
    """It ended, as the clinic says, with a CompleteReason. Raises WrongState, NotYours, ValueError."""
    _clinic_step("complete", referral, by, reason=CompleteReason(reason))


def _clinic_step(
    verb: str,
    referral: Referral,
    by: User,
    *,
    reason: str = "",
    note: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    access.require(referral, by)
    step = move(referral, verb, actor=Actor.CLINIC, reason=reason, note=note, at=at)
    if verb == "open":
        telling.recall_request(referral)  # the colleagues need not be told any more
    telling.tell_patient(referral, step)
    _audit(verb, referral, audit.actor_of(by))


# --- the patient's side ------------------------------------------------------------------------


@transaction.atomic
def answer(*, referral: Referral, text: str, by: str = audit.PATIENT) -> None:
    """The person answers the clinic's question: on-hold -> received. Raises WrongState, BadText."""
    step = move(referral, "answer", actor=Actor.PATIENT, note={"text": _message(text)})
    telling.tell_clinic(referral, step)
    _audit("answer", referral, by)


@transaction.atomic
def withdraw(*, referral: Referral, by: str = audit.PATIENT) -> None:
    """The person takes the request back, from any open status: -> cancelled. Raises WrongState.

    A clinic that had not opened it needs no word of it: its notice, if still unsent, is recalled.
    """
    was_opened = referral.status != Status.REQUESTED
    step = move(referral, "withdraw", actor=Actor.PATIENT)
    telling.recall_request(referral)
    if was_opened:
        telling.tell_clinic(referral, step)
    _audit("withdraw", referral, by)


# --- what nobody wished ------------------------------------------------------------------------


@transaction.atomic
def stop(*, referral: Referral) -> None:
    """The clinic left the directory before anybody there read the request: -> failed. Raises WrongState."""
    _close("stop", referral, FailReason.LISTING_STOPPED)
    _audit("stop", referral, audit.SYSTEM)


@transaction.atomic
def give_up(*, referral: Referral, by: User) -> None:
    """The operator's staff could not reach the clinic in any way: -> failed. Raises WrongState, NotYours."""
    if not by.is_staff:
        raise NotYours
    _close("give_up", referral, FailReason.UNDELIVERABLE)
    _audit("give_up", referral, audit.actor_of(by))


@transaction.atomic
def stop_undelivered(clinic: Clinic) -> None:
    """Stop every request of which the clinic has not been told. What it has opened stays open.

    A row that somebody is at work on is left to them, without waiting: the trail may be locked by us
    already. If it stays a request, its notice finds the lapse when it is composed.
    """
    waiting = Referral.objects.filter(clinic=clinic, status=Status.REQUESTED)
    for referral in waiting.select_for_update(no_key=True, skip_locked=True):
        if not telling.was_told(referral):
            stop(referral=referral)


@transaction.atomic
def tell_accepted(clinic: Clinic) -> None:
    """The clinic is shown no more: tell those whom it agreed to see, so that they can call it. Nothing else changes.

    Takes no lock of a referral: a message is all that is written, and it asks again when it is composed.
    """
    for referral in Referral.objects.filter(clinic=clinic, status__in=AGREED).order_by("pk"):
        telling.tell_accepted_of_stop(referral)


@transaction.atomic
def end_unanswerable(clinics: Sequence[Clinic]) -> None:
    """Nobody at these clinics can open a request any more: end every open one -> failed, and tell the person.

    A clinic that has accepted may see the person all the same: then only the outcome is unknown here. All rows
    are locked before the first trail row is written.
    """
    waiting = Referral.objects.open().filter(clinic__in=clinics).order_by("pk")
    for referral in list(waiting.select_for_update(no_key=True)):
        agreed = referral.status in AGREED
        reason = FailReason.OUTCOME_UNKNOWN if agreed else FailReason.UNDELIVERABLE
        _close("end_unanswerable", referral, reason)
        _audit("end_unanswerable", referral, audit.SYSTEM)


def _close(verb: str, referral: Referral, reason: FailReason) -> None:
    step: TimelineEntry = move(referral, verb, actor=Actor.SITE, reason=reason)
    telling.recall_request(referral)
    telling.tell_patient(referral, step)


def _message(text: str) -> str:
    words = text.strip()
    if not words or len(words) > MESSAGE_LIMIT:
        raise BadText(f"a message has 1 to {MESSAGE_LIMIT} characters")
    return words


def _audit(verb: str, referral: Referral, actor: str) -> None:
    audit.record(actor=actor, action=f"referral.{verb}", object_type="referral", object_id=str(referral.pk))
