"""Mends the points of ZIP codes by comparing the two packages with each other, and records why in a note.

A wrong point is worse than none: it sends a patient to clinics in another state. So every point must lie in
its state, near the town the ZIP code names, or near that town's other ZIP codes, and what cannot be placed
has no point.
"""

from collections import defaultdict
from typing import Final

from directory.gazetteer.keys import key
from directory.gazetteer.sources import Point, PostalCode, Town, mean
from directory.states import FREELY_ASSOCIATED, MILITARY

MARGIN_DEGREES: Final = 1.0
"""How far a point may lie outside the box around its state's places of 500 people or more."""
ALASKA_MILES: Final = 10.0
STRAY_MILES: Final = 25.0
ALSO_NAMED_MILES: Final = 100.0

REVIEWED: Final = {
    # Looked at one by one: published maps put the middle of the ZIP area over 100 km from this point.
    "93042": "Reviewed: the base is at Point Mugu; the ZIP area also has San Nicolas Island, 60 miles offshore.",
}

MILITARY_NOTE: Final = "No point: military mail."
ABROAD_NOTE: Final = "No point: a country outside the United States that the US mail serves."
NO_POINT_NOTE: Final = "No point: the source has none, and no town of this name is known in the state."
FROM_TOWN_NOTE: Final = "The source has no point; this is the town's."
FROM_MATES_NOTE: Final = "The source has no point; this is the middle of the town's other ZIP codes."
OUTSIDE_NOTE: Final = "The source's point is outside the state; this is the town's."
ALASKA_MOVED_NOTE: Final = (
    "Moved {miles:.0f} miles to the town: the source has the middle of a large roadless area."
)
ALASKA_AGREES_NOTE: Final = "Agrees with the town's point; in Alaska the ZIP area may reach far beyond it."
ALASKA_ALONE_NOTE: Final = (
    "The source's point, not confirmed by a town; in Alaska it may be far from the settlement."
)
STRAY_NOTE: Final = (
    "Moved {miles:.0f} miles to the town's other ZIP codes: boxes and single users are not so far out."
)

Named = tuple[str, str]
"""(key of the name, state)"""


class Corrections:
    """Decides the point and note of each ZIP code, given all of them and all towns."""

    def __init__(self, codes: list[PostalCode], towns: list[Town]) -> None:
        self._named: dict[Named, list[Town]] = defaultdict(list)
        self._also_named: dict[Named, list[Town]] = defaultdict(list)
        self._mates: dict[Named, list[PostalCode]] = defaultdict(list)
        self._boxes = state_boxes(towns)
        for town in towns:
            self._named[town.key, town.state].append(town)
            for other in town.other_keys:
                self._also_named[other, town.state].append(town)
        for code in codes:
            self._mates[code.key, code.state].append(code)

    def point_and_note(self, code: PostalCode) -> tuple[Point | None, str]:
        """The point to use, if any, and why it is not the source's (empty where nothing is odd)."""
        if code.state in MILITARY:
            return None, MILITARY_NOTE
        if code.state in FREELY_ASSOCIATED:
            return None, ABROAD_NOTE
        if code.zip in REVIEWED:
            return code.point, REVIEWED[code.zip]
        if code.point is None:
            return self._supplied(code)
        if not self._in_state(code.point, code.state):
            point, note = self._supplied(code)
            return (point, OUTSIDE_NOTE) if point else (None, note)
        return self._alaskan(code, code.point) if code.state == "AK" else self._gathered(code, code.point)

    def _supplied(self, code: PostalCode) -> tuple[Point | None, str]:
        """For a ZIP code without a point of its own."""
        named = self._towns(code)
        if len(named) == 1:
            return named[0].point, FROM_TOWN_NOTE
        mates = [mate.point for mate in self._mates[code.key, code.state] if mate.point]
        if mates and max(mates[0].miles_to(mate) for mate in mates) <= 2 * STRAY_MILES:
            return mean(mates), FROM_MATES_NOTE
        return None, NO_POINT_NOTE

    def _alaskan(self, code: PostalCode, point: Point) -> tuple[Point, str]:
        """In Alaska an area of thousands of square miles may have its only people at one end."""
        named = self._towns(code)
        if not named:
            return point, ALASKA_ALONE_NOTE
        miles = min(point.miles_to(town.point) for town in named)
        # A city's ZIP codes in the hinterland are real areas of their own.
        if miles <= ALASKA_MILES or max(town.population for town in named) > 20_000:
            return point, ALASKA_AGREES_NOTE
        nearest = min(named, key=lambda town: point.miles_to(town.point))
        return nearest.point, ALASKA_MOVED_NOTE.format(miles=miles)

    def _gathered(self, code: PostalCode, point: Point) -> tuple[Point, str]:
        """PO boxes and single users stand in town; a point far from all ZIP codes of that town is a slip."""
        if code.kind == "STANDARD" or self._stands_in_town(code, point):
            return point, ""
        mates = [
            mate.point
            for mate in self._mates[code.key, code.state]
            if mate.point and mate is not code and mate.zip[:3] == code.zip[:3]
        ]
        miles = min((point.miles_to(mate) for mate in mates), default=0.0)
        return (mean(mates), STRAY_NOTE.format(miles=miles)) if miles > STRAY_MILES else (point, "")

    def _stands_in_town(self, code: PostalCode, point: Point) -> bool:
        """True if a town of this name is near, so that the point is good whatever the other ZIP codes say."""
        return any(point.miles_to(town.point) <= STRAY_MILES for town in self._named[code.key, code.state])

    def _towns(self, code: PostalCode) -> list[Town]:
        """Towns of this name in the state, else towns around that are also called so."""
        named: Named = (code.key, code.state)
        also = self._also_named[named]
        if code.point is not None:
            also = [town for town in also if code.point.miles_to(town.point) <= ALSO_NAMED_MILES]
        return self._named[named] or also

    def _in_state(self, point: Point, state: str) -> bool:
        south, west, north, east = self._boxes[state]
        longitude = west_of_date_line(point.longitude, state)
        inside = west - MARGIN_DEGREES <= longitude <= east + MARGIN_DEGREES
        # The Aleutian islands reach far beyond the last place of 500 people.
        inside = inside or (state == "AK" and -192 <= longitude <= east)
        return (
            inside
            and (south - MARGIN_DEGREES if state != "AK" else 51.0)
            <= point.latitude
            <= north + MARGIN_DEGREES
        )


def state_boxes(towns: list[Town]) -> dict[str, tuple[float, float, float, float]]:
    """state -> (south, west, north, east) around its places, in degrees."""
    points: dict[str, list[Point]] = defaultdict(list)
    for town in towns:
        points[town.state].append(
            Point(town.point.latitude, west_of_date_line(town.point.longitude, town.state))
        )
    return {
        state: (
            min(point.latitude for point in inside),
            min(point.longitude for point in inside),
            max(point.latitude for point in inside),
            max(point.longitude for point in inside),
        )
        for state, inside in points.items()
    }


def west_of_date_line(longitude: float, state: str) -> float:
    """The longitude counted westwards for all but the Marianas, so that Alaska is in one piece."""
    return longitude - 360 if longitude > 0 and state not in ("GU", "MP") else longitude


def nice_name(code: PostalCode, towns: dict[Named, Town]) -> str:
    """The town's name as people write it ("Cañon City"), where the postal one ("Canon City") has a place."""
    town = towns.get((key(code.town), code.state))
    return town.name if town else code.town
