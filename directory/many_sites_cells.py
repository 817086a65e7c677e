"""The table of an organization's sites: which columns it has, how a value is written into a cell, and read back.

A cell that is left as it was written is no change, whatever it holds. Nothing in it is a formula to a spreadsheet.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TextChoices

from directory import editing, opening
from directory.forms import NoteField
from directory.gate.structure import hidden_letters
from directory.intake.form import CandidateForm
from directory.models import Clinic
from directory.templatetags.plain_words import phone as phone_words
from directory.vocabulary import Access, AgeGroup, Insurance, Language

SITE: Final = "site"
"""The column that says which site a row is about: the last part of its page's address."""


@dataclass(frozen=True)
class Column:
    """A field of a clinic as a column. `read` raises ValidationError, and repeats no value."""

    name: str
    field: str
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str

    @property
    def waits(self) -> bool:
        """Of a published clinic, a person of the operator's staff looks at a new value first."""
        return self.field in editing.IDENTITY


# --- formulas ----------------------------------------------------------------------------------

_INVISIBLE: Final = {"Cc", "Cf", "Zs", "Zl", "Zp"}
_TRIGGERS: Final = frozenset("=+-@\u2212")
"""What begins a formula (OWASP ASVS 1.2.10); full-width forms fold to these. Tab, CR and NUL are invisible ones."""


def harmless(text: str) -> str:
    """The text as a cell that no spreadsheet runs: an apostrophe stands before what would begin a formula."""
    return f"'{text}" if _would_run(text) else text


def as_meant(cell: str) -> str:
    """The opposite of `harmless`."""
    return cell[1:] if cell.startswith("'") and _would_run(cell[1:]) else cell


def _would_run(text: str) -> bool:
    bare = text.lstrip("'")  # so that a text that begins with an apostrophe itself comes back as it was
    visible = next((c for c in bare if unicodedata.category(c) not in _INVISIBLE), "")
    return bare[:1] in {"\t", "\r", "\0"} or unicodedata.normalize("NFKC", visible)[:1] in _TRIGGERS


# --- what cells say ----------------------------------------------------------------------------

_YES_OR_NO: Final = {"yes": True, "no": False, "": None, "true": True, "false": False}
_DAYS: Final = tuple(day[:3].lower() for day in opening.DAYS)
_TIME: Final = r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?"
_SPAN: Final = re.compile(rf"{_TIME}\s*(?:-|–|to)\s*{_TIME}(?!\d)", re.ASCII | re.IGNORECASE)
_NOON: Final = 12
HOURS_HINT: Final = "mon 09:00-12:00 13:00-17:00; tue 09:00-17:00"
_NO_HOURS: Final = f"Write hours like this: {HOURS_HINT}"


def read_yes_or_no(cell: str) -> bool | None:
    """Empty: the clinic does not say."""
    try:
        return _YES_OR_NO[cell.strip().casefold()]
    except KeyError:
        raise ValidationError("Enter yes or no, or leave it empty") from None


def write_yes_or_no(value: bool | None) -> str:
    """The opposite of `read_yes_or_no`."""
    return "" if value is None else "yes" if value else "no"


def write_words(slugs: list[str]) -> str:
    """Slugs as a cell holds them."""
    return " | ".join(slugs)


def _reader_of_words(vocabulary: type[TextChoices]) -> Callable[[str], list[str]]:
    """Slugs or labels, in any order, separated by | ; comma or a new line."""
    slugs = {str(label).casefold(): slug for slug, label in vocabulary.choices}
    slugs |= {slug: slug for slug in vocabulary.values}

    def read(cell: str) -> list[str]:
        words = [" ".join(word.split()).casefold() for word in re.split(r"[|;,\n]", cell)]
        found = [slugs.get(word) for word in words if word]
        if None in found:
            raise ValidationError("Choose from: " + write_words(list(vocabulary.values)))
        return [slug for slug in vocabulary.values if slug in found]

    return read


def read_opening_hours(text: str) -> list[dict[str, Any]]:
    """A day with its hours, then the next, separated by ; or a new line: HOURS_HINT."""
    parts = [part for part in re.split(r"[;\n]", text) if part.strip()]
    try:
        return opening.in_form(span for part in parts for span in _spans_of(part))
    except ValidationError as wrong:
        raise ValidationError(wrong.messages) from None


def _spans_of(part: str) -> list[dict[str, Any]]:
    """ "mon 09:00-12:00 13:00-17:00" as spans."""
    day = part.strip()[:3].casefold()
    found = _SPAN.findall(part)
    rest = re.sub(r"[\s,:.]|and", "", _SPAN.sub("", part)).casefold()
    names = {name.casefold() for name in opening.DAYS} | set(_DAYS)
    if day not in _DAYS or not found or rest not in names:
        raise ValidationError(_NO_HOURS)
    number = _DAYS.index(day)
    return [{"day": number, "opens": _time(*span[:3]), "closes": _time(*span[3:])} for span in found]


