"""Somebody's address for signing in changes: proved at the new one, told to the old one, and taken back from there."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class EmailChange(models.Model):
    """One change. The links in its two mails are kept as digests alone."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="email_changes")
    old_email = models.EmailField(max_length=254)
    new_email = models.EmailField(max_length=254)
    made_at = models.DateTimeField()
    confirm_digest = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the new address's link"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    return_digest = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the old address's link"
    )
    return_until = models.DateTimeField(null=True, blank=True, help_text="72 hours after it was confirmed")
    returned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, return_until__isnull=True, returned_at__isnull=True)
                | Q(confirmed_at__isnull=False, return_until__isnull=False),
                name="email_change_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"change of the address of user {self.user_id}"
