""" "I act for this clinic", with proof. A person decides."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class ListingClaimQuerySet(models.QuerySet["ListingClaim"]):
    def standing(self) -> "ListingClaimQuerySet":
        """Approved, and not ended since."""
        return self.filter(status=ListingClaim.Status.APPROVED, ended_at__isnull=True)

    def pending(self) -> "ListingClaimQuerySet":
        """Not decided yet."""
        return self.filter(status=ListingClaim.Status.PENDING)


class ListingClaim(models.Model):
    """A user says "I act for this clinic". Somebody else decides."""

    class Status(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"
        JOINED = "joined", "Let in by a manager, under the claim that stood"

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
    position = models.CharField(max_length=80, blank=True, help_text="what the claimant does at the clinic")

    # The code that was mailed or posted.
    address = models.EmailField(max_length=254, blank=True, help_text="at the clinic's confirmed domain")
    code_digest = models.CharField(
        max_length=64, blank=True, help_text="key id and HMAC of the code; empty if none waits to be typed"
    )
    code_expires_at = models.DateTimeField(null=True, blank=True)
    code_tries = models.PositiveSmallIntegerField(default=0, help_text="how often a wrong one was typed")
    proven_at = models.DateTimeField(null=True, blank=True, help_text="when the code came back")

    # The call to the phone that a registry or a check of ours has for the clinic.
    called_at = models.DateTimeField(null=True, blank=True)
    called_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    called_number = models.CharField(max_length=20, blank=True, help_text="E.164, as the source has it")
    called_source = models.CharField(max_length=60, blank=True)

    # Where somebody holds the clinic already: 72 hours to object.
    objection_until = models.DateTimeField(null=True, blank=True)
    objected_at = models.DateTimeField(null=True, blank=True)
    objected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    decision_note = models.CharField(
        max_length=300, blank=True, help_text="why it was refused, for the claimant"
    )
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
                | Q(status="withdrawn", decided_at__isnull=False, decided_by__isnull=True)
                | (
                    ~Q(status__in=["pending", "withdrawn"])
                    & Q(decided_at__isnull=False, decided_by__isnull=False)
                ),
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
            models.UniqueConstraint(
                fields=["clinic", "claimant"],
                condition=Q(status="pending"),
                name="claim_one_pending_each",
            ),
            models.CheckConstraint(
                condition=Q(called_at__isnull=True, called_by__isnull=True)
                | Q(called_at__isnull=False, called_by__isnull=False),
                name="claim_call_whole",
            ),
            models.CheckConstraint(
                condition=Q(objected_at__isnull=True) | Q(objection_until__isnull=False),
                name="claim_objection_in_time",
            ),
        ]

    def __str__(self) -> str:
        return f"claim of clinic {self.clinic_id}: {self.status}"
