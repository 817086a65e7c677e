"""A CSV file as somebody's spreadsheet wrote it: its text, and the cells of each line, or why it cannot be read.

What the columns mean is for those who read a file of some kind; nothing here says a value again.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

MOST_BYTES: Final = 20 * 2**20
_DELIMITERS: Final = (",", ";", "\t")


class UnreadableFile(ValueError):
    """Not a table of the kind that was asked for. The text is for a person."""


@dataclass(frozen=True)
class Problem:
    """Why a row cannot be taken. `line` counts from 1, the header's; `column` is "" where the whole row is meant."""

    line: int
    column: str
    text: str


# --- bytes to text -----------------------------------------------------------------------------


def text_of(data: bytes, *, most_bytes: int = MOST_BYTES) -> tuple[str, list[str]]:
    """The text of a file in UTF-8, UTF-16 with its mark, or Windows-1252, and sentences about how it was read.

    Raises UnreadableFile for anything else, and for a larger one.
    """
    if len(data) > most_bytes:
        raise UnreadableFile(f"The file is larger than {most_bytes // 2**20} MB. Cut it into several.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _require_text(_utf_16(data)), ["The file was read as UTF-16."]
    _require_no_other_kind(data)
    try:
        return _require_text(data.decode("utf-8-sig")), []
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        raise UnreadableFile("The file is neither UTF-8 nor Windows-1252. Save it as CSV in UTF-8.") from None
    return _require_text(text), ["The file is not UTF-8. It was read as Windows-1252: look at the accents."]


def _utf_16(data: bytes) -> str:
    try:
        return data.decode("utf-16")
    except UnicodeDecodeError:
        raise UnreadableFile("The file is cut off or damaged. Save it as CSV in UTF-8.") from None


def _require_no_other_kind(data: bytes) -> None:
    if data.startswith(b"PK"):
        raise UnreadableFile("This is a ZIP file or an Excel workbook. Save the sheet as CSV.")
    if data.startswith((b"\x1f\x8b", b"%PDF", b"\xd0\xcf\x11\xe0")):
        raise UnreadableFile("This is no CSV file. Save the sheet as CSV.")
    if re.match(rb"(?:\xef\xbb\xbf)?\s*(?:<|\{|\[)", data):
        raise UnreadableFile(
            "This looks like a web page or data of a program, not like a table. Download it again."
        )


def _require_text(text: str) -> str:
    if not text.strip():
        raise UnreadableFile("The file is empty.")
    if "\0" in text:
        raise UnreadableFile("The file holds characters that no text has. Save it as CSV in UTF-8.")
    return text


# --- text to lines -----------------------------------------------------------------------------


def delimiter_of(text: str, is_known: Callable[[str], bool]) -> str:
    """The separator that gives the first line the most columns whose names are known."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    if found := re.fullmatch(r"sep=(.)", first.strip(" \r\n"), re.IGNORECASE):
        return found[1]
    known = {mark: sum(map(is_known, _cells(first, mark))) for mark in _DELIMITERS}
    return max(_DELIMITERS, key=lambda mark: known[mark])


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        raise UnreadableFile("The first line is too long: this is no table of clinics.") from None


def lines_of(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of the line it begins on. Lines may end as on any system."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise UnreadableFile(
                f"Line {begins:,} or one after it cannot be read: a quotation mark is missing or too many, "
                "or a cell has no end."
            ) from None
        if any(cells) and not re.fullmatch(r"sep=.?", "".join(cells), re.IGNORECASE):
            yield begins, cells
        begins = reader.line_num + 1


def wrong_length(line: int, cells: Sequence[str], columns: Sequence[str]) -> Problem | None:
    """Cells are missing, or some stand behind the last column."""
    extra = any(cell.strip() for cell in cells[len(columns) :])
    if len(cells) >= len(columns) and not extra:
        return None
    return Problem(line, "", f"This row has {len(cells)} cells, and the first line has {len(columns)}.")
