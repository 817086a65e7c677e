"""A claim as it is now, locked, and what every step of it leaves behind."""

from accounts import audit
from accounts.models import Organization, User
from directory.casework import cases
from directory.models import Case, Clinic, ListingClaim
from directory.refusals import NotAllowed, WrongState


def lock_practice(claim: ListingClaim) -> None:
    """First of all where memberships change: the organization, and all of its clinics, whose index rows follow.

    Every writer takes organization, clinics, index, requests, trail.
    """
    organization = Organization.objects.filter(clinics=claim.clinic_id)
    found = organization.select_for_update(of=("self",), no_key=True).get()
    clinics = Clinic.objects.filter(organization=found).order_by("pk")
    list(clinics.select_for_update(no_key=True).values_list("pk", flat=True))


def locked(claim: ListingClaim) -> ListingClaim:
    """The claim as it is now. The clinic is locked, so that its claims are decided one at a time."""
    Clinic.objects.select_for_update(no_key=True).get(pk=claim.clinic_id)
    return ListingClaim.objects.select_related("clinic__organization", "claimant").get(pk=claim.pk)


def pending(claim: ListingClaim) -> ListingClaim:
    """`locked`, for what is not decided yet; raises WrongState."""
    found = locked(claim)
    if found.status != ListingClaim.Status.PENDING:
        raise WrongState(found.status)
    return found


def own_pending(claim: ListingClaim, by: User) -> ListingClaim:
    """`pending`, for whoever made it; raises NotAllowed, WrongState."""
    if by.pk != claim.claimant_id:
        raise NotAllowed("Only whoever made a claim goes on with it.")
    return pending(claim)


def as_now(user: User) -> User:
    """The person with the roles of this moment, not of when the caller read them."""
    return User.objects.get(pk=user.pk)


def subject(claim: ListingClaim) -> str:
    """What its case is about."""
    return f"claim {claim.pk}"


def open_case(claim: ListingClaim) -> Case | None:
    """Its case in the work queue, if it waits there."""
    same = Case.objects.open().filter(clinic=claim.clinic_id, kind=Case.Kind.CLAIM, subject=subject(claim))
    return same.select_for_update(of=("self",), no_key=True).first()


def say_in_case(claim: ListingClaim, sentence: str, *, urgent: bool = False) -> None:
    """One more sentence for the staff, in the case of the claim; a case, if it had none."""
    cases.open_case(
        clinic=claim.clinic, kind=Case.Kind.CLAIM, subject=subject(claim), why=[sentence], urgent=urgent
    )


def close_case(claim: ListingClaim, outcome: str, by: User) -> None:
    """Nobody is needed for it any more. Writes to the trail."""
    if case := open_case(claim):
        cases.finish(case, outcome, by)


def note(action: str, claim: ListingClaim, by: User, purpose: str = "") -> None:
    """One link of the trail, last in the transaction."""
    audit.record(
        actor=audit.actor_of(by),
        action=action,
        object_type="claim",
        object_id=str(claim.pk),
        purpose=purpose,
    )
