""" "Do not list us": held against every later import."""

from django.conf import settings
from django.db import models


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
