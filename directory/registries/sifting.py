"""From rows of text to columns of values: what is wrong with a row is reported, what does not matter is left.

Blocks are judged column by column, because a loop within C costs a tenth of one over every cell. Only a column in
which something is wrong is gone through cell by cell.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import itemgetter
from typing import Any, Final

from directory.registries.files import Unreadable
from directory.registries.reading import MISQUOTED, Block, Row
from directory.registries.reports import Report
from directory.registries.shape import Column, Combined, Names, Registry

Values = Sequence[Any]

_NOT_LETTERS: Final = re.compile(r"[^a-z0-9]+")
_NO_TEXT: Final = re.compile(r"[\x00\ud800-\udfff]")


@dataclass
class Sifted:
    """What a file came to. rows: read, the blank ones apart; kept: of those, what goes into the table."""

    rows: int = 0
    bad: int = 0
    kept: int = 0


@dataclass(frozen=True)
class _Bad:
    """The rows of a block that are bad, by their place in it."""

    places: set[int] = field(default_factory=set)

    def flags(self, count: int) -> list[bool]:
        return [place not in self.places for place in range(count)]


def folded(header: str) -> str:
    """A header as compared: letters and digits alone, with one blank between words."""
    return _NOT_LETTERS.sub(" ", header.lower()).strip()


class Header:
    """Where each column stands. Raises Unreadable if one that is needed is missing or stands there twice."""

    def __init__(self, registry: Registry, row: Row) -> None:
        self.row = row
        self.names = [folded(cell) for cell in row]
        self.missing: list[str] = []
        self.positions = [self._positions_of(column) for column in registry.columns]
        lost = [
            column.field
            for column, places in zip(registry.columns, self.positions, strict=True)
            if column.required and all(place is None for place in places)
        ]
        if lost:
            raise Unreadable(f"The header lacks a column that is needed, for: {', '.join(lost)}.")

    def _positions_of(self, column: Column | Combined) -> list[int | None]:
        parts = column.parts if isinstance(column, Combined) else (column.names,)
        places = [self._place(names) for names in parts]
        self.missing += [names[0] for names, place in zip(parts, places, strict=True) if place is None]
        return places

    def _place(self, names: Names) -> int | None:
        wanted = {folded(name) for name in names}
        found = [place for place, name in enumerate(self.names) if name in wanted]
        if len(found) > 1:
            raise Unreadable(f"The header has a column twice: {names[0]}.")
        return found[0] if found else None


def find_header(registry: Registry, block: Block) -> tuple[Header, Block]:
    """The header, and the rows that are left of the block it stands in.

    It is the first of `registry.header_within` rows that has what is needed; the error is that of the first row.
    """
    first_error: Unreadable | None = None
    for place, row in enumerate(block.rows[: registry.header_within]):
        try:
            return Header(registry, row), Block(
                block.first + place + 1, block.rows[place + 1 :], block.ragged
            )
        except Unreadable as error:
            first_error = first_error or error
    raise first_error or Unreadable("The file has no header.")


class Sieve:
    """Turns blocks into columns, in the order of `registry.columns`, and counts."""

    def __init__(self, registry: Registry, header: Header, report: Report) -> None:
        self.registry, self.header, self.report = registry, header, report
        self.sifted = Sifted()
        self.getters = [_getter(column, places) for column, places in _pairs(registry, header)]
        self.limits = [_longest(registry, column) for column in registry.columns]
        order = [column.field for column in registry.columns]
        self.first = [order.index(name) for name in {registry.key: 0, **dict.fromkeys(registry.keep_by, 0)}]
        self.later = [place for place in range(len(order)) if place not in self.first]

    def sift(self, block: Block) -> list[Values]:
        """The values of the rows that are good and kept, a sequence for each column."""
        numbers, rows = self._right_width(block)
        found: dict[int, Values] = {}
        numbers, rows = self._fill(found, self.first, numbers, rows)
        numbers, rows = self._leave(found, numbers, rows)
        self._fill(found, self.later, numbers, rows)
        self.sifted.kept += len(found[0])
        return [found[place] for place in range(len(found))]

    def _right_width(self, block: Block) -> tuple[Sequence[int], list[Row]]:
        width = len(self.header.row)
        numbers = range(block.first, block.first + len(block.rows))
        if set(map(len, block.rows)) == {width}:
            self.sifted.rows += len(block.rows)
            return numbers, block.rows
        filled = [(number, row) for number, row in zip(numbers, block.rows, strict=True) if any(row)]
        self.sifted.rows += len(filled)
        good = []
        for number, row in filled:
            fitted = _fitted(row, width, block.ragged)
            if fitted is None:
                self._note_bad(number, "", _what_is_wrong(row, width))
            else:
                good.append((number, fitted))
        return [number for number, _ in good], [row for _, row in good]

    def _fill(
        self, found: dict[int, Values], places: list[int], numbers: Sequence[int], rows: list[Row]
    ) -> tuple[Sequence[int], list[Row]]:
        """Adds the columns at `places`; takes the bad rows out of everything."""
        bad = _Bad()
        for place in places:
            found[place] = self._column(place, numbers, rows, bad)
        if bad.places:
            self.sifted.bad += len(bad.places)
            numbers, rows = _only(found, bad.flags(len(rows)), numbers, rows)
        return numbers, rows

    def _leave(
        self, found: dict[int, Values], numbers: Sequence[int], rows: list[Row]
    ) -> tuple[Sequence[int], list[Row]]:
        """Takes out what the registry does not keep."""
        if self.registry.keep is None:
            return numbers, rows
        order = [column.field for column in self.registry.columns]
        judged = [found[order.index(name)] for name in self.registry.keep_by]
        return _only(found, list(map(self.registry.keep, *judged)), numbers, rows)

    def _column(self, place: int, numbers: Sequence[int], rows: list[Row], bad: _Bad) -> Values:
        column = self.registry.columns[place]
        judge = _Judge(column, self.limits[place], numbers, bad, self.report)
        return judge.values(list(map(self.getters[place], rows)))

    def _note_bad(self, number: int, column: str, problem: str) -> None:
        self.sifted.bad += 1
        self.report.add(number, column, problem)


@dataclass(frozen=True)
class _Judge:
    """Goes over one column of a block. A cell that is wrong is reported, and its row is bad."""

    column: Column | Combined
    limit: int
    numbers: Sequence[int]
    bad: _Bad
    report: Report

    def values(self, cells: list[Any]) -> Values:
        if not isinstance(self.column, Combined):
            cells = self._cleaned(cells)
            return self._within_limit(
                cells if self.column.parse is None else self._read(self.column.parse, cells)
            )
        combined = self._read(self.column.combine, cells)
        return (
            self._within_limit(self._cleaned([value or "" for value in combined])) if self.limit else combined
        )

    def _cleaned(self, cells: list[str]) -> list[str]:
        """Trimmed. Most columns of most blocks need nothing, which one look at all of them together tells."""
        together = "|".join(cells)
        if len(together) < len(cells):  # nothing but the marks between them
            return cells
        if together.isprintable() and " |" not in f"{together}|" and "| " not in f"|{together}":
            return cells
        return self._each(_clean, cells) if _NO_TEXT.search(together) else list(map(str.strip, cells))

    def _read(self, parse: Callable[[Any], Any], cells: Sequence[Any]) -> Values:
        try:
            return list(map(parse, cells))
        except ValueError:
            return self._each(parse, cells)

    def _within_limit(self, values: Values) -> Values:
        if not self.limit or len(max(values, key=len, default="")) <= self.limit:
            return values
        return self._each(self._not_too_long, values)

    def _not_too_long(self, value: str) -> str:
        if len(value) > self.limit:
            raise ValueError(f"is longer than {self.limit} characters")
        return value

    def _each(self, parse: Callable[[Any], Any], cells: Sequence[Any]) -> list[Any]:
        """One by one. Of a row that is bad already nothing more is said."""
        values = []
        for place, cell in enumerate(cells):
            try:
                values.append("" if place in self.bad.places else parse(cell))
            except ValueError as error:
                self.bad.places.add(place)
                self.report.add(self.numbers[place], _name(self.column), str(error))
                values.append("")
        return values


def _clean(cell: str) -> str:
    if _NO_TEXT.search(cell):
        raise ValueError("is not text in the encoding of the file")
    return cell.strip()


def _name(column: Column | Combined) -> str:
    return column.parts[0][0] if isinstance(column, Combined) else column.names[0]


def _pairs(registry: Registry, header: Header) -> Iterator[tuple[Column | Combined, list[int | None]]]:
    return zip(registry.columns, header.positions, strict=True)


def _getter(column: Column | Combined, places: list[int | None]) -> Callable[[Row], Any]:
    if not isinstance(column, Combined):
        return itemgetter(places[0]) if places[0] is not None else _nothing
    known = [place for place in places if place is not None]
    if column.as_they_are and places[: len(known)] == known and len(known) > 1:
        return itemgetter(*known)
    return lambda row: tuple(row[place].strip() if place is not None else "" for place in places)


def _nothing(row: Row) -> str:
    return ""


def _longest(registry: Registry, column: Column | Combined) -> int:
    """The most characters the field holds; 0 where that is no question."""
    return int(getattr(registry.model._meta.get_field(column.field), "max_length", None) or 0)


def _only(
    found: dict[int, Values], flags: list[bool], numbers: Sequence[int], rows: list[Row]
) -> tuple[Sequence[int], list[Row]]:
    for place, values in found.items():
        found[place] = list(compress(values, flags))
    return list(compress(numbers, flags)), list(compress(rows, flags))


def _fitted(row: Row, width: int, ragged: bool) -> Row | None:
    """The row with as many cells as the header has, or None."""
    if len(row) == width:
        return row
    if ragged and not any(row[width:]):
        return (row + [""] * (width - len(row)))[:width]
    return None


def _what_is_wrong(row: Row, width: int) -> str:
    if row is MISQUOTED:
        return "has a quotation mark in the wrong place"
    return f"has {len(row)} cells, not {width}"
