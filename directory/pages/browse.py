"""How many clinics each state has, for those who would rather not type."""

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Count

from directory.models import IndexRow
from directory.states import MILITARY, STATES
from outbox import clock

_SECONDS = 60


@dataclass(frozen=True)
class State:
    """A state or territory by its two letters, and how many clinics are shown there."""

    code: str
    name: str
    count: int


def states() -> list[State]:
    """Every state and territory by name, with counts at most a minute old."""
    counts: dict[str, int] = cache.get_or_set("clinics-by-state", _counts, _SECONDS) or {}
    places = sorted((name, code) for code, name in STATES.items() if code not in MILITARY)
    return [State(code, name, counts.get(code, 0)) for name, code in places]


def _counts() -> dict[str, int]:
    shown = IndexRow.objects.filter(listed_until__gt=clock.to_micros(clock.now()))
    return dict(shown.order_by().values_list("state").annotate(Count("clinic")))
