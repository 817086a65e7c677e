"""What search reads: one row per clinic that a person listed and whose facts held when it was written.

Instants are whole microseconds since 1970 (outbox.clock.to_micros), so that SQL compares them
with the database's clock and a lapse needs no writer.
"""

from django.db import models
from django.db.models import Q


class IndexRow(models.Model):
    """Where a clinic is, what it offers, until when, and its public document."""

    clinic = models.OneToOneField(
        "directory.Clinic",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="index_row",
        # A benchmark fills the index alone, without a million clinics behind it.
        db_constraint=False,
    )
    latitude = models.FloatField()
    longitude = models.FloatField()
    lat_cell = models.SmallIntegerField(help_text="floor(latitude x 10): bands of a tenth of a degree")
    x = models.FloatField(help_text="unit vector of the point")
    y = models.FloatField()
    z = models.FloatField()
    state = models.CharField(max_length=2)
    name_key = models.CharField(max_length=160, help_text="the name without case and accents")
    modality_bits = models.BigIntegerField()
    insurance_bits = models.BigIntegerField()
    language_bits = models.BigIntegerField()
    age_group_bits = models.BigIntegerField()
    access_bits = models.BigIntegerField()
    psychotherapy = models.BooleanField(help_text="on top of a route other than esketamine")
    esketamine_psychotherapy = models.BooleanField(help_text="on top of esketamine")
    accepting_until = models.BigIntegerField(help_text="0 unless the clinic says it takes new patients")
    oldest_check_at = models.BigIntegerField(help_text="when the oldest required fact was checked")
    listed_until = models.BigIntegerField(help_text="the first instant it is no longer shown")
    esketamine_until = models.BigIntegerField(help_text="0 unless it offers esketamine")
    next_change_at = models.BigIntegerField(help_text="when the document stops being true")
    document = models.TextField(help_text="the clinic of the public API, as JSON, its distance null")
    card = models.TextField(help_text="what our own result cards say besides, as JSON")

    class Meta:
        indexes = [
            # All that a search near a place compares or counts: it reads no row but those of the page it shows.
            models.Index(
                fields=[
                    "lat_cell",
                    "longitude",
                    "listed_until",
                    "x",
                    "y",
                    "z",
                    "modality_bits",
                    "insurance_bits",
                    "language_bits",
                    "age_group_bits",
                    "access_bits",
                    "psychotherapy",
                    "esketamine_psychotherapy",
                    "esketamine_until",
                    "accepting_until",
                    "oldest_check_at",
                    "clinic",
                ],
                name="index_row_grid",
            ),
            models.Index(fields=["name_key", "clinic"], name="index_row_name"),
            models.Index(fields=["state", "name_key"], name="index_row_state"),
            models.Index(fields=["next_change_at"], name="index_row_next_change"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(next_change_at__gt=0), name="index_row_change_known"),
        ]

    def __str__(self) -> str:
        return f"index row of clinic {self.clinic_id}"


class DirectoryVersion(models.Model):
    """One integer that rises in every transaction that changes what search can show."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="directory_version_single")]

    def __str__(self) -> str:
        return f"version {self.number}"
