"""What a decided claim does to memberships: who acts for the clinic from now on, and who no longer does."""

from dataclasses import dataclass

from django.db.models import Q

from accounts import audit, memberships, sign_ins
from accounts.models import ApiKey, Membership, User
from directory.claims import mails
from directory.models import Clinic, ListingClaim, SiteMembership
from directory.refusals import NotAllowed
from outbox import clock

Role = Membership.Role


@dataclass(frozen=True)
class Leaving:
    """A membership that loses a clinic: it keeps `others` of the practice, or ends, and `keys` with it."""

    membership: Membership
    others: list[Clinic]
    keys: list[int]


def admit_claimant(claim: ListingClaim, by: User) -> None:
    """The claimant acts for the clinic; the organization is locked. Who was a member keeps the role that they had.

    Manager of the whole practice where nobody else acts for its other sites, else of this site alone. Raises NotAllowed
    for a member of other sites who is no manager there: their managers come first.
    """
    mine = _membership_of(claim)
    if mine is None:
        add(claim, role=Role.MANAGER, whole=not _others_act_elsewhere(claim), by=by)
    else:
        add(claim, role=mine.role, whole=mine.whole_organization, by=by)
        _make_manager_if_there_is_none(claim, mine, by)


def add(claim: ListingClaim, *, role: str, whole: bool, by: User) -> None:
    """Let the claimant act for this site, or for the `whole` practice. Nobody who acts for more loses any of it."""
    mine = _membership_of(claim)
    if mine is None:
        mine = memberships.add(
            user=claim.claimant,
            organization=claim.clinic.organization,
            role=role,
            by=by,
            whole_organization=whole,
        )
    elif whole and not mine.whole_organization:
        mine.whole_organization = True
        mine.save(update_fields=["whole_organization"])
        mine.sites.all().delete()
        _note("membership.sites-changed", mine, by)
    if not mine.whole_organization:
        SiteMembership.objects.get_or_create(membership=mine, clinic=claim.clinic)


def shut_out_all(clinic: Clinic) -> list[Leaving]:
    """Everybody who acts for this site, whose part in it is about to end: see `take_clinic_from`.

    Whoever keeps no other site of the practice is signed out everywhere, and their keys end. The practice is locked.
    """
    here = Q(whole_organization=True) | Q(sites__clinic=clinic)
    theirs = Membership.objects.filter(here, organization=clinic.organization_id, ended_at=None)
    leaving = [
        Leaving(membership, others := _others_of(membership, clinic), [] if others else _end_keys(membership))
        for membership in theirs.distinct().select_related("user").order_by("pk")
    ]
    for each in leaving:
        if not each.others:
            sign_ins.end_all(user=each.membership.user)
    return leaving


def take_clinic_from(leaving: list[Leaving], clinic: Clinic, by: User) -> None:
    """They act for this site no more; other sites of the practice stay theirs. They are told, and the trail kept."""
    for each in leaving:
        if each.others:
            _leave_only(each.membership, each.others, clinic)
            _note("membership.sites-changed", each.membership, by)
        else:
            memberships.end(membership=each.membership, by=by)
        mails.tell_it_was_taken(clinic, each.membership.user_id)
    if keys := [str(key) for each in leaving for key in each.keys]:
        audit.record_each(actor=audit.actor_of(by), action="key.ended", object_type="key", object_ids=keys)


def _others_of(membership: Membership, clinic: Clinic) -> list[Clinic]:
    """The other sites that a membership stands for, closed ones too: their requests may still be open."""
    others = Clinic.objects.exclude(pk=clinic.pk).order_by("pk")
    if membership.whole_organization:
        return list(others.filter(organization=membership.organization_id))
    return list(others.filter(site_memberships__membership=membership))


def _end_keys(membership: Membership) -> list[int]:
    live = ApiKey.objects.filter(membership=membership, ended_at=None)
    keys = list(live.values_list("pk", flat=True))
    live.update(ended_at=clock.now())
    return keys


def _leave_only(membership: Membership, others: list[Clinic], clinic: Clinic) -> None:
    """Sites in place of the whole, without this one.

    Written without the signals of a save: for the other sites nothing changes, and a chain has many.
    """
    SiteMembership.objects.bulk_create(
        [SiteMembership(membership=membership, clinic=other) for other in others], ignore_conflicts=True
    )
    Membership.objects.filter(pk=membership.pk).update(whole_organization=False)
    membership.sites.filter(clinic=clinic).delete()


def _membership_of(claim: ListingClaim) -> Membership | None:
    return Membership.objects.filter(
        user=claim.claimant_id, organization=claim.clinic.organization_id, ended_at=None
    ).first()


def _others_act_elsewhere(claim: ListingClaim) -> bool:
    clinic = claim.clinic
    if not Clinic.objects.filter(organization=clinic.organization_id).exclude(pk=clinic.pk).exists():
        return False
    elsewhere = Q(whole_organization=True) | ~Q(sites__clinic=clinic)
    members = Membership.objects.active().filter(elsewhere, organization=clinic.organization_id)
    return members.exclude(user=claim.claimant_id).exists()


def _make_manager_if_there_is_none(claim: ListingClaim, mine: Membership, by: User) -> None:
    """A clinic needs a manager; but nobody becomes one of sites that others manage by claiming another one."""
    if mine.role == Role.MANAGER:
        return
    managers = Membership.objects.active().filter(
        organization=claim.clinic.organization_id, role=Role.MANAGER
    )
    if managers.filter(Q(whole_organization=True) | Q(sites__clinic=claim.clinic)).exists():
        return
    if managers.exists():
        raise NotAllowed("They are staff at other sites of this practice. A manager there must speak first.")
    mine.role = Role.MANAGER
    mine.save(update_fields=["role"])
    _note("membership.role-changed", mine, by)


def _note(action: str, membership: Membership, by: User) -> None:
    audit.record(
        actor=audit.actor_of(by), action=action, object_type="membership", object_id=str(membership.pk)
    )
