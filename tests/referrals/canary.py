"""Finding a text in a heap of bytes however it was written down: six encodings."""

import base64
import json
import os
import shutil
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from django.db import connection

ENCODINGS = ("plain", "UTF-16", "base64", "hex", "JSON-escaped", "gzip")
_HEADERS = (b"\x1f\x8b\x08", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


class Heap:
    """Bytes to search, and everything in them that can be unpacked."""

    def __init__(self, heap: bytes) -> None:
        self.heap = heap
        self.unpacked = b"\n".join(unpacked(heap))

    def holds(self, text: str) -> list[str]:
        """The encodings in which `text`, a marker of at least eight characters, is in here."""
        names = [name for name, forms in _forms(text).items() if any(form in self.heap for form in forms)]
        return [*names, "gzip"] if text.encode() in self.unpacked else names


def _forms(text: str) -> dict[str, list[bytes]]:
    plain = text.encode()
    escaped = json.dumps(text)[1:-1].encode()
    return {
        "plain": [plain],
        "UTF-16": [text.encode("utf-16-le"), text.encode("utf-16-be")],
        "base64": [form for coder in _BASE64 for form in _aligned(plain, coder)],
        "hex": [plain.hex().encode(), plain.hex().upper().encode()],
        "JSON-escaped": []
        if escaped == plain
        else [escaped, escaped.replace(b"\\u", b"\\U"), escaped.upper()],
    }


_BASE64 = (base64.b64encode, base64.urlsafe_b64encode)


def _aligned(plain: bytes, coder: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """The part of the base64 text that is the same whatever stands before and after."""
    for before in range(3):
        text = coder(b"\0" * before + plain)
        yield text[4 if before else 0 : -4]


def unpacked(heap: bytes) -> Iterator[bytes]:
    """Everything in `heap` that zlib or gzip can unpack, as far as it can."""
    for header in _HEADERS:
        start = heap.find(header)
        while start >= 0:
            if part := _unpack(heap[start:]):
                yield part
            start = heap.find(header, start + 1)


def _unpack(packed: bytes) -> bytes:
    engine, whole = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32), b""
    try:
        for start in range(0, len(packed), 4096):
            whole += engine.decompress(packed[start : start + 4096])
            if engine.eof:
                break
    except zlib.error:
        pass
    return whole


def database() -> dict[str, bytes]:
    """Everything the database has written down: its files, or what a dump of it holds."""
    return _files() if connection.vendor == "sqlite" else _dumps()


def _files() -> dict[str, bytes]:
    """The file, its write-ahead log and the log's index, as they are while the site runs.

    Another process reads them: to close them in this one would drop SQLite's locks under our own connection, and the
    next process that ends would throw away a log that is still in use. https://www.sqlite.org/howtocorrupt.html
    """
    name = Path(connection.settings_dict["NAME"])
    files = {path.name: _read_apart(path) for path in name.parent.glob(f"{name.name}*") if path.is_file()}
    assert {name.name, f"{name.name}-wal"} <= set(files)
    return files


def _read_apart(path: Path) -> bytes:
    return subprocess.run(["cat", str(path)], capture_output=True, check=True).stdout


def _dumps() -> dict[str, bytes]:
    """As text and in PostgreSQL's own packed format."""
    tools = [shutil.which("pg_dump"), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_dump")))]
    tool = next((path for path in reversed(tools) if path), None)
    if tool is None:
        raise RuntimeError("pg_dump is not installed; on Debian: apt install postgresql-client")
    database = connection.settings_dict
    command = [tool, "-h", database["HOST"], "-p", str(database["PORT"]), "-U", database["USER"]]
    environment = {**os.environ, "PGPASSWORD": database["PASSWORD"]}
    return {
        f"dump -F{kind}": subprocess.run(
            [*command, f"-F{kind}", database["NAME"]], env=environment, capture_output=True, check=True
        ).stdout
        for kind in "pc"
    }
