"""Clinics and what they offer: the unit of search is one site with an address and a point."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.db.models.functions import Coalesce

from accounts.models import Organization, User
from directory.vocabulary import REQUIRED_FACTS, Fact, Modality
from outbox import clock

if TYPE_CHECKING:
    from directory.models.check import Check

REQUESTS_END_AFTER: Final = timedelta(days=120)
"""So long after a clinic last said that all it says is true (90 days, and 30 shown as not confirmed): design."""


class ClinicQuerySet(models.QuerySet["Clinic"]):
    def listed(self) -> "ClinicQuerySet":
        """Listed by a person. Whether it is shown also depends on its facts: see `holding`."""
        return self.filter(status=Clinic.Status.LISTED)

    def holding(self, facts: Sequence[str], at: datetime | None = None) -> "ClinicQuerySet":
        """Every one of `facts` holds at `at` (the database's now). A license must be the responsible clinician's."""
        moment = at or clock.now()
        clinics = self
        for fact in facts:
            clinics = clinics.filter(Exists(_holding_check(fact, moment)))
        return clinics

    def shown(self, at: datetime | None = None) -> "ClinicQuerySet":
        """Listed, every required fact holding, and something left that it may offer."""
        moment = at or clock.now()
        return self.listed().holding(REQUIRED_FACTS, moment).filter(Exists(_open_offerings(moment)))

    def offering(self, modality: str, at: datetime | None = None) -> "ClinicQuerySet":
        """Offers `modality`; for esketamine the site's REMS certification must hold too."""
        offers = self.filter(Exists(Offering.objects.filter(clinic=OuterRef("pk"), modality=modality)))
        return offers.holding([Fact.REMS], at) if modality == Modality.ESKETAMINE else offers

    def claimed(self) -> "ClinicQuerySet":
        """An approved claim stands, and a member of the organization can be reached."""
        from directory.models.claim import ListingClaim  # noqa: PLC0415  (cycle of models)
        from directory.models.team import acting  # noqa: PLC0415  (likewise)

        reachable = acting(clinic=OuterRef("pk"), organization=OuterRef("organization"))
        approved = ListingClaim.objects.standing().filter(clinic=OuterRef("pk"))
        return self.filter(Exists(approved), Exists(reachable))

    def acted_for_by(self, user: User, *roles: str) -> "ClinicQuerySet":
        """Clinics for which `user` may act at this moment; in one of `roles`, if any are named. Ask anew each time."""
        from directory.models.team import acting  # noqa: PLC0415  (cycle of models)

        memberships = acting(clinic=OuterRef("pk"), organization=OuterRef("organization")).filter(
            user_id=user.pk
        )
        return self.filter(Exists(memberships.filter(role__in=roles) if roles else memberships))

    def taking_requests(self, at: datetime | None = None) -> "ClinicQuerySet":
        """The clinic opened its inbox, and any pause is over."""
        moment = at or clock.now()
        return self.filter(Q(paused_until__isnull=True) | Q(paused_until__lte=moment), takes_requests=True)

    def confirmed(self, at: datetime | None = None) -> "ClinicQuerySet":
        """The clinic attested lately enough to get requests. If it never did, its last change of status counts."""
        moment = at or clock.now()
        # The database adds: `at` itself must be all that this question knows of time (referrals.receiving).
        ends = Coalesce(F("attested_at"), F("status_changed_at")) + REQUESTS_END_AFTER
        wrapped = ExpressionWrapper(ends, output_field=models.DateTimeField())
        return self.alias(requests_end_at=wrapped).filter(requests_end_at__gt=moment)

    def able_to_receive(self, at: datetime | None = None) -> "ClinicQuerySet":
        """Shown, claimed by somebody who can be reached, taking requests, and confirmed, all at one instant."""
        moment = at or clock.now()
        return self.shown(moment).claimed().taking_requests(moment).confirmed(moment)


def _holding_check(fact: str, moment: datetime) -> "models.QuerySet[Check]":
    from directory.models.check import Check  # noqa: PLC0415  (cycle of models)

    checks = Check.objects.current().filter(
        clinic=OuterRef("pk"), fact=fact, outcome=Check.Outcome.HOLDS, holds_until__gt=moment
    )
    if fact == Fact.LICENSE:
        checks = checks.filter(
            license__practitioner=OuterRef("responsible"), license__state=OuterRef("state")
        )
    return checks


def _open_offerings(moment: datetime) -> models.QuerySet["Offering"]:
    from directory.models.check import Check  # noqa: PLC0415  (cycle of models)

    certified = Check.objects.current().filter(
        clinic=OuterRef("clinic"), fact=Fact.REMS, outcome=Check.Outcome.HOLDS, holds_until__gt=moment
    )
    return Offering.objects.filter(clinic=OuterRef("pk")).filter(
        ~Q(modality=Modality.ESKETAMINE) | Exists(certified)
    )


class Clinic(models.Model):
    """One site. Its listing status is changed by a person; whether it is shown follows from its facts."""

    class Status(models.TextChoices):
        CANDIDATE = "candidate"
        LISTED = "listed"
        SUSPENDED = "suspended"
        CLOSED = "closed"

    class StatusReason(models.TextChoices):
        """Why a listing was suspended or closed, as a class that may be shown."""

        CLINIC_ASKED = "clinic-asked", "The clinic asked us to take it down"
        MOVED = "moved", "The clinic moved"
        CLOSED_DOWN = "closed-down", "The clinic closed"
        MERGED = "merged", "The clinic is now part of another one"
        UNDER_REVIEW = "under-review", "We are looking into something"

    class PauseReason(models.TextChoices):
        """Why a clinic takes no requests for a while, as patients may read it."""

        FULL = "full", "The clinic has no room for new patients at the moment"
        STAFF = "staff", "Somebody who gives the care is away"
        HOLIDAY = "holiday", "The clinic is closed for a holiday"
        WORKS = "works", "The clinic is moving or being rebuilt"
        OTHER = "other", "The clinic gave no reason"

    class Origin(models.TextChoices):
        """How we came to know of it. What came from an import takes two verifiers."""

        STAFF = "staff"
        CLINIC = "clinic"
        IMPORT = "import"
        NPPES = "nppes"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="clinics")
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=160)
    status = models.CharField(max_length=10, choices=Status, default=Status.CANDIDATE)
    status_reason = models.CharField(max_length=20, choices=StatusReason, blank=True)
    status_changed_at = models.DateTimeField()
    successor = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="where a moved or merged clinic went",
    )
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.STAFF)
    added_by = models.ForeignKey(
        "accounts.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="who told us of it on the site",
    )
    submitted_by = models.ForeignKey(
        "accounts.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="the first of the two people who publish",
    )
    submitted_at = models.DateTimeField(null=True, blank=True)

    line1 = models.CharField(max_length=120)
    line2 = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=80)
    state = models.CharField(max_length=2)
    zip = models.CharField(max_length=5)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    time_zone = models.CharField(max_length=40, default="America/New_York")
    phone = models.CharField(max_length=20, help_text="E.164")
    phone_extension = models.CharField(max_length=10, blank=True)
    website = models.URLField(blank=True)
    confirmed_domain = models.CharField(
        max_length=253, blank=True, help_text="the host a verifier confirmed; only it is linked to"
    )

    responsible = models.ForeignKey(
        "directory.Practitioner",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="responsible_for",
    )
    practitioners = models.ManyToManyField("directory.Practitioner", blank=True, related_name="clinics")

    # What only the clinic can say, and when it last said so.
    accepting_new_patients = models.BooleanField(null=True, blank=True)
    accepting_stated_at = models.DateTimeField(null=True, blank=True)
    insurance = models.JSONField(default=list, blank=True)
    languages = models.JSONField(default=list, blank=True)
    age_groups = models.JSONField(default=list, blank=True)
    access = models.JSONField(default=list, blank=True)
    first_visit = models.TextField(max_length=1000, blank=True)
    cost = models.TextField(max_length=1000, blank=True)
    cannot_treat = models.TextField(max_length=1000, blank=True)
    hours = models.TextField(max_length=500, blank=True)
    opening_hours = models.JSONField(
        default=list,
        blank=True,
        help_text='[{"day": 0 to 6 from Monday, "opens": "09:00", "closes": "17:00"}]',
    )
    price_low = models.PositiveIntegerField(
        null=True, blank=True, help_text="US dollars for one visit, as it says"
    )
    price_high = models.PositiveIntegerField(null=True, blank=True)
    states_facts = models.JSONField(
        default=list, blank=True, help_text="those of CLINIC_ONLY_FACTS that the clinic says of itself"
    )
    stated_on = models.JSONField(
        default=dict, blank=True, help_text="field name to the ISO day on which the clinic last changed it"
    )
    attested_at = models.DateTimeField(null=True, blank=True)

    takes_requests = models.BooleanField(default=False)
    paused_until = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=20, choices=PauseReason, blank=True)

    objects = ClinicQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    # A comparison with NULL is no failure to a database, so both are asked for by name.
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="clinic_point_whole",
            ),
            models.CheckConstraint(
                condition=~Q(status="listed") | Q(latitude__isnull=False, responsible__isnull=False),
                name="clinic_listed_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["suspended", "closed"]) & ~Q(status_reason="")
                | Q(status__in=["candidate", "listed"], status_reason=""),
                name="clinic_stop_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(accepting_new_patients__isnull=True, accepting_stated_at__isnull=True)
                | Q(accepting_new_patients__isnull=False, accepting_stated_at__isnull=False),
                name="clinic_accepting_is_dated",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Offering(models.Model):
    """A clinic gives a modality, and how it is supervised there, as the clinic says."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="offerings")
    modality = models.CharField(max_length=12, choices=Modality)
    psychotherapy = models.BooleanField(default=False, help_text="psychotherapy on top of the route")
    monitoring_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    prescriber_on_site = models.BooleanField(null=True, blank=True)
    pulse_oximetry = models.BooleanField(null=True, blank=True)
    rescue_training = models.BooleanField(
        null=True, blank=True, help_text="somebody trained in advanced life support is there (domain.md C9)"
    )
    safe_departure = models.BooleanField(
        null=True, blank=True, help_text="looked at before leaving, and somebody else drives"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "modality"], name="offering_once_per_clinic"),
            models.CheckConstraint(condition=Q(modality__in=Modality.values), name="offering_known_modality"),
            models.CheckConstraint(
                condition=Q(monitoring_minutes__isnull=True) | Q(monitoring_minutes__lte=1440),
                name="offering_monitoring_within_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.modality} at clinic {self.clinic_id}"
