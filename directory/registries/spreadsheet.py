"""Rows of the first sheet of an XLSX workbook, read as a stream from its ZIP archive.

Written here because the registries' workbooks are plain tables of text, and a library that also reads formulas,
styles and drawings is a large surface for files that come from outside. A document type declaration, the way to
entities, is refused.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Final
from xml.parsers import expat

from directory.registries.files import DAMAGED, Source, Unreadable, require_harmless
from directory.registries.reading import BLOCK, Block, Row

BROKEN: Final = "The workbook is damaged, or is none. Download it again."

MOST_SHARED: Final = 64 << 20
"""Characters of the workbook's shared texts, which have to be held in memory."""

MOST_IN_MEMORY: Final = 64 << 20

LONGEST_CELL: Final = 32_767
MOST_COLUMNS: Final = 1_000
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})[0-9]+")


@contextmanager
def opened(path: Path, member: str = "") -> Iterator[tuple[Source, Iterator[Block]]]:
    """The first sheet and every row of it; missing cells are empty texts. Raises Unreadable, also while rows come.

    member: the workbook's name, where it is itself in a ZIP archive; it is then held in memory.
    """
    try:
        with path.open("rb") as raw, zipfile.ZipFile(_inner(raw, member)) as archive:
            _require_small(archive)
            shared = _shared_texts(archive)
            with archive.open(_first_sheet(archive)) as stream:
                source = Source(path.name, stream, path.stat().st_size, raw)
                yield source, _blocks(_Sheet(shared).rows(stream))
    except (*DAMAGED, expat.ExpatError):
        raise Unreadable(BROKEN) from None


def _inner(raw: IO[bytes], member: str) -> IO[bytes]:
    if not member:
        return raw
    with zipfile.ZipFile(raw) as outer:
        if outer.getinfo(member).file_size > MOST_IN_MEMORY:
            raise Unreadable("The workbook in the ZIP archive is too large.")
        return io.BytesIO(outer.read(member))


def _require_small(archive: zipfile.ZipFile) -> None:
    for entry in archive.infolist():
        require_harmless(entry)


def _blocks(rows: Iterator[Row]) -> Iterator[Block]:
    first = 1
    while found := list(islice(rows, BLOCK)):
        yield Block(first, found, ragged=True)
        first += len(found)


def _first_sheet(archive: zipfile.ZipFile) -> str:
    sheets = [name for name in archive.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name)]
    if not sheets:
        raise Unreadable(BROKEN)
    return min(sheets, key=lambda name: (len(name), name))


def _refuse_declaration(*_: object) -> None:
    raise Unreadable("The workbook declares a document type, which no registry's does.")


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_declaration
    return parser


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _shared_texts(archive: zipfile.ZipFile) -> list[str]:
    """The texts that cells refer to by number."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    texts: list[str] = []
    parts: list[str] = []
    left = MOST_SHARED

    def end(tag: str) -> None:
        if _local(tag) == "si":
            texts.append("".join(parts))
            parts.clear()

    def data(text: str) -> None:
        nonlocal left
        left -= len(text)
        if left < 0:
            raise Unreadable("The workbook holds too much text to be a registry's.")
        parts.append(text)

    parser = _parser()
    parser.EndElementHandler, parser.CharacterDataHandler = end, data
    with archive.open("xl/sharedStrings.xml") as stream:
        parser.ParseFile(stream)
    return [text.strip() for text in texts]


class _Sheet:
    """Collects cells into rows while the sheet's XML streams by."""

    def __init__(self, shared: list[str]) -> None:
        self.shared = shared
        self.ready: list[Row] = []
        self.row: Row = []
        self.column, self.type, self.text = 0, "", ""
        self.in_value = False

    def rows(self, stream: IO[bytes]) -> Iterator[Row]:
        parser = _parser()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._data
        while chunk := stream.read(1 << 16):
            parser.Parse(chunk, False)
            yield from self.ready
            self.ready.clear()
        parser.Parse(b"", True)
        yield from self.ready

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if name == "row":
            self.row = []
        elif name == "c":
            self.column = self._place(attributes.get("r", ""))
            self.type, self.text = attributes.get("t", "n"), ""
        self.in_value = name in {"v", "t"}

    def _place(self, reference: str) -> int:
        """The column's number, from 0. A cell without a reference comes after the one before."""
        match = _REFERENCE.fullmatch(reference)
        if not match:
            return len(self.row)
        place = 0
        for letter in match[1]:
            place = place * 26 + ord(letter) - 64
        if place > MOST_COLUMNS:
            raise Unreadable("The workbook has more columns than any registry's.")
        return place - 1

    def _data(self, text: str) -> None:
        if self.in_value:
            self.text += text
            if len(self.text) > LONGEST_CELL:
                raise Unreadable("A cell of the workbook is longer than a cell can be.")

    def _end(self, tag: str) -> None:
        name = _local(tag)
        self.in_value = False
        if name == "c":
            self.row += [""] * (self.column + 1 - len(self.row))
            self.row[self.column] = self._value().strip()
        elif name == "row" and any(self.row):
            self.ready.append(self.row)

    def _value(self) -> str:
        if self.type != "s" or not self.text:
            return self.text
        try:
            return self.shared[int(self.text)]
        except (ValueError, IndexError):
            raise Unreadable(BROKEN) from None
