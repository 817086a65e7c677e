"""What a typed place could mean, before anything is looked up.

A name that is both a state and a city means the state ("Nevada" is not the town in Missouri), except where
the city is one of the country's large ones: "New York" and "Washington" could be either, so the visitor is
asked.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from directory.gazetteer.keys import LONGEST, key, key_of_words, words
from directory.states import STATES

CITY_OR_STATE: Final = {"newyork": "NY", "washington": "WA"}
"""Names that mean a state and a city of more than half a million people: key -> the state's code."""

_NICKNAMES: Final = {"newyorkcity": ("newyork", "NY"), "nyc": ("newyork", "NY")}
_MORE_STATE_NAMES: Final = {"virginislands": "VI", "usvi": "VI", "cnmi": "MP"}
_STATE_OF_KEY: Final = {key(name): code for code, name in STATES.items()} | _MORE_STATE_NAMES
_LONGEST_STATE: Final = max(len(name.split()) for name in STATES.values())
_COUNTRIES: Final = {"usa", "us", "unitedstates", "unitedstatesofamerica"}

_ZIP: Final = re.compile(r"([0-9]{5})(?:[-\s]?[0-9]{4})?")
_ZIP_AT_END: Final = re.compile(r"(?=.*[A-Za-z]).*[\s,]([0-9]{5})(?:-[0-9]{4})?")
_NUMBER: Final = r"([+-]?[0-9]{1,3}(?:\.[0-9]{0,20})?)"
_POINT: Final = re.compile(rf"{_NUMBER}\s*,\s*{_NUMBER}")


@dataclass(frozen=True)
class ZipCode:
    """Five digits."""

    digits: str


@dataclass(frozen=True)
class Coordinates:
    """Degrees, in any range: the caller refuses what is not on the earth."""

    latitude: float
    longitude: float


@dataclass(frozen=True)
class State:
    """A state and nothing else."""

    code: str


@dataclass(frozen=True)
class Town:
    """A town by its key, as every pair of (key, state) that the words allow.

    in_state: readings with a state, the likeliest first. bare: the whole text as a name. county: the key of a
    county. unread: words after a comma that name no state, so that a place found is only a guess.
    """

    bare: str
    in_state: list[tuple[str, str]] = field(default_factory=list)
    county: str = ""
    unread: bool = False


Reading = ZipCode | Coordinates | State | Town


def read(near: str) -> Reading | None:
    """What the text could mean; None if no place is written so. Never raises."""
    text = " ".join(unicodedata.normalize("NFKC", near[: LONGEST * 4]).split())
    if not text or len(text) > LONGEST or not text.isprintable():
        return None
    return _zip(text) or _coordinates(text) or _state(text) or _town(text)


def coordinates_text(latitude: float, longitude: float) -> str:
    """The text that reads as exactly these coordinates again."""
    # repr() keeps every digit but may use an exponent, which nobody types; Decimal writes it out.
    return ",".join(format(Decimal(repr(number)), "f") for number in (latitude, longitude))


def state_code(text: str) -> str | None:
    """The code of a state written as its code or its name: "CO", "colorado", "N. Dakota", "state of Ohio"."""
    return _state_of_words(words(text))


def _zip(text: str) -> ZipCode | None:
    match = _ZIP.fullmatch(text) or _ZIP_AT_END.fullmatch(text)
    return ZipCode(match[1]) if match else None


def _coordinates(text: str) -> Coordinates | None:
    match = _POINT.fullmatch(text)
    return Coordinates(float(match[1]), float(match[2])) if match else None


def _state(text: str) -> State | None:
    if key(text) in CITY_OR_STATE:
        return None
    code = state_code(text)
    return State(code) if code else None


def _state_of_words(name: list[str]) -> str | None:
    # Before abbreviations are written out: "MT" is Montana here, not "mount".
    if len(name) == 1 and name[0].upper() in STATES:
        return name[0].upper()
    if name[:2] == ["state", "of"]:
        name = name[2:]
    elif name[-1:] == ["state"]:
        name = name[:-1]
    return _STATE_OF_KEY.get(key_of_words(name))


def _town(text: str) -> Town | None:
    parts = [part for part in text.split(",") if words(part)]
    if len(parts) > 1 and key(parts[-1]) in _COUNTRIES:
        parts.pop()
    if not parts:
        return None
    return _town_with_commas(parts) if len(parts) > 1 else _town_of_words(words(parts[0]))


def _town_with_commas(parts: list[str]) -> Town:
    """For "Denver, CO" or "Greenville, Greene County, NY"; the first part alone if the last is no state."""
    town, code = _known(key(parts[0])), state_code(parts[-1])
    if code is None:
        return Town(bare=town, unread=True)
    county = key(parts[1]) if len(parts) > 2 else ""
    return Town(bare="", in_state=[(town, code)], county=county)


def _town_of_words(name: list[str]) -> Town:
    """ "denver co": any last words that name a state may be one; "West New York" is also a name by itself."""
    whole = key_of_words(name)
    if whole in _NICKNAMES:
        return Town(bare="", in_state=[_NICKNAMES[whole]])
    cuts = range(max(1, len(name) - _LONGEST_STATE), len(name))
    in_state = [
        (_known(key_of_words(name[:cut])), code) for cut in cuts if (code := _state_of_words(name[cut:]))
    ]
    return Town(bare=whole, in_state=in_state)


def _known(town: str) -> str:
    """A nickname's own name."""
    return _NICKNAMES.get(town, (town, ""))[0]
