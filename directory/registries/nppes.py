"""NPPES, the registry of all NPIs: https://download.cms.gov/nppes/NPI_Files.html

Of its ten million providers we keep those who may give this care (TAXONOMIES), those whose NPI is known here, and
everybody who was deactivated. The main file, its further practice locations and its other names come in one ZIP
archive, monthly in full and weekly as what changed; deactivations come as a workbook of their own.
"""

import re
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from accounts.models import Organization
from directory.models import NppesDeactivation, NppesLocation, NppesOtherName, NppesRecord, Practitioner
from directory.registries import fields, files
from directory.registries.files import Unreadable
from directory.registries.nppes_answers import MOST_TAXONOMIES, rows_of_answer
from directory.registries.shape import Column, Combined, Registry

TAXONOMIES: Final = frozenset(
    # doctors: psychiatry, addiction, pain, anesthesia
    "2084P0800X 2084P0802X 2084P0804X 2084P0805X 2084A0401X 2084P2900X 207LP2900X 208VP0014X 208VP0000X 207L00000X"
    " 207LA0401X 207QA0401X 207RA0401X"
    # nurses who prescribe for mental health or give anesthesia
    " 363LP0808X 364SP0808X 367500000X"
    # sites: mental health, infusion, pain, specialty, surgery; group practices
    " 261Q00000X 261QM0801X 261QM0850X 261QI0500X 261QP3300X 261QM1300X 261QM2500X 261QA1903X 283Q00000X 193200000X"
    " 193400000X".split()
)
"""Codes of the NUCC, whose descriptions are copyrighted and not kept. Hints for staff: none means "ketamine"."""

FIRST_DAY: Final = "20050523"
"""Where the name of a full file begins counting; a weekly one names its own week."""

_DAY = fields.past_day("%m/%d/%Y")
_ENTITY_TYPES: Final[dict[str, object]] = {"1": 1, "2": 2, "": 0}  # a deactivated stub has lost it
_CODE: Final = re.compile(r"[0-9A-Z]{10}")


# --- cells ------------------------------------------------------------------------------------------------


def _digit_sums(digits: int, first_is_doubled: bool) -> dict[str, int]:
    """Luhn's part of the sum for every text of so many digits."""
    sums = {"": 0}
    for place in range(digits):
        doubled = (place % 2 == 0) == first_is_doubled
        values = [sum(divmod(2 * digit, 10)) if doubled else digit for digit in range(10)]
        sums = {
            f"{text}{digit}": total + values[digit] for text, total in sums.items() for digit in range(10)
        }
    return sums


_HEADS: Final = _digit_sums(5, True)
_TAILS: Final = _digit_sums(5, False)


def checked_npi(text: str) -> str:
    """`text`, if its check digit is right (directory.npi says the rule). By table, for ten million of them."""
    if len(text) == 10 and text[0] in "12":
        total = _HEADS.get(text[:5], -1_000) + _TAILS.get(text[5:], -1_000)
        if total >= 0 and (total + 24) % 10 == 0:
            return text
    raise ValueError("is not an NPI: ten digits, of which the last must fit the others")


def _name(cells: tuple[str, ...]) -> str:
    """Legal business name, or last name."""
    return cells[0] or cells[1]


def _code(text: str) -> str:
    """A taxonomy code, or nothing. Anything else is the first sign of columns that were shifted."""
    code = text.strip()
    if code and not _CODE.fullmatch(code):
        raise ValueError("is not a taxonomy code")
    return code


def _taxonomies(cells: tuple[str, ...]) -> str:
    """Codes, the primary one first. `cells`: each code, then its switch."""
    if not any(cells[2::2]):  # most have one
        return _code(cells[0])
    pairs = [
        (_code(code), cells[place + 1]) for place, code in enumerate(cells) if not place % 2 and code.strip()
    ]
    ordered = sorted(pairs, key=lambda pair: pair[1].strip().upper() != "Y")
    return " ".join(dict.fromkeys(code for code, _ in ordered))


