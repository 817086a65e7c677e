"""Those who hold a clinic already answer: no, they are not of us; or yes, they are."""

from datetime import datetime

from django.db import transaction

from accounts import memberships
from accounts.models import Membership, User
from directory.claims import admitting, codes, mails, rows
from directory.deciding import acts_for
from directory.models import ListingClaim
from directory.refusals import NotAllowed, WrongState
from outbox import clock

Status = ListingClaim.Status
Role = Membership.Role

OBJECTED = "A manager objects. Ask both sides, and end the old claim first if it is the wrong one."


def may_object(claim: ListingClaim, by: User) -> bool:
    """A manager of the clinic, or of another one of its practice while nobody holds this one."""
    if by.pk == claim.claimant_id:
        return False
    if acts_for(by, claim.clinic, Role.MANAGER):
        return True
    manages = Membership.objects.active().filter(
        user=by, organization=claim.clinic.organization_id, role=Role.MANAGER
    )
    return not claim.clinic.claims.standing().exists() and manages.exists()


def open_until(claim: ListingClaim) -> datetime | None:
    """Until when somebody can object to it; None if nobody can any more, or could."""
    until = claim.objection_until
    waits = claim.status == Status.PENDING and claim.objected_at is None
    return until if waits and until is not None and until > clock.now() else None


@transaction.atomic
def object_to(*, claim: ListingClaim, by: User) -> ListingClaim:
    """A manager says no within TIME_TO_OBJECT: while the old claim stands, this one cannot be approved.

    Raises NotAllowed; WrongState if it is decided, the time is over ("too-late"), or somebody objected ("objected").
    """
    found = rows.pending(claim)
    _require_objector(found, by)
    if found.objected_at:
        raise WrongState("objected")
    if open_until(found) is None:
        raise WrongState("too-late")
    found.objected_at, found.objected_by = clock.now(), by
    found.save()
    rows.say_in_case(found, OBJECTED, urgent=True)
    rows.note("claim.objected", found, by)
    return found


@transaction.atomic
def let_in(*, claim: ListingClaim, by: User, role: str = Role.STAFF, whole: bool = False) -> ListingClaim:
    """A manager of the clinic lets the claimant in, under the claim that stands: for this site, or for the `whole`.

    Only who acts for the whole practice can give the whole of it. Raises NotAllowed, WrongState.
    """
    rows.lock_practice(claim)
    found = rows.pending(claim)
    _require_manager(found, by)
    if not found.clinic.claims.standing().exists():
        raise WrongState("unclaimed")
    if whole and not _has_the_whole(found, by):
        raise NotAllowed("Only a manager of the whole practice can let somebody into all of it.")
    if not found.claimant.is_active or found.claimant.is_staff:
        raise NotAllowed("This person can act for no clinic.")
    _decide(found, Status.JOINED, by)
    admitting.add(found, role=role, whole=whole, by=by)
    rows.close_case(found, Status.JOINED, by)
    mails.tell_claimant(found)
    rows.note("claim.joined", found, by)
    return found


@transaction.atomic
def turn_away(*, claim: ListingClaim, by: User, note: str = "") -> ListingClaim:
    """A manager does not let in somebody who asked for just that. Raises NotAllowed, WrongState."""
    found = rows.pending(claim)
    _require_manager(found, by)
    if found.proof != ListingClaim.Proof.MANAGER:
        raise WrongState(found.proof)
    found.decision_note = note
    _decide(found, Status.REFUSED, by)
    mails.tell_claimant(found)
    rows.note("claim.turned-away", found, by)
    return found


def _decide(claim: ListingClaim, status: str, by: User) -> None:
    claim.status, claim.decided_at, claim.decided_by = status, clock.now(), by
    codes.forget(claim)
    claim.save()


def _require_objector(claim: ListingClaim, by: User) -> None:
    if not may_object(claim, by):
        raise NotAllowed("Only a manager of the clinic may object.")


def _require_manager(claim: ListingClaim, by: User) -> None:
    if by.pk == claim.claimant_id or not acts_for(by, claim.clinic, Role.MANAGER):
        raise NotAllowed("Only a manager of the clinic lets somebody in.")


def _has_the_whole(claim: ListingClaim, by: User) -> bool:
    mine = memberships.organizations_of(by).filter(pk=claim.clinic.organization_id)
    return mine.filter(
        memberships__user=by, memberships__ended_at=None, memberships__whole_organization=True
    ).exists()
