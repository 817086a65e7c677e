"""The only door to personal data. Whatever goes out leaves an audit row in the same transaction.

The row is locked while it is read: what retention has destroyed cannot come out afterwards.
"""

import re
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.models import User
from directory.models import Clinic
from referrals import access, envelope, read_alarm, wording
from referrals.answers import Answers
from referrals.errors import NotYours
from referrals.models import Referral, TimelineEntry
from referrals.models.referral import ReferralQuerySet
from referrals.transitions import can
from referrals.vocabulary import AGREED, Actor, Status

_NOT_THE_PATIENT = frozenset({Actor.CLINIC, Actor.SITE})
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


class PersonalDataGone(LookupError):
    """Destroyed some time after closing, as promised; or, for the clinic, taken back by the person."""


@dataclass(frozen=True)
class Step:
    """One line of the timeline. `words`: what was said with it; `appointment`: a date that was set."""

    at: datetime
    actor: str
    status: str
    title: str
    words: str = ""
    appointment: datetime | None = None


@dataclass(frozen=True)
class StatusView:
    """The patient's private page: state and the clinic's messages, never what the patient wrote.

    `question` is the clinic's open question while on-hold, else "". `steps` come newest first.
    `clinic_is_shown` is False when the clinic left the directory. `left` says so, without a cause, while the
    request is open: offer others. `can_call`: it is shown, or it agreed to see the person.
    """

    referral: Referral
    clinic: Clinic
    tag: str
    sentence: str
    reason: str
    steps: list[Step]
    question: str
    appointment: datetime | None
    can_answer: bool
    can_withdraw: bool
    clinic_is_shown: bool
    left: str
    can_call: bool
    closed: bool


@dataclass(frozen=True)
class PatientMail:
    """Where a person can be written to, and the token of the page to point to. Never stored."""

    address: str
    token: str


@transaction.atomic
def read(*, referral: Referral, by: User | str, purpose: str) -> Answers:
    """What the person answered. `by` is a user of the clinic, or audit.SYSTEM.

    Raises NotYours, PersonalDataGone, EnvelopeError.
    """
    payload = _payload(referral, by)
    note(referral, by, purpose)
    if isinstance(by, User):
        read_alarm.watch(by)
    return Answers.from_payload(payload["answers"])


@transaction.atomic
def read_all(*, referral: Referral, by: User, purpose: str) -> tuple[Answers, list[Step]]:
    """`read` and `timeline` at one look, with one row in the trail. Raises as `read`."""
    row, payload = _opened(referral, by)
    steps = [_step(entry, set(Actor)) for entry in _entries(row)]
    note(referral, by, purpose)
    return Answers.from_payload(payload["answers"]), steps


@transaction.atomic
def call_names(*, referrals: Iterable[Referral], by: User, purpose: str) -> dict[uuid.UUID, str]:
    """What to call each person of a list; of requests destroyed or taken back there is no entry.

    Raises NotYours if one of them is not in the user's inbox, EnvelopeError.
    """
    wanted = {referral.pk for referral in referrals}
    rows = list(_locked(access.inbox_of(by)).filter(pk__in=wanted).order_by("pk"))
    if len(rows) < len(wanted):
        raise NotYours
    whole = [row for row in rows if _is_readable(row, by)]
    names = {row.pk: str(envelope.unseal(row)["answers"]["call_me"]) for row in whole}
    if whole:
        note_each(whole, by, purpose)
    return names


@transaction.atomic
def timeline(*, referral: Referral, by: User, purpose: str) -> list[Step]:
    """Every step with all its words, oldest first, for the clinic; of a request taken back without words.

    Raises NotYours, EnvelopeError.
    """
    access.require(referral, by)
    row = _locked().get(pk=referral.pk)
    words_of = set(Actor) if _is_readable(row, by) else set()
    steps = [_step(entry, words_of) for entry in _entries(row)]
    note(referral, by, purpose)
    return steps


@transaction.atomic
def patient_mail(*, referral: Referral, purpose: str) -> PatientMail:
    """Raises PersonalDataGone; `address` is "" for a person who left only a phone number."""
    payload = _payload(referral, audit.SYSTEM)
    note(referral, audit.SYSTEM, purpose)
    return PatientMail(address=payload["answers"]["email"], token=payload["token"])


def modality_of(referral: Referral) -> str:
    """The treatment asked for, "" if the person was not sure. For a step that audits itself, in its transaction."""
    return str(_payload(referral, audit.SYSTEM)["answers"]["modality"])


