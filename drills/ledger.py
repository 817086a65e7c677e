"""What a drill saw, kept by a process of its own: no kill of a site, and no crash of the drill, takes a line away.

with Ledger(path) as ledger:
    ledger.record(event="answer", key=key, status=302)
for line in read(path): ...
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any


class Ledger:
    """Lines of JSON in a file, each on the disk before `record` returns. May be used by many threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer: subprocess.Popen[bytes] | None = None
        self._one_at_a_time = threading.Lock()

    def __enter__(self) -> "Ledger":
        command = [sys.executable, "-m", "drills.ledger", str(self.path)]
        root = Path(__file__).resolve().parent.parent
        self._writer = subprocess.Popen(
            command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        writer = self._writer
        if writer and writer.stdin and writer.stdout:
            writer.stdin.close()
            writer.wait(timeout=30)
            writer.stdout.close()

    def record(self, **facts: Any) -> None:
        """Keep `facts` (JSON values) with the time in seconds since 1970. Raises BrokenPipeError if nobody keeps it."""
        line = json.dumps({"at": round(time.time(), 6), **facts}) + "\n"
        writer = self._writer
        if writer is None or writer.stdin is None or writer.stdout is None:
            raise BrokenPipeError("The ledger is not open.")
        with self._one_at_a_time:
            writer.stdin.write(line.encode())
            writer.stdin.flush()
            if writer.stdout.read(1) != b".":
                raise BrokenPipeError("The ledger's process has ended.")


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The lines kept at `path`, in order."""
    with path.open() as lines:
        for line in lines:
            yield json.loads(line)


def _keep(path: Path) -> None:
    with path.open("ab") as file:
        for line in sys.stdin.buffer:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
            sys.stdout.buffer.write(b".")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    _keep(Path(sys.argv[1]))
