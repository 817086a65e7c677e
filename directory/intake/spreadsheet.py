"""A CSV file of clinics, as somebody's spreadsheet wrote it: its rows by column, or why it cannot be read.

The columns are the fields of CandidateForm; docs/clinics-csv.md describes them. Nothing here says a value again:
a problem names a line and a column.
"""

import csv
import io
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from directory.intake import csv_file
from directory.intake.csv_file import MOST_BYTES, Problem, UnreadableFile
from directory.intake.form import CandidateForm
from directory.vocabulary import Modality

__all__ = ["MOST_BYTES", "Problem", "UnreadableFile"]

COLUMNS: Final = tuple(CandidateForm.base_fields)
REQUIRED: Final = tuple(name for name, field in CandidateForm.base_fields.items() if field.required)
MOST_ROWS: Final = 50_000
SKIPPED_PREFIX: Final = "x_"
"""A column whose name begins so is the reader's own, and is left alone."""

EXAMPLE: Final = {
    "clinic_name": "Example Clinic (this row is left out)",
    "organization_name": "Example Clinic LLC",
    "organization_npi": "1234567893",
    "address": "12 Example Street",
    "address_2": "Suite 4",
    "city": "Denver",
    "state": "CO",
    "zip": "80202",
    "phone": "303-555-0142",
    "website": "https://clinic.example/",
    "modalities": "esketamine | iv",
    "psychotherapy": "yes",
    "clinician_first_name": "Ada",
    "clinician_last_name": "Example",
    "clinician_credential": "MD",
    "license_state": "CO",
    "license_board": "Colorado Medical Board",
    "license_number": "DR.0000000",
    "license_expires": "2027-04-30",
}
"""The template's one row. The NPI is CMS's own example."""

_ALIASES: Final = {
    "name": "clinic_name",
    "clinic": "clinic_name",
    "organization": "organization_name",
    "npi": "organization_npi",
    "street": "address",
    "address_1": "address",
    "line1": "address",
    "line2": "address_2",
    "suite": "address_2",
    "zip_code": "zip",
    "zipcode": "zip",
    "postal_code": "zip",
    "telephone": "phone",
    "phone_number": "phone",
    "extension": "phone_extension",
    "url": "website",
    "web_site": "website",
    "treatments": "modalities",
}
_LABELS: Final = {str(label).casefold(): slug for slug, label in Modality.choices}


@dataclass(frozen=True)
class Row:
    """The cells of one line by column, as CandidateForm takes them."""

    line: int
    cells: dict[str, Any]


@dataclass(frozen=True)
class Table:
    """What a file holds. `notes` are sentences about how it was read."""

    rows: list[Row]
    problems: list[Problem]
    notes: list[str]


def read(data: bytes) -> Table:
    """The rows of a file in UTF-8, UTF-16 with its mark, or Windows-1252, separated by comma, semicolon or tab.

    Raises UnreadableFile if it is no such table, a needed column is missing, one is not known or stands there twice,
    it holds no rows, or more than MOST_BYTES or MOST_ROWS.
    """
    text, notes = csv_file.text_of(data)
    delimiter = csv_file.delimiter_of(text, lambda cell: _column(cell) in COLUMNS)
    lines = csv_file.lines_of(text, delimiter)
    _, header = next(lines, (1, []))
    columns = _columns(header)
    rows, problems = [], []
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if problem := csv_file.wrong_length(line, cells, columns):
            problems.append(problem)
        elif (row := _row(line, cells, columns)) and row.cells["clinic_name"] != EXAMPLE["clinic_name"]:
            rows.append(row)
        if len(rows) + len(problems) > MOST_ROWS:
            raise UnreadableFile(f"The file has more than {MOST_ROWS:,} rows. Cut it into several.")
    if not rows and not problems:
        raise UnreadableFile("The file has a header and no rows.")
    return Table(rows, problems, notes)


def template() -> str:
    """An empty file with every column and one row that shows them."""
    written = io.StringIO(newline="")
    rows = csv.DictWriter(written, COLUMNS, quoting=csv.QUOTE_ALL)
    rows.writeheader()
    rows.writerow(dict.fromkeys(COLUMNS, "") | EXAMPLE)
    return written.getvalue()


# --- lines to rows -----------------------------------------------------------------------------


def _columns(header: list[str]) -> list[str]:
    """The name of each column; "" for one that is left alone."""
    while header and not header[-1].strip():
        header = header[:-1]
    columns = [_column(cell) for cell in header]
    if missing := [name for name in REQUIRED if name not in columns]:
        raise UnreadableFile("The first line must name these columns, too: " + ", ".join(missing) + ".")
    for number, name in enumerate(columns, 1):
        if name and name not in COLUMNS:
            raise UnreadableFile(_unknown_column(number, name))
        if name and name in columns[: number - 1]:
            raise UnreadableFile(f"Two columns are named {name}. Keep one.")
    return columns


def _column(cell: str) -> str:
    bare = re.sub(r"[^a-z0-9]+", "_", cell.removeprefix("\ufeff").strip().casefold()).strip("_")
    if cell.strip().casefold().startswith(SKIPPED_PREFIX):
        return ""
    return _ALIASES.get(bare, bare or "?")


def _unknown_column(number: int, name: str) -> str:
    near = get_close_matches(name, COLUMNS, n=1)
    hint = f"Is it {near[0]}?" if near else "Take it out, or let its name begin with x_ to leave it alone."
    return f"Column {number} of the first line has a name that is not known. {hint}"


def _row(line: int, cells: list[str], columns: list[str]) -> Row:
    values: dict[str, Any] = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name}
    values["modalities"] = _modalities(values.get("modalities", ""))
    values["psychotherapy"] = _yes_or_no(values.get("psychotherapy", ""))
    return Row(line, values)


def _modalities(cell: str) -> list[str]:
    """Slugs or labels, separated by | ; or a new line; by a comma only without these, as labels hold some."""
    marks = r"[|;\n]" if re.search(r"[|;\n]", cell) or cell.casefold() in _LABELS else ","
    words = [" ".join(word.split()).casefold() for word in re.split(marks, cell)]
    return [_LABELS.get(word, word) for word in words if word]


def _yes_or_no(cell: str) -> str:
    word = cell.casefold()
    return {"y": "yes", "true": "yes", "1": "yes", "n": "no", "false": "no", "0": "no"}.get(word, word)
