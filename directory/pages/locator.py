"""The small map beside a list: where the numbered results lie around the place, drawn by the server.

Azimuthal equidistant around the middle, so that every distance from it is true and the radius is a circle.
Units are those of the SVG's viewBox, one per CSS pixel at the size shown. It asks nobody for tiles: the ground is
made of the towns that the gazetteer knows, one dot each.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import atan2, cos, degrees, hypot, radians, sin
from typing import Final

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from directory import geo
from directory.gazetteer import Spot
from directory.models import Place

PIN_RADIUS: Final = 12.0
MOST_TOWNS: Final = 220
MOST_NAMES: Final = 6
NICE_MILES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
TOWN_SIZES: Final = (100_000, 15_000, 0)
"""People in a large, a middling and a small town, at least."""
REMEMBERED: Final = 2_000
"""Drawings that one process keeps, about 8 KB each."""
_LETTER: Final = 7.2  # about the width of a letter of a name, in a wide face
_GAP: Final = 5  # kept between a name and a pin
_FOOT: Final = 26  # kept for the scale

_Point = tuple[float, float]
_Town = tuple[str, int, float, float]  # its name, how many people, and where it is drawn
_Edges = tuple[float, float, float, float]


@dataclass(frozen=True)
class Pin:
    """One result, or several too close to tell apart: `label` has their numbers in the list, "3", "1-3", "2 +4"."""

    x: float
    y: float
    label: str

    @property
    def half(self) -> float:
        """From its middle to its side."""
        return max(PIN_RADIUS, 5 + 3.7 * len(self.label))

    @property
    def width(self) -> float:
        """From side to side."""
        return 2 * self.half


@dataclass(frozen=True)
class Name:
    """A town's name, set under its dot."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Layout:
    """Everything the template draws.

    rings: circles at round distances around the place. search_ring: the radius that was asked for, if it is inside.
    towns: path data, one dot each, of large, middling and small towns.
    """

    width: int
    height: int
    cx: float
    cy: float
    pins: list[Pin]
    rings: list[float]
    search_ring: float | None
    towns: list[str]
    names: list[Name]
    scale_miles: int
    scale_length: float
    has_middle: bool


@dataclass(frozen=True)
class _Frame:
    """The middle in degrees, and how many units of the drawing a mile is."""

    latitude: float
    longitude: float
    per_mile: float
    width: int
    height: int

    @property
    def corner(self) -> float:
        """Units from the middle to a corner."""
        return hypot(self.width, self.height) / 2

    def place(self, latitude: float, longitude: float) -> _Point:
        """A point (degrees) on the drawing: its distance and first bearing from the middle are true."""
        phi, phi0 = radians(latitude), radians(self.latitude)
        east = radians(longitude - self.longitude)
        reach = geo.distance_miles(self.latitude, self.longitude, latitude, longitude) * self.per_mile
        bearing = atan2(sin(east) * cos(phi), cos(phi0) * sin(phi) - sin(phi0) * cos(phi) * cos(east))
        return self.width / 2 + reach * sin(bearing), self.height / 2 - reach * cos(bearing)

    def holds(self, x: float, y: float) -> bool:
        """Whether a point of the drawing is inside its edges."""
        return 0 <= x <= self.width and 0 <= y <= self.height


@lru_cache(maxsize=REMEMBERED)
def drawing(
    points: tuple[_Point, ...], spot: Spot | None, radius: float | None, *, first: int = 1
) -> SafeString:
    """The SVG of `layout`, remembered under all that it shows but the towns, which only a new gazetteer changes."""
    picture = layout(points, spot, radius, first=first)
    return render_to_string("directory/_map.svg.html", {"picture": picture})


def layout(
    points: Sequence[_Point],
    spot: Spot | None,
    radius: float | None,
    *,
    first: int = 1,
    width: int = 320,
    height: int = 300,
) -> Layout:
    """The drawing for results at these points (degrees), the first of them number `first` in the list.

    `radius` is in miles. Framed to the farthest result, or to the radius when there is none. One statement, on
    the Place table.
    """
    frame = _frame(points, spot, radius or 25, width, height)
    towns = _towns_in(frame)
    pins = _pins([frame.place(*point) for point in points], first)
    step = _step(frame)
    reach = radius * frame.per_mile if spot and radius else frame.corner
    return Layout(
        width=width,
        height=height,
        cx=width / 2,
        cy=height / 2,
        pins=pins,
        rings=_rings(frame, step) if spot else [],
        search_ring=reach if reach < frame.corner else None,
        towns=_dots(towns),
        names=_names(frame, towns, pins),
        scale_miles=step,
        scale_length=step * frame.per_mile,
        has_middle=spot is not None,
    )


def _frame(points: Sequence[_Point], spot: Spot | None, radius: float, width: int, height: int) -> _Frame:
    latitude, longitude = (spot.latitude, spot.longitude) if spot else _middle(points)
    farthest = max(
        (geo.distance_miles(latitude, longitude, *point) for point in points), default=radius * 1.02
    )
    room = min(width, height) / 2 - PIN_RADIUS - 6
    return _Frame(latitude, longitude, room / max(farthest, 1.5), width, height)


