"""What a clinic offers and says of itself, as its page shows it: our fixed line first, its own words second."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import TextChoices

from directory import facts, opening
from directory.models import Clinic, Offering
from directory.vocabulary import Access, AgeGroup, Insurance, Language, Modality
from guide import routes


@dataclass(frozen=True)
class Block:
    """One treatment. `is_open` is False for esketamine while the site's REMS certification does not hold."""

    label: str
    route: routes.Route
    is_open: bool
    psychotherapy: bool
    supervision: list[str]


@dataclass(frozen=True)
class Saying:
    """Something only the clinic can say. `said_on`: the day (UTC) on which it last changed it, None if not known."""

    title: str
    words: list[str]
    text: str = ""
    said_on: date | None = None


SUPERVISION: Final = (
    ("prescriber_on_site", "a prescriber is on site while you are treated"),
    ("pulse_oximetry", "your oxygen is measured while you are treated"),
    ("rescue_training", "somebody trained in advanced life support is on site"),
    ("safe_departure", "they check on you before you leave, and somebody else takes you home"),
)
"""What an offering may say of how it is supervised (reference: domain.md B1 and C9)."""


def blocks(clinic: Clinic, at: datetime) -> list[Block]:
    """Every treatment it says it offers, in the order of the vocabulary."""
    open_now = facts.open_modalities(clinic, at)
    by_modality = {offering.modality: offering for offering in clinic.offerings.all()}
    return [_block(by_modality[modality], modality in open_now) for modality in facts.modalities(clinic)]


def _block(offering: Offering, is_open: bool) -> Block:
    modality = Modality(offering.modality)
    said = [words for name, words in SUPERVISION if getattr(offering, name)]
    if offering.monitoring_minutes:
        said.append(f"staff watch you for {offering.monitoring_minutes} minutes")
    return Block(str(modality.label), routes.of(modality), is_open, offering.psychotherapy, said)


def sayings(clinic: Clinic) -> list[Saying]:
    """The clinic's own statements, those it made; each is labelled "Clinic says" where it is shown."""
    said = [
        _saying(clinic, "Your first visit", "first_visit", text=clinic.first_visit),
        _saying(clinic, "Price of one visit", "price_low", "price_high", text=price_words(clinic)),
        _saying(clinic, "Cost", "cost", text=clinic.cost),
        _saying(clinic, "How to pay", "insurance", words=_labels(Insurance, clinic.insurance)),
        _saying(clinic, "Who they treat", "age_groups", words=_labels(AgeGroup, clinic.age_groups)),
        _saying(clinic, "Who they cannot treat", "cannot_treat", text=clinic.cannot_treat),
        _saying(clinic, "Hours", "opening_hours", "hours", text=hours_words(clinic)),
        _saying(clinic, "Languages", "languages", words=_labels(Language, clinic.languages)),
        _saying(clinic, "Getting there and getting in", "access", words=_labels(Access, clinic.access)),
    ]
    return [saying for saying in said if saying.words or saying.text]


def price_words(clinic: Clinic) -> str:
    """ "$400 to $600", "From $400", "Up to $600", or nothing."""
    low, high = clinic.price_low, clinic.price_high
    if low is not None and high is not None:
        return f"${low:,}" if low == high else f"${low:,} to ${high:,}"
    if low is not None:
        return f"From ${low:,}"
    return f"Up to ${high:,}" if high is not None else ""


def hours_words(clinic: Clinic) -> str:
    """A line for each day that it is open, then what it says besides."""
    days = [f"{day}: {' and '.join(times)}" for day, times in opening.by_day(clinic.opening_hours)]
    return "\n".join([*days, *([clinic.hours] if clinic.hours else [])])


def _saying(
    clinic: Clinic, title: str, *names: str, words: list[str] | None = None, text: str = ""
) -> Saying:
    days = [date.fromisoformat(clinic.stated_on[name]) for name in names if name in clinic.stated_on]
    return Saying(title, words or [], text, max(days, default=None))


def _labels(vocabulary: type[TextChoices], slugs: Iterable[str]) -> list[str]:
    chosen = set(slugs)
    return [str(label) for slug, label in vocabulary.choices if slug in chosen]
