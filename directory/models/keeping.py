"""What a clinic did to its own listing: each change that took effect, and each time it said that all still holds."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class ListingEdit(models.Model):
    """Fields of a clinic changed at once, by somebody who acts for it. Undoing one is another edit."""

    clinic = models.ForeignKey("directory.Clinic", on_delete=models.CASCADE, related_name="edits")
    before = models.JSONField(help_text="field name to value, as directory.editing freezes them")
    after = models.JSONField(help_text="the same fields as they stood then")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    made_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    undoes = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["clinic", "-made_at"], name="listing_edit_history")]

    def __str__(self) -> str:
        return f"edit {self.pk} of clinic {self.clinic_id}"


class Attestation(models.Model):
    """ "I checked these today. I am allowed to say so for this clinic.": who, when, and what it then said."""

    clinic = models.ForeignKey("directory.Clinic", on_delete=models.CASCADE, related_name="attestations")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    typed_name = models.CharField(max_length=120)
    made_at = models.DateTimeField()
    said = models.JSONField(default=dict, help_text="what the clinic said of itself then, by field")

    class Meta:
        indexes = [models.Index(fields=["clinic", "-made_at"], name="attestation_latest")]
        constraints = [models.CheckConstraint(condition=~Q(typed_name=""), name="attestation_is_signed")]

    def __str__(self) -> str:
        return f"attestation of clinic {self.clinic_id}"
