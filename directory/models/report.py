"""What others say about a listing: reports from anybody, and the clinic's own reply."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Reply(models.Model):
    """A clinic's own words beside a check that went against it. Shown once a verifier let it through."""

    check_answered = models.ForeignKey("directory.Check", on_delete=models.CASCADE, related_name="replies")
    text = models.TextField(max_length=500)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    shown = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(shown=False) | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="reply_shown_by_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"reply to check {self.check_answered_id}"


class Report(models.Model):
    """Somebody says that something about a listing is wrong. What they wrote is sealed; they hold a link.

    The text may tell of the writer's health, so it is never in the clear at rest, and is destroyed with the rest of
    personal data (`text_until`).
    """

    class About(models.TextChoices):
        CONTACT = "contact", "The phone number or address is wrong"
        CLOSED = "closed", "The clinic closed or moved"
        NOT_OFFERED = "not-offered", "It does not give this treatment"
        NO_ANSWER = "no-answer", "Nobody answers"
        SELLER = "seller", "It sells or mails the drug"
        HARM = "harm", "Somebody was hurt or is in danger"
        OTHER = "other", "Something else"

    class Outcome(models.TextChoices):
        CORRECTED = "corrected", "We corrected the listing."
        TAKEN_DOWN = "taken-down", "We took the listing down."
        NOTHING_WRONG = "nothing-wrong", "We looked, and found nothing to change."
        CANNOT_TELL = "cannot-tell", "We looked, and could not settle it."

    clinic = models.ForeignKey("directory.Clinic", on_delete=models.CASCADE, related_name="reports")
    case = models.ForeignKey("directory.Case", on_delete=models.CASCADE, related_name="reports")
    about = models.CharField(max_length=12, choices=About)
    key_id = models.CharField(max_length=20, blank=True)
    sealed = models.BinaryField(null=True, blank=True, help_text="what they wrote; NULL once destroyed")
    token_digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    text_until = models.DateTimeField()
    outcome = models.CharField(max_length=15, choices=Outcome, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True)
                | (~Q(outcome="") & Q(decided_at__isnull=False)),
                name="report_outcome_dated",
            ),
        ]

    def __str__(self) -> str:
        return f"report {self.pk}"
