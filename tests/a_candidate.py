"""A clinic we have heard of, as values and as a line of a CSV file."""

import csv
import io
from hashlib import sha256
from itertools import count
from typing import Any

from directory import npi
from directory.intake.candidate import Candidate

_number = count(1)

CELLS = {
    "clinic_name": "Juniper Example Psychiatry",
    "organization_name": "Juniper Example LLC",
    "organization_npi": npi.with_check_digit("290000001"),
    "address": "12 Example Street",
    "address_2": "Suite 4",
    "city": "Denver",
    "state": "CO",
    "zip": "80202",
    "phone": "303-555-0142",
    "website": "https://juniper.example/",
    "modalities": "esketamine | iv",
    "psychotherapy": "yes",
    "clinician_first_name": "Ada",
    "clinician_last_name": "Example",
    "clinician_credential": "MD",
    "license_board": "Colorado Medical Board",
    "license_number": "DR.0000001",
    "license_expires": "2027-04-30",
}


def values(**overrides: Any) -> Candidate:
    """A candidate in Denver, without clinician and NPI unless given."""
    plain = {
        "name": "Juniper Example Psychiatry",
        "line1": "12 Example Street",
        "city": "Denver",
        "state": "CO",
        "zip": "80202",
        "phone": "+13035550142",
    }
    return Candidate(**{**plain, **overrides})


def cells(**overrides: str) -> dict[str, str]:
    """The cells of a good line."""
    return {**CELLS, **overrides}


def another(**overrides: str) -> dict[str, str]:
    """The cells of a good line about a clinic like no other, far from the others."""
    number = next(_number)
    own = {
        "clinic_name": f"{sha256(str(number).encode()).hexdigest()[:12]} Example",
        "organization_name": "",
        "organization_npi": npi.with_check_digit(f"2{number + 50_000_000:08d}"),
        "address": f"{number} Sample Avenue",
        "address_2": "",
        "phone": f"303-{200 + number % 700}-{1000 + number // 700:04d}",
        "clinician_first_name": "",
        "clinician_last_name": "",
        "clinician_credential": "",
        "license_board": "",
        "license_number": "",
        "license_expires": "",
    }
    return cells(**{**own, **overrides})


def text(*lines: dict[str, str], delimiter: str = ",", columns: list[str] | None = None) -> str:
    """A CSV file of these lines, with their columns or those given."""
    written = io.StringIO(newline="")
    rows = csv.DictWriter(
        written, columns or list(lines[0] if lines else CELLS), delimiter=delimiter, extrasaction="ignore"
    )
    rows.writeheader()
    rows.writerows(lines)
    return written.getvalue()


def file(*lines: dict[str, str], **options: Any) -> bytes:
    """The same in UTF-8."""
    return text(*lines, **options).encode()
