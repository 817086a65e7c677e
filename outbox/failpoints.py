"""Named places where a drill may kill this process, to prove that nothing is lost there."""

import os
import signal
from collections import Counter

from django.conf import settings

_passes: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """End this process with SIGKILL if FAILPOINT names this place; "name:3" waits for its third pass."""
    if not settings.FAILPOINT:
        return
    wanted, _, passes = settings.FAILPOINT.partition(":")
    if name != wanted:
        return
    _passes[name] += 1
    if _passes[name] == int(passes or 1):
        os.kill(os.getpid(), signal.SIGKILL)
