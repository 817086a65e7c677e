"""Work for the operator's staff: one question about one clinic, who took it, and what came of it."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from directory.vocabulary import Fact
from outbox import clock


class CaseQuerySet(models.QuerySet["Case"]):
    def open(self) -> "CaseQuerySet":
        """Not decided yet."""
        return self.filter(closed_at__isnull=True)

    def waiting(self, at: datetime | None = None) -> "CaseQuerySet":
        """Open, and not put off to a later instant."""
        moment = at or clock.now()
        return self.open().filter(Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=moment))

    def free_for(self, user_id: int, at: datetime | None = None) -> "CaseQuerySet":
        """Nobody else holds it at `at`."""
        moment = at or clock.now()
        return self.filter(Q(taken_until__isnull=True) | Q(taken_until__lte=moment) | Q(taken_by=user_id))


class Case(models.Model):
    """One question about one clinic. At most one is open for the same clinic, kind, fact and subject."""

    class Kind(models.TextChoices):
        NEW = "new", "New listing"
        DUE = "due", "Check due"
        CONFLICT = "conflict", "Registry differs"
        MATCH = "match", "Name on the exclusion list"
        HELD = "held", "Held by the gate"
        CHANGE = "change", "Change to confirm"
        REPORT = "report", "Report"
        REPLY = "reply", "Answer of the clinic"
        EVIDENCE = "evidence", "Evidence was altered"
        CLAIM = "claim", "Somebody claims a listing"
        REMOVAL = "removal", "A clinic asks not to be listed"

    clinic = models.ForeignKey("directory.Clinic", on_delete=models.CASCADE, related_name="cases")
    kind = models.CharField(max_length=10, choices=Kind)
    fact = models.CharField(max_length=20, choices=Fact, blank=True)
    license = models.ForeignKey(
        "directory.License", on_delete=models.CASCADE, null=True, blank=True, related_name="cases"
    )
    subject = models.CharField(
        max_length=100, blank=True, help_text="key of a registry's row, or id of a row"
    )
    ours = models.JSONField(default=dict, blank=True, help_text="our values, by label")
    theirs = models.JSONField(default=dict, blank=True, help_text="the source's values, by label")
    why = models.JSONField(default=list, blank=True, help_text="sentences for the staff")
    urgent = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    snoozed_until = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    taken_until = models.DateTimeField(null=True, blank=True)
    sent_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="who should look once more",
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    outcome = models.CharField(max_length=30, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["closed_at", "-urgent", "due_at"], name="case_queue")]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "kind", "fact", "subject"],
                condition=Q(closed_at__isnull=True),
                name="case_one_open",
            ),
            models.CheckConstraint(
                condition=Q(taken_by__isnull=True, taken_until__isnull=True) | Q(taken_until__isnull=False),
                name="case_taken_until",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, outcome="")
                | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="case_closed_has_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of clinic {self.clinic_id}"


class CaseStep(models.Model):
    """What somebody did about a case: took it, called, asked, wrote a note, decided."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    action = models.CharField(max_length=30)
    code = models.CharField(max_length=30, blank=True, help_text="how a call ended")
    text = models.TextField(max_length=1000, blank=True)

    def __str__(self) -> str:
        return f"{self.action} in case {self.case_id}"


class Evidence(models.Model):
    """A file that somebody showed for a fact. Its digest stands in the audit trail; a new version is a new row."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="evidence")
    check_made = models.ForeignKey(
        "directory.Check", on_delete=models.SET_NULL, null=True, blank=True, related_name="evidence"
    )
    media_type = models.CharField(max_length=20)
    size = models.PositiveIntegerField(help_text="bytes as kept")
    sha256 = models.CharField(max_length=64, help_text="of the file as kept")
    received_sha256 = models.CharField(max_length=64, help_text="of the file as it came")
    stored_name = models.CharField(
        max_length=64, unique=True, help_text="a random name below DATA_DIR/evidence"
    )
    received_at = models.DateTimeField()
    received_from = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    def __str__(self) -> str:
        return f"evidence {self.pk} of case {self.case_id}"