@transaction.atomic
def status_page(token: str) -> StatusView | None:
    """The page behind a private link, or None: any wrong token, or one whose data are destroyed.

    It is looked up by its digest, and changes nothing but the audit trail.
    """
    if not TOKEN.fullmatch(token):
        return None
    referral = _locked().filter(token_digest=digest_of(token), sealed__isnull=False).first()
    if referral is None:
        return None
    view = _view(referral, [_step(entry, _NOT_THE_PATIENT) for entry in _entries(referral)])
    note(referral, audit.PATIENT, "status page")
    return view


def of_token(token: str) -> Referral | None:
    """The referral behind a private link, for what its page posts; opens nothing sealed."""
    if not TOKEN.fullmatch(token):
        return None
    return Referral.objects.filter(token_digest=digest_of(token), sealed__isnull=False).first()


def digest_of(token: str) -> str:
    """A token as it is stored: with 256 random bits in it, a plain hash cannot be searched."""
    return sha256(token.encode("ascii")).hexdigest()


def _view(referral: Referral, steps: list[Step]) -> StatusView:
    last = steps[-1]
    is_shown = Clinic.objects.filter(pk=referral.clinic_id).shown().exists()
    dates = [step.appointment for step in steps if step.appointment]
    return StatusView(
        referral=referral,
        clinic=referral.clinic,
        tag=wording.tag(referral.status, referral.status_reason),
        sentence=wording.sentence(
            referral.status,
            answered=last.actor == Actor.PATIENT,
            opened=any(step.actor == Actor.CLINIC for step in steps),
        ),
        reason=wording.reason(referral.status_reason),
        steps=steps[::-1],
        question=last.words if referral.status == Status.ON_HOLD else "",
        appointment=dates[-1] if dates and referral.status == Status.IN_PROGRESS else None,
        can_answer=can("answer", referral.status),
        can_withdraw=can("withdraw", referral.status),
        clinic_is_shown=is_shown,
        left="" if is_shown or referral.is_closed else wording.not_shown(referral.status),
        can_call=is_shown or referral.status in AGREED,
        closed=referral.is_closed,
    )


def _step(entry: TimelineEntry, words_of: Collection[str]) -> Step:
    """`words_of`: the actors whose words are shown."""
    words = envelope.unseal_note(entry) if entry.actor in words_of else {}
    date = words.get("appointment")
    return Step(
        at=entry.at,
        actor=entry.actor,
        status=entry.status,
        title=wording.title(entry.actor, entry.status),
        words=words.get("text", ""),
        appointment=datetime.fromisoformat(date) if date else None,
    )


def _payload(referral: Referral, by: User | str) -> dict[str, Any]:
    return _opened(referral, by)[1]


def _opened(referral: Referral, by: User | str) -> tuple[Referral, dict[str, Any]]:
    """The row as it is now, locked, and what is sealed in it."""
    if isinstance(by, User):
        access.require(referral, by)
    row = _locked().get(pk=referral.pk)
    if not _is_readable(row, by):
        raise PersonalDataGone
    return row, envelope.unseal(row)


def _is_readable(row: Referral, by: User | str) -> bool:
    """The clinic reads nothing more of a request that the person took back."""
    taken_back = row.status == Status.CANCELLED and isinstance(by, User)
    return row.sealed is not None and not taken_back


def _locked(rows: ReferralQuerySet | None = None) -> ReferralQuerySet:
    """Held until the transaction ends, so that reading and destroying come one after the other."""
    found = Referral.objects.all() if rows is None else rows
    return found.select_for_update(of=("self",), no_key=True)


def _entries(referral: Referral) -> list[TimelineEntry]:
    entries = list(referral.timeline.order_by("number"))
    for entry in entries:
        entry.referral = referral
    return entries


def note(referral: Referral, by: User | str, purpose: str) -> None:
    """The audit row of one read, last in the transaction that reads."""
    note_each([referral], by, purpose)


def note_each(referrals: Iterable[Referral], by: User | str, purpose: str) -> None:
    """An audit row for each referral that was read, last in the transaction that reads."""
    audit.record_each(
        actor=audit.actor_of(by) if isinstance(by, User) else by,
        action="referral.read",
        object_type="referral",
        object_ids=[str(referral.pk) for referral in referrals],
        purpose=purpose,
    )
