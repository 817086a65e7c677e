"""Who may decide about a clinic. The same people are asked for everywhere, so they are named once."""

from accounts.models import Membership, Organization, User
from directory.models import Clinic
from directory.models.team import acting
from directory.refusals import NotAllowed


def acts_for(user: User, clinic: Clinic, *roles: str) -> bool:
    """`user` is a member of the clinic's organization now, for this site; in one of `roles`, if any are named."""
    here = acting(clinic=clinic.pk, organization=clinic.organization_id)
    memberships = here.filter(user=user)
    return (memberships.filter(role__in=roles) if roles else memberships).exists()


def require_verifier(user: User, clinic: Clinic) -> None:
    """A verifier who has no part in the clinic; raises NotAllowed."""
    if not user.is_active or not user.is_verifier:
        raise NotAllowed("Only a verifier may do this.")
    if acts_for(user, clinic):
        raise NotAllowed("A verifier does not decide about a clinic of their own.")


def require_somebody_there(user: User, clinic: Clinic) -> None:
    """Somebody who acts for the clinic, with an approved claim behind it; raises NotAllowed."""
    if not acts_for(user, clinic) or not clinic.claims.standing().exists():
        raise NotAllowed("Only somebody who acts for the clinic may do this.")


def require_staff_or_manager(user: User, clinic: Clinic) -> None:
    """The operator's staff, or a manager of the clinic's organization; raises NotAllowed."""
    if user.is_active and (user.is_staff or acts_for(user, clinic, Membership.Role.MANAGER)):
        return
    raise NotAllowed("Only the operator's staff or a manager of the clinic may do this.")


def require_staff_or_manager_of(organization: Organization, user: User) -> None:
    """The operator's staff, or a manager of the whole organization, not of some sites alone; raises NotAllowed."""
    manages = Membership.objects.active().filter(
        user=user, organization=organization, role=Membership.Role.MANAGER, whole_organization=True
    )
    if not (user.is_active and (user.is_staff or manages.exists())):
        raise NotAllowed("Only the operator's staff or a manager of the practice may do this.")
