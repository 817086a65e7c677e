"""The gazetteer's file: `directory/data/gazetteer.csv.gz`, and its version beside it in `gazetteer.json`."""

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).resolve().parent.parent / "data"
ROWS: Final = FOLDER / "gazetteer.csv.gz"
HEADER: Final = FOLDER / "gazetteer.json"

# Raise this when `keys.key` changes, so that installations load the table again.
FORMAT: Final = 1


@dataclass(frozen=True, order=True)
class Row:
    """One ZIP code or place. latitude and longitude are degrees in at most five decimals, or empty."""

    kind: str
    zip: str
    state: str
    name: str
    county: str
    population: int
    latitude: str
    longitude: str
    note: str


def text_of(rows: Iterable[Row]) -> str:
    """The rows as CSV with a heading, in their natural order: the same rows always give the same text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(field.name for field in fields(Row))
    writer.writerows(astuple(row) for row in sorted(rows))
    return out.getvalue()


def version_of(text: str) -> str:
    """Names the content, not the compressed bytes, which may differ between zlib releases."""
    return f"{FORMAT}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def write(text: str, header: dict[str, Any]) -> None:
    """Writes both files. The archive holds no time and no name."""
    FOLDER.mkdir(exist_ok=True)
    ROWS.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    HEADER.write_text(json.dumps(header, indent=2, sort_keys=True) + "\n")


def header() -> dict[str, Any]:
    """version, rows, sources and figures of the file."""
    loaded: dict[str, Any] = json.loads(HEADER.read_text())
    return loaded


def stored_text() -> str:
    """The CSV text of the file."""
    return gzip.decompress(ROWS.read_bytes()).decode()


def stored_rows() -> Iterator[Row]:
    """The rows of the file, in order."""
    lines = csv.reader(io.StringIO(stored_text()))
    next(lines)
    for kind, zip_code, state, name, county, population, latitude, longitude, note in lines:
        yield Row(kind, zip_code, state, name, county, int(population), latitude, longitude, note)
