"""Where the example clinics stand: every state and territory, more of them where more people live."""

import math
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from directory.models import Place
from directory.states import STATES

ZIP_FLOOR = 200  # people counted for a ZIP code whose town is too small to have a figure
MEAN_OFFSET_MILES = 2.0
DEGREES_PER_MILE = 1 / 69.0
FIRST_ZIP = "94110"


@dataclass(frozen=True)
class Site:
    """A town, its ZIP code and a point near that ZIP code's middle (degrees)."""

    city: str
    state: str
    zip: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class _Area:
    city: str
    zip: str
    latitude: float
    longitude: float
    weight: float


class SiteMap:
    """The gazetteer as places to put example clinics. Needs `load_gazetteer` first."""

    def __init__(self) -> None:
        self._areas = _areas_by_state()
        if not self._areas:
            raise LookupError("The gazetteer is empty: run `manage.py load_gazetteer` first.")
        self._weights = {state: [area.weight for area in areas] for state, areas in self._areas.items()}

    def states(self, count: int) -> Iterator[str]:
        """`count` states, each state and territory at least once, then by the square root of its people."""
        order = [state for state in STATES if state in self._areas]
        yield "CA"
        yield from order[: count - 1]
        shares = {state: math.sqrt(sum(self._weights[state])) for state in order}
        given = dict.fromkeys(order, 1)
        for _ in range(max(0, count - 1 - len(order))):
            state = max(order, key=lambda name: shares[name] / given[name])
            given[state] += 1
            yield state

    def site(self, state: str, chance: random.Random) -> Site:
        """A point in `state`, near the middle of a ZIP code drawn by its people."""
        area = chance.choices(self._areas[state], self._weights[state])[0]
        return _near(area, state, chance)

    def first(self, chance: random.Random) -> Site:
        """The site of the clinic that the front desk's example sign-in works for."""
        area = next((area for area in self._areas["CA"] if area.zip == FIRST_ZIP), self._areas["CA"][0])
        return _near(area, "CA", chance)


def _near(area: _Area, state: str, chance: random.Random) -> Site:
    miles, bearing = min(chance.expovariate(1 / MEAN_OFFSET_MILES), 8.0), chance.uniform(0, 2 * math.pi)
    latitude = area.latitude + miles * DEGREES_PER_MILE * math.cos(bearing)
    shrink = max(0.2, math.cos(math.radians(area.latitude)))
    longitude = area.longitude + miles * DEGREES_PER_MILE * math.sin(bearing) / shrink
    return Site(area.city, state, area.zip, round(latitude, 6), round((longitude + 540) % 360 - 180, 6))


def _areas_by_state() -> dict[str, list[_Area]]:
    located = Place.objects.filter(latitude__isnull=False, state__in=STATES).order_by("key", "county")
    people = {
        (state, name): population
        for state, name, population in located.filter(kind=Place.Kind.PLACE).values_list(
            "state", "name", "population"
        )
    }
    rows = list(
        located.filter(kind=Place.Kind.ZIP).values_list("state", "name", "zip", "latitude", "longitude")
    )
    codes: dict[tuple[str, str], int] = defaultdict(int)
    for state, name, *_ in rows:
        codes[state, name] += 1
    areas: dict[str, list[_Area]] = defaultdict(list)
    for state, name, code, latitude, longitude in rows:
        if latitude is None or longitude is None:
            continue  # never: only located rows were asked for
        weight = people.get((state, name), 0) / codes[state, name] + ZIP_FLOOR
        areas[state].append(_Area(name, code, latitude, longitude, weight))
    return areas
