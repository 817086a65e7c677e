"""A file in NPPES's shape of any length: 330 columns, most of them empty, a twelfth of the rows of use here."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from directory import npi
from tests.directory.registries import making

KINDS = 2_000
"""Rows that differ in more than number and name. The others repeat their streets, days and taxonomies."""

LOADED = (
    "NPI|Entity Type Code|Replacement NPI|Provider Organization Name (Legal Business Name)"
    "|Provider Last Name (Legal Name)|Provider First Name|Provider Credential Text|Provider Other Organization Name"
    "|Provider First Line Business Practice Location Address|Provider Second Line Business Practice Location Address"
    "|Provider Business Practice Location Address City Name|Provider Business Practice Location Address State Name"
    "|Provider Business Practice Location Address Postal Code"
    "|Provider Business Practice Location Address Telephone Number|Provider Enumeration Date|Last Update Date"
    "|NPI Deactivation Date|NPI Reactivation Date|Healthcare Provider Taxonomy Code_1"
    "|Healthcare Provider Primary Taxonomy Switch_1|Provider License Number_1|Provider License Number State Code_1"
).split("|")
"""The columns that an import reads, of the first taxonomy alone."""

DATES = [name for name in LOADED if name.endswith("Date")]


def write(
    path: Path, rows: int, *, columns: list[str] = making.HEADER, first: int = 0, street: str = "EXAMPLE"
) -> int:
    """A file of `rows` rows with `columns`, numbered from `first`; its bytes. The same every time."""
    with path.open("w", newline="", buffering=1 << 20) as stream:
        stream.write(_line(columns))
        stream.writelines(_lines(range(first, first + rows), columns, street))
    return path.stat().st_size


def _lines(numbers: range, columns: list[str], street: str) -> Iterator[str]:
    kinds = [_kind(number, columns, street) for number in range(KINDS)]
    for number in numbers:
        before, between, after = kinds[number % KINDS]
        yield f"{before}{npi.with_check_digit(f'{200_000_000 + number}')}{between}{number}{after}"


def _kind(number: int, columns: list[str], street: str) -> tuple[str, ...]:
    """A row's text around its NPI and around the number in its street. Every tenth row is in another street."""
    name = street if number % 10 == 0 else "EXAMPLE"
    line = {"Provider First Line Business Practice Location Address": f"\x01 {name} AVE"}
    taxonomy = {} if number % 12 < 2 else {"Healthcare Provider Taxonomy Code_1": "207X00000X"}
    row = making.row(number, NPI="\x01", **line, **taxonomy)
    return tuple(_line([row[making.PLACE[name]] for name in columns]).split("\x01"))


def _line(cells: list[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
    return out.getvalue()
