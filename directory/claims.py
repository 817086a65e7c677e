""" "I act for this clinic": somebody says so with proof, and somebody else decides."""

from django.db import transaction

from accounts import audit, memberships
from accounts.models import Membership, User
from directory import index, reach
from directory.deciding import acts_for, require_staff_or_manager, require_verifier
from directory.models import Clinic, ListingClaim
from directory.refusals import Incomplete, NotAllowed, WrongState
from outbox import clock

Status = ListingClaim.Status


@transaction.atomic
def make(*, clinic: Clinic, by: User, proof: str) -> ListingClaim:
    """`by` says "I act for this clinic", and how that can be proved (ListingClaim.Proof).

    Raises NotAllowed for the operator's staff, WrongState if the clinic is closed, somebody's claim stands, or this
    person's is waiting already; Incomplete without a kind of proof that we know.
    """
    if by.is_staff:
        raise NotAllowed("The operator's staff acts for no clinic.")
    if proof not in ListingClaim.Proof.values:
        raise Incomplete(["proof"])
    found = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    if found.status == Clinic.Status.CLOSED:
        raise WrongState(found.status)
    for claims, state in (
        (found.claims.standing(), Status.APPROVED),
        (found.claims.filter(claimant=by, status=Status.PENDING), Status.PENDING),
    ):
        if claims.exists():
            raise WrongState(state)
    claim = ListingClaim.objects.create(clinic=found, claimant=by, proof=proof, made_at=clock.now())
    _audit("claim.made", claim, by)
    return claim


@transaction.atomic
def approve(*, claim: ListingClaim, by: User) -> ListingClaim:
    """A verifier with no part in it says yes: from now on the claimant acts for the clinic's organization.

    Raises NotAllowed, WrongState.
    """
    _require_decider(claim, by)
    if not acts_for(claim.claimant, claim.clinic):
        # First of all, because it locks the organization: every writer takes organization, clinic, version, trail.
        role = Membership.Role.MANAGER
        memberships.add(user=claim.claimant, organization=claim.clinic.organization, role=role, by=by)
    found = _pending(claim)
    if found.clinic.claims.standing().exists():
        raise WrongState(Status.APPROVED)
    return _decide(found, Status.APPROVED, by, "claim.approved")


@transaction.atomic
def refuse(*, claim: ListingClaim, by: User) -> ListingClaim:
    """A verifier with no part in it says no. Raises NotAllowed, WrongState."""
    _require_decider(claim, by)
    return _decide(_pending(claim), Status.REFUSED, by, "claim.refused")


@transaction.atomic
def end(*, claim: ListingClaim, by: User) -> ListingClaim:
    """The operator's staff, or a manager of the organization, ends an approved claim; no request arrives after that."""
    require_staff_or_manager(by, claim.clinic)
    found = _locked(claim)
    if found.status != Status.APPROVED or found.ended_at:
        raise WrongState("ended" if found.ended_at else found.status)
    found.ended_at = clock.now()
    return _keep(found, by, "claim.ended")


def _require_decider(claim: ListingClaim, by: User) -> None:
    require_verifier(by, claim.clinic)
    if by.pk == claim.claimant_id:
        raise NotAllowed("Nobody decides about a claim of their own.")


def _locked(claim: ListingClaim) -> ListingClaim:
    """The claim as it is now. The clinic is locked, so that its claims are decided one at a time."""
    Clinic.objects.select_for_update(no_key=True).get(pk=claim.clinic_id)
    return ListingClaim.objects.select_related("clinic").get(pk=claim.pk)


def _pending(claim: ListingClaim) -> ListingClaim:
    found = _locked(claim)
    if found.status != Status.PENDING:
        raise WrongState(found.status)
    return found


def _decide(claim: ListingClaim, status: str, by: User, action: str) -> ListingClaim:
    claim.status, claim.decided_at, claim.decided_by = status, clock.now(), by
    return _keep(claim, by, action)


def _keep(claim: ListingClaim, by: User, action: str) -> ListingClaim:
    claim.save()
    index.rebuild(claim.clinic)
    if claim.ended_at:
        reach.tell_if_nobody_answers(Clinic.objects.filter(pk=claim.clinic_id))
    _audit(action, claim, by)
    return claim


def _audit(action: str, claim: ListingClaim, by: User) -> None:
    audit.record(actor=audit.actor_of(by), action=action, object_type="claim", object_id=str(claim.pk))
