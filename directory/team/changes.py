"""A team changes: another role, other sites, somebody removed or leaving. In force at that person's next request."""

from collections.abc import Iterable

from django.db import transaction

from accounts import audit, memberships, sign_ins
from accounts.models import ApiKey, Membership, Organization, User
from directory.models import Clinic
from directory.refusals import Incomplete, NotAllowed, WrongState
from directory.team import rules
from directory.team.joining import add_sites
from directory.team.rules import Sites
from outbox import clock


@transaction.atomic
def change_role(*, membership: Membership, role: str, by: User) -> Membership:
    """Make somebody a manager of what they act for, or staff. The operator's staff makes nobody a manager.

    Raises Incomplete (role), NotAllowed, WrongState("ended"), LastManager.
    """
    if role not in Membership.Role.values:
        raise Incomplete(["role"])
    found = rules.current(membership)
    rules.require_may_change(by, found)
    if found.role == role:
        return found
    if role == rules.MANAGER:
        rules.require_may_offer(by, found.organization, rules.sites_of(found))
    elif not by.is_staff:
        rules.require_others_manage(found)
    found.role = role
    found.save(update_fields=["role"])
    _audit("membership.role-changed", found, by)
    return found


@transaction.atomic
def limit_to_sites(
    *, membership: Membership, by: User, clinics: Iterable[Clinic] = (), whole_organization: bool = False
) -> Membership:
    """Say which sites somebody acts for: `clinics`, or the whole organization.

    A manager of some sites decides about these alone: what the person has elsewhere stays. Raises Incomplete (sites),
    NotAllowed, WrongState("ended"), LastManager.
    """
    found = rules.current(membership)
    asked = rules.chosen(found.organization, clinics, every=whole_organization)
    before, after = rules.sites_of(found), _decided(found, asked, by)
    if after == before:
        return found
    rules.require_others_manage(found, keeping=after)
    _keep(found, before, after)
    _audit("membership.sites-changed", found, by)
    return found


@transaction.atomic
def change(
    *,
    membership: Membership,
    role: str,
    by: User,
    clinics: Iterable[Clinic] = (),
    whole_organization: bool = False,
) -> Membership:
    """Role and sites in one go, or neither; as `change_role` and `limit_to_sites`."""
    wanted = list(clinics)
    found = change_role(membership=membership, role=role, by=by) if role != rules.MANAGER else membership
    # Sites first for somebody who becomes a manager: nobody manages for an instant what they are not to keep.
    limit_to_sites(membership=found, by=by, clinics=wanted, whole_organization=whole_organization)
    return change_role(membership=found, role=role, by=by)


@transaction.atomic
def take_off_sites(*, membership: Membership, by: User) -> Membership:
    """Somebody who also works elsewhere stops acting for the sites that `by` manages; as `limit_to_sites`."""
    found = rules.current(membership)
    rest = rules.sites_of(found).keys - rules.require_manager(by, found.organization).keys
    return limit_to_sites(membership=found, by=by, clinics=Clinic.objects.filter(pk__in=rest))


@transaction.atomic
def remove(*, membership: Membership, by: User) -> None:
    """Somebody is of the team no more: membership, keys and every sign-in end together.

    The operator's staff may remove the last manager, too; if nobody acts for a site then, its open requests end.
    Raises NotAllowed, WrongState("ended"), LastManager.
    """
    found = rules.current(membership)
    rules.require_may_change(by, found)
    if not by.is_staff:
        rules.require_others_manage(found)
    _end(found, by, sign_out=True)


@transaction.atomic
def leave(*, organization: Organization, by: User) -> None:
    """The own membership and its keys end. Raises WrongState("ended") for who is not on the team, LastManager."""
    rules.lock(organization.pk)
    held = Membership.objects.filter(user=by, organization=organization, ended_at=None).first()
    if held is None:
        raise WrongState("ended")
    rules.require_others_manage(held)
    _end(held, by, sign_out=False)


def _decided(membership: Membership, asked: Sites, by: User) -> Sites:
    """What the membership stands for once `by` has decided; raises NotAllowed."""
    managed = rules.require_manager(by, membership.organization)
    before = rules.sites_of(membership)
    if managed.covers(before) and managed.covers(asked):
        return asked
    elsewhere = before.keys - managed.keys
    of_staff = membership.role != rules.MANAGER and not before.every
    if not (of_staff and managed.covers(Sites(every=False, keys=asked.keys - elsewhere)) and not asked.every):
        raise NotAllowed("Only a manager of all sites of this person may do this.")
    return Sites(every=False, keys=elsewhere | (asked.keys & managed.keys))


def _keep(membership: Membership, before: Sites, after: Sites) -> None:
    """Widen before narrowing: at no instant does a site that keeps its people look as if it had lost them."""
    if not after.every:
        add_sites(membership, after.keys - before.keys)
    if membership.whole_organization != after.every:
        membership.whole_organization = after.every
        membership.save(update_fields=["whole_organization"])
    membership.sites.exclude(clinic__in=after.keys).delete()  # the index follows: directory.upkeep


def _end(membership: Membership, by: User, *, sign_out: bool) -> None:
    """Everything that opens a door, in the caller's transaction; the trail last."""
    live = ApiKey.objects.filter(membership=membership, ended_at=None)
    keys = list(live.values_list("pk", flat=True))
    live.update(ended_at=clock.now())
    if sign_out:
        sign_ins.end_all(user=membership.user)
    memberships.end(membership=membership, by=by)
    audit.record_each(
        actor=audit.actor_of(by), action="key.ended", object_type="key", object_ids=[str(key) for key in keys]
    )


def _audit(action: str, membership: Membership, by: User) -> None:
    audit.record(
        actor=audit.actor_of(by), action=action, object_type="membership", object_id=str(membership.pk)
    )
