"""One person's request to one clinic, from form to outcome. Everything personal is sealed."""

import uuid

from django.db import models
from django.db.models import F, Q

from referrals.vocabulary import CLOSED_STATUSES, CompleteReason, DeclineReason, FailReason, Status


class ReferralQuerySet(models.QuerySet["Referral"]):
    def open(self) -> "ReferralQuerySet":
        """Not yet at an end."""
        return self.exclude(status__in=CLOSED_STATUSES)


class Referral(models.Model):
    """What a column says in the clear: which clinic, which status, when. Who and why are in `sealed`.

    `sealed` is AES-256-GCM under a key of this row alone; that key is `wrapped_key`, under PHI_KEYS.
    Both are bound to this row's id, so a copy into another row does not open.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey("directory.Clinic", on_delete=models.PROTECT, related_name="referrals")
    reference = models.CharField(
        max_length=7, unique=True, help_text="K7Q-4MD: to say on the phone; opens nothing"
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.REQUESTED)
    status_reason = models.CharField(max_length=30, blank=True)
    created_at = models.DateTimeField()
    status_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    token_digest = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the private link's token"
    )
    idempotency_digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of sender and key")
    body_digest = models.CharField(max_length=64, help_text="HMAC of what was sent: same key, same body?")
    consent_version = models.CharField(max_length=20)
    consent_digest = models.CharField(max_length=64, help_text="SHA-256 of the words that were shown")
    may_mail_patient = models.BooleanField(default=False, help_text="the person left an e-mail address")

    key_id = models.CharField(max_length=20)
    wrapped_key = models.BinaryField(null=True)
    sealed = models.BinaryField(null=True)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["clinic", "status", "created_at"], name="referral_inbox")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=CLOSED_STATUSES, closed_at__isnull=False)
                | (~Q(status__in=CLOSED_STATUSES) & Q(closed_at__isnull=True)),
                name="referral_closed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.REJECTED, status_reason__in=DeclineReason.values)
                | Q(status=Status.FAILED, status_reason__in=FailReason.values)
                | Q(status=Status.COMPLETED, status_reason__in=CompleteReason.values)
                | (~Q(status__in=[Status.REJECTED, Status.FAILED, Status.COMPLETED]) & Q(status_reason="")),
                name="referral_end_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(sealed__isnull=True, wrapped_key__isnull=True)
                | Q(sealed__isnull=False, wrapped_key__isnull=False),
                name="referral_sealed_with_key",
            ),
            # Personal data may be gone only once the referral is closed.
            models.CheckConstraint(
                condition=Q(sealed__isnull=False) | Q(closed_at__isnull=False), name="referral_open_is_whole"
            ),
            models.CheckConstraint(condition=Q(status_at__gte=F("created_at")), name="referral_status_later"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.status}"

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None
