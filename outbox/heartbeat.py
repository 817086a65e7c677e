"""A sign of life that the worker leaves in a file, for the web process and for people to see."""

import time
from pathlib import Path

from django.conf import settings

EVERY_SECONDS = 5
SILENT_AFTER_SECONDS = 120  # longer than the slowest single send


def heartbeat_file() -> Path:
    """The file whose time of change is the last sign of life."""
    return Path(settings.DATA_DIR) / "worker.heartbeat"


def beat() -> None:
    """Leave a sign of life, at most every few seconds."""
    if (seconds := seconds_since()) is None or seconds >= EVERY_SECONDS:
        heartbeat_file().touch()


def seconds_since() -> float | None:
    """Seconds since the last sign of life; None if there never was one."""
    try:
        return max(0.0, time.time() - heartbeat_file().stat().st_mtime)
    except FileNotFoundError:
        return None


def is_silent() -> bool:
    """Whether no worker seems to be running."""
    seconds = seconds_since()
    return seconds is None or seconds > SILENT_AFTER_SECONDS
