"""What is left to do on a listing, and how it stands with the public: for its clinic's own pages.

Everything is read of clinics from `loaded`, so that forty of them take as many statements as one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Prefetch

from accounts.models import Membership, User
from directory import attestation, facts
from directory.deciding import acts_for
from directory.models import Clinic, ListingClaim, ProposedChange
from directory.models.clinic import ClinicQuerySet
from directory.vocabulary import Word
from outbox import clock
from portal.listing_sections import REQUESTS, SECTIONS, Section

NEEDS_YOU: Final = "Needs you"
IN_REVIEW: Final = "In review by us"
NOT_STARTED: Final = "Not started"
COMPLETED: Final = "Completed"
_TONES: Final = {NEEDS_YOU: "clay", IN_REVIEW: "", NOT_STARTED: ""}


@dataclass(frozen=True)
class Task:
    """One section with what is left to do. Where nothing is, `tag` is empty and `quiet` says so in plain text."""

    section: Section
    tag: str
    quiet: str

    @property
    def tone(self) -> str:
        return _TONES.get(self.tag, "")

    @property
    def is_left(self) -> bool:
        """Somebody at the clinic has to do something."""
        return self.tag in (NEEDS_YOU, NOT_STARTED)


@dataclass(frozen=True)
class Standing:
    """Whether people can see the clinic now, in one sentence; `missing` names what is not there."""

    is_shown: bool
    words: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attest:
    """How it stands with the regular confirmation. `tag` is empty where nothing is due."""

    tag: str
    tone: str
    quiet: str


@dataclass(frozen=True)
class Sheet:
    """A clinic on its own pages. `left`: how many needed sections need somebody; `optional`: how many others do."""

    clinic: Clinic
    standing: Standing
    needed: list[Task]
    helps: list[Task]
    attest: Attest
    has_claim: bool

    @property
    def left(self) -> int:
        return sum(task.is_left for task in self.needed)

    @property
    def optional(self) -> int:
        return sum(task.is_left for task in self.helps)

    @property
    def can_be_sent(self) -> bool:
        """A candidate, or a suspended clinic, that has what it needs and was not sent yet."""
        waits = self.clinic.status in (Clinic.Status.CANDIDATE, Clinic.Status.SUSPENDED)
        is_merged = self.clinic.status == Clinic.Status.CANDIDATE and self.clinic.successor_id is not None
        return waits and self.has_claim and not self.left and not self.is_sent and not is_merged

    @property
    def is_sent(self) -> bool:
        """Somebody said that it may be listed, or the gate holds that for a person."""
        return self.clinic.submitted_at is not None or any(not each.values for each in _open(self.clinic))


def loaded(clinics: ClinicQuerySet) -> ClinicQuerySet:
    """`clinics` with all that a sheet reads, in a fixed number of statements."""
    return (
        with_claims(facts.with_facts(clinics))
        .select_related("responsible", "successor")
        .prefetch_related(
            "responsible__licenses",
            Prefetch("changes", ProposedChange.objects.open(), to_attr="open_changes"),
        )
    )


def with_claims(clinics: ClinicQuerySet) -> ClinicQuerySet:
    """`clinics` with the claim that stands, for `has_claim`."""
    return clinics.prefetch_related(
        Prefetch("claims", ListingClaim.objects.standing(), to_attr="standing_claims")
    )


def has_claim(clinic: Clinic) -> bool:
    """Somebody's approved claim stands."""
    return bool(clinic.standing_claims)  # type: ignore[attr-defined]


def sheet(clinic: Clinic, at: datetime | None = None) -> Sheet:
    """What is left to do on a clinic from `loaded`. No statement is made."""
    moment = at or clock.now()
    review = {name for change in _open(clinic) for name in change.values}
    tasks = [_task(section, clinic, review) for section in SECTIONS]
    return Sheet(
        clinic=clinic,
        standing=_standing(clinic, moment),
        needed=[task for task in tasks if task.section.needed],
        helps=[task for task in tasks if not task.section.needed],
        attest=_attest(clinic, moment),
        has_claim=has_claim(clinic),
    )


def may_edit(user: User, clinic: Clinic, section: Section) -> bool:
    """Staff of a clinic say what it says of itself; what is checked is for its managers."""
    roles = [Membership.Role.MANAGER] if section.is_checked else []
    return acts_for(user, clinic, *roles)


def _open(clinic: Clinic) -> list[ProposedChange]:
    changes: list[ProposedChange] = clinic.open_changes  # type: ignore[attr-defined]
    return changes


def _task(section: Section, clinic: Clinic, review: set[str]) -> Task:
    if review & set(section.fields):
        return Task(section, IN_REVIEW, "")
    if section.slug == REQUESTS:
        return Task(section, "", "On" if clinic.takes_requests else "Off")
    if section.is_done(clinic):
        return Task(section, "", COMPLETED)
    return Task(section, NEEDS_YOU if section.needed else NOT_STARTED, "")


def _standing(clinic: Clinic, at: datetime) -> Standing:
    if clinic.status == Clinic.Status.CLOSED:
        return Standing(False, f"Closed. {clinic.get_status_reason_display()}.")
    if clinic.status == Clinic.Status.SUSPENDED:
        return Standing(False, f"Not shown in search. {clinic.get_status_reason_display()}.")
    if clinic.status == Clinic.Status.CANDIDATE:
        return _standing_of_candidate(clinic, at)
    until = facts.shown_until(clinic)
    if until > at:
        return Standing(
            True, f"Shown in search until {until:%b} {until.day}, {until.year}, if nothing changes."
        )
    return Standing(False, "Not shown in search. Not up to date:", _not_current(clinic, at))


def _standing_of_candidate(clinic: Clinic, at: datetime) -> Standing:
    if clinic.submitted_at is None:
        return Standing(False, "Not shown in search yet. It was not sent for checking.")
    sent = f"{clinic.submitted_at:%b} {clinic.submitted_at.day}"
    missing = _not_current(clinic, at)
    rest = "Left to check:" if missing else "Everything is checked. A second person lists it."
    return Standing(False, f"Not shown in search yet. We have been checking it since {sent}. {rest}", missing)


def _not_current(clinic: Clinic, at: datetime) -> tuple[str, ...]:
    """Labels of the needed facts by which it is not shown."""
    needed = facts.needed_facts(clinic)
    weak = (Word.NOT_CHECKED, Word.NOT_CURRENT)
    lines = [line for line in facts.lines(clinic, at) if line.fact in needed]
    lacking = [line.label for line in lines if line.word in weak]
    gone = [str(facts.RULES[fact].label) for fact in facts.missing(clinic, at)]
    return tuple(dict.fromkeys([*gone, *lacking]))


def _attest(clinic: Clinic, at: datetime) -> Attest:
    if clinic.attested_at is None:
        return Attest(NOT_STARTED, "", "")
    due = attestation.due_at(clinic)
    state = attestation.state_of(clinic, at)
    if state == attestation.State.CONFIRMED:
        return Attest("", "", f"Confirmed. Next by {due:%b} {due.day}, {due.year}")
    if state == attestation.State.DUE:
        days = (due.date() - at.date()).days
        return Attest("Due today" if days == 0 else f"Due in {days} day{'s' * (days != 1)}", "warn", "")
    return Attest("Overdue", "bad", "")
