"""A verifier with no part in it decides about a claim; and an approved claim ends."""

from typing import Final

from django.db import transaction

from accounts.models import User
from directory import index, reach
from directory.claims import admitting, codes, mails, rows
from directory.claims.making import TIME_TO_OBJECT
from directory.deciding import acts_for, require_staff_or_manager, require_verifier
from directory.models import Clinic, ListingClaim
from directory.refusals import Incomplete, NotAllowed, WrongState
from directory.signals import nobody_answers
from outbox import clock

Status = ListingClaim.Status

NOTE_LIMIT: Final = 300


def lacking(claim: ListingClaim) -> list[str]:
    """What has to come before it can be approved: proof, call, and where somebody holds the clinic, objection."""
    missing = [] if claim.proven_at else ["proof"]
    missing += [] if claim.called_at else ["call"]
    if claim.clinic.claims.standing().exists() and not _may_take_over(claim):
        missing.append("objected" if claim.objected_at else "objection")
    return missing


@transaction.atomic
def approve(*, claim: ListingClaim, by: User) -> ListingClaim:
    """A verifier with no part in it says yes: from now on the claimant acts for the clinic.

    Needs the proof, a verifier's call, and where a claim stands already, that TIME_TO_OBJECT passed with no objection.
    Then it is a take-over: the old claim ends, requests that were open end and are told, and nobody who acted for the
    clinic does so any more. Raises NotAllowed, WrongState, or Incomplete with what is lacking.
    """
    rows.lock_practice(claim)
    found = rows.pending(claim)
    person = rows.as_now(by)
    _require_decider(found, person)
    _require_ready(found)
    standing = found.clinic.claims.standing().first()
    if standing:
        _end_for_another(standing)
    # What others wait for comes before the trail: sign-ins, the version of the index, then the requests.
    leaving = admitting.shut_out_all(found.clinic) if standing or found.objected_at else []
    index.raise_version()
    if standing:
        nobody_answers.send(sender=Clinic, clinics=[found.clinic])
    admitting.take_clinic_from(leaving, found.clinic, person)
    _decide(found, Status.APPROVED, person)
    admitting.admit_claimant(found, person)
    index.rebuild(found.clinic)
    _give_rivals_time(found)
    _tell(found, person, "claim.approved", ended=standing)
    return found


@transaction.atomic
def refuse(*, claim: ListingClaim, by: User, note: str = "") -> ListingClaim:
    """A verifier with no part in it says no; `note` (at most 300 characters) says why, for the claimant.

    Raises NotAllowed, WrongState, Incomplete(["note"]) for one that cannot be kept.
    """
    found = rows.pending(claim)
    person = rows.as_now(by)
    _require_decider(found, person)
    words = note.strip()
    if len(words) > NOTE_LIMIT or "\x00" in words:
        raise Incomplete(["note"])
    found.decision_note = words
    _decide(found, Status.REFUSED, person)
    _tell(found, person, "claim.refused")
    return found


@transaction.atomic
def end(*, claim: ListingClaim, by: User) -> ListingClaim:
    """The operator's staff, or a manager of the organization, ends an approved claim; no request arrives after that."""
    require_staff_or_manager(by, claim.clinic)
    found = rows.locked(claim)
    if found.status != Status.APPROVED or found.ended_at:
        raise WrongState("ended" if found.ended_at else found.status)
    found.ended_at = clock.now()
    found.save()
    index.rebuild(found.clinic)
    reach.tell_if_nobody_answers(Clinic.objects.filter(pk=found.clinic_id))
    rows.note("claim.ended", found, by)
    return found


def _require_decider(claim: ListingClaim, by: User) -> None:
    require_verifier(by, claim.clinic)
    if by.pk == claim.claimant_id:
        raise NotAllowed("Nobody decides about a claim of their own.")
    if not claim.claimant.is_active or claim.claimant.is_staff:
        raise NotAllowed("This person can act for no clinic.")


def _require_ready(claim: ListingClaim) -> None:
    if claim.clinic.status == Clinic.Status.CLOSED:
        raise WrongState(claim.clinic.status)
    if claim.clinic.claims.standing().exists() and acts_for(claim.claimant, claim.clinic):
        raise WrongState("yours")  # a colleague let them in meanwhile: there is nothing to take over
    missing = lacking(claim)
    if held := {"objection", "objected"}.intersection(missing):
        raise WrongState(held.pop())
    if missing:
        raise Incomplete(missing)


def _may_take_over(claim: ListingClaim) -> bool:
    """Those who hold the clinic had the time to say no, and did not."""
    until = claim.objection_until
    return until is not None and until <= clock.now() and claim.objected_at is None


def _end_for_another(standing: ListingClaim) -> None:
    standing.ended_at = clock.now()
    standing.save(update_fields=["ended_at"])


def _decide(claim: ListingClaim, status: str, by: User) -> None:
    claim.status, claim.decided_at, claim.decided_by = status, clock.now(), by
    codes.forget(claim)
    claim.save()


def _give_rivals_time(claim: ListingClaim) -> None:
    """Who else claims it now claims it from somebody, who hears of it and may object."""
    rivals = claim.clinic.claims.pending().exclude(proof=ListingClaim.Proof.MANAGER)
    for rival in rivals.filter(objected_at=None).select_related("clinic"):
        rival.objection_until = clock.now() + TIME_TO_OBJECT
        rival.save(update_fields=["objection_until"])
        mails.tell_managers(rival)


def _tell(claim: ListingClaim, by: User, action: str, ended: ListingClaim | None = None) -> None:
    mails.tell_claimant(claim)
    rows.close_case(claim, claim.status, by)
    if ended:
        rows.note("claim.ended", ended, by, purpose="taken over")
    rows.note(action, claim, by)
