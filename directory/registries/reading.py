"""Rows of a text file, as a stream of blocks. Cells are text; nobody has judged them yet."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO, Final

from directory.registries.files import MOST_BYTES, Unreadable

Row = list[str]

BLOCK: Final = 250
"""Rows judged at a time: with 330 cells in each, what fits into the cache of a processor."""

CHUNK: Final = 1 << 18
LONGEST_LINE: Final = 1 << 20
LONGEST_BLOCK: Final = 64 << 20
"""Characters that may pass before BLOCK rows are complete: a quote that is never closed swallows what follows."""


MISQUOTED: Final = ["\udc22"]
"""Stands for a row in which a quotation mark is in the wrong place."""


@dataclass(frozen=True)
class Block:
    """Consecutive rows; `first` is the number of the first of them in the file, counting the header.

    ragged: rows end with their last cell that is not empty, as those of a spreadsheet do.
    """

    first: int
    rows: list[Row]
    ragged: bool = False


def blocks(stream: IO[bytes], *, delimiter: str = ",", encoding: str = "utf-8") -> Iterator[Block]:
    """Every row of a CSV file, header included. Lines may end as on any system; a BOM is skipped.

    Bytes that are not `encoding` come through as lone surrogates, which no cell may hold, and a row with a quotation
    mark in the wrong place as one cell: sifting finds both. Raises Unreadable for a line of more than LONGEST_LINE
    characters, for a cell of more than 131,072, and for a file that ends within quotation marks.
    """
    text = _Text(stream, encoding)
    rows = csv.reader(text.lines(), delimiter=delimiter, strict=True)
    first = 1
    while found := _next_rows(rows, first):
        yield Block(first, found)
        first += len(found)
        text.passed = 0


def _next_rows(rows: Iterator[Row], first: int) -> list[Row]:
    found: list[Row] = []
    while len(found) < BLOCK:
        before = len(found)
        try:
            found.extend(islice(rows, BLOCK - before))
        except csv.Error as error:
            _require_local(error, first + len(found))
            found.append(MISQUOTED)
        else:
            break
    return found


def _require_local(error: csv.Error, row: int) -> None:
    """A fault within one line spoils that row alone. The rest says that nobody knows where a row ends."""
    if "field limit" in str(error) or "end of data" in str(error):
        raise Unreadable(
            f"Row {row:,} has no end: a quotation mark is missing, or the file is cut off."
        ) from None


class _Text:
    """The stream as lines, and how many characters were handed out since `passed` was set to 0."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        self.stream, self.passed = stream, 0
        self.decoder = codecs.getincrementaldecoder(encoding)(errors="surrogateescape")

    def lines(self) -> Iterator[str]:
        return chain.from_iterable(io.StringIO(chunk, newline="") for chunk in self._chunks())

    def _chunks(self) -> Iterator[str]:
        """Text that ends where a line ends."""
        rest, total = "", 0
        while data := self.stream.read(CHUNK):
            text = self.decoder.decode(data)
            rest = rest + text if total else text.removeprefix("\ufeff")
            total += len(data)
            end = _end_of_last_line(rest)
            self._require_bounds(len(rest) - end, total)
            if end:
                self.passed += end
                yield rest[:end]
                rest = rest[end:]
        if rest:
            yield rest

    def _require_bounds(self, waiting: int, total: int) -> None:
        if waiting > LONGEST_LINE:
            raise Unreadable(
                "A line is longer than a million characters: this is not the table it should be."
            )
        if self.passed > LONGEST_BLOCK or total > MOST_BYTES:
            raise Unreadable(
                "A row has no end: a quotation mark is missing, or the file is not what it should be."
            )


def _end_of_last_line(text: str) -> int:
    """After the last line feed; without any, after the last carriage return that cannot be half of a pair."""
    return text.rfind("\n") + 1 or text.rfind("\r", 0, len(text) - 1) + 1
