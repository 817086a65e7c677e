"""A listing's life: candidate, listed, suspended or closed. Only a person moves it, and every move is on record.

Whether a listed clinic is shown at an instant is another matter: that follows from its facts (directory.facts).
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from accounts.models import Membership, User
from directory import (
    changes,
    editing,
    facts,
    gate,
    index,
    links,
    listing_edits,
    opt_outs,
    terms,
    website_texts,
)
from directory.deciding import (
    acts_for,
    require_somebody_there,
    require_staff_or_manager,
    require_verifier,
)
from directory.editing import CONTACT, IDENTITY, SAID
from directory.models import Check, Clinic
from directory.refusals import Incomplete, NotAllowed, WrongState
from directory.vocabulary import REQUIRED_FACTS, Fact
from outbox import clock

__all__ = ["CONTACT", "IDENTITY", "SAID"]

Status = Clinic.Status
Reason = Clinic.StatusReason
Origin = Clinic.Origin

FROM_FILES: Final = (Origin.IMPORT, Origin.NPPES)
"""Nobody at the clinic asked for these."""

LONGEST_PAUSE: Final = timedelta(days=180)
"""Who takes no requests for longer says so in the listing."""


# --- publishing takes two people ---------------------------------------------------------------


@transaction.atomic
def submit(*, clinic: Clinic, by: User) -> Clinic:
    """The first of two: `by` says that a candidate may be listed, or that a suspended clinic may return.

    By a verifier with no part in the clinic, or by a manager of it with a standing claim; for one that came
    from a file, by a verifier. What the gate finds holds it: then `submitted_by` stays empty until another verifier
    has let it through (a ProposedChange without values, and a case). Raises NotAllowed, WrongState.
    """
    found = _in_status(clinic, Status.CANDIDATE, Status.SUSPENDED)
    _require_submitter(found, by)
    findings = _looked_at(found)
    if findings.without(changes.let_through(found)):
        changes.hold(clinic=found, by=by, values={}, findings=findings)
        return found
    found.submitted_by, found.submitted_at = by, clock.now()
    return _keep(found, by, "listing.submitted")


@transaction.atomic
def publish(*, clinic: Clinic, by: User) -> Clinic:
    """candidate -> listed, by the second of two: a verifier with no part in the clinic, who did not submit it.

    Nor may `by` be the only person who looked at its facts, nor may an opt-out stand against it. Where the operator
    chose IMPORTS_NEED_TWO_VERIFIERS=false, one verifier is enough for what came from a file. Raises NotAllowed,
    WrongState, or Incomplete with every required fact or part that is missing.
    """
    require_verifier(by, clinic)
    found = _in_status(clinic, Status.CANDIDATE)
    _require_no_opt_out(found)
    if not _one_is_enough(found):
        _require_second(found, by)
    if _looked_at(found).without(changes.let_through(found)):
        raise NotAllowed("The gate holds something of it. Submit it again, so that a person decides.")
    _require_complete(found)
    submitter = audit.actor_of(found.submitted_by) if found.submitted_by else "an import"
    return _move(found, Status.LISTED, by, "listing.published", purpose=f"submitted by {submitter}")


@transaction.atomic
def suspend(*, clinic: Clinic, reason: str, by: User) -> Clinic:
    """listed -> suspended, at once and by one person: the operator's staff, or a manager of the clinic.

    `reason` is one of Clinic.StatusReason, a class that may be shown. Raises NotAllowed, WrongState, Incomplete.
    """
    require_staff_or_manager(by, clinic)
    found = _in_status(clinic, Status.LISTED)
    found.submitted_by, found.submitted_at = None, None  # who let it in once has not let it back in
    moved = _move(found, Status.SUSPENDED, by, "listing.suspended", reason=reason)
    changes.void_submissions(moved, by)
    return moved


@transaction.atomic
def reinstate(*, clinic: Clinic, by: User) -> Clinic:
    """suspended -> listed, by a verifier with no part in the clinic, once every required fact holds again.

    Where we were looking into something (UNDER_REVIEW) it takes two, as publishing does: somebody else submits it
    first, the clinic perhaps, which has repaired what was wrong. Raises NotAllowed, WrongState, Incomplete.
    """
    require_verifier(by, clinic)
    found = _in_status(clinic, Status.SUSPENDED)
    _require_no_opt_out(found)
    if found.status_reason == Reason.UNDER_REVIEW:
        _require_submitted_by_another(found, by)
    _require_complete(found)
    return _move(found, Status.LISTED, by, "listing.reinstated")


@transaction.atomic
def close(*, clinic: Clinic, reason: str, by: User) -> Clinic:
    """listed or suspended -> closed, for good. Who may and what it raises: as `suspend`."""
    require_staff_or_manager(by, clinic)
    found = _in_status(clinic, Status.LISTED, Status.SUSPENDED)
    return _move(found, Status.CLOSED, by, "listing.closed", reason=reason)


@transaction.atomic
def pause_requests(
    *, clinic: Clinic, until: date | None, by: User, reason: str = Clinic.PauseReason.OTHER
) -> Clinic:
    """Take no requests before a day begins at the clinic; None takes them again. By somebody who acts for the clinic.

    `until` may also be an instant: then its day there counts. `reason` is a Clinic.PauseReason, which patients read.
    Raises NotAllowed, WrongState for a closed clinic, Incomplete(["reason"]), and ValidationError for {"until": …}: a
    day that is not ahead, or farther than LONGEST_PAUSE.
    """
    require_somebody_there(by, clinic)
    found = _locked(clinic)
    if found.status == Status.CLOSED:
        raise WrongState(found.status)
    if until is not None and reason not in Clinic.PauseReason.values:
        raise Incomplete(["reason"])
    found.paused_until = None if until is None else _start_of(until, found)
    found.pause_reason = "" if until is None else reason
    return _keep(found, by, "requests.paused" if until else "requests.resumed")


def _start_of(until: date, clinic: Clinic) -> datetime:
    """The instant at which that day begins at the clinic."""
    zone = ZoneInfo(clinic.time_zone)
    day = until.astimezone(zone).date() if isinstance(until, datetime) else until
    today = clock.now().astimezone(zone).date()
    if day <= today:
        raise ValidationError({"until": "Choose a day after today."})
    if day > today + LONGEST_PAUSE:
        raise ValidationError({"until": f"Choose a day within {LONGEST_PAUSE.days} days."})
    return datetime.combine(day, time.min, zone)


@transaction.atomic
def edit(*, clinic: Clinic, by: User, **fields: Any) -> Clinic:
    """Change fields of a clinic. What it says of itself (SAID): somebody who acts for it. IDENTITY: a verifier.

    IDENTITY of a candidate, but for the confirmed domain, also a manager of it with a standing claim: nothing of that
    is public before a verifier has checked it. What somebody changes who acts for the clinic leaves a ListingEdit.

    Words of its own in which the gate finds something are held for a person (`changes.waiting_fields`); all else is
    public at once, as "Clinic says". IDENTITY of a clinic that was published takes two people: `changes.propose`. What
    was checked of an old value was not checked of a new one: the checks that a change makes void end with it, and a
    submission no longer stands.

    Raises NotAllowed, also for any other field; Incomplete if requests would be taken without the terms agreed
    (directory.terms); and Django's ValidationError for values that do not fit.
    """
    _require_editor(clinic, by, set(fields))
    found = _locked(clinic)
    _require_one_may(found, set(fields))
    if fields.get("takes_requests") and not found.takes_requests:
        terms.require_agreed(found)
    before = editing.said_texts(found)
    flagged, findings = _flagged(found, before, fields)
    if unflagged := {name: value for name, value in fields.items() if name not in flagged}:
        changed = _write(found, by, unflagged)
        _keep(found, by, "listing.edited")
        if changed & IDENTITY:
            changes.void_submissions(found, by)
    if flagged:  # last, because it leaves a trail: the index comes before the trail
        editing.put(_locked(found), flagged)  # what does not fit is refused, held or not
        changes.hold(clinic=found, by=by, values=flagged, findings=findings, before=before)
    return found


def confirm_domain(*, clinic: Clinic, domain: str, by: User) -> Clinic:
    """The website of a candidate is at `domain`, and that is the clinic's: a verifier has seen it.

    Only there does its listing link to. For a clinic that was published: `changes.propose`. Raises NotAllowed, also
    for a domain that is not the website's.
    """
    if not domain or links.bare(domain) != links.host_of(clinic.website):
        raise NotAllowed("This is not the domain of the clinic's website.")
    return edit(clinic=clinic, by=by, confirmed_domain=domain)


def _write(clinic: Clinic, by: User, values: Mapping[str, Any]) -> set[str]:
    """Write the values of a locked clinic, and keep what somebody there has changed. Returns what changed."""
    before = editing.standing(clinic, values)
    changed = editing.write(clinic, values)
    if changed and acts_for(by, clinic):
        if "name" in changed:
            editing.end_checks_of_name(clinic)
        after = editing.standing(clinic, changed)
        listing_edits.record(clinic=clinic, by=by, before={name: before[name] for name in after}, after=after)
    return changed


def _flagged(
    clinic: Clinic, before: Mapping[str, str], fields: Mapping[str, Any]
) -> tuple[dict[str, str], gate.Findings]:
    """Those of the clinic's new words in which the gate finds something, by field, and what it found."""
    new = {name: str(text) for name, text in fields.items() if name in before and text != before[name]}
    findings = gate.look(new, clinic=clinic)
    flagged = {found.field for found in findings.all} & set(new)
    rest = {name: text for name, text in new.items() if name not in flagged}
    known = gate.look(before, clinic=clinic).codes if rest else []
    if rest and (across := gate.look({**before, **rest}, clinic=clinic).without(known)):
        # Each of these texts is harmless; read one after the other they are not.
        flagged, findings = set(new), gate.together(findings, across)
    return {name: new[name] for name in sorted(flagged)}, findings


