"""Legal practices, and who may act for them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Organization(models.Model):
    """A practice with its NPI: type 2, or a solo clinician's type 1. Or an organization that refers."""

    class Kind(models.TextChoices):
        PRACTICE = "practice"
        REFERRER = "referrer"

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PRACTICE)
    npi = models.CharField(max_length=10, blank=True)
    npi_type = models.PositiveSmallIntegerField(
        null=True, blank=True, choices=[(1, "person"), (2, "organization")]
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["npi"], condition=~Q(npi=""), name="organization_npi_unique"),
            models.CheckConstraint(
                condition=Q(npi="", npi_type__isnull=True)
                | (~Q(npi="") & Q(npi_type__isnull=False, npi_type__in=[1, 2])),
                name="organization_npi_has_type",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> "MembershipQuerySet":
        """Memberships that hold now, of people who can sign in."""
        return self.filter(ended_at__isnull=True, user__is_active=True)


class Membership(models.Model):
    """A user may act for an organization, as staff or as manager, from one instant to another."""

    class Role(models.TextChoices):
        STAFF = "staff"
        MANAGER = "manager"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.STAFF)
    whole_organization = models.BooleanField(
        default=True, help_text="every site, also later ones; else those that directory.SiteMembership names"
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organization"],
                condition=Q(ended_at__isnull=True),
                name="membership_one_active",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="membership_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id} as {self.role} of organization {self.organization_id}"
