""" "I act for this clinic": the sentence, how it can be proved, and taking it back."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from accounts.models import Membership, User
from directory.casework import cases
from directory.claims import addresses, codes, mails, rows
from directory.claims.rows import as_now
from directory.deciding import acts_for
from directory.models import Case, Clinic, ListingClaim
from directory.refusals import Incomplete, NotAllowed, WrongState
from outbox import clock

Status = ListingClaim.Status
Proof = ListingClaim.Proof

TIME_TO_OBJECT: Final = timedelta(hours=72)
"""How long those who hold a clinic already have to say no."""

WITHDRAWN: Final = "withdrawn"


def possible_proofs(clinic: Clinic) -> list[str]:
    """The kinds of proof that can be chosen for a clinic now, the quickest first."""
    found = [Proof.DOMAIN_MAIL.value] if addresses.domain_of(clinic) else []
    found.append(Proof.LETTER.value)
    return [*found, Proof.MANAGER.value] if clinic.claims.standing().exists() else found


@transaction.atomic
def make(*, clinic: Clinic, by: User, proof: str, position: str = "", address: str = "") -> ListingClaim:
    """`by` says "I act for this clinic", what they do there, and how that can be proved (ListingClaim.Proof).

    For DOMAIN_MAIL a code goes to `address` at once, which must be at the clinic's confirmed domain. Where somebody's
    claim stands, its managers hear of it and have TIME_TO_OBJECT; with the proof MANAGER they decide themselves.

    Raises NotAllowed for the operator's staff; WrongState if the clinic is closed or merged, the person acts for it
    already ("yours") or their claim is waiting; Incomplete without a possible proof or a position; WrongAddress.
    """
    person = as_now(by)
    if person.is_staff or not person.is_active:
        raise NotAllowed("The operator's staff acts for no clinic.")
    found = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    _require_open(found, person)
    _require_told(found, proof, position)
    kept = addresses.at_the_clinic(address, found) if proof == Proof.DOMAIN_MAIL else ""
    now = clock.now()
    claim = ListingClaim.objects.create(
        clinic=found,
        claimant=person,
        proof=proof,
        position=" ".join(position.split()),
        address=kept,
        made_at=now,
        objection_until=_objection_until(found, proof, now),
    )
    if claim.address:
        codes.issue(claim, lasts=codes.MAIL_LASTS)
        claim.save()
        mails.promise_code(claim)
    if proof != Proof.MANAGER:
        _open_case(claim)
    mails.tell_managers(claim)
    rows.note("claim.made", claim, person, purpose=proof)
    return claim


@transaction.atomic
def withdraw(*, claim: ListingClaim, by: User) -> ListingClaim:
    """Whoever made it takes it back. Raises NotAllowed, WrongState."""
    found = rows.own_pending(claim, by)
    found.status, found.decided_at = Status.WITHDRAWN, clock.now()
    codes.forget(found)
    found.save()
    rows.close_case(found, WITHDRAWN, by)
    rows.note("claim.withdrawn", found, by)
    return found


def _require_open(clinic: Clinic, by: User) -> None:
    if clinic.status == Clinic.Status.CLOSED:
        raise WrongState(clinic.status)
    if clinic.status == Clinic.Status.CANDIDATE and clinic.successor_id:
        raise WrongState("merged")  # it turned out to be another clinic of ours
    if clinic.claims.pending().filter(claimant=by).exists():
        raise WrongState(Status.PENDING)
    if acts_for(by, clinic) and clinic.claims.standing().exists():
        raise WrongState("yours")


def _require_told(clinic: Clinic, proof: str, position: str) -> None:
    missing = [] if proof in possible_proofs(clinic) else ["proof"]
    longest = ListingClaim._meta.get_field("position").max_length or 0
    plain = " ".join(position.split())
    if not plain or len(plain) > longest or not plain.isprintable():
        missing.append("position")
    if missing:
        raise Incomplete(missing)


def _objection_until(clinic: Clinic, proof: str, now: datetime) -> datetime | None:
    """Where managers are there already, of this clinic or of others of its practice, they may say no."""
    if proof == Proof.MANAGER:
        return None
    managers = Membership.objects.active().filter(
        organization=clinic.organization_id, role=Membership.Role.MANAGER
    )
    held = clinic.claims.standing().exists() or managers.exists()
    return now + TIME_TO_OBJECT if held else None


def _open_case(claim: ListingClaim) -> None:
    why = ["Somebody says that they act for this clinic."]
    if claim.proof == Proof.LETTER:
        why.append("Print the letter with the code, and post it.")
    if claim.clinic.claims.standing().exists():
        why.append("Somebody else holds this clinic already. They were told, and have 72 hours to object.")
    cases.open_case(
        clinic=claim.clinic, kind=Case.Kind.CLAIM, subject=rows.subject(claim), why=why, due_at=None
    )
