"""The operator's terms for receiving referrals, each version kept, and who agreed to which."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Terms(models.Model):
    """One version of the text that the operator supplied. Never changed; a new text is a new row."""

    version = models.CharField(max_length=20, unique=True)
    text = models.TextField()
    published_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "terms"

    def __str__(self) -> str:
        return f"terms {self.version}"


class TermsAgreement(models.Model):
    """Somebody who may say so agreed for a clinic."""

    terms = models.ForeignKey(Terms, on_delete=models.PROTECT, related_name="agreements")
    clinic = models.ForeignKey("directory.Clinic", on_delete=models.CASCADE, related_name="terms_agreements")
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField()
    typed_name = models.CharField(max_length=120)

    class Meta:
        constraints = [
            # Whoever takes a clinic over agrees anew; what was agreed before stays on record.
            models.UniqueConstraint(fields=["terms", "clinic", "agreed_by"], name="terms_agreed_once"),
            models.CheckConstraint(condition=~Q(typed_name=""), name="terms_agreement_is_signed"),
        ]

    def __str__(self) -> str:
        return f"clinic {self.clinic_id} agreed to terms {self.terms_id}"
