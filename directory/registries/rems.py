"""Sites certified under the Spravato REMS, as an operator's own list names them.

There is no public file. Staff look a site up in the manufacturer's locator, or see its certificate, and write the day
down; a center can opt out of the locator, so that a site which is missing is no proof. Certification is per site.
"""

import re
from typing import Final

from directory.models import RemsSite
from directory.registries import fields
from directory.registries.shape import Column, Combined, Registry
from directory.states import STATES

HEADER: Final = "name,line1,city,state,zip,phone,setting,seen,seen_on".split(",")
TEMPLATE: Final = (
    ",".join(HEADER)
    + "\r\n"
    + "Example Site,12 Example Street,Denver,CO,80202,303-555-0101,outpatient,locator,2026-11-08\r\n"
)
SETTINGS: Final = ("outpatient", "inpatient", "pharmacy")
SEEN: Final = ("locator", "certificate")

_day = fields.day("%Y-%m-%d")


def _key(cells: tuple[str, ...]) -> str:
    return fields.digest(tuple(" ".join(cell.casefold().split()) for cell in cells))


def _filled(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text


def _state(text: str) -> str:
    if text.upper() not in STATES:
        raise ValueError("is no state or territory of two letters")
    return text.upper()


def _zip(text: str) -> str:
    if not re.fullmatch(r"[0-9]{5}(-?[0-9]{4})?", text):
        raise ValueError("is no ZIP code")
    return text[:5]


def _seen_on(text: str) -> object:
    day = _day(text)
    if day is None:
        raise ValueError("is empty")
    return day


REMS: Final = Registry(
    name="rems",
    model=RemsSite,
    columns=(
        Combined("key", (("name",), ("line1",), ("city",), ("state",), ("zip",)), _key),
        Column("name", ("name",), parse=_filled),
        Column("line1", ("line1",), parse=_filled),
        Column("city", ("city",), parse=_filled),
        Column("state", ("state",), parse=_state),
        Column("zip", ("zip",), parse=_zip),
        Column("phone", ("phone",)),
        Column("setting", ("setting",), parse=fields.one_of({each: each for each in SETTINGS})),
        Column("seen", ("seen",), parse=fields.one_of({each: each for each in SEEN})),
        Column("seen_on", ("seen_on",), parse=_seen_on),
    ),
)
