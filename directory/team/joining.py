"""Somebody who was invited joins: once, with the address that was asked, signed in or with a new account."""

from typing import Final

from django.db import transaction

from accounts import audit, memberships
from accounts import joining as accounts
from accounts.addresses import AddressTaken
from accounts.models import Membership, User
from directory import index
from directory.models import Clinic, Invitation, SiteMembership
from directory.refusals import NotAllowed, Refused, WrongState
from directory.team import rules
from directory.team.invitations import digest
from outbox import clock

ALREADY: Final = "member"
OTHER_ROLE: Final = "other-role"


class NoInvitation(Refused):
    """Nothing to join by this link: it is wrong, was used, was taken back, or its time is over."""


def find(token: str) -> Invitation:
    """The open invitation of a link, with its organization; raises NoInvitation."""
    found = Invitation.objects.open().filter(token_digest=digest(token)).select_related("organization")
    invitation = found.prefetch_related("clinics").first()
    if invitation is None:
        raise NoInvitation("This link does not work any more.")
    return invitation


def is_for(invitation: Invitation, user: User) -> bool:
    """The address that was asked is the one that `user` signs in with."""
    return user.email.lower() == invitation.email.lower()


@transaction.atomic
def accept(*, token: str, user: User) -> Membership:
    """`user` acts for the organization from now on, as the invitation says; it is used up.

    Raises NoInvitation; NotAllowed for another address or for the operator's staff; WrongState for somebody who does
    so already ("member"), or in another role ("other-role").
    """
    invitation = _locked(token)
    if user.is_staff:
        raise NotAllowed("The operator's staff acts for no clinic.")
    if not is_for(invitation, user):
        raise NotAllowed("This invitation is for another address.")
    return _join(invitation, user)


@transaction.atomic
def accept_as_new(*, token: str, name: str, password: str) -> Membership:
    """The same for somebody without an account: the link proves the address, so one is made with it.

    Raises NoInvitation, WrongState("account") if the address has one, and Django's ValidationError for a password that
    is too easy to guess.
    """
    invitation = _locked(token)
    # These are locked in any case, and have to be before the trail, which the new account writes to.
    index.rebuild_many(Clinic.objects.filter(organization=invitation.organization).only("pk"))
    try:
        user = accounts.create_proved(email=invitation.email, name=name, password=password)
    except AddressTaken:
        raise WrongState("account") from None
    return _join(invitation, user)


def _locked(token: str) -> Invitation:
    """The invitation as it is once its team is locked, so that of many who use it one does."""
    rules.lock(find(token).organization_id)
    return find(token)


def _join(invitation: Invitation, user: User) -> Membership:
    sites = _sites(invitation)
    held = Membership.objects.active().filter(user=user, organization=invitation.organization).first()
    if held:
        _require_wider(held, invitation)
    invitation.used_at, invitation.used_by = clock.now(), user
    invitation.save(update_fields=["used_at", "used_by"])
    membership = _widen(held, invitation, sites) if held else _begin(invitation, user, sites)
    _audit("membership.widened" if held else "", membership, invitation, user)
    return membership


def _sites(invitation: Invitation) -> list[Clinic]:
    """Those that are still of the organization; raises NoInvitation if none of those asked for is."""
    if invitation.whole_organization:
        return []
    kept = [each for each in invitation.clinics.all() if each.organization_id == invitation.organization_id]
    if not kept:
        raise NoInvitation("The sites of this invitation are not there any more.")
    return kept


def _require_wider(held: Membership, invitation: Invitation) -> None:
    """An invitation adds sites; it takes none away, and a role is changed by a manager alone."""
    if rules.sites_of(held).covers(rules.sites_of(invitation)):
        raise WrongState(ALREADY)
    if held.role != invitation.role:
        raise WrongState(OTHER_ROLE)


def _begin(invitation: Invitation, user: User, sites: list[Clinic]) -> Membership:
    membership = memberships.add(
        user=user,
        organization=invitation.organization,
        role=invitation.role,
        by=user,
        whole_organization=invitation.whole_organization,
    )
    add_sites(membership, {site.pk for site in sites})
    return membership


def _widen(held: Membership, invitation: Invitation, sites: list[Clinic]) -> Membership:
    if invitation.whole_organization:
        held.whole_organization = True
        held.save(update_fields=["whole_organization"])
        held.sites.all().delete()
    else:
        there = rules.sites_of(held).keys
        add_sites(held, {site.pk for site in sites} - there)
    return held


def add_sites(membership: Membership, keys: set[int] | frozenset[int]) -> None:
    """The membership stands for these too, and the index knows it."""
    SiteMembership.objects.bulk_create(
        SiteMembership(membership=membership, clinic_id=key) for key in sorted(keys)
    )
    index.rebuild_many(Clinic.objects.filter(pk__in=keys).only("pk"))


def _audit(action: str, membership: Membership, invitation: Invitation, user: User) -> None:
    actor = audit.actor_of(user)
    if action:
        audit.record(actor=actor, action=action, object_type="membership", object_id=str(membership.pk))
    audit.record(
        actor=actor, action="invitation.used", object_type="invitation", object_id=str(invitation.pk)
    )
