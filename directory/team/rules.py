"""Who on a team may change whom, and what no change may lose: somebody who manages each site."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import Exists, OuterRef

from accounts.memberships import LastManager
from accounts.models import Membership, Organization, User
from directory.models import Clinic, Invitation, ListingClaim
from directory.models.clinic import ClinicQuerySet
from directory.models.team import acting
from directory.refusals import Incomplete, NotAllowed, WrongState

MANAGER: Final = Membership.Role.MANAGER


@dataclass(frozen=True)
class Sites:
    """Which sites of an organization something stands for: every one, also later ones, or those with these keys."""

    every: bool
    keys: frozenset[int] = frozenset()

    def covers(self, other: "Sites") -> bool:
        """All that `other` stands for is among these."""
        return self.every or (not other.every and other.keys <= self.keys)

    def meets(self, other: "Sites") -> bool:
        """At least one site is in both."""
        return self.every or other.every or bool(self.keys & other.keys)


EVERY: Final = Sites(every=True)
NONE: Final = Sites(every=False)


def lock(organization_id: int) -> Organization:
    """One change of a team at a time; first of all locks, as everywhere."""
    return Organization.objects.select_for_update(no_key=True).get(pk=organization_id)


def sites_of(row: Membership | Invitation) -> Sites:
    """What a membership or an invitation stands for."""
    if row.whole_organization:
        return EVERY
    if isinstance(row, Membership):
        return Sites(every=False, keys=frozenset(site.clinic_id for site in row.sites.all()))
    return Sites(every=False, keys=frozenset(clinic.pk for clinic in row.clinics.all()))


def managed_by(user: User, organization: Organization) -> Sites:
    """The sites whose team `user` manages at this moment; none for everybody else."""
    held = Membership.objects.active().filter(user_id=user.pk, organization=organization, role=MANAGER)
    mine = held.first()
    return sites_of(mine) if mine else NONE


def require_manager(user: User, organization: Organization) -> Sites:
    """The sites whose team `user` manages; raises NotAllowed if there are none."""
    managed = managed_by(user, organization)
    if managed == NONE:
        raise NotAllowed("Only a manager of this team may do this.")
    return managed


def may_change(user: User, membership: Membership) -> bool:
    """`user` manages all that the membership stands for."""
    managed = managed_by(user, membership.organization)
    return managed != NONE and managed.covers(sites_of(membership))


def require_may_change(user: User, membership: Membership) -> None:
    """The operator's staff, or a manager of all that the membership stands for; raises NotAllowed."""
    if not (user.is_active and (user.is_staff or may_change(user, membership))):
        raise NotAllowed("Only a manager of all sites of this person may do this.")


def require_may_offer(user: User, organization: Organization, offered: Sites) -> None:
    """Nobody gives more than they manage; raises NotAllowed."""
    if not require_manager(user, organization).covers(offered):
        raise NotAllowed("You can only add people to sites that you manage.")


def chosen(organization: Organization, clinics: Iterable[Clinic], *, every: bool) -> Sites:
    """What was asked for, as it can be kept; raises Incomplete(["sites"]) for no site, or one of another practice."""
    if every:
        return EVERY
    keys = frozenset(clinic.pk for clinic in clinics)
    known = Clinic.objects.filter(pk__in=keys, organization=organization).count()
    if not keys or known != len(keys):
        raise Incomplete(["sites"])
    return Sites(every=False, keys=keys)


def current(membership: Membership) -> Membership:
    """The membership as it is now, its team locked; raises WrongState("ended")."""
    lock(membership.organization_id)
    found = Membership.objects.select_related("user", "organization").get(pk=membership.pk)
    if found.ended_at is not None:
        raise WrongState("ended")
    return found


def require_others_manage(membership: Membership, *, keeping: Sites = NONE) -> None:
    """Somebody else manages what this manager gives up; raises LastManager.

    That is the organization as a whole, if nobody else stands for it; and each claimed site that would be left alone.
    """
    if membership.role != MANAGER or keeping.every:
        return
    others = Membership.objects.active().filter(organization=membership.organization_id, role=MANAGER)
    others = others.exclude(pk=membership.pk)
    if membership.whole_organization:
        others = others.filter(whole_organization=True)
    elif keeping.keys:  # still a manager of the organization, of fewer sites
        others = Membership.objects.filter(pk=membership.pk)
    if not others.exists() or _left_alone(membership, keeping).exists():
        raise LastManager


def _left_alone(membership: Membership, keeping: Sites) -> ClinicQuerySet:
    """Claimed sites that this manager acts for and gives up, and no other manager acts for."""
    here = acting(clinic=OuterRef("pk"), organization=membership.organization_id).filter(role=MANAGER)
    standing = ListingClaim.objects.standing().filter(clinic=OuterRef("pk"))
    mine, others = here.filter(pk=membership.pk), here.exclude(pk=membership.pk)
    claimed = Clinic.objects.filter(Exists(standing), organization=membership.organization_id)
    return claimed.filter(Exists(mine), ~Exists(others)).exclude(pk__in=keeping.keys)
