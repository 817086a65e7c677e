"""Who sees whom on a team: everybody of the organization, or those at the sites that one acts for oneself."""

from dataclasses import dataclass
from typing import Final

from django.db.models import Exists, OuterRef, Prefetch, Q
from django.db.models.functions import Lower

from accounts.models import Membership, Organization, User
from accounts.models.organization import MembershipQuerySet
from directory.models import Clinic, Invitation, SiteMembership
from directory.models.clinic import ClinicQuerySet
from directory.team import invitations, rules
from directory.team.rules import NONE, Sites

MANY: Final = 3
"""So many sites are named; of more, how many there are besides."""


@dataclass(frozen=True)
class Viewer:
    """Somebody of a team: where they act, and whose team they manage (no site, for staff)."""

    membership: Membership
    acts_at: Sites
    managed: Sites

    @property
    def organization(self) -> Organization:
        return self.membership.organization

    @property
    def manages(self) -> bool:
        return self.managed != NONE

    def may_change(self, membership: Membership) -> bool:
        """Role, sites and the end of it."""
        return self.manages and self.managed.covers(rules.sites_of(membership))

    def may_take_off(self, membership: Membership) -> bool:
        """Somebody of staff who works elsewhere too may be taken off the viewer's own sites alone."""
        theirs = rules.sites_of(membership)
        is_staff = membership.role == Membership.Role.STAFF and not theirs.every
        return self.manages and is_staff and not self.managed.covers(theirs) and self.managed.meets(theirs)


def viewer(user: User, organization_id: int) -> Viewer | None:
    """`user` as somebody of this team at this moment; None if they are not."""
    held = Membership.objects.active().filter(user_id=user.pk, organization__pk=organization_id)
    membership = held.select_related("organization").first()
    if membership is None:
        return None
    sites = rules.sites_of(membership)
    return Viewer(membership, sites, sites if membership.role == rules.MANAGER else NONE)


def people(viewer: Viewer, words: str = "") -> MembershipQuerySet:
    """Memberships that hold, of those whom the viewer works with, by name. `words`: of a name, an address or a site.

    Addresses are looked through for managers alone.
    """
    found = Membership.objects.active().filter(organization=viewer.organization)
    if not viewer.acts_at.every:
        shared = SiteMembership.objects.filter(membership=OuterRef("pk"), clinic__in=viewer.acts_at.keys)
        found = found.filter(Q(whole_organization=True) | Exists(shared))
    for word in words.split():
        found = found.filter(_matching(word, viewer))
    sites = Prefetch("sites", SiteMembership.objects.select_related("clinic").order_by("clinic__name", "pk"))
    return (
        found.select_related("user")
        .prefetch_related(sites)
        .order_by(Lower("user__name"), "user__email", "pk")
    )


def _matching(word: str, viewer: Viewer) -> Q:
    at_site = Q(clinic__name__icontains=word) | Q(clinic__city__icontains=word)
    named = SiteMembership.objects.filter(at_site, membership=OuterRef("pk"))
    if not viewer.acts_at.every:
        named = named.filter(clinic__in=viewer.acts_at.keys)
    rule = Q(user__name__icontains=word) | Q(Exists(named))
    return rule | Q(user__email__icontains=word) if viewer.manages else rule


def sites(viewer: Viewer) -> ClinicQuerySet:
    """The sites whose team the viewer manages, by name."""
    found = Clinic.objects.filter(organization=viewer.organization)
    if not viewer.managed.every:
        found = found.filter(pk__in=viewer.managed.keys)
    return found.order_by("name", "city", "pk")


def open_invitations(viewer: Viewer) -> list[Invitation]:
    """Those that the viewer may take back, the latest first."""
    return invitations.open_of(viewer.organization, viewer.managed) if viewer.manages else []


def words_for(row: Membership | Invitation, viewer: Viewer) -> str:
    """The sites of a membership or an invitation, as the viewer may read them: their own by name, others counted."""
    if row.whole_organization:
        return "All sites"
    its = (
        [site.clinic for site in row.sites.all()] if isinstance(row, Membership) else list(row.clinics.all())
    )
    known = [each for each in its if viewer.acts_at.every or each.pk in viewer.acts_at.keys]
    named = [each.name for each in known[:MANY]]
    more = len(its) - len(named)
    return ", ".join([*named, *([f"{more} more"] if more and named else [])]) or "Other sites"
