"""One fact, its source, when it was checked and until when it holds."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from directory.vocabulary import CLINIC_ONLY_FACTS, Fact


class CheckQuerySet(models.QuerySet["Check"]):
    def current(self) -> "CheckQuerySet":
        """The latest look at each fact."""
        return self.filter(superseded_at__isnull=True)


class Check(models.Model):
    """Somebody compared a fact of a clinic with a named source.

    `holds_until` is the first instant at which the fact no longer holds: a known lapse
    (`lapses_at`), or 30 days after the next look was due, whichever comes first.
    """

    class Outcome(models.TextChoices):
        HOLDS = "holds"
        FAILS = "fails"  # the source says it does not hold

    clinic = models.ForeignKey("directory.Clinic", on_delete=models.CASCADE, related_name="checks")
    fact = models.CharField(max_length=20, choices=Fact)
    license = models.ForeignKey(
        "directory.License", on_delete=models.CASCADE, null=True, blank=True, related_name="checks"
    )
    outcome = models.CharField(max_length=10, choices=Outcome)
    source = models.CharField(max_length=120)
    source_url = models.URLField(blank=True)
    how = models.CharField(max_length=200, blank=True)
    verbatim = models.CharField(max_length=200, blank=True, help_text="the source's own words for the status")
    source_date = models.DateField(null=True, blank=True, help_text="the day on the registry's file")
    checked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    lapses_at = models.DateTimeField(null=True, blank=True)
    holds_until = models.DateTimeField()
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = CheckQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "fact"],
                condition=Q(superseded_at__isnull=True, license__isnull=True),
                name="check_one_current",
            ),
            models.UniqueConstraint(
                fields=["clinic", "license"],
                condition=Q(superseded_at__isnull=True, license__isnull=False),
                name="check_one_current_license",
            ),
            models.CheckConstraint(
                condition=Q(fact=Fact.LICENSE, license__isnull=False)
                | (~Q(fact=Fact.LICENSE) & Q(license__isnull=True)),
                name="check_license_names_one",
            ),
            models.CheckConstraint(
                condition=~Q(fact__in=CLINIC_ONLY_FACTS), name="check_not_of_what_clinic_says"
            ),
            models.CheckConstraint(condition=Q(due_at__gt=F("checked_at")), name="check_due_later"),
            models.CheckConstraint(
                condition=Q(lapses_at__isnull=True) | Q(holds_until__lte=F("lapses_at")),
                name="check_holds_no_longer_than_lapse",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fact} of clinic {self.clinic_id}: {self.outcome}"
