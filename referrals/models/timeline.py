"""What has happened to a referral, step by step, as patient and clinic see it."""

from django.db import models

from referrals.vocabulary import Actor, Status


class TimelineEntry(models.Model):
    """One step. Words between clinic and patient, and dates of visits, are sealed with the referral's key."""

    referral = models.ForeignKey("referrals.Referral", on_delete=models.CASCADE, related_name="timeline")
    number = models.PositiveSmallIntegerField(help_text="1, 2, 3 … within the referral")
    at = models.DateTimeField()
    actor = models.CharField(max_length=10, choices=Actor)
    status = models.CharField(max_length=12, choices=Status, help_text="the status this step led to")
    sealed = models.BinaryField(null=True, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["referral", "number"], name="timeline_number_unique"),
        ]

    def __str__(self) -> str:
        return f"step {self.number} of {self.referral_id}"
