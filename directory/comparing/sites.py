"""One place as two sources write it: a house number and a street in one ZIP code, and a phone number."""

import re
from collections.abc import Sequence
from typing import Final, Protocol

from directory.intake.duplicates import address_key

_UNITS: Final = frozenset("ste unit rm fl bldg apt".split())
_STREET_TYPES: Final = frozenset(
    "st ave blvd rd dr ln ct pkwy hwy pl sq ter cir way n s e w ne nw se sw".split()
)


class Site(Protocol):
    """A clinic, or a registry's row of a place."""

    line1: str
    city: str
    state: str
    zip: str
    phone: str


def same_site(one: Site, other: Site) -> bool:
    """The same ZIP code, house number and street. Suites, floors and kinds of street are written in too many ways."""
    if (one.zip[:5], one.state) != (other.zip[:5], other.state):
        return False
    number, street = _number_and_street(one.line1)
    their_number, their_street = _number_and_street(other.line1)
    return number == their_number and (street == their_street or bool(street & their_street))


def _number_and_street(line: str) -> tuple[str, frozenset[str]]:
    parts: Sequence[str] = address_key(line, "", "").split()
    number = next((part for part in parts if re.match("[0-9]", part)), "")
    rest = parts[parts.index(number) + 1 :] if number else parts
    until = next((place for place, part in enumerate(rest) if part in _UNITS), len(rest))
    return number, frozenset(rest[:until]) - _STREET_TYPES


def digits(phone: str) -> str:
    """The ten digits of a US number."""
    return re.sub("[^0-9]", "", phone)[-10:]


def written(site: Site) -> str:
    """The address in one line."""
    return f"{site.line1}, {site.city}, {site.state} {site.zip[:5]}"
