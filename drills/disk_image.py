"""What a disk may hold after a power cut: all that was synced, and any part of what was not.

disk = Disk({"db": first_bytes, "wal": b""})
for step in read_trace(path, {b"/data/db": "db", b"/data/db-wal": "wal"}): disk.apply(step)
disk.after_cut(random)      {"db": bytes, "wal": bytes}
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

SECTOR = 512  # bytes: the least that a disk writes whole
CALLS = "pwrite64,write,fdatasync,fsync,ftruncate"
"""What strace must watch. SQLite asks the system for nothing else that changes these two files."""
_LINE = re.compile(rb"(pwrite64|write|fdatasync|fsync|ftruncate)\(\d+<([^>]*)>(?:, (.*))?\) = (-?\d+)")


@dataclass(frozen=True)
class Step:
    """One system call. `kind` is write, sync or size; `data` is what was written, `at` offset or new size."""

    kind: str
    file: str
    at: int = 0
    data: bytes = b""


def read_trace(path: Path, names: Mapping[bytes, str]) -> Iterator[Step]:
    """The calls in `strace -xx -y` output at `path` that touch the files of `names`, in their order."""
    with path.open("rb") as lines:
        for line in lines:
            found = _LINE.match(line)
            name = names.get(_bytes(found[2])) if found else None
            if found and name:
                yield _step(found, name)


def _step(found: re.Match[bytes], name: str) -> Step:
    call, rest, result = found[1], found[3] or b"", int(found[4])
    if result < 0:
        raise ValueError("A call failed while it was traced.")
    if call == b"ftruncate":
        return Step("size", name, int(rest))
    if call in (b"fsync", b"fdatasync"):
        return Step("sync", name)
    text, *numbers = rest.split(b", ")
    data = _bytes(text.strip(b'"'))[:result]
    return Step("write", name, int(numbers[1]) if call == b"pwrite64" else 0, data)


def _bytes(text: bytes) -> bytes:
    return bytes.fromhex(text.replace(b"\\x", b"").decode("ascii"))


class Disk:
    """Files as they are surely on the disk, and the calls since, of which nobody knows."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.synced = {name: bytearray(content) for name, content in files.items()}
        self.waiting: dict[str, list[Step]] = {name: [] for name in files}

    def apply(self, step: Step) -> None:
        """Take in the next call of the trace."""
        if step.kind == "sync":
            for earlier in self.waiting[step.file]:
                _do(earlier, self.synced[step.file])
            self.waiting[step.file].clear()
        else:
            self.waiting[step.file].append(step)

    def after_cut(self, random: Random) -> dict[str, bytes]:
        """One image: of the waiting calls none, all, some, or some torn between sectors."""
        way = random.choice(("none", "all", "some", "torn"))
        files = {}
        for name, content in self.synced.items():
            image = bytearray(content)
            for step in self.waiting[name]:
                _do_in_part(step, image, way, random)
            files[name] = bytes(image)
        return files


def _do(step: Step, content: bytearray) -> None:
    """The call in full. A gap before what is written holds zeros."""
    if step.kind == "size":
        del content[step.at :]
    end = step.at + len(step.data)
    content.extend(bytes(max(0, end - len(content))))
    content[step.at : end] = step.data


def _do_in_part(step: Step, content: bytearray, way: str, random: Random) -> None:
    if way == "all" or (way == "some" and random.random() < 0.5):
        _do(step, content)
    elif way == "torn" and step.kind == "size":
        _do_in_part(step, content, "some", random)
    elif way == "torn":
        for piece in _sectors(step):
            _do_in_part(piece, content, "some", random)


def _sectors(step: Step) -> Iterator[Step]:
    """The write cut at the sectors of the disk, not at those of the write."""
    start, end = step.at, step.at + len(step.data)
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        yield Step("write", step.file, start, step.data[start - step.at : stop - step.at])
        start = stop
