"""What public registries say, as their last file said it. None of it is shown by itself: it is evidence for checks.

Every table has one text key, so that a file can be compared with the table in SQL and only differences are written
(directory.registries.staging). Columns are NOT NULL; what a registry leaves empty is "" or NULL for a date.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q


class RegistryFile(models.Model):
    """One file of a registry that was offered to an import, and what became of it."""

    class State(models.TextChoices):
        RUNNING = "running"
        LOADED = "loaded"
        UNCHANGED = "unchanged"  # loaded before: nothing to do
        HELD = "held"  # a stop was met: nothing changed, and a person must confirm
        REFUSED = "refused"  # cannot be read as what it should be, or is older than what is loaded

    registry = models.CharField(
        max_length=60, help_text="nppes, nppes-locations, nppes-deactivated, leie, license:CO …"
    )
    name = models.CharField(max_length=200, help_text="the file's name, without its folder")
    sha256 = models.CharField(max_length=64)
    source_date = models.DateField(help_text="the day the registry put on the file")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    rows = models.PositiveIntegerField(default=0)
    bad_rows = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    stops = models.JSONField(default=list, blank=True, help_text="why it was held or refused, as sentences")
    report = models.CharField(max_length=200, blank=True, help_text="the row-level report, below DATA_DIR")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["registry", "source_date"], name="registry_file_date")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="running", finished_at__isnull=True)
                | (~Q(state="running") & Q(finished_at__isnull=False)),
                name="registry_file_finished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.registry} of {self.source_date}: {self.state}"


class NppesRecord(models.Model):
    """A provider of the National Plan and Provider Enumeration System: what matters for candidates and checks.

    https://download.cms.gov/nppes/NPI_Files.html
    """

    npi = models.CharField(max_length=10, primary_key=True)
    entity_type = models.PositiveSmallIntegerField(help_text="1 person, 2 organization, 0 a deactivated stub")
    name = models.CharField(max_length=160, blank=True, help_text="legal business name, or last name")
    first_name = models.CharField(max_length=60, blank=True)
    credential = models.CharField(max_length=40, blank=True)
    other_name = models.CharField(max_length=160, blank=True)
    line1 = models.CharField(max_length=120, blank=True)
    line2 = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=40, blank=True)
    zip = models.CharField(max_length=20, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    taxonomies = models.CharField(max_length=200, blank=True, help_text="codes, the primary one first")
    licenses = models.CharField(
        max_length=600, blank=True, help_text="STATE NUMBER, separated by |: self-reported"
    )
    replacement_npi = models.CharField(max_length=10, blank=True)
    enumerated_on = models.DateField(null=True, blank=True)
    updated_on = models.DateField(null=True, blank=True)
    deactivated_on = models.DateField(null=True, blank=True)
    reactivated_on = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "city"], name="nppes_place"),
            models.Index(fields=["zip"], name="nppes_zip"),
        ]

    def __str__(self) -> str:
        return self.npi

    @property
    def is_active(self) -> bool:
        """Active unless deactivated and not reactivated since (the file keeps both dates)."""
        if self.deactivated_on is None:
            return True
        return self.reactivated_on is not None and self.reactivated_on >= self.deactivated_on


class NppesLocation(models.Model):
    """A further practice location of a provider (pl_pfile)."""

    key = models.CharField(max_length=64, primary_key=True)
    npi = models.CharField(max_length=10, db_index=True)
    line1 = models.CharField(max_length=120, blank=True)
    line2 = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=40, blank=True)
    zip = models.CharField(max_length=20, blank=True)
    phone = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return f"location of {self.npi}"


class NppesOtherName(models.Model):
    """A further name of an organization (othername_pfile)."""

    key = models.CharField(max_length=64, primary_key=True)
    npi = models.CharField(max_length=10, db_index=True)
    name = models.CharField(max_length=160)
    type_code = models.CharField(max_length=4, blank=True)

    def __str__(self) -> str:
        return f"other name of {self.npi}"


class NppesDeactivation(models.Model):
    """An NPI that CMS deactivated (the monthly deactivation report)."""

    npi = models.CharField(max_length=10, primary_key=True)
    deactivated_on = models.DateField()

    def __str__(self) -> str:
        return self.npi


class LeieEntry(models.Model):
    """A person or business that the OIG excluded. A match by name is work for a person, and never public.

    https://oig.hhs.gov/exclusions/exclusions_list.asp
    """

    key = models.CharField(max_length=64, primary_key=True, help_text="digest of the row: it has no number")
    last_name = models.CharField(max_length=60, blank=True)
    first_name = models.CharField(max_length=60, blank=True)
    middle_name = models.CharField(max_length=60, blank=True)
    business_name = models.CharField(max_length=60, blank=True, help_text="cut at 30 characters by the OIG")
    general = models.CharField(max_length=40, blank=True)
    specialty = models.CharField(max_length=40, blank=True)
    npi = models.CharField(max_length=10, blank=True)
    born_on = models.DateField(null=True, blank=True)
    line1 = models.CharField(max_length=60, blank=True)
    city = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=2, blank=True)
    zip = models.CharField(max_length=10, blank=True)
    exclusion_type = models.CharField(max_length=10, blank=True)
    excluded_on = models.DateField(null=True, blank=True)
    reinstated_on = models.DateField(null=True, blank=True)
    waived_on = models.DateField(null=True, blank=True)
    waiver_state = models.CharField(max_length=2, blank=True)
    person_key = models.CharField(max_length=120, blank=True, help_text="last and first name as compared")
    business_key = models.CharField(max_length=60, blank=True, help_text="business name as compared")

    class Meta:
        indexes = [
            models.Index(fields=["npi"], name="leie_npi"),
            models.Index(fields=["person_key"], name="leie_person"),
            models.Index(fields=["business_key"], name="leie_business"),
        ]

    def __str__(self) -> str:
        return self.key


class BoardLicense(models.Model):
    """A license as a state board's own file has it."""

    key = models.CharField(max_length=100, primary_key=True, help_text="board code and number")
    board = models.CharField(max_length=20, db_index=True)
    authority = models.CharField(max_length=120, help_text="as License.authority names it")
    state = models.CharField(max_length=2)
    number = models.CharField(max_length=40)
    number_key = models.CharField(max_length=40, help_text="number as compared: letters and digits")
    last_name = models.CharField(max_length=60, blank=True)
    first_name = models.CharField(max_length=60, blank=True)
    profession = models.CharField(max_length=80, blank=True)
    status_words = models.CharField(max_length=120, blank=True, help_text="the board's own words")
    status = models.CharField(max_length=20, help_text="LicenseStatus: only active passes")
    discipline = models.BooleanField(default=False, help_text="the board's file marks public discipline")
    expires_on = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "number_key"], name="board_license_number")]

    def __str__(self) -> str:
        return self.key


class RemsSite(models.Model):
    """A site that an operator's list names as certified under the Spravato REMS."""

    key = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=160)
    line1 = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=2, blank=True)
    zip = models.CharField(max_length=10, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    setting = models.CharField(max_length=20, blank=True, help_text="outpatient, inpatient, pharmacy")
    seen = models.CharField(max_length=20, help_text="locator or certificate")
    seen_on = models.DateField()

    class Meta:
        indexes = [models.Index(fields=["state", "zip"], name="rems_place")]

    def __str__(self) -> str:
        return self.key