def _time(hour: str, minute: str, half: str) -> str:
    """ "1", "", "pm" as "13:00"."""
    number = int(hour)
    if half and 1 <= number <= _NOON:
        number = number % _NOON + (_NOON if half.casefold() == "pm" else 0)
    return f"{number:02d}:{minute or '00'}"


def write_opening_hours(spans: list[dict[str, Any]]) -> str:
    """The opposite of `read_opening_hours`."""
    days: dict[int, list[str]] = {}
    for span in spans:
        days.setdefault(span["day"], []).append(f"{span['opens']}-{span['closes']}")
    return "; ".join(f"{_DAYS[day]} {' '.join(times)}" for day, times in sorted(days.items()))


def _read_price(cell: str) -> int | None:
    """Whole US dollars, also as "$1,200" and as spreadsheets write it: "1200.00"."""
    bare = re.sub(r"\.0{1,2}$", "", cell.strip().removeprefix("$").replace(",", ""))
    if not bare:
        return None
    if not re.fullmatch(r"\d{1,9}", bare, re.ASCII) or int(bare) > editing.MOST_DOLLARS:
        raise ValidationError(f"Enter whole dollars, from 0 to {editing.MOST_DOLLARS:,}")
    return int(bare)


def _write_number(value: int | None) -> str:
    return "" if value is None else str(value)


def _read_text(field: str) -> Callable[[str], Any]:
    most = Clinic._meta.get_field(field).max_length  # type: ignore[union-attr]
    words = {"max_length": f"Use {most:,} characters or fewer"}
    return NoteField(required=False, max_length=most, error_messages=words).clean


def _read_with(name: str) -> Callable[[str], Any]:
    """As the form of a new clinic reads this field, without its list of choices in what it says."""
    field: forms.Field = CandidateForm.base_fields[name]
    return field.clean


_PHONE: Final[forms.Field] = CandidateForm.base_fields["phone"]


def _in_plain_letters(name: str) -> Callable[[str], Any]:
    """The same, for what people read as who and where the clinic is: no letters that only look like others."""

    def read(cell: str) -> Any:
        text = _read_with(name)(cell)
        if hidden_letters(name, text):
            raise ValidationError("Use plain letters: some of these look like others, or cannot be seen")
        return text

    return read


_WEBSITE: Final = forms.URLField(
    required=False,
    max_length=200,
    assume_scheme="https",
    error_messages={
        "invalid": "Enter a web address, like https://clinic.example/",
        "max_length": "Use 200 characters or fewer",
    },
)


def _read_phone(cell: str) -> str:
    number, extension = _PHONE.clean(cell)
    if extension:
        raise ValidationError("Write the extension into the column phone_extension")
    return str(number)


COLUMNS: Final = (
    Column("name", "name", _in_plain_letters("clinic_name")),
    Column("address", "line1", _in_plain_letters("address")),
    Column("address_2", "line2", _in_plain_letters("address_2")),
    Column("city", "city", _in_plain_letters("city")),
    Column("state", "state", _read_with("state")),
    Column("zip", "zip", _read_with("zip")),
    Column("phone", "phone", _read_phone, phone_words),
    Column("phone_extension", "phone_extension", _read_with("phone_extension")),
    Column("website", "website", _WEBSITE.clean),
    Column("accepting_new_patients", "accepting_new_patients", read_yes_or_no, write_yes_or_no),
    Column("insurance", "insurance", _reader_of_words(Insurance), write_words),
    Column("languages", "languages", _reader_of_words(Language), write_words),
    Column("age_groups", "age_groups", _reader_of_words(AgeGroup), write_words),
    Column("access", "access", _reader_of_words(Access), write_words),
    Column("first_visit", "first_visit", _read_text("first_visit")),
    Column("cost", "cost", _read_text("cost")),
    Column("price_low", "price_low", _read_price, _write_number),
    Column("price_high", "price_high", _read_price, _write_number),
    Column("cannot_treat", "cannot_treat", _read_text("cannot_treat")),
    Column("hours", "hours", _read_text("hours")),
    Column("opening_hours", "opening_hours", read_opening_hours, write_opening_hours),
)
BY_NAME: Final = {column.name: column for column in COLUMNS}
BY_FIELD: Final = {column.field: column for column in COLUMNS}


def cell_of(clinic: Clinic, column: Column) -> str:
    """What the table holds of a clinic."""
    return harmless(column.write(editing.value_of(clinic, column.field)))


def is_as_written(cell: str, written: str) -> bool:
    """The cell still holds what we wrote, but for what spreadsheets do to line ends and to zeros before a number."""
    kept, ours = _lines(cell), _lines(written)
    return kept == ours or (
        _ZIP_CODE.fullmatch(ours) is not None and kept.isdigit() and kept == ours.lstrip("0")
    )


_ZIP_CODE: Final = re.compile(r"0[0-9]{4}")


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
