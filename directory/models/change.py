"""What somebody wants to change of a listing, and the old value that stays until another person decides."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class ProposedChangeQuerySet(models.QuerySet["ProposedChange"]):
    def open(self) -> "ProposedChangeQuerySet":
        """Not decided yet."""
        return self.filter(decided_at__isnull=True)


class ProposedChange(models.Model):
    """New values for fields of a clinic. Nothing of it is public before somebody else accepted it."""

    clinic = models.ForeignKey("directory.Clinic", on_delete=models.CASCADE, related_name="changes")
    values = models.JSONField(help_text="field name to new value, as directory.changes writes them")
    before = models.JSONField(
        default=dict, blank=True, help_text="the same fields as they stood when it was asked for"
    )
    findings = models.JSONField(default=list, blank=True, help_text="what the gate found, as codes")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    accepted = models.BooleanField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text="why it was refused, for whoever asked")

    objects = ProposedChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by__isnull=True, accepted__isnull=True)
                | Q(decided_at__isnull=False, decided_by__isnull=False, accepted__isnull=False),
                name="change_decision_whole",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("made_by")) | Q(accepted=False),
                name="change_accepted_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"change of clinic {self.clinic_id}"


class WebsiteText(models.Model):
    """What a clinic's own website said on a day, as staff pasted it: the gate reads it like any other text."""

    clinic = models.ForeignKey("directory.Clinic", on_delete=models.CASCADE, related_name="website_texts")
    text = models.TextField(max_length=20000)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    def __str__(self) -> str:
        return f"website text of clinic {self.clinic_id}"
