"""A key with which a clinic's own program keeps its listing. It ends with the membership that made it."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from outbox import clock


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def live(self, at: datetime | None = None) -> "ApiKeyQuerySet":
        """Neither ended nor past its end, of a membership that holds and a person who can sign in."""
        moment = at or clock.now()
        return self.filter(
            ended_at__isnull=True,
            expires_at__gt=moment,
            membership__ended_at__isnull=True,
            membership__user__is_active=True,
        )


class ApiKey(models.Model):
    """256 random bits, kept as a digest. It may do what its membership may, and never reads a referral."""

    membership = models.ForeignKey("accounts.Membership", on_delete=models.CASCADE, related_name="api_keys")
    label = models.CharField(max_length=60)
    prefix = models.CharField(max_length=12, help_text="the first characters, to tell keys apart")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the whole key")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="at most a year after it was made")
    last_used_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="api_key_expires"),
        ]

    def __str__(self) -> str:
        return f"key {self.prefix} of membership {self.membership_id}"