def _licenses(cells: tuple[str, ...]) -> str:
    """ "STATE NUMBER", separated by "|". `cells`: each number, then its state."""
    if not any(cells[2::2]):  # most have one at most
        return _license(cells[0], cells[1])
    held = (_license(cells[place], cells[place + 1]) for place in range(0, len(cells), 2))
    return "|".join(dict.fromkeys(text for text in held if text))


def _license(number: str, state: str) -> str:
    return f"{state.strip()} {number.strip().replace('|', '/')}".strip() if number.strip() else ""


def _numbered(*names: str) -> tuple[tuple[str, ...], ...]:
    return tuple((f"{name}_{number}",) for number in range(1, MOST_TAXONOMIES + 1) for name in names)


# --- the four files ---------------------------------------------------------------------------------------


def _practice(part: str) -> tuple[str, ...]:
    return (f"Provider Business Practice Location Address {part}",)


MAIN: Final = Registry(
    name="nppes",
    model=NppesRecord,
    columns=(
        Column("npi", ("NPI",), parse=checked_npi),
        Column("entity_type", ("Entity Type Code",), parse=fields.one_of(_ENTITY_TYPES)),
        Column("replacement_npi", ("Replacement NPI",), required=False),
        Combined(
            "name",
            (
                ("Provider Organization Name (Legal Business Name)", "Provider Organization Name"),
                ("Provider Last Name (Legal Name)", "Provider Last Name"),
            ),
            _name,
            as_they_are=True,
        ),
        Column("first_name", ("Provider First Name",)),
        Column("credential", ("Provider Credential Text",), required=False),
        Column("other_name", ("Provider Other Organization Name",), required=False),
        Column("line1", ("Provider First Line Business Practice Location Address",)),
        Column("line2", ("Provider Second Line Business Practice Location Address",)),
        Column("city", _practice("City Name")),
        Column("state", _practice("State Name")),
        Column("zip", _practice("Postal Code")),
        Column("phone", _practice("Telephone Number")),
        Column("enumerated_on", ("Provider Enumeration Date",), parse=_DAY),
        Column("updated_on", ("Last Update Date",), parse=_DAY),
        Column("deactivated_on", ("NPI Deactivation Date",), parse=_DAY),
        Column("reactivated_on", ("NPI Reactivation Date",), parse=_DAY),
        Combined(
            "taxonomies",
            _numbered("Healthcare Provider Taxonomy Code", "Healthcare Provider Primary Taxonomy Switch"),
            _taxonomies,
            as_they_are=True,
        ),
        Combined(
            "licenses",
            _numbered("Provider License Number", "Provider License Number State Code"),
            _licenses,
            as_they_are=True,
        ),
    ),
)


def _further(part: str) -> tuple[str, ...]:
    return (f"Provider Secondary Practice Location Address - {part}",)


_LOCATION: Final = {
    "line1": _further("Address Line 1"),
    "line2": _further("Address Line 2"),
    "city": _further("City Name"),
    "state": _further("State Name"),
    "zip": _further("Postal Code"),
    "phone": _further("Telephone Number"),
}

LOCATIONS: Final = Registry(
    name="nppes-locations",
    model=NppesLocation,
    columns=(
        Combined("key", (("NPI",), *_LOCATION.values()), fields.digest),
        Column("npi", ("NPI",), parse=checked_npi),
        *(Column(name, header) for name, header in _LOCATION.items()),
    ),
    known_in=("npi", NppesRecord),
    repeats=True,
)

_OTHER_NAME: Final = ("Provider Other Organization Name",)
_OTHER_NAME_TYPE: Final = ("Provider Other Organization Name Type Code",)

NAMES: Final = Registry(
    name="nppes-names",
    model=NppesOtherName,
    columns=(
        Combined("key", (("NPI",), _OTHER_NAME, _OTHER_NAME_TYPE), fields.digest),
        Column("npi", ("NPI",), parse=checked_npi),
        Column("name", _OTHER_NAME),
        Column("type_code", _OTHER_NAME_TYPE),
    ),
    known_in=("npi", NppesRecord),
    repeats=True,
)

