"""A listing's life: candidate, listed, suspended or closed. Only a person moves it, and every move is on record.

Whether a listed clinic is shown at an instant is another matter: that follows from its facts (directory.facts).
"""

from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import TextChoices, TextField

from accounts import audit
from accounts.models import User
from directory import facts, index
from directory.deciding import (
    require_somebody_there,
    require_staff_or_manager,
    require_verifier,
)
from directory.models import Check, Clinic
from directory.refusals import Incomplete, NotAllowed, WrongState
from directory.vocabulary import Access, AgeGroup, Fact, Insurance, Language
from outbox import clock

Status = Clinic.Status

SAID: Final = frozenset(
    "accepting_new_patients insurance languages age_groups access"
    " first_visit cost cannot_treat hours takes_requests".split()
)
"""What a clinic says of itself: shown as its own words, never as checked."""

CONTACT: Final = frozenset("line1 line2 city state zip latitude longitude phone phone_extension".split())
"""What the contact check vouches for."""

SOLO: Final = 1
"""The NPI type of a clinician who is the practice."""

IDENTITY: Final = CONTACT | {"name", "time_zone", "website", "responsible"}
"""What only a verifier changes."""

_WORDS: Final[dict[str, type[TextChoices]]] = {
    "insurance": Insurance,
    "languages": Language,
    "age_groups": AgeGroup,
    "access": Access,
}


@transaction.atomic
def publish(*, clinic: Clinic, by: User, submitted_by: User) -> Clinic:
    """candidate -> listed. It takes two people: whoever submitted it, and a verifier with no part in the clinic.

    Raises NotAllowed, WrongState, or Incomplete with every required fact or part that is missing.
    """
    require_verifier(by, clinic)
    if by == submitted_by:
        raise NotAllowed("Publishing takes two people.")
    found = _in_status(clinic, Status.CANDIDATE)
    _require_complete(found)
    return _move(
        found, Status.LISTED, by, "listing.published", purpose=f"submitted by {audit.actor_of(submitted_by)}"
    )


@transaction.atomic
def suspend(*, clinic: Clinic, reason: str, by: User) -> Clinic:
    """listed -> suspended, at once and by one person: the operator's staff, or a manager of the clinic.

    `reason` is one of Clinic.StatusReason, a class that may be shown. Raises NotAllowed, WrongState, Incomplete.
    """
    require_staff_or_manager(by, clinic)
    return _move(_in_status(clinic, Status.LISTED), Status.SUSPENDED, by, "listing.suspended", reason=reason)


@transaction.atomic
def reinstate(*, clinic: Clinic, by: User) -> Clinic:
    """suspended -> listed, by a verifier with no part in the clinic, once every required fact holds again."""
    require_verifier(by, clinic)
    found = _in_status(clinic, Status.SUSPENDED)
    _require_complete(found)
    return _move(found, Status.LISTED, by, "listing.reinstated")


@transaction.atomic
def close(*, clinic: Clinic, reason: str, by: User) -> Clinic:
    """listed or suspended -> closed, for good. Who may and what it raises: as `suspend`."""
    require_staff_or_manager(by, clinic)
    found = _in_status(clinic, Status.LISTED, Status.SUSPENDED)
    return _move(found, Status.CLOSED, by, "listing.closed", reason=reason)


@transaction.atomic
def pause_requests(*, clinic: Clinic, until: datetime | None, by: User) -> Clinic:
    """Take no requests until an instant; None takes them again. By somebody who acts for the clinic."""
    require_somebody_there(by, clinic)
    found = _locked(clinic)
    found.paused_until = until
    return _keep(found, by, "requests.paused" if until else "requests.resumed")


@transaction.atomic
def attest(*, clinic: Clinic, by: User) -> Clinic:
    """Somebody who acts for the clinic says that all it says of itself is still true today."""
    require_somebody_there(by, clinic)
    found = _locked(clinic)
    found.attested_at = clock.now()
    _date_acceptance(found)
    return _keep(found, by, "listing.attested")


