"""Who may act for which organization: joining, leaving, and the question itself."""

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.models import Membership, Organization, User
from outbox import clock


class AlreadyMember(Exception):
    """This person already acts for this organization."""


class NotAMember(Exception):
    """This membership has ended already."""


class LastManager(Exception):
    """An organization keeps at least one manager; name another one first."""


@transaction.atomic
def add(
    *, user: User, organization: Organization, role: str, by: User, whole_organization: bool = True
) -> Membership:
    """Let `user` act for `organization` from now on; raises AlreadyMember.

    Where not for the whole of it, directory.team says for which sites, in the same transaction.
    """
    _lock(organization.pk)
    if Membership.objects.filter(user=user, organization=organization, ended_at=None).exists():
        raise AlreadyMember
    membership = Membership.objects.create(
        user=user,
        organization=organization,
        role=Membership.Role(role),
        whole_organization=whole_organization,
        started_at=clock.now(),
    )
    _audit("membership.added", membership, by)
    return membership


@transaction.atomic
def end(*, membership: Membership, by: User) -> None:
    """From the next request on, its user no longer acts for the organization; raises NotAMember, LastManager.

    The operator's staff may end the last manager too: an organization can be closed down.
    """
    _lock(membership.organization_id)
    membership.refresh_from_db()
    if membership.ended_at is not None:
        raise NotAMember
    if _is_last_manager(membership) and not by.is_staff:
        raise LastManager
    membership.ended_at = clock.now()
    membership.save(update_fields=["ended_at"])
    _audit("membership.ended", membership, by)


def organizations_of(user: User) -> QuerySet[Organization]:
    """The organizations for which `user` may act at this moment. Ask anew on every request."""
    active = Membership.objects.active().filter(user_id=user.pk)
    return Organization.objects.filter(pk__in=active.values("organization_id"))


def _lock(organization_id: int) -> None:
    """One change of an organization's members at a time (SQLite has one writer anyway)."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization_id)


def _is_last_manager(membership: Membership) -> bool:
    """Nobody else manages the whole organization. Whether a manager of some sites may go, directory.team asks."""
    if membership.role != Membership.Role.MANAGER or not membership.whole_organization:
        return False
    managers = Membership.objects.active().filter(
        organization_id=membership.organization_id, role=Membership.Role.MANAGER, whole_organization=True
    )
    return not managers.exclude(pk=membership.pk).exists()


def _audit(action: str, membership: Membership, by: User) -> None:
    audit.record(
        actor=audit.actor_of(by),
        action=action,
        object_type="membership",
        object_id=str(membership.pk),
    )
