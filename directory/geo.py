"""Where things are on the earth, and how far apart: pure arithmetic, no Django.

There is one distance in Cairn: the great circle on geopy's sphere. The cut of a search, its order, the figure
shown and the tests all use it. A search compares squared chords between unit vectors, which a database can do
with three subtractions and no trigonometry. (The dot product would do as well at a thousand miles, but loses
its digits at one.)
"""

from dataclasses import dataclass
from math import asin, cos, degrees, dist, floor, pi, radians, sin, sqrt
from typing import Final

from geopy.distance import EARTH_RADIUS
from geopy.units import miles as miles_of

EARTH_RADIUS_MILES: Final[float] = float(miles_of(kilometers=EARTH_RADIUS))
"""Mean radius of the earth, 6371.009 km, in statute miles (geopy.distance.EARTH_RADIUS)."""

# Rounding moves a unit vector by up to 2e-16, so a point exactly on the radius could fall outside. A relative
# 1e-12 and an absolute 1e-15 of the earth's radius (six millionths of a millimetre) keep it inside.
_EDGE_RELATIVE: Final = 1e-12
_EDGE_ABSOLUTE: Final = 1e-15

CELLS_PER_DEGREE: Final = 10
_WHOLE_CIRCLE: Final[tuple[tuple[float, float], ...]] = ((-180.0, 180.0),)


@dataclass(frozen=True)
class Box:
    """A rectangle that holds every point within a radius, so that an index narrows the exact search.

    lat_cells: first and last band of a tenth of a degree (see `lat_cell`), both included.
    lon_ranges: one or two (west, east) pairs in degrees, both ends included; two where the date line cuts the
    box.
    """

    lat_cells: tuple[int, int]
    lon_ranges: tuple[tuple[float, float], ...]


def unit_vector(latitude: float, longitude: float) -> tuple[float, float, float]:
    """The point (degrees) as (x, y, z) on a sphere of radius one."""
    phi, lam = radians(latitude), radians(longitude)
    return cos(phi) * cos(lam), cos(phi) * sin(lam), sin(phi)


def distance_miles(latitude1: float, longitude1: float, latitude2: float, longitude2: float) -> float:
    """Statute miles between two points (degrees) along the great circle, as a search measures them.

    The same as geopy.distance.great_circle, to which tests hold it, in a tenth of the time.
    """
    return miles_from_chord2(
        dist(unit_vector(latitude1, longitude1), unit_vector(latitude2, longitude2)) ** 2
    )


def chord2(miles: float) -> float:
    """Squared straight line, on the unit sphere, between two points `miles` apart on the ground.

    A point is within the radius when (x-qx)^2 + (y-qy)^2 + (z-qz)^2 <= chord2(radius). The result is larger
    by about 1e-12 of itself, so that a point exactly on the radius is inside.
    """
    angle = min(miles / EARTH_RADIUS_MILES, pi)
    chord = 2 * sin(angle / 2)
    return (chord * (1 + _EDGE_RELATIVE) + _EDGE_ABSOLUTE) ** 2


def miles_from_chord2(c2: float) -> float:
    """Statute miles on the ground for a squared chord of the unit sphere; the inverse of `chord2`."""
    return 2 * EARTH_RADIUS_MILES * asin(min(1.0, sqrt(max(0.0, c2)) / 2))


def lat_cell(latitude: float) -> int:
    """The band of a tenth of a degree (about 6.9 miles) that a latitude lies in: floor(latitude * 10)."""
    return floor(latitude * CELLS_PER_DEGREE)


def box(latitude: float, longitude: float, miles: float) -> Box:
    """A box around every point within `miles` of a point (degrees): hardly too large, never too small.

    Half its width is asin(sin d / cos latitude), which is more than d / cos latitude: the circle is widest on
    the pole's side of its centre.
    """
    angle = miles / EARTH_RADIUS_MILES * (1 + 1e-9) + 1e-9
    reach = degrees(angle)
    south, north = latitude - reach, latitude + reach
    cells = lat_cell(max(south, -90.0)), lat_cell(min(north, 90.0))
    if south <= -90 or north >= 90:
        return Box(cells, _WHOLE_CIRCLE)
    width = degrees(asin(min(1.0, sin(angle) / cos(radians(latitude)))))
    return Box(cells, _ranges(longitude - width, longitude + width))


def _ranges(west: float, east: float) -> tuple[tuple[float, float], ...]:
    """The span as ranges within -180..180."""
    if east - west >= 360:
        return _WHOLE_CIRCLE
    if west < -180:
        return (-180.0, east), (west + 360, 180.0)
    if east > 180:
        return (west, 180.0), (-180.0, east - 360)
    return ((west, east),)
