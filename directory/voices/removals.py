""" "Remove this listing": somebody who says that they speak for a clinic asks, and staff call the clinic first.

Who asked and how to reach them is sealed, read by a verifier alone with a line in the trail, and destroyed on time.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from accounts import audit
from accounts.models import Organization, User
from directory import closing, listings, opt_outs
from directory.casework import cases
from directory.claims.calling import Number, numbers_to_call
from directory.deciding import require_verifier
from directory.models import Case, Clinic, ListingClaim, Removal
from directory.refusals import Incomplete, NotAllowed, WrongState
from directory.voices import sealing
from directory.voices.reports import kept_days, new_once
from outbox import clock, write_ahead_log

TEXT_LIMIT: Final = 1000
BUSINESS_DAYS: Final = 2
"""In so many days a person calls: 42 USC 300gg-115 gives a provider directory two business days for a correction."""

AS_WE_WERE_TOLD: Final = "as we were told; nobody has checked it"
ASKER: Final = "asker"
"""How the trail names somebody of whom nothing is known."""

_PURPOSE: Final = "removal"
_LIMITS: Final = {"name": 120, "position": 80, "reach": 254, "words": TEXT_LIMIT}
_NEEDED: Final = ("name", "position", "reach")
_ONCE: Final = re.compile(r"[0-9a-f]{64}")
_SATURDAY: Final = 5


@dataclass(frozen=True)
class Asker:
    """Who asks: a name, what they do at the clinic, a phone number or e-mail address, and words if they like."""

    name: str
    position: str
    reach: str
    words: str = ""


@transaction.atomic
def ask(
    *,
    clinic: Clinic,
    asker: Asker,
    why: str,
    never_again: bool = False,
    whole_organization: bool = False,
    once: str = "",
) -> Removal:
    """Keep what somebody asks for, and put it to the staff, before everything but harm.

    The same `once` (from `reports.new_once`) with the same words is the same request. Raises Incomplete naming fields
    that cannot be kept; WrongState for a clinic that nobody knows of any more, or that asked before.
    """
    _require_sound(asker, why)
    found = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    digest = _digest(once, asker, why)
    if known := Removal.objects.filter(once_digest=digest).first():
        return known
    if found.successor_id and found.status == Clinic.Status.CANDIDATE:
        raise WrongState("merged")
    if has_asked(found):
        raise WrongState(opt_outs.OUTCOME)
    wish = {"why": why, "never_again": never_again, "whole_organization": whole_organization}
    return _kept(found, asker, wish, digest)


def has_asked(clinic: Clinic) -> bool:
    """It asked not to be listed, and that stands."""
    return clinic.opt_outs.standing().exists()


def due_at(start: datetime) -> datetime:
    """Two business days later, Saturdays and Sundays left out, at the same time of day in UTC."""
    at, left = start, BUSINESS_DAYS
    while left:
        at += timedelta(days=1)
        left -= at.weekday() < _SATURDAY
    return at


def _require_sound(asker: Asker, why: str) -> None:
    given = asdict(asker)
    wrong = [name for name in _NEEDED if not given[name].strip()]
    wrong += [name for name, longest in _LIMITS.items() if len(given[name]) > longest]
    wrong += [] if why in Removal.Why.values else ["why"]
    if wrong:
        raise Incomplete(wrong)


def _digest(once: str, asker: Asker, why: str) -> str:
    chosen = once if _ONCE.fullmatch(once) else new_once()
    return hashlib.sha256(json.dumps([chosen, asdict(asker), why]).encode()).hexdigest()


def _kept(clinic: Clinic, asker: Asker, wish: Mapping[str, object], digest: str) -> Removal:
    now = clock.now()
    case = _case(clinic)
    key_id, box = sealing.seal(json.dumps(asdict(asker)), purpose=_PURPOSE, place=digest)
    removal = Removal.objects.create(
        clinic=clinic,
        case=case,
        **wish,
        key_id=key_id,
        sealed=box,
        once_digest=digest,
        made_at=now,
        text_until=now + timedelta(days=kept_days()),
    )
    _note(ASKER, "removal.asked", removal)
    return removal


def _case(clinic: Clinic) -> Case:
    why = ["Somebody who says they speak for the clinic asks us to take it down. Call the clinic first."]
    if clinic.claims.standing().exists():
        why.append("Somebody holds this listing. Their manager can take it down at once: ask them, too.")
    known = Case.objects.open().filter(clinic=clinic, kind=Case.Kind.REMOVAL).first()
    case = cases.open_case(clinic=clinic, kind=Case.Kind.REMOVAL, why=why, urgent=True)
    # At the top because it is urgent; late only after the time that we promise.
    case.due_at = known.due_at if known else due_at(case.opened_at)
    case.save(update_fields=["due_at"])
    return case


# --- for the staff -----------------------------------------------------------------------------


def number_to_call(removal: Removal) -> Number:
    """Where to ask whether it was the clinic: the registry's number or one that we checked, else the listing's."""
    # The same rule as for a claim: what counts is what was known before somebody asked.
    known = numbers_to_call(ListingClaim(clinic=removal.clinic, made_at=removal.made_at))
    return known[0] if known else Number(removal.clinic.phone, AS_WE_WERE_TOLD)


@transaction.atomic
def read(*, removal: Removal, by: User) -> Asker:
    """Who asked. By a verifier with no part in the clinic; the trail has a line of it.

    Raises NotAllowed; directory.voices.sealing.DoesNotOpen if it was altered, or is destroyed.
    """
    require_verifier(by, removal.clinic)
    text = sealing.unseal(removal.sealed, key_id=removal.key_id, purpose=_PURPOSE, place=removal.once_digest)
    _note(audit.actor_of(by), "removal.read", removal)
    return Asker(**json.loads(text))


@transaction.atomic
def decide(
    *, case: Case, outcome: str, by: User, never_again: bool = False, whole_organization: bool = False
) -> list[Clinic]:
    """Answer every request of a case, by a verifier with no part in the clinic; the clinics that were closed.

    TAKEN_DOWN closes the listing, with an opt-out where `never_again` (for a candidate always), and needs a call in the
    case in which the clinic said yes. HIDDEN suspends it. REFUSED changes nothing. Raises NotAllowed, Incomplete,
    WrongState, cases.HeldByAnother.
    """
    if outcome not in Removal.Outcome.values:
        raise Incomplete(["outcome"])
    _lock_practice(case.clinic, whole_organization)
    found = cases.working(case, by)
    require_verifier(by, found.clinic)
    if found.kind != Case.Kind.REMOVAL:
        raise NotAllowed("Nobody asked for this in this case.")
    closed = []
    if outcome == Removal.Outcome.TAKEN_DOWN:
        _require_call(found)
        closed = closing.take_down(
            clinic=found.clinic, by=by, never_again=never_again, whole_organization=whole_organization
        )
    elif outcome == Removal.Outcome.HIDDEN:
        listings.suspend(clinic=found.clinic, reason=Clinic.StatusReason.CLINIC_ASKED, by=by)
    _answer(found, outcome, by)
    return closed


def _lock_practice(clinic: Clinic, whole: bool) -> None:
    """The practice before its clinics, and these in one order, before the case locks its own."""
    if whole:
        Organization.objects.select_for_update(no_key=True).get(pk=clinic.organization_id)
        sites = Clinic.objects.filter(organization=clinic.organization_id).order_by("pk")
        list(sites.select_for_update(no_key=True).values_list("pk"))


def was_confirmed(case: Case) -> bool:
    """Somebody called, and the clinic said that it asked."""
    last = case.steps.filter(action="called").order_by("-pk").first()
    return last is not None and last.code == cases.CallOutcome.CONFIRMED


def _require_call(case: Case) -> None:
    if not was_confirmed(case):
        raise Incomplete(["call"])


def _answer(case: Case, outcome: str, by: User) -> None:
    waiting = Removal.objects.filter(case=case, outcome="")
    ids = [str(pk) for pk in waiting.order_by("pk").values_list("pk", flat=True)]
    waiting.update(outcome=outcome, decided_at=clock.now())
    cases.finish(case, outcome, by)
    audit.record_each(
        actor=audit.actor_of(by),
        action="removal.decided",
        object_type="removal",
        object_ids=ids,
        purpose=outcome,
    )


def destroy_due(limit: int = 200) -> int:
    """Destroy who asked in requests that are old enough; how many. What was asked for remains, as a choice."""
    destroyed = _destroy_due(limit)
    if destroyed:
        write_ahead_log.empty()
    return destroyed


@transaction.atomic
def _destroy_due(limit: int) -> int:
    due = Removal.objects.filter(sealed__isnull=False, text_until__lte=clock.now()).order_by("text_until")
    ids = list(due.values_list("pk", flat=True)[:limit])
    if ids:
        Removal.objects.filter(pk__in=ids).update(sealed=None)
        audit.record_each(
            actor=audit.SYSTEM, action="removal.destroy", object_type="removal", object_ids=map(str, ids)
        )
    return len(ids)


def _note(actor: str, action: str, removal: Removal) -> None:
    audit.record(
        actor=actor, action=action, object_type="removal", object_id=str(removal.pk), purpose=removal.why
    )
