"""How a case ends: in a check, a listing, a change, an answer to a report; or in "cannot check now", which is no end.

Every function takes a case that its caller may work on (`cases.working` raises NotAllowed, WrongState, HeldByAnother)
and does its part of the work in the same transaction, so that a case and what came of it never disagree.
"""

from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import TextChoices

from accounts.models import User
from directory import changes, checks, listings
from directory.casework import cases
from directory.deciding import require_verifier
from directory.models import Case, Check, Clinic, License, ProposedChange
from directory.refusals import Incomplete, NotAllowed
from directory.vocabulary import Fact

PASSED: Final = "passed"
FAILED: Final = "failed"
LISTED: Final = "listed"
RETURNED: Final = "returned"
RETURN: Final = "return"
"""The subject of the case that a suspension opens."""


class CannotCheck(TextChoices):
    """Why nothing can be said now. It is no pass and no failure, and the case comes back."""

    SOURCE_DOWN = "source-down", "The source cannot be reached"
    NOT_SETTLED = "not-settled", "What the source says does not settle it"
    WAITING = "waiting", "We wait for somebody's answer"


class NothingToDo(TextChoices):
    """How a case ends that needs no check."""

    NOTHING_WRONG = "nothing-wrong", "We looked, and nothing has to change"
    CORRECTED = "corrected", "We corrected it elsewhere"
    SAME_QUESTION = "same-question", "Another case asks the same"


@transaction.atomic
def look(
    *,
    case: Case,
    by: User,
    fact: Fact,
    outcome: str,
    license: License | None = None,  # noqa: A002  (the word of the model)
    lapses_at: datetime | None = None,
    **said: Any,
) -> Check:
    """Record one look at a fact, and keep the case. What was shown for it since the last look belongs to it.

    `said` and the refusals as in `checks.record`. For a license `lapses_at` is the end that the board names: it
    replaces the one we knew.
    """
    found = cases.working(case, by)
    if license and lapses_at and license.expires_at != lapses_at:
        require_verifier(by, found.clinic)
        license.expires_at = lapses_at
        license.save(update_fields=["expires_at"])
    check = checks.record(
        clinic=found.clinic, fact=fact, outcome=outcome, by=by, license=license, lapses_at=lapses_at, **said
    )
    found.evidence.filter(check_made=None).update(check_made=check)
    cases.add_step(found, by, "looked", code=f"{fact} {check.outcome}")
    return check


@transaction.atomic
def decide(*, case: Case, by: User, outcome: str, **looked: Any) -> Check:
    """Record the look that the case asked for, and close it. Arguments and refusals as `look`."""
    check = look(case=case, by=by, fact=Fact(case.fact), outcome=outcome, **looked)
    passed = check.outcome == Check.Outcome.HOLDS
    cases.finish(cases.working(case, by), PASSED if passed else FAILED, by)
    return check


@transaction.atomic
def cannot_check(*, case: Case, reason: str, until: datetime, by: User, text: str = "") -> Case:
    """Nothing can be said now: it comes back at `until`. The last good look stands. `reason` is a CannotCheck."""
    if reason not in CannotCheck.values:
        raise Incomplete(["reason"])
    found = cases.working(case, by)
    return cases.put_off(found, until, by, "cannot-check", code=reason, text=text)


@transaction.atomic
def dismiss(*, case: Case, outcome: str, by: User) -> Case:
    """Close a case that needs no check; `outcome` is a NothingToDo. By a verifier with no part in the clinic.

    NotAllowed while a change or a report still waits in it: those are decided one by one.
    """
    found = _decidable(case, by)
    if outcome not in NothingToDo.values:
        raise Incomplete(["outcome"])
    if (
        changes_of(found)
        or found.reports.filter(decided_at=None).exists()
        # directory.voices and directory.claims close these.
        or found.kind in (Case.Kind.REPLY, Case.Kind.CLAIM, Case.Kind.REMOVAL)
    ):
        raise NotAllowed("Decide what waits in this case first.")
    return cases.finish(found, outcome, by)


# --- publishing, by two people -------------------------------------------------------------------


@transaction.atomic
def submit(*, case: Case, by: User) -> Clinic:
    """The first of two: everything was looked at. The case waits for the other. Refusals as `listings.submit`."""
    found = cases.working(case, by)
    clinic = listings.submit(clinic=found.clinic, by=by)
    cases.step_and_release(found, by, "submitted")
    return clinic


@transaction.atomic
def list_it(*, case: Case, by: User) -> Clinic:
    """The second of two: it is listed, and the case is closed. Refusals as `listings.publish`."""
    found = cases.working(case, by)
    clinic = listings.publish(clinic=found.clinic, by=by)
    cases.finish(found, LISTED, by)
    return clinic


@transaction.atomic
def suspend(*, case: Case, reason: str, by: User) -> Clinic:
    """One person takes it down at once. A case that leads back opens. Refusals as `listings.suspend`."""
    found = cases.working(case, by)
    clinic = listings.suspend(clinic=found.clinic, reason=reason, by=by)
    back = cases.open_case(clinic=clinic, kind=Case.Kind.NEW, subject=RETURN, why=[_way_back(clinic)])
    cases.add_step(back, by, "suspended", code=reason)
    if back.pk != found.pk:
        cases.add_step(found, by, "suspended", code=reason)
    return clinic


@transaction.atomic
def reinstate(*, case: Case, by: User) -> Clinic:
    """It is shown again, and the case that led back is closed. Refusals as `listings.reinstate`."""
    found = cases.working(case, by)
    clinic = listings.reinstate(clinic=found.clinic, by=by)
    cases.finish(found, RETURNED, by)
    return clinic


def _way_back(clinic: Clinic) -> str:
    reason = Clinic.StatusReason(clinic.status_reason).label
    return f'Suspended: "{reason}". It can return once every required fact holds.'


# --- changes and reports -------------------------------------------------------------------------


def changes_of(case: Case) -> list[ProposedChange]:
    """The changes that wait in this case: the one it names, else all of its clinic where it is about changes."""
    if case.kind not in (Case.Kind.CHANGE, Case.Kind.HELD):
        return []
    waiting = ProposedChange.objects.open().filter(clinic=case.clinic_id).select_related("made_by", "clinic")
    if case.subject:
        number = case.subject.removeprefix("change ")
        waiting = waiting.filter(pk=number) if number.isdecimal() else waiting.none()
    return list(waiting.order_by("pk"))


@transaction.atomic
def accept_change(*, case: Case, change: ProposedChange, by: User, **confirmed: bool) -> ProposedChange:
    """The new values become the clinic's. `confirmed` and the refusals as `changes.accept`."""
    found = cases.working(case, by)
    decided = changes.accept(change=change, by=by, **confirmed)
    _finish_if_done(found, "accepted", by)
    return decided


@transaction.atomic
def refuse_change(*, case: Case, change: ProposedChange, by: User, reason: str = "") -> ProposedChange:
    """The old values stay; whoever asked reads `reason`. Refusals as `changes.refuse`."""
    found = cases.working(case, by)
    decided = changes.refuse(change=change, by=by, reason=reason)
    _finish_if_done(found, "refused", by)
    return decided


def _finish_if_done(case: Case, outcome: str, by: User) -> None:
    """Close it once nothing waits in it, unless the process that decided has done so."""
    open_still = Case.objects.open().filter(pk=case.pk).exists()
    if open_still and not changes_of(case) and not case.reports.filter(decided_at=None).exists():
        cases.finish(case, outcome, by)


def _decidable(case: Case, by: User) -> Case:
    found = cases.working(case, by)
    require_verifier(by, found.clinic)
    return found
