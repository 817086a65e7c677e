"""What is known to be true of a clinic: the words the public reads, and the instants at which they change.

Nothing here is stored. Words follow from the current checks and from the clinic's own statements whenever they are
shown, so that a date decays by itself and no job has to run for a word to become true.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from directory import attestation
from directory.fact_rules import GRACE, HOLDS_FOR, OPTIONAL_FACTS, RULES, FactRule, Needed
from directory.models import Check, Clinic, License
from directory.models.clinic import ClinicQuerySet
from directory.vocabulary import CLINIC_ONLY_FACTS, REQUIRED_FACTS, Fact, Modality, Word
from outbox import clock

__all__ = ["GRACE", "HOLDS_FOR", "RULES", "FactLine", "FactRule", "Needed", "Summary"]

ACCEPTING_SHOWN_FOR: Final = timedelta(days=30)
"""How long "taking new patients" is shown after a clinic said it."""

NEVER: Final = clock.EPOCH
"""Stands for "not at any instant" where an end is asked for: it has always passed."""

FAR_FUTURE: Final = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class FactLine:
    """One receipt line. Dates are calendar days in UTC; `license` is set for the license fact alone.

    unconfirmed_since: of what the clinic says, when it last confirmed it, if that is too long ago.
    """

    fact: Fact
    label: str
    word: Word
    source: str
    source_url: str
    how: str
    checked_on: date | None
    due_on: date | None
    license: License | None
    note: str
    unconfirmed_since: date | None = None


@dataclass(frozen=True)
class Summary:
    """All required facts in one line: the weakest word, and the oldest date of a check (None if one was never made)."""

    word: Word
    fact: Fact
    facts: int
    oldest_on: date | None


def with_facts(clinics: ClinicQuerySet) -> ClinicQuerySet:
    """`clinics` with everything this module reads already loaded, in a fixed number of statements."""
    current = Check.objects.current().select_related("license")
    return clinics.select_related("organization").prefetch_related(
        "offerings", Prefetch("checks", queryset=current)
    )


def holds_until(due_at: datetime, lapses_at: datetime | None) -> datetime:
    """The first instant at which a check made good no longer counts: a known lapse, or the end of the grace."""
    grown_old = due_at + GRACE
    return min(grown_old, lapses_at) if lapses_at else grown_old


def deciding_check(clinic: Clinic, fact: Fact) -> Check | None:
    """The current check that decides a fact.

    Of several licenses: one of the responsible clinician, in the clinic's own state, that holds longest.
    """
    checks = [check for check in clinic.checks.all() if check.superseded_at is None and check.fact == fact]
    if fact == Fact.LICENSE:
        checks = [check for check in checks if _licenses_here(check, clinic)]
    return max(checks, key=_good_until, default=None)


def _licenses_here(check: Check, clinic: Clinic) -> bool:
    held = check.license
    return held is not None and (held.practitioner_id, held.state) == (clinic.responsible_id, clinic.state)


def _good_until(check: Check | None) -> datetime:
    return check.holds_until if check and check.outcome == Check.Outcome.HOLDS else NEVER


def missing(clinic: Clinic, at: datetime) -> list[Fact]:
    """The required facts that do not hold at `at`."""
    return [fact for fact in REQUIRED_FACTS if _good_until(deciding_check(clinic, fact)) <= at]


def modalities(clinic: Clinic) -> list[Modality]:
    """What the clinic says it offers, in the order of the vocabulary."""
    offered = {offering.modality for offering in clinic.offerings.all()}
    return [modality for modality in Modality if modality in offered]


def open_modalities(clinic: Clinic, at: datetime) -> list[Modality]:
    """What it may offer at `at`: esketamine only while the site's REMS certification holds."""
    closed = Modality.ESKETAMINE if esketamine_until(clinic) <= at else None
    return [modality for modality in modalities(clinic) if modality != closed]


def esketamine_until(clinic: Clinic) -> datetime:
    """The first instant at which it may no longer offer esketamine; NEVER if it does not, or is not certified."""
    if Modality.ESKETAMINE not in modalities(clinic):
        return NEVER
    return _good_until(deciding_check(clinic, Fact.REMS))


def shown_until(clinic: Clinic) -> datetime:
    """The first instant at which its facts no longer let it be shown; long past if they never did."""
    until = min(_good_until(deciding_check(clinic, fact)) for fact in REQUIRED_FACTS)
    if set(modalities(clinic)) - {Modality.ESKETAMINE}:
        return until
    return min(until, esketamine_until(clinic))


def accepting_until(clinic: Clinic) -> datetime:
    """The first instant at which what it said about new patients is too old to show; NEVER if it said nothing."""
    stated_at = clinic.accepting_stated_at
    return stated_at + ACCEPTING_SHOWN_FOR if stated_at else NEVER


def accepting_new_patients(clinic: Clinic, at: datetime) -> bool | None:
    """What the clinic says about new patients, None where it said nothing or too long ago."""
    return clinic.accepting_new_patients if at < accepting_until(clinic) else None


