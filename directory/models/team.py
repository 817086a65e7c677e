"""Which sites of an organization somebody acts for, and who was asked to join."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q

from accounts.models import Membership, Organization
from accounts.models.organization import MembershipQuerySet
from outbox import clock


class SiteMembership(models.Model):
    """A membership that does not stand for the whole organization stands for this site."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="sites")
    clinic = models.ForeignKey("directory.Clinic", on_delete=models.CASCADE, related_name="site_memberships")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership", "clinic"], name="site_membership_once"),
        ]

    def __str__(self) -> str:
        return f"membership {self.membership_id} at clinic {self.clinic_id}"


def acting(*, clinic: OuterRef | int, organization: OuterRef | int) -> MembershipQuerySet:
    """Memberships that hold now and stand for a clinic: for the whole organization, or for this site of it.

    Made for a subquery, where both are OuterRef; with plain keys a membership may come twice.
    """
    here = Q(whole_organization=True) | Q(sites__clinic=clinic)
    return Membership.objects.active().filter(here, organization=organization)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, at: datetime | None = None) -> "InvitationQuerySet":
        """Neither used nor taken back, and not past its end."""
        moment = at or clock.now()
        return self.filter(used_at__isnull=True, revoked_at__isnull=True, expires_at__gt=moment)


class Invitation(models.Model):
    """A manager asks somebody to act for an organization too. The link in the mail is kept as a digest alone."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=10, choices=Membership.Role, default=Membership.Role.STAFF)
    whole_organization = models.BooleanField(default=True)
    clinics = models.ManyToManyField(
        "directory.Clinic", blank=True, related_name="invitations", help_text="the sites, where not the whole"
    )
    token_digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the link's token")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(used_at__isnull=True, used_by__isnull=True)
                | Q(used_at__isnull=False, used_by__isnull=False, revoked_at__isnull=True),
                name="invitation_used_or_revoked",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk} to organization {self.organization_id}"
