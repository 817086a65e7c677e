"""The gazetteer: every US ZIP code and town that a visitor may type. `load_gazetteer` fills it."""

from django.db import models


class Place(models.Model):
    """One ZIP code or one town, and the point a search starts from.

    Never edited by hand: `directory/data/gazetteer.csv.gz` is the source, and loading it replaces every row.
    """

    class Kind(models.TextChoices):
        ZIP = "zip", "ZIP code"
        PLACE = "place", "City or town"

    kind = models.CharField(max_length=5, choices=Kind)
    name = models.CharField(max_length=80, help_text="City or town, as shown.")
    key = models.CharField(max_length=80, help_text="What a search looks up: five digits, or the name's key.")
    state = models.CharField(max_length=2, help_text="Two letters, including territories and military mail.")
    county = models.CharField(
        max_length=60, blank=True, help_text="Only where two places of one state share a name."
    )
    zip = models.CharField(max_length=5, blank=True)
    population = models.PositiveIntegerField(default=0, help_text="0 if unknown.")
    latitude = models.FloatField(
        null=True, help_text="Degrees north; empty where no sensible point is known."
    )
    longitude = models.FloatField(null=True, help_text="Degrees east.")
    note = models.CharField(max_length=200, blank=True, help_text="Why a point was corrected or is missing.")

    class Meta:
        constraints = [
            # Its index serves every look-up by ZIP code, by name, and by name and state.
            models.UniqueConstraint(fields=["kind", "key", "state", "county"], name="place_unique"),
            models.CheckConstraint(
                name="place_point_whole_or_absent",
                condition=models.Q(latitude__isnull=True, longitude__isnull=True)
                | models.Q(latitude__isnull=False, longitude__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["kind", "latitude", "longitude"], name="place_point")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What a visitor reads: "San Francisco, CA 94110", "Denver, CO", "Greenville, NY (Greene County)"."""
        if self.kind == self.Kind.ZIP:
            return f"{self.name}, {self.state} {self.zip}"
        return f"{self.name}, {self.state}" + (f" ({self.county})" if self.county else "")

    @property
    def point(self) -> tuple[float, float] | None:
        """Latitude and longitude in degrees, or None where no sensible point is known."""
        if self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude

    @property
    def near(self) -> str:
        """What finds exactly this place again: "94110", "Denver, CO", "Greenville, Greene County, NY"."""
        if self.kind == self.Kind.ZIP:
            return self.zip
        return ", ".join(part for part in (self.name, self.county, self.state) if part)


class GazetteerVersion(models.Model):
    """Which gazetteer file the Place table holds: one row, written in the transaction that loads it."""

    version = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    loaded_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.version
