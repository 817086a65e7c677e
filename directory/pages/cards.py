"""One clinic of an answer, in the few lines that a list shows of it.

What a card says is made once and remembered as text; a search adds its number in the list and its distance.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from directory.documents import Written
from directory.search import Hit
from directory.templatetags.plain_words import miles
from directory.vocabulary import Fact, Word
from guide import routes

REMEMBERED: Final = 10_000
"""Cards that one process keeps, about 4 KB each."""


@dataclass(frozen=True)
class CheckLine:
    """The receipt line of a card: the weakest word of all required facts, and the oldest date."""

    word: str
    sentence: str
    since: date


# Where a list puts what is its own. Drawn by lot at the start of each process, so that no clinic can write them.
_NUMBER: Final = secrets.token_hex()
_MILES: Final = secrets.token_hex()


@dataclass(frozen=True)
class Said:
    """What a card says of a clinic. `accepting` is the clinic's own word, None where it said nothing lately."""

    slug: str
    name: str
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


def cards(hits: Sequence[Hit], first: int = 1) -> SafeString:
    """The cards of `hits` as the items of a list, numbered from `first` as the pins of the map are."""
    return SafeString("".join(_numbered(hit, number) for number, hit in enumerate(hits, first)))


def _numbered(hit: Hit, number: int) -> str:
    distance = hit.distance_miles
    away = "" if distance is None else f"<strong>{miles(distance)}</strong> · "
    return _drawn(hit.written).replace(_NUMBER, str(number), 1).replace(_MILES, away, 1)


@lru_cache(maxsize=REMEMBERED)
def _drawn(written: Written) -> str:
    """A card without its number and distance. Remembered under all that it is made of, so it cannot be stale."""
    card = said(json.loads(written.document), json.loads(written.card))
    return render_to_string("directory/_card.html", {"card": card, "number": _NUMBER, "miles": _MILES})


def said(document: dict[str, Any], own: dict[str, Any]) -> Said:
    """What the card says, of a public document and of what directory.documents.card adds to it."""
    address = document["address"]
    return Said(
        slug=document["slug"],
        name=document["name"],
        street=", ".join(line for line in (address["line1"], address["line2"]) if line),
        city=f"{address['city']}, {address['state']}",
        zip=address["zip"],
        treatments=_treatments(document, own),
        line=check_line(document, own),
        accepting=document["accepting_new_patients"],
        accepting_on=_day(own["accepting_stated_on"]),
        phone=document["phone"],
        extension=own["phone_extension"],
        can_ask=document["accepts_referrals"],
    )


def _treatments(document: dict[str, Any], own: dict[str, Any]) -> list[str]:
    words = [routes.of(slug).on_card for slug in document["modalities"]]
    return words + (["with psychotherapy"] if own["psychotherapy"] else [])


def check_line(document: dict[str, Any], own: dict[str, Any]) -> CheckLine | None:
    """The line of a card. None, and so nothing on the page, where a source or a date is missing."""
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