@transaction.atomic
def edit(*, clinic: Clinic, by: User, **fields: Any) -> Clinic:
    """Change fields of a clinic. What it says of itself (SAID): somebody who acts for it. IDENTITY: a verifier.

    What was checked of an old value was not checked of a new one: the checks that a change makes void end with it,
    and a listed clinic leaves search until somebody has made them anew. Raises NotAllowed, also for any other field,
    and Django's ValidationError for values that do not fit.
    """
    _require_editor(clinic, by, set(fields))
    found = _locked(clinic)
    before = {name: getattr(found, name) for name in fields}
    for name, value in fields.items():
        setattr(found, name, value)
    if "accepting_new_patients" in fields:
        _date_acceptance(found)
    _require_valid(found)
    changed = {name for name, value in before.items() if getattr(found, name) != value}
    _end_checks_of(found, changed)
    return _keep(found, by, "listing.edited")


def _end_checks_of(clinic: Clinic, changed: set[str]) -> None:
    """A new address or phone was not confirmed; a new responsible clinician was not looked for on any list."""
    void = {Fact.CONTACT} if changed & CONTACT else set()
    if "responsible" in changed:
        solo = clinic.organization.npi_type == SOLO
        void |= {Fact.EXCLUSION, Fact.NPI} if solo else {Fact.EXCLUSION}
    ended = Check.objects.current().filter(clinic=clinic, fact__in=void)
    ended.update(superseded_at=clock.now())


def _require_editor(clinic: Clinic, by: User, names: set[str]) -> None:
    if unknown := names - SAID - IDENTITY:
        raise NotAllowed("No such field can be edited: " + ", ".join(sorted(unknown)))
    if names & SAID:
        require_somebody_there(by, clinic)
    if names & IDENTITY:
        require_verifier(by, clinic)


def _require_valid(clinic: Clinic) -> None:
    for name, vocabulary in _WORDS.items():
        if not set(getattr(clinic, name)) <= set(vocabulary.values):
            raise NotAllowed(f"{name} holds a word that is not in the vocabulary.")
    for field in clinic._meta.concrete_fields:
        # A TextField's limit is kept by forms alone; a value that comes another way meets it here.
        if (
            isinstance(field, TextField)
            and field.max_length
            and len(getattr(clinic, field.name)) > field.max_length
        ):
            raise ValidationError({field.name: f"At most {field.max_length} characters."})
    clinic.full_clean()


def _date_acceptance(clinic: Clinic) -> None:
    clinic.accepting_stated_at = None if clinic.accepting_new_patients is None else clock.now()


def _locked(clinic: Clinic) -> Clinic:
    """The clinic as it is now, locked until the transaction ends. Requests to it take the same lock."""
    return Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)


def _in_status(clinic: Clinic, *allowed: str) -> Clinic:
    found = _locked(clinic)
    if found.status not in allowed:
        raise WrongState(found.status)
    return found


def _require_complete(clinic: Clinic) -> None:
    lacking = [] if clinic.latitude is not None else ["point"]
    lacking += [] if clinic.responsible_id else ["responsible"]
    lacking += [] if clinic.offerings.exists() else ["offerings"]
    now = clock.now()
    lacking += [fact.value for fact in facts.missing(clinic, now)]
    # Esketamine alone, without certification, would be a listing of nothing.
    if not lacking and facts.shown_until(clinic) <= now:
        lacking.append(Fact.REMS.value)
    if lacking:
        raise Incomplete(lacking)


def _move(
    clinic: Clinic, status: str, by: User, action: str, *, reason: str = "", purpose: str = ""
) -> Clinic:
    if status in (Status.SUSPENDED, Status.CLOSED) and reason not in Clinic.StatusReason.values:
        raise Incomplete(["reason"])
    clinic.status, clinic.status_reason, clinic.status_changed_at = status, reason, clock.now()
    return _keep(clinic, by, action, purpose=purpose or reason)


def _keep(clinic: Clinic, by: User, action: str, *, purpose: str = "") -> Clinic:
    clinic.save()
    index.rebuild(clinic)
    audit.record(
        actor=audit.actor_of(by),
        action=action,
        object_type="clinic",
        object_id=str(clinic.pk),
        purpose=purpose,
    )
    return clinic
