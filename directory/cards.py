"""One clinic of an answer, in the few lines that a list shows of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from directory.search import Hit
from directory.vocabulary import Fact, Word
from guide import routes


@dataclass(frozen=True)
class CheckLine:
    """The receipt line of a card: the weakest word of all required facts, and the oldest date."""

    word: str
    sentence: str
    since: date


@dataclass(frozen=True)
class Card:
    """What one card shows. `accepting` is the clinic's own word, None where it said nothing lately."""

    number: int
    slug: str
    name: str
    miles: float | None
    street: str
    city: str
    zip: str
    treatments: list[str]
    line: CheckLine | None
    accepting: bool | None
    accepting_on: date | None
    phone: str
    extension: str
    can_ask: bool


def cards(hits: Sequence[Hit], first: int = 1) -> list[Card]:
    """The cards of `hits`, numbered from `first` as the pins of the map are."""
    return [_card(hit, number) for number, hit in enumerate(hits, first)]


def _card(hit: Hit, number: int) -> Card:
    document, own = hit.document, hit.document["card"]
    address = document["address"]
    return Card(
        number=number,
        slug=document["slug"],
        name=document["name"],
        miles=hit.distance_miles,
        street=", ".join(line for line in (address["line1"], address["line2"]) if line),
        city=f"{address['city']}, {address['state']}",
        zip=address["zip"],
        treatments=_treatments(document),
        line=check_line(document),
        accepting=document["accepting_new_patients"],
        accepting_on=_day(own["accepting_stated_on"]),
        phone=document["phone"],
        extension=own["phone_extension"],
        can_ask=document["accepts_referrals"],
    )


def _treatments(document: dict[str, Any]) -> list[str]:
    words = [routes.of(slug).on_card for slug in document["modalities"]]
    return words + (["with psychotherapy"] if document["card"]["psychotherapy"] else [])


def check_line(document: dict[str, Any]) -> CheckLine | None:
    """The line for a public document. None, and so nothing on the page, where a source or a date is missing."""
    own = document["card"]
    oldest = _day(own["oldest_check_on"])
    license_check = next((check for check in document["checks"] if check["fact"] == Fact.LICENSE), None)
    if oldest is None or license_check is None or not license_check["source"]:
        return None
    if own["weakest_word"] == Word.CHECKED:
        others = own["facts"] - 1
        sentence = f"License checked with {license_check['source']}. {others} other facts checked too."
        return CheckLine(Word.CHECKED, sentence, oldest)
    fact, word = Fact(own["weakest_fact"]), Word(own["weakest_word"])
    return CheckLine(word, f"{fact.label}: {word.label.lower()}.", oldest)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
