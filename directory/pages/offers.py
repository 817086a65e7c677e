"""What a clinic offers and says of itself, as its page shows it: our fixed line first, its own words second."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import TextChoices

from directory import facts
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
    """Something only the clinic can say."""

    title: str
    words: list[str]
    text: str = ""


_SUPERVISION: Final = (
    ("prescriber_on_site", "a prescriber is on site while you are treated"),
    ("pulse_oximetry", "your oxygen is measured while you are treated"),
)


def blocks(clinic: Clinic, at: datetime) -> list[Block]:
    """Every treatment it says it offers, in the order of the vocabulary."""
    open_now = facts.open_modalities(clinic, at)
    by_modality = {offering.modality: offering for offering in clinic.offerings.all()}
    return [_block(by_modality[modality], modality in open_now) for modality in facts.modalities(clinic)]


def _block(offering: Offering, is_open: bool) -> Block:
    modality = Modality(offering.modality)
    said = [words for name, words in _SUPERVISION if getattr(offering, name)]
    if offering.monitoring_minutes:
        said.append(f"staff watch you for {offering.monitoring_minutes} minutes")
    return Block(str(modality.label), routes.of(modality), is_open, offering.psychotherapy, said)


def sayings(clinic: Clinic) -> list[Saying]:
    """The clinic's own statements, those it made; each is labelled "Clinic says" where it is shown."""
    said = [
        Saying("Your first visit", [], clinic.first_visit),
        Saying("Cost", [], clinic.cost),
        Saying("How to pay", _labels(Insurance, clinic.insurance)),
        Saying("Who they treat", _labels(AgeGroup, clinic.age_groups)),
        Saying("Who they cannot treat", [], clinic.cannot_treat),
        Saying("Hours", [], clinic.hours),
        Saying("Languages", _labels(Language, clinic.languages)),
        Saying("Getting there and getting in", _labels(Access, clinic.access)),
    ]
    return [saying for saying in said if saying.words or saying.text]


def _labels(vocabulary: type[TextChoices], slugs: Iterable[str]) -> list[str]:
    chosen = set(slugs)
    return [str(label) for slug, label in vocabulary.choices if slug in chosen]