def _middle(points: Sequence[_Point]) -> _Point:
    """The middle of some points along the sphere, so that the date line does no harm."""
    if not points:
        return 39.5, -98.35  # about the middle of the country
    x, y, z = (sum(axis) for axis in zip(*(geo.unit_vector(*point) for point in points), strict=True))
    return degrees(atan2(z, hypot(x, y))), degrees(atan2(y, x))


def _step(frame: _Frame) -> int:
    """Round miles, of which about two fit between the middle and the edge."""
    reach = min(frame.width, frame.height) / 2 / frame.per_mile
    return max((miles for miles in NICE_MILES if miles <= reach / 1.8), default=1)


def _rings(frame: _Frame, step: int) -> list[float]:
    return [r for count in range(1, 5) if (r := step * count * frame.per_mile) < frame.corner]


def _pins(places: list[_Point], first: int) -> list[Pin]:
    """One pin for each result; those that would lie on each other share one. The nearest last, drawn on top."""
    groups = [[number] for number in range(len(places))]
    while (pair := _overlapping(groups, places, first)) is not None:
        into, other = pair
        groups[into] = sorted(groups[into] + groups.pop(other))
    return [_pin(group, places, first) for group in reversed(groups)]


def _overlapping(groups: list[list[int]], places: list[_Point], first: int) -> tuple[int, int] | None:
    pins = [_pin(group, places, first) for group in groups]
    for one, pin in enumerate(pins):
        for other in range(one + 1, len(pins)):
            if _cover(pin, pins[other]):
                return one, other
    return None


def _cover(pin: Pin, other: Pin) -> bool:
    """Whether two pins hide a good part of each other."""
    beside, above = abs(pin.x - other.x), abs(pin.y - other.y)
    return beside < (pin.half + other.half) * 0.8 and above < 2 * PIN_RADIUS * 0.8


def _pin(group: list[int], places: list[_Point], first: int) -> Pin:
    x, y = places[group[0]]
    return Pin(round(x, 1), round(y, 1), _numbers(group, first))


def _numbers(group: list[int], first: int) -> str:
    numbers = [number + first for number in group]
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]}-{numbers[-1]}"
    if len(numbers) > 3:
        return f"{numbers[0]} +{len(numbers) - 1}"
    return ", ".join(str(number) for number in numbers)


def _towns_in(frame: _Frame) -> list[_Town]:
    """The most populous towns inside the frame, largest first, and where they are drawn."""
    around = geo.box(frame.latitude, frame.longitude, min(frame.corner / frame.per_mile, 3000))
    south, north = (
        around.lat_cells[0] / geo.CELLS_PER_DEGREE,
        (around.lat_cells[1] + 1) / geo.CELLS_PER_DEGREE,
    )
    towns = Place.objects.none()
    for west, east in around.lon_ranges:
        towns |= Place.objects.filter(
            kind=Place.Kind.PLACE, latitude__range=(south, north), longitude__range=(west, east)
        )
    columns = towns.order_by("-population", "pk").values_list("name", "population", "latitude", "longitude")
    placed = [
        (name, people, *frame.place(latitude or 0, longitude or 0))
        for name, people, latitude, longitude in columns[:MOST_TOWNS]
    ]
    return [town for town in placed if frame.holds(*town[2:])]


def _dots(towns: Iterable[_Town]) -> list[str]:
    sizes: list[list[str]] = [[] for _ in TOWN_SIZES]
    for _, people, x, y in towns:
        size = next(rank for rank, least in enumerate(TOWN_SIZES) if people >= least)
        sizes[size].append(f"M{x:.0f} {y:.0f}h0")
    return ["".join(dots) for dots in sizes]


def _names(frame: _Frame, towns: list[_Town], pins: list[Pin]) -> list[Name]:
    """A few names of large towns that touch neither each other nor a pin, the middle or the scale."""
    taken = [_room_of(pin) for pin in pins]
    cx, cy = frame.width / 2, frame.height / 2
    taken.append((cx - 12, cy - 12, cx + 12, cy + 12))
    taken.append((0, frame.height - _FOOT - 12, _step(frame) * frame.per_mile + 40, frame.height))
    names: list[Name] = []
    for text, _, x, y in towns:
        half = len(text) * _LETTER / 2
        edges = (x - half, y - 5, x + half, y + 19)
        if (
            len(names) < MOST_NAMES
            and _inside(frame, edges)
            and not any(_touch(edges, other) for other in taken)
        ):
            taken.append(edges)
            names.append(Name(round(x, 1), round(y + 15, 1), text))
    return names


def _room_of(pin: Pin) -> _Edges:
    beside, above = pin.half + _GAP, PIN_RADIUS + _GAP
    return pin.x - beside, pin.y - above, pin.x + beside, pin.y + above


def _inside(frame: _Frame, edges: _Edges) -> bool:
    west, top, east, bottom = edges
    return west > 2 and top > 2 and east < frame.width - 2 and bottom < frame.height - _FOOT


def _touch(one: _Edges, other: _Edges) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
