""" "Do not list us": who asked for it, and how it is held against every later import."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class OptOutQuerySet(models.QuerySet["OptOut"]):
    def standing(self) -> "OptOutQuerySet":
        """Not taken back since."""
        return self.filter(ended_at__isnull=True)


class OptOut(models.Model):
    """A clinic, as it can be known again: its NPI, its phone, its name at its ZIP code. Nothing else is kept of it."""

    clinic = models.ForeignKey(
        "directory.Clinic", on_delete=models.SET_NULL, null=True, blank=True, related_name="opt_outs"
    )
    npi = models.CharField(max_length=10, blank=True)
    whole_organization = models.BooleanField(
        default=False, help_text="every site under this NPI, also new ones"
    )
    name_key = models.CharField(max_length=160, help_text="the name as directory.names compares it")
    zip = models.CharField(max_length=5)
    line1_key = models.CharField(max_length=120, blank=True, help_text="the street as imports compare it")
    phone = models.CharField(max_length=20, blank=True, help_text="E.164")
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = OptOutQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["npi"], name="opt_out_npi"),
            models.Index(fields=["zip", "name_key"], name="opt_out_name"),
            models.Index(fields=["phone"], name="opt_out_phone"),
        ]

    def __str__(self) -> str:
        return f"opt-out {self.pk}"


class Removal(models.Model):
    """Somebody who says that they speak for a clinic asks us to take its listing down. Staff call the clinic first.

    Who asked and how to reach them is sealed, and destroyed on time; what they asked for stays as a choice.
    """

    class Why(models.TextChoices):
        NOT_GIVEN = "not-given", "We do not give this care"
        NOT_ASKED = "not-asked", "Nobody asked us before we were listed"
        WRONG = "wrong", "What you show about us is wrong"
        CLOSED = "closed", "The clinic closed"
        OTHER = "other", "Another reason, or we would rather not say"

    class Outcome(models.TextChoices):
        TAKEN_DOWN = "taken-down", "The clinic was taken down"
        HIDDEN = "hidden", "The listing was hidden, and may return"
        REFUSED = "refused", "Refused: it did not come from the clinic"

    clinic = models.ForeignKey("directory.Clinic", on_delete=models.CASCADE, related_name="removals")
    case = models.ForeignKey("directory.Case", on_delete=models.CASCADE, related_name="removals")
    why = models.CharField(max_length=12, choices=Why)
    never_again = models.BooleanField(default=False, help_text="also asks for an opt-out")
    whole_organization = models.BooleanField(default=False, help_text="every site of the practice")
    key_id = models.CharField(max_length=20, blank=True)
    sealed = models.BinaryField(
        null=True, blank=True, help_text="who asked, and how to reach them; NULL once destroyed"
    )
    once_digest = models.CharField(
        max_length=64, unique=True, help_text="SHA-256; makes two posts one request"
    )
    made_at = models.DateTimeField()
    text_until = models.DateTimeField()
    outcome = models.CharField(max_length=15, choices=Outcome, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True)
                | (~Q(outcome="") & Q(decided_at__isnull=False)),
                name="removal_outcome_dated",
            ),
        ]

    def __str__(self) -> str:
        return f"removal {self.pk}"
