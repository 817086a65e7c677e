"""The circuit breaker of lapses."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class LapseStop(models.Model):
    """The circuit breaker: so many listings would leave search within a day that a person must decide first."""

    opened_at = models.DateTimeField()
    listings = models.PositiveIntegerField(help_text="how many would go")
    of_listed = models.PositiveIntegerField(help_text="of how many listed")
    fact = models.CharField(max_length=20, blank=True, help_text="the fact most of them would go for")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    let_lapse = models.BooleanField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fact"], condition=Q(closed_at__isnull=True), name="lapse_stop_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"lapse stop of {self.opened_at:%Y-%m-%d}"
