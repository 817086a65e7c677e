"""The file itself: what it is by its content, its digest, and its bytes as a stream. Nothing is unpacked to disk."""

import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final, cast

MOST_BYTES: Final = 64 * 2**30
"""Unpacked. The whole of NPPES is about 10 GiB."""

MOST_RATIO: Final = 100
"""Unpacked to packed. NPPES, mostly empty cells, comes to about 15; a bomb to a thousand."""

DAMAGED: Final = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, NotImplementedError)


_BLANK: Final = b"\xef\xbb\xbf \r\n\t"


class Unreadable(Exception):
    """The file is not what it should be. The text is for a person and repeats nothing from its rows."""


@dataclass(frozen=True)
class Source:
    """An open file. `stream` gives its unpacked bytes; `position` of `size` bytes of the file were read."""

    name: str
    stream: IO[bytes]
    size: int
    raw: IO[bytes]

    @property
    def position(self) -> int:
        """How far the reading has come, in bytes of the file as it lies on the disk."""
        return self.raw.tell()


def sha256(path: Path) -> str:
    """The file's digest, as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def kind(path: Path) -> str:
    """ "zip", "xlsx", "gzip", "json" or "text", by content. Raises Unreadable for what is none of them."""
    try:
        with path.open("rb") as stream:
            start = stream.read(4096)
    except OSError as error:
        raise Unreadable(f"The file cannot be opened: {error.strerror}.") from None
    if start.startswith(b"PK"):
        return "xlsx" if "xl/workbook.xml" in members(path) else "zip"
    if start.startswith(b"\x1f\x8b"):
        return "gzip"
    _require_text(start)
    return "json" if start.lstrip(_BLANK).startswith(b"{") else "text"


def _require_text(start: bytes) -> None:
    if not start.strip(_BLANK):
        raise Unreadable("The file is empty.")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("The file is UTF-16. Save it as CSV in UTF-8.")
    if start.lstrip(_BLANK).startswith((b"<", b"[", b"%PDF")):
        raise Unreadable("The file is not a table: it looks like a web page or a message. Download it again.")


def members(path: Path) -> list[str]:
    """The names in a ZIP archive. Raises Unreadable if it is damaged, a bomb, or reaches outside of itself."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except DAMAGED:
        raise Unreadable("The ZIP archive is damaged or cut off. Download it again.") from None
    for entry in entries:
        require_harmless(entry)
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names):
        raise Unreadable("The ZIP archive names a file twice.")
    return names


def require_harmless(entry: zipfile.ZipInfo) -> None:
    """Raises Unreadable for a name outside of the archive, a password, and what unpacks to far more than it is."""
    place = PurePosixPath(entry.filename.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or ":" in entry.filename:
        raise Unreadable("The ZIP archive names a file outside of itself.")
    if entry.flag_bits & 1:
        raise Unreadable("The ZIP archive is locked with a password.")
    if entry.file_size > MOST_BYTES or entry.file_size > MOST_RATIO * max(entry.compress_size, 1024):
        raise Unreadable("The ZIP archive holds far more than its size allows.")


@contextmanager
def opened(path: Path, member: str = "") -> Iterator[Source]:
    """The bytes of a text file, plain, in gzip, or `member` of a ZIP archive.

    What is damaged further on raises Unreadable out of the block that reads it.
    """
    with path.open("rb") as raw:
        size = path.stat().st_size
        try:
            if member:
                with zipfile.ZipFile(raw) as archive, archive.open(member) as stream:
                    yield Source(member, stream, size, raw)
            elif kind(path) == "gzip":
                with gzip.open(raw) as packed:
                    yield Source(path.name, cast(IO[bytes], packed), size, raw)
            else:
                yield Source(path.name, raw, size, raw)
        except DAMAGED:
            raise Unreadable("The file is damaged or cut off. Download it again.") from None
