"""An organization with several sites, people of it, and the links that were mailed to those invited."""

import re

from accounts.models import Membership
from directory.models import Invitation, SiteMembership
from directory.team import invitations
from outbox.models import Delivery
from tests import build


def mail_to(invitation: Invitation):
    """The mail that is promised to whom was invited; None once it has nothing to say."""
    return invitations.compose(Delivery.objects.get(recipient=f"invitation:{invitation.pk}"))


def token_of(invitation: Invitation) -> str:
    """The token of the link in that mail."""
    return re.search(r"/join/([^/]+)/", mail_to(invitation).body)[1]


def at_sites(organization, *clinics, role=Membership.Role.MANAGER, **fields) -> Membership:
    """Somebody new who acts for some sites alone."""
    person = build.user(**fields)
    return made_at_sites(person, organization, *clinics, role=role)


def made_at_sites(person, organization, *clinics, role=Membership.Role.MANAGER) -> Membership:
    """`person` acts for some sites alone from now on."""
    membership = build.membership(person, organization, role)
    SiteMembership.objects.bulk_create(
        SiteMembership(membership=membership, clinic=clinic) for clinic in clinics
    )
    Membership.objects.filter(pk=membership.pk).update(whole_organization=False)
    membership.refresh_from_db()
    return membership


def of(person, organization) -> Membership:
    """The membership that holds now."""
    return Membership.objects.get(user=person, organization=organization, ended_at=None)
