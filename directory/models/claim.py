""" "I act for this clinic", with proof. A person decides."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class ListingClaimQuerySet(models.QuerySet["ListingClaim"]):
    def standing(self) -> "ListingClaimQuerySet":
        """Approved, and not ended since."""
        return self.filter(status=ListingClaim.Status.APPROVED, ended_at__isnull=True)


class ListingClaim(models.Model):
    """A user says "I act for this clinic". Somebody else decides."""

    class Status(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        REFUSED = "refused"

    class Proof(models.TextChoices):
        PHONE = "phone"
        DOMAIN_MAIL = "domain-mail"
        LETTER = "letter"
        MANAGER = "manager"

    clinic = models.ForeignKey("directory.Clinic", on_delete=models.CASCADE, related_name="claims")
    claimant = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="claims")
    proof = models.CharField(max_length=12, choices=Proof)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    made_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ListingClaimQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="pending", decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(status="pending") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="claim_decision_whole",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("claimant")),
                name="claim_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(status="approved"), name="claim_only_approved_ends"
            ),
            models.UniqueConstraint(
                fields=["clinic"],
                condition=Q(status="approved", ended_at__isnull=True),
                name="claim_one_standing",
            ),
        ]

    def __str__(self) -> str:
        return f"claim of clinic {self.clinic_id}: {self.status}"
