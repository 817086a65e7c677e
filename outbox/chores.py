"""Small jobs that come round again: anchoring the audit trail, refreshing the index, destroying old data."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass
class Chore:
    """A job and how long it rests between runs, by this process's own monotonic clock."""

    name: str
    every_seconds: float
    run: Callable[[], object]
    due_at: float = 0.0


_chores: dict[str, Chore] = {}


def register(name: str, every_seconds: float, run: Callable[[], object]) -> None:
    """Have each worker run `run` every so often, first at its start; called from AppConfig.ready().

    Several workers run it independently, and a crash may repeat it: it must be harmless to run twice.
    """
    _chores[name] = Chore(name, every_seconds, run)


def run_due() -> None:
    """Run each chore whose rest is over. One that fails is logged, and rests too."""
    for chore in _chores.values():
        if time.monotonic() < chore.due_at:
            continue
        try:
            chore.run()
        except Exception as error:
            log.error("a chore failed", exc_info=error)
        chore.due_at = time.monotonic() + chore.every_seconds
