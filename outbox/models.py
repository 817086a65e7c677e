"""Messages that must arrive. A row names whom and about what, never what is said."""

import uuid

from django.db import models
from django.db.models import F, Q


class Delivery(models.Model):
    """One message to one recipient, with counted attempts. Reached is not answered."""

    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        STOPPED = "stopped"  # the reason for it fell away before it was sent
        DEAD = "dead"  # every attempt failed: a person must look

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40, help_text="the handler that a room registered")
    subject = models.CharField(max_length=64, help_text="an opaque id of what it is about")
    recipient = models.CharField(max_length=64, help_text="an opaque id of whom it goes to")
    dedupe_key = models.CharField(max_length=160, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    # Two counts, because a worker that was killed has claimed a row without failing at it.
    attempts = models.PositiveSmallIntegerField(default=0, help_text="how often a worker took it")
    failures = models.PositiveSmallIntegerField(default=0, help_text="how often that failed, of late")
    # While pending: when it may be tried next. A worker that took it moves this ahead (its lease).
    run_after = models.DateTimeField()
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=80, blank=True, help_text="the class of the exception alone")

    class Meta:
        indexes = [models.Index(fields=["state", "run_after"], name="delivery_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="pending", settled_at__isnull=True)
                | (~Q(state="pending") & Q(settled_at__isnull=False)),
                name="delivery_settled_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["delivered", "dead"]) | Q(attempts__gt=0),
                name="delivery_settled_was_tried",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True) | Q(settled_at__gte=F("created_at")),
                name="delivery_settled_after_creation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id} {self.state}"
