"""The row-level report of an import: which row, which column, what is wrong. It repeats no cell."""

import csv
import os
from pathlib import Path
from typing import IO, Final

from django.conf import settings

MOST_LINES: Final = 10_000


class Report:
    """Lines below DATA_DIR/reports, at most MOST_LINES of them. The file is made with the first line."""

    def __init__(self, name: str) -> None:
        safe = "".join(letter if letter.isalnum() else "-" for letter in name)
        self.path = Path(settings.DATA_DIR) / "reports" / f"{safe}.csv"
        self.path.unlink(missing_ok=True)
        self.lines = 0
        self._stream: IO[str] | None = None

    @property
    def name(self) -> str:
        """The path below DATA_DIR; empty if there was nothing to report."""
        return f"reports/{self.path.name}" if self.lines else ""

    def add(self, row: int, column: str, problem: str) -> None:
        """One line. `row` counts the header; 0 stands for the file as a whole."""
        self.lines += 1
        if self.lines > MOST_LINES:
            return
        if self._stream is None:
            self._stream = self._opened()
            csv.writer(self._stream).writerow(["row", "column", "problem"])
        csv.writer(self._stream).writerow([row or "", column, problem])

    def _opened(self) -> IO[str]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return open(self.path, "w", newline="", opener=_private)

    def close(self) -> None:
        """Writes how many lines were left out."""
        if self._stream is not None:
            if self.lines > MOST_LINES:
                csv.writer(self._stream).writerow(["", "", f"{self.lines - MOST_LINES:,} more"])
            self._stream.close()
            self._stream = None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