def _require_editor(clinic: Clinic, by: User, names: set[str]) -> None:
    editing.require_known(names)
    if names & SAID:
        require_somebody_there(by, clinic)
    if names & IDENTITY and not _is_own_candidate(clinic, by, names):
        require_verifier(by, clinic)


def _is_own_candidate(clinic: Clinic, by: User, names: set[str]) -> bool:
    """Who fills in a listing that was never public: its manager, with a claim that a verifier approved."""
    return (
        clinic.status == Status.CANDIDATE
        and "confirmed_domain" not in names
        and acts_for(by, clinic, Membership.Role.MANAGER)
        and clinic.claims.standing().exists()
    )


def _require_one_may(clinic: Clinic, names: set[str]) -> None:
    if clinic.status == Status.CLOSED:
        raise WrongState(clinic.status)
    if names & IDENTITY and clinic.status != Status.CANDIDATE:
        raise NotAllowed("Changing this of a clinic that was published takes two people: propose the change.")


# --- who may be the first, who the second ------------------------------------------------------


def _require_submitter(clinic: Clinic, by: User) -> None:
    if not is_for_verifiers_alone(clinic) and acts_for(by, clinic, Membership.Role.MANAGER):
        require_somebody_there(by, clinic)
    else:
        require_verifier(by, clinic)


