"""What keeps the index true when nobody touches a clinic itself: people who come and go, and time."""

from typing import Any, Final

from django.db.models import QuerySet
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from accounts.models import Membership, Organization, User
from directory import index, reach
from directory.claims import forgetting
from directory.lapses import recheck
from directory.models import Clinic, SiteMembership
from directory.models.clinic import ClinicQuerySet
from directory.team import invitations
from directory.voices import removals, reports
from outbox import chores

REFRESH_EVERY_SECONDS: Final = 15


def register_chores() -> None:
    """Called once, when the site starts."""
    # First of all, so that after a long rest the circuit breaker looks before anything is swept.
    chores.register("directory.lapses.recheck", recheck.EVERY_SECONDS, recheck.every_hour)
    chores.register("directory.refresh_stale", REFRESH_EVERY_SECONDS, index.refresh_stale)
    chores.register("directory: destroy old reports", 3600, reports.destroy_due)
    chores.register("directory: destroy who asked for a removal", 3600, removals.destroy_due)
    chores.register("directory: forget old invitations", 3600, invitations.forget_old)
    chores.register("directory: forget old claims", 3600, forgetting.forget_old)


# A clinic receives requests only while somebody there can be reached, and that is public ("accepts_referrals").
# These rows belong to a lower room, which knows nothing of clinics; its own saves are the only signal there is.


@receiver(post_save, sender=Membership)
def membership_saved(instance: Membership, raw: bool = False, **_: Any) -> None:
    """Somebody began or ceased to act for an organization."""
    if not raw:
        _people_changed(Clinic.objects.filter(organization_id=instance.organization_id))


@receiver(post_save, sender=SiteMembership)
def site_joined(instance: SiteMembership, raw: bool = False, **_: Any) -> None:
    """Somebody began to act for one site."""
    if not raw:
        _people_changed(Clinic.objects.filter(pk=instance.clinic_id))


@receiver(post_delete, sender=SiteMembership)
def site_left(instance: SiteMembership, origin: Any = None, **_: Any) -> None:
    """Somebody ceased to. Not when the row goes with its clinic or person: then there is nothing left to tell of."""
    where = origin.model if isinstance(origin, QuerySet) else type(origin)
    if where is SiteMembership:
        _people_changed(Clinic.objects.filter(pk=instance.clinic_id))


@receiver(post_save, sender=Organization)
def organization_saved(instance: Organization, created: bool, raw: bool = False, **_: Any) -> None:
    """Its name stands in the document of each of its clinics."""
    if not raw and not created:
        index.rebuild_many(Clinic.objects.filter(organization=instance).only("pk"))


@receiver(post_save, sender=User)
def user_saved(
    instance: User, created: bool, update_fields: frozenset[str] | None = None, raw: bool = False, **_: Any
) -> None:
    """A person who may no longer sign in can no longer be reached. Signing in itself saves other fields."""
    if raw or created or (update_fields is not None and "is_active" not in update_fields):
        return
    organizations = Membership.objects.filter(user=instance, ended_at=None).values("organization_id")
    _people_changed(Clinic.objects.filter(organization_id__in=organizations))


def _people_changed(clinics: ClinicQuerySet) -> None:
    index.rebuild_many(clinics.only("pk"))
    reach.tell_if_nobody_answers(clinics)
