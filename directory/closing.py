"""The end of a listing: a clinic closed down, moved, or became part of another one; or all sites of a practice did.

The page of a closed clinic stays and says so. Requests that it had not opened are stopped, and those whom it had agreed
to see are told: `listing_stopped` goes out with each listing that was shown.
"""

from collections.abc import Iterable
from typing import Final

from django.db import transaction

from accounts import audit
from accounts.models import Membership, Organization, User
from directory import listings, opt_outs
from directory.deciding import acts_for, require_staff_or_manager, require_staff_or_manager_of
from directory.models import Clinic
from directory.refusals import Incomplete, NotAllowed, WrongState

_Reason = Clinic.StatusReason
WITH_SUCCESSOR: Final = frozenset({_Reason.MOVED, _Reason.MERGED})
"""Reasons where a page may say whereto."""

CLOSABLE: Final = (Clinic.Status.LISTED, Clinic.Status.SUSPENDED)


@transaction.atomic
def close_clinic(*, clinic: Clinic, reason: str, by: User, successor: Clinic | None = None) -> Clinic:
    """Close one clinic for good, by the operator's staff or a manager of it. `reason`: a Clinic.StatusReason.

    `successor`: where a moved or merged clinic went; a manager can name a clinic of the same practice only.
    Raises NotAllowed, WrongState, or Incomplete: a merged clinic says with which other one.
    """
    require_staff_or_manager(by, clinic)
    if reason == _Reason.MERGED and successor is None:
        raise Incomplete(["successor"])
    _lock([clinic.pk] + ([successor.pk] if successor else []))
    if successor:
        _name_successor(clinic, reason, by, successor)
    return listings.close(clinic=clinic, reason=reason, by=by)


@transaction.atomic
def close_organization(*, organization: Organization, reason: str, by: User) -> list[Clinic]:
    """Close every listed or suspended clinic of a practice in one action: all of them, or none. Those it closed.

    By the operator's staff or a manager of the practice. Raises NotAllowed, Incomplete for a reason that is unknown or
    about one clinic alone, WrongState if nothing is left to close.
    """
    if reason not in {_Reason.CLOSED_DOWN, _Reason.CLINIC_ASKED}:
        raise Incomplete(["reason"])
    require_staff_or_manager_of(organization, by)
    # The practice before its clinics, and all of them before the first is closed: one order of locks for all.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    found = _lock(
        Clinic.objects.filter(organization=organization, status__in=CLOSABLE).values_list("pk", flat=True)
    )
    if not found:
        raise WrongState(Clinic.Status.CLOSED)
    closed = [listings.close(clinic=clinic, reason=reason, by=by) for clinic in found]
    audit.record(
        actor=audit.actor_of(by),
        action="organization.closed",
        object_type="organization",
        object_id=str(organization.pk),
        purpose=reason,
    )
    return closed


@transaction.atomic
def take_down(
    *,
    clinic: Clinic,
    by: User,
    reason: str = _Reason.CLINIC_ASKED,
    never_again: bool = False,
    whole_organization: bool = False,
) -> list[Clinic]:
    """The clinic asked for it: close its listing, or all of its practice; those that were closed.

    `never_again` keeps an opt-out too (directory.opt_outs); for a candidate, which nobody sees, that is all there is to
    do. By the operator's staff or a manager. Raises NotAllowed, WrongState where nothing is left to do.
    """
    require_staff_or_manager(by, clinic)
    sites = _lock_for(clinic, by, whole_organization)
    closable = [site for site in sites if site.status in CLOSABLE]
    keeps = never_again or clinic.status == Clinic.Status.CANDIDATE
    if not (closable or keeps):
        raise WrongState(Clinic.Status.CLOSED)
    closed = [listings.close(clinic=site, reason=reason, by=by) for site in closable]
    if keeps:
        opt_outs.keep(clinic=clinic, by=by, whole_organization=whole_organization)
    return closed


def _lock_for(clinic: Clinic, by: User, whole: bool) -> list[Clinic]:
    """The clinic, or every site of its practice after the practice itself: one order of locks for all."""
    if not whole:
        return _lock([clinic.pk])
    practice = Organization.objects.select_for_update(no_key=True).get(pk=clinic.organization_id)
    require_staff_or_manager_of(practice, by)
    return _lock(Clinic.objects.filter(organization=practice).values_list("pk", flat=True))


def _name_successor(clinic: Clinic, reason: str, by: User, successor: Clinic) -> None:
    if reason not in WITH_SUCCESSOR or successor.pk == clinic.pk:
        raise NotAllowed("Only a clinic that moved or became part of another one names where it went.")
    if successor.status == Clinic.Status.CLOSED:
        raise NotAllowed("The other clinic is closed.")
    if not (by.is_staff or acts_for(by, successor, Membership.Role.MANAGER)):
        raise NotAllowed("Only the operator's staff may name a clinic of another practice.")
    Clinic.objects.filter(pk=clinic.pk, status__in=CLOSABLE).update(successor=successor)


def _lock(ids: Iterable[int]) -> list[Clinic]:
    wanted = Clinic.objects.filter(pk__in=list(ids)).order_by("pk")
    return list(wanted.select_for_update(no_key=True))
