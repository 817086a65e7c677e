"""For the person who waits: how far an import is, how fast, and how long it will still take."""

import sys
import time
from typing import IO


class Progress:
    """A bar on a terminal, redrawn; elsewhere a plain line every ten seconds. Without a stream it says nothing."""

    def __init__(self, stream: IO[str] | None = None, *, title: str = "") -> None:
        self.stream, self.title = stream, title
        self.begun = time.monotonic()
        self.is_terminal = stream is not None and stream.isatty()
        self.said = self.begun

    def at(self, position: int, size: int, rows: int) -> None:
        """`position` of `size` bytes of the file were read, and `rows` rows of it."""
        now = time.monotonic()
        if self.stream is None or now - self.said < (0.2 if self.is_terminal else 10):
            return
        self.said = now
        text = self._text(min(1.0, position / max(size, 1)), rows, now - self.begun)
        self.stream.write(f"\r{text}\x1b[K" if self.is_terminal else f"{text}\n")
        self.stream.flush()

    def say(self, text: str) -> None:
        """What is done next."""
        if self.stream is not None:
            self.stream.write(
                f"\r{self.title}{text}\x1b[K\n" if self.is_terminal else f"{self.title}{text}\n"
            )
            self.stream.flush()

    def end(self) -> None:
        """Clears the bar."""
        if self.stream is not None and self.is_terminal:
            self.stream.write("\r\x1b[K")

    def _text(self, share: float, rows: int, seconds: float) -> str:
        rate = rows / max(seconds, 1e-6)
        left = f", {_clock(seconds / share - seconds)} left" if share > 0.001 else ""
        bar = f"[{'#' * int(share * 30):<30}] " if self.is_terminal else ""
        return f"{self.title}{bar}{share:4.0%}  {rows:,} rows, {rate:,.0f} rows/s{left}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"


SILENT = Progress()


def on_stderr(title: str = "") -> Progress:
    """Progress for a command."""
    return Progress(sys.stderr, title=title)