def is_for_verifiers_alone(clinic: Clinic) -> bool:
    """It came from a file, and the operator asks for two verifiers: nobody else submits it."""
    return _is_from_file(clinic) and settings.IMPORTS_NEED_TWO_VERIFIERS


def _is_from_file(clinic: Clinic) -> bool:
    return clinic.origin in FROM_FILES


def _one_is_enough(clinic: Clinic) -> bool:
    return _is_from_file(clinic) and not settings.IMPORTS_NEED_TWO_VERIFIERS


def _require_no_opt_out(clinic: Clinic) -> None:
    if opt_outs.against(clinic):
        raise opt_outs.AskedNotToBeListed


def _require_second(clinic: Clinic, by: User) -> None:
    submitter = _require_submitted_by_another(clinic, by)
    if _is_from_file(clinic) and not submitter.is_verifier:
        raise NotAllowed("What came from a file takes two verifiers.")
    if _only_one_looked(clinic, by):
        raise NotAllowed("You alone looked at every fact of it. Somebody else lists it.")


def _require_submitted_by_another(clinic: Clinic, by: User) -> User:
    submitter = clinic.submitted_by
    if submitter is None:
        raise NotAllowed("Publishing takes two people. Somebody else submits it first.")
    if submitter == by:
        raise NotAllowed("Publishing takes two people. You submitted it; somebody else lists it.")
    return submitter


def _only_one_looked(clinic: Clinic, by: User) -> bool:
    """Of every fact it was `by`, and nobody else, who looked last. What a file says is nobody's look."""
    needed = (*REQUIRED_FACTS, Fact.REMS)
    looks = Check.objects.filter(clinic=clinic, fact__in=needed, checked_by__isnull=False)
    latest = dict(looks.order_by("checked_at", "pk").values_list("fact", "checked_by"))
    return set(latest.values()) == {by.pk}


def _looked_at(clinic: Clinic) -> gate.Findings:
    """All the gate finds of a clinic, in its words, on its website as we last read it, and in its make."""
    return gate.together(
        gate.look_at_clinic(clinic, editing.texts_of(clinic)), website_texts.last_findings(clinic)
    )


def _locked(clinic: Clinic) -> Clinic:
    """The clinic as it is now, locked until the transaction ends. Requests to it take the same lock."""
    return Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)


def _in_status(clinic: Clinic, *allowed: str) -> Clinic:
    found = _locked(clinic)
    if found.status not in allowed:
        raise WrongState(found.status)
    if found.status == Status.CANDIDATE and found.successor_id:
        raise WrongState("merged")  # it turned out to be another clinic of ours
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
    if status in (Status.SUSPENDED, Status.CLOSED) and reason not in Reason.values:
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
