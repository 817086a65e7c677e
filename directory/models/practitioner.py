"""Named clinicians and what a state allows them."""

from django.db import models
from django.db.models import Q


class Practitioner(models.Model):
    """A named clinician."""

    first_name = models.CharField(max_length=60)
    last_name = models.CharField(max_length=60)
    credential = models.CharField(max_length=20, blank=True, help_text="MD, DO, NP, CRNA …")
    npi = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["npi"], condition=~Q(npi=""), name="practitioner_npi_unique")
        ]

    def __str__(self) -> str:
        name = f"{self.first_name} {self.last_name}"
        return f"{name}, {self.credential}" if self.credential else name


class License(models.Model):
    """A license as the issuing authority names it. `expires_at` is the first instant it no longer holds."""

    practitioner = models.ForeignKey(Practitioner, on_delete=models.CASCADE, related_name="licenses")
    state = models.CharField(max_length=2)
    authority = models.CharField(max_length=120)
    number = models.CharField(max_length=40)
    expires_at = models.DateTimeField(null=True, blank=True)
    lookup_url = models.URLField(blank=True, help_text="where anybody can look it up")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state", "authority", "number"], name="license_number_unique")
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.number}"
