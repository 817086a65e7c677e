"""Answers of the NPI registry's API, https://npiregistry.cms.hhs.gov/api/ (2.1), in the shape of NPPES's main file."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from directory.registries.files import Unreadable
from outbox import clock

_HEADER: Final = (
    "NPI|Entity Type Code|Replacement NPI|Provider Organization Name (Legal Business Name)"
    "|Provider Last Name (Legal Name)|Provider First Name|Provider Credential Text|Provider Other Organization Name"
    "|Provider First Line Business Practice Location Address|Provider Second Line Business Practice Location Address"
    "|Provider Business Practice Location Address City Name|Provider Business Practice Location Address State Name"
    "|Provider Business Practice Location Address Postal Code"
    "|Provider Business Practice Location Address Telephone Number|Provider Enumeration Date|Last Update Date"
    "|NPI Deactivation Date|NPI Reactivation Date"
).split("|")

_TAXONOMY: Final = ("Healthcare Provider Taxonomy Code", "Healthcare Provider Primary Taxonomy Switch")
_LICENSE: Final = ("Provider License Number", "Provider License Number State Code")

MOST_TAXONOMIES: Final = 15


def rows_of_answer(body: Any) -> Iterator[list[str]]:
    """The providers in an answer, as rows under the main file's header.

    Numbers and instants have come as numbers and as text, instants in seconds and in milliseconds; unknown keys do
    not matter. Raises Unreadable for an error, which the API sends with HTTP 200, and for anything else.
    """
    if isinstance(body, dict) and body.get("Errors"):
        raise Unreadable("NPPES answered with an error, not with providers. Ask again.")
    results = body.get("results") if isinstance(body, dict) else None
    if not isinstance(results, list):
        raise Unreadable("The message is not an answer of the NPI registry.")
    yield _HEADER + _numbered(_TAXONOMY) + _numbered(_LICENSE)
    for result in results:
        yield _row_of_result(result if isinstance(result, dict) else {})


def _numbered(names: tuple[str, ...]) -> list[str]:
    return [f"{name}_{number}" for number in range(1, MOST_TAXONOMIES + 1) for name in names]


def _row_of_result(result: dict[str, Any]) -> list[str]:
    basic = _part(result, "basic")
    place = next(
        (each for each in _parts(result, "addresses") if each.get("address_purpose") == "LOCATION"), {}
    )
    others = [each for each in _parts(result, "other_names") if each.get("organization_name")]
    address = [_text(place, name) for name in ("address_1", "address_2", "city", "state", "postal_code")]
    enumerated = _api_day(basic, "enumeration_date") or _epoch_day(result, "created_epoch")
    updated = _api_day(basic, "last_updated") or _epoch_day(result, "last_updated_epoch")
    return [
        _text(result, "number"),
        _text(result, "enumeration_type").removeprefix("NPI-"),
        _text(basic, "replacement_npi"),
        _text(basic, "organization_name"),
        _text(basic, "last_name"),
        _text(basic, "first_name"),
        _text(basic, "credential"),
        _text(others[0], "organization_name") if others else "",
        *address,
        _text(place, "telephone_number"),
        enumerated,
        updated,
        _api_day(basic, "deactivation_date"),
        _api_day(basic, "reactivation_date"),
        *_taxonomy_cells(_parts(result, "taxonomies")),
    ]


def _taxonomy_cells(listed: list[dict[str, Any]]) -> list[str]:
    """The cells of 15 taxonomies, then of 15 licenses."""
    padded = [*listed[:MOST_TAXONOMIES], *[{}] * (MOST_TAXONOMIES - len(listed))]
    codes = [
        cell for each in padded for cell in (_text(each, "code"), "Y" if each.get("primary") is True else "N")
    ]
    return [*codes, *(cell for each in padded for cell in (_text(each, "license"), _text(each, "state")))]


def _part(of: dict[str, Any], name: str) -> dict[str, Any]:
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def _parts(of: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = of.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _text(of: dict[str, Any], name: str) -> str:
    value = of.get(name)
    text = str(value).strip() if isinstance(value, str | int) else ""
    return "" if text == "--" else text


def _api_day(of: dict[str, Any], name: str) -> str:
    """As the main file writes it; what cannot be read stays as it is, and makes the row a bad one."""
    text = _text(of, name)[:10]
    try:
        return f"{datetime.strptime(text, '%Y-%m-%d'):%m/%d/%Y}" if text else ""  # noqa: DTZ007
    except ValueError:
        return text


def _epoch_day(of: dict[str, Any], name: str) -> str:
    """From seconds since 1970, or milliseconds."""
    text = _text(of, name)
    if not text.isascii() or not text.isdigit() or len(text) > 13:
        return ""
    seconds = int(text) // (1000 if len(text) > 10 else 1)
    return f"{clock.from_micros(seconds * 1_000_000):%m/%d/%Y}"
