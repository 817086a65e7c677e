"""Lines for the person who waits: what is being done, and how long it has taken since the command was typed."""

import os
import sys
import time
from pathlib import Path


def _started() -> float:
    """When this process began, on the monotonic clock. `exec` keeps it, so the shell's part is counted too."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    except OSError:
        return time.monotonic()
    return ticks / os.sysconf("SC_CLK_TCK") + _boot_to_monotonic()


def _boot_to_monotonic() -> float:
    # The kernel counts from boot, sleep included; the monotonic clock leaves sleep out.
    return time.monotonic() - time.clock_gettime(time.CLOCK_BOOTTIME)


_START = _started()


def elapsed() -> float:
    """Seconds since the command was typed."""
    return time.monotonic() - _START


def say(text: str) -> None:
    """Text on standard output, at once; its later lines stand under the first."""
    indented = text.replace("\n", "\n" + " " * 10)
    sys.stdout.write(f"[{elapsed():5.1f} s] {indented}\n")
    sys.stdout.flush()