DEACTIVATED: Final = Registry(
    name="nppes-deactivated",
    model=NppesDeactivation,
    columns=(
        Column("npi", ("NPI",), parse=checked_npi),
        Column("deactivated_on", ("NPPES Deactivation Date",), parse=fields.required(_DAY)),
    ),
    header_within=5,  # a title stands above it
)

KINDS: Final = {"main": MAIN, "locations": LOCATIONS, "names": NAMES, "deactivated": DEACTIVATED}
"""In the order in which the files of an archive are loaded: locations and names belong to providers we keep."""


def registry_of(kind: str, *, weekly: bool = False, everything: bool = False) -> Registry:
    """The registry of a kind of KINDS. weekly: adds and updates only. everything: keeps every provider there is."""
    registry = replace(KINDS[kind], replaces=not weekly)
    if kind == "main":
        registry = replace(registry, from_json=rows_of_answer)
        if not everything:
            registry = replace(
                registry, keep_by=("npi", "taxonomies", "deactivated_on"), keep=_keep(known_npis())
            )
    return replace(registry, known_in=None) if everything else registry


def known_npis() -> frozenset[str]:
    """Of the practices and clinicians here."""
    practices = Organization.objects.exclude(npi="").values_list("npi", flat=True)
    clinicians = Practitioner.objects.exclude(npi="").values_list("npi", flat=True)
    return frozenset([*practices, *clinicians])


def _keep(known: frozenset[str]) -> Any:
    def keep(number: str, taxonomies: str, deactivated_on: date | None) -> bool:
        return (
            taxonomies in TAXONOMIES
            or number in known
            or deactivated_on is not None
            or (" " in taxonomies and not TAXONOMIES.isdisjoint(taxonomies.split()))
        )

    return keep


# --- what a file is ---------------------------------------------------------------------------------------

_MEMBERS: Final = {
    "main": re.compile(r"npidata_pfile_.*[0-9]\.csv", re.IGNORECASE),
    "locations": re.compile(r"pl_pfile_.*[0-9]\.csv", re.IGNORECASE),
    "names": re.compile(r"othername_pfile_.*[0-9]\.csv", re.IGNORECASE),
    "deactivated": re.compile(r".*deactivated.*\.xlsx", re.IGNORECASE),
}
_SPAN: Final = re.compile(r"_([0-9]{8})-([0-9]{8})")
_SHORT_DAY: Final = re.compile(r"_([0-9]{6})(?![0-9])")


def parts(path: Path) -> dict[str, str]:
    """The kinds of a ZIP archive's members, with their names, in the order of KINDS; of any other file its one kind,
    with "" for a name. Raises Unreadable if there is none."""
    if files.kind(path) == "zip":
        names = files.members(path)
        found = {kind: name for kind in KINDS for name in names if _MEMBERS[kind].fullmatch(Path(name).name)}
        if not found:
            raise Unreadable("The ZIP archive holds no file of NPPES.")
        return found
    return {_kind_by_name(path): ""}


def _kind_by_name(path: Path) -> str:
    name = path.name.lower()
    if "deactivated" in name or files.kind(path) == "xlsx":
        return "deactivated"
    if name.startswith(("pl_", "pl-")):
        return "locations"
    return "names" if name.startswith("othername") else "main"


def is_weekly(name: str) -> bool:
    """By the file's name: it says so, or it begins counting later than a full file does."""
    span = _SPAN.search(name)
    return "weekly" in name.lower() or bool(span and span[1] != FIRST_DAY)


def source_date(name: str) -> date | None:
    """The day in the file's name, the last one if it names a span; None if it names none."""
    spans = [(match[2], "%Y%m%d") for match in _SPAN.finditer(name)]
    short = [(match[1], "%m%d%y") for match in _SHORT_DAY.finditer(name)]
    for text, form in [*reversed(spans), *reversed(short)]:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  (a day has no zone)
        except ValueError:
            continue
    return None