def next_change_at(clinic: Clinic, at: datetime | None = None) -> datetime:
    """The earliest instant after `at` at which anything public about the clinic changes with nobody writing."""
    moment = at or clock.now()
    instants: list[datetime | None] = [accepting_until(clinic), clinic.paused_until]
    instants += [attestation.due_at(clinic), attestation.requests_end_at(clinic)]
    for check in clinic.checks.all():
        if check.superseded_at is None:
            instants += [check.due_at, check.holds_until, check.lapses_at]
    return min((instant for instant in instants if instant and instant > moment), default=FAR_FUTURE)


def oldest_check_at(clinic: Clinic, at: datetime) -> datetime:
    """When the oldest of the checks it is shown by at `at` was made; NEVER if one is missing."""
    checks = [deciding_check(clinic, fact) for fact in _shown_by(clinic, at)]
    return min(check.checked_at if check else NEVER for check in checks)


def _shown_by(clinic: Clinic, at: datetime) -> tuple[Fact, ...]:
    """The facts by which it, and what it may offer at `at`, is shown."""
    return (*REQUIRED_FACTS, Fact.REMS) if esketamine_until(clinic) > at else REQUIRED_FACTS


def lines(clinic: Clinic, at: datetime | None = None) -> list[FactLine]:
    """Every fact that concerns this clinic: required ones, REMS if it offers esketamine, then its own words.

    Between them, what need not be known and somebody looked at all the same.
    """
    moment = at or clock.now()
    return [
        _statement_line(clinic, fact, moment)
        if fact in CLINIC_ONLY_FACTS
        else _check_line(fact, deciding_check(clinic, fact), moment)
        for fact in (*_checkable_facts(clinic), *CLINIC_ONLY_FACTS)
    ]


def _checkable_facts(clinic: Clinic) -> tuple[Fact, ...]:
    rems = (Fact.REMS,) if Modality.ESKETAMINE in modalities(clinic) else ()
    looked_at = tuple(fact for fact in OPTIONAL_FACTS if deciding_check(clinic, fact))
    return (*REQUIRED_FACTS, *rems, *looked_at)


def needed_facts(clinic: Clinic) -> tuple[Fact, ...]:
    """What must hold for the clinic, and for all of its offer, to be shown."""
    return tuple(fact for fact in _checkable_facts(clinic) if RULES[fact].needed != Needed.OPTIONAL)


def word_of(check: Check | None, at: datetime) -> Word:
    """The word for a fact whose deciding check is `check`."""
    if check is None:
        return Word.NOT_CHECKED
    lapsed = check.lapses_at is not None and check.lapses_at <= at
    if lapsed or check.outcome == Check.Outcome.FAILS:
        return Word.NOT_CURRENT
    return Word.CHECKED if at < check.due_at else Word.CHECK_DUE


def _check_line(fact: Fact, check: Check | None, at: datetime) -> FactLine:
    word = word_of(check, at)
    return FactLine(
        fact=fact,
        label=str(RULES[fact].label),
        word=word,
        source=check.source if check else "",
        source_url=check.source_url if check else "",
        how=check.how if check else "",
        checked_on=check.checked_at.date() if check else None,
        due_on=check.due_at.date() if check else None,
        license=check.license if check else None,
        note=_note(word),
    )


def _statement_line(clinic: Clinic, fact: Fact, at: datetime) -> FactLine:
    """What only the clinic can say: that it has this, and that all it says is true. The later of both days counts."""
    said = _said_on(clinic) if clinic.attested_at and fact in clinic.states_facts else None
    word = Word.CLINIC_SAYS if said else Word.NOT_CHECKED
    return FactLine(
        fact=fact,
        label=str(RULES[fact].label),
        word=word,
        source=_("The clinic") if said else "",
        source_url="",
        how="",
        checked_on=said,
        due_on=attestation.due_at(clinic).date() if said else None,
        license=None,
        note=_note(word),
        unconfirmed_since=attestation.unconfirmed_since(clinic, at) if said else None,
    )


def _said_on(clinic: Clinic) -> date:
    attested_on = clinic.attested_at.date() if clinic.attested_at else date.min
    return max(attested_on, date.fromisoformat(clinic.stated_on.get("states_facts", date.min.isoformat())))


def _note(word: Word) -> str:
    return {
        Word.CHECKED: "",
        Word.CHECK_DUE: _("It is time to check this again. We have not done so yet."),
        Word.NOT_CURRENT: _("The source says that this does not hold now."),
        Word.CLINIC_SAYS: _("The clinic told us this. We have not checked it."),
        Word.NOT_CHECKED: _("We have not checked this."),
    }[word]


# From the weakest to the strongest.
_STRENGTH: Final = (Word.NOT_CURRENT, Word.NOT_CHECKED, Word.CLINIC_SAYS, Word.CHECK_DUE, Word.CHECKED)


def summary(clinic: Clinic, at: datetime | None = None) -> Summary:
    """The one line of a card. It takes the weakest required fact and the oldest date, never the newest."""
    moment = at or clock.now()
    counted = _shown_by(clinic, moment)
    return _summary_of(line for line in lines(clinic, moment) if line.fact in counted)


def _summary_of(required: Iterable[FactLine]) -> Summary:
    found = list(required)
    weakest = min(found, key=lambda line: _STRENGTH.index(line.word))
    days = [line.checked_on for line in found]
    oldest = None if None in days else min(day for day in days if day)
    return Summary(weakest.word, weakest.fact, len(found), oldest)
