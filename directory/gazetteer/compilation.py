"""Makes the rows of the gazetteer from the two packages. Only `build_gazetteer` uses it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from directory.gazetteer.corrections import Corrections, Named, nice_name
from directory.gazetteer.datafile import Row
from directory.gazetteer.sources import Point, PostalCode, Town, mean
from directory.states import STATES

ONE_TOWN_MILES: Final = 10.0
"""Two places of one name and state that are nearer than this are one (a village in its township)."""
NAMESAKE_MILES: Final = 25.0
"""ZIP codes of a name and state that are farther than this from the place so named are another place."""
BIG_CITY: Final = 30_000
BIG_CITY_MILES: Final = 62.0
"""A city of this size may have ZIP codes up to this far out; they are no namesake."""


@dataclass(frozen=True)
class Candidate:
    """A place on its way into the gazetteer."""

    name: str
    key: str
    state: str
    population: int
    point: Point
    note: str = ""
    county: str = ""


@dataclass(frozen=True)
class Located:
    """A ZIP code with the point it was given."""

    code: PostalCode
    point: Point


def compile_rows(codes: list[PostalCode], towns: list[Town]) -> list[Row]:
    """Every row of the gazetteer, in order. The same sources give the same rows."""
    corrections = Corrections(codes, towns)
    biggest = {(town.key, town.state): town for town in reversed(towns)}
    zip_rows, located = [], []
    for code in codes:
        point, note = corrections.point_and_note(code)
        zip_rows.append(_zip_row(code, nice_name(code, biggest), point, note))
        if point and code.state in STATES:
            located.append(Located(code, point))
    return sorted(zip_rows + [_place_row(place) for place in _places(located, towns)])


def _places(located: list[Located], towns: list[Town]) -> Iterator[Candidate]:
    """Every place, one for each name, state and county."""
    groups: dict[Named, list[Candidate]] = defaultdict(list)
    for town in towns:
        _join(
            groups[town.key, town.state],
            Candidate(town.name, town.key, town.state, town.population, town.point),
        )
    by_name: dict[Named, list[Located]] = defaultdict(list)
    for spot in located:
        by_name[spot.code.key, spot.code.state].append(spot)
    also_named = _also_named(towns)
    for named, spots in by_name.items():
        for place in _from_zips(named, spots, groups[named], also_named):
            groups[named].append(place)
    counties = Counties(located)
    for named in sorted(group for group in groups if groups[group]):
        yield from counties.told_apart(groups[named], by_name[named])


def _join(group: list[Candidate], place: Candidate) -> None:
    """Adds the place unless a bigger one of its name is as good as there. The biggest come first."""
    if all(place.point.miles_to(other.point) > ONE_TOWN_MILES for other in group):
        group.append(place)


def _also_named(towns: list[Town]) -> dict[Named, list[Town]]:
    found: dict[Named, list[Town]] = defaultdict(list)
    for town in towns:
        for other in town.other_keys - {town.key}:
            found[other, town.state].append(town)
    return found


def _from_zips(
    named: Named, spots: list[Located], known: list[Candidate], also_named: dict[Named, list[Town]]
) -> Iterator[Candidate]:
    """Places that only the ZIP codes know: a name of their own, or a namesake far from the place we have."""
    # A place far from every ZIP code of its name has a wrong point, or is another place: then its size says
    # nothing.
    met = [place for place in known if _nearest_miles(place, spots) <= NAMESAKE_MILES]
    strays = [spot for spot in spots if spot.code.delivers and _is_another(spot, known, met)]
    for cluster in _clusters(strays):
        point = mean([spot.point for spot in cluster])
        name, state = cluster[0].code.town, cluster[0].code.state
        alias = next(
            (town for town in also_named[named] if town.point.miles_to(point) <= ONE_TOWN_MILES), None
        )
        if alias and not known:
            note = f"Another name of {alias.name}."
            yield Candidate(name, named[0], state, alias.population, alias.point, note)
        else:
            yield Candidate(name, named[0], state, 0, point, "The middle of its ZIP codes.")


def _nearest_miles(place: Candidate, spots: list[Located]) -> float:
    return min((spot.point.miles_to(place.point) for spot in spots), default=0.0)


def _is_another(spot: Located, known: list[Candidate], met: list[Candidate]) -> bool:
    for place in known:
        # In Alaska no two places share a name; what looks like one is a point in the wild.
        reach = BIG_CITY_MILES if place.population >= BIG_CITY and place in met else NAMESAKE_MILES
        if place.state == "AK" or spot.point.miles_to(place.point) <= reach:
            return False
    return True


def _clusters(spots: list[Located]) -> list[list[Located]]:
    """The ZIP codes in groups, each within reach of its first."""
    clusters: list[list[Located]] = []
    for spot in spots:
        home = next((c for c in clusters if c[0].point.miles_to(spot.point) <= NAMESAKE_MILES), None)
        if home is None:
            clusters.append([spot])
        else:
            home.append(spot)
    return clusters


class Counties:
    """Tells namesakes in one state apart by their county, taken from the nearest ZIP codes."""

    def __init__(self, located: list[Located]) -> None:
        self._in_state: dict[str, list[Located]] = defaultdict(list)
        for spot in located:
            if spot.code.county:
                self._in_state[spot.code.state].append(spot)

    def told_apart(self, group: list[Candidate], spots: list[Located]) -> Iterator[Candidate]:
        """The group with counties; of two in one county only the first, which is the biggest."""
        if len(group) == 1:
            yield group[0]
            return
        found: dict[str, Candidate] = {}
        for place in group:
            if county := self._county(place, spots):
                found.setdefault(county, replace(place, county=county))
        yield from found.values() if len(found) > 1 else group[:1]

    def _county(self, place: Candidate, spots: list[Located]) -> str:
        own = [
            spot for spot in spots if spot.code.county and spot.point.miles_to(place.point) <= ONE_TOWN_MILES
        ]
        around = own or [s for s in self._in_state[place.state] if s.point.within_a_degree(place.point)]
        nearest = min(around, key=lambda spot: spot.point.miles_to(place.point), default=None)
        return nearest.code.county if nearest else ""


def _zip_row(code: PostalCode, name: str, point: Point | None, note: str) -> Row:
    latitude, longitude = _degrees(point)
    return Row("zip", code.zip, code.state, name, "", 0, latitude, longitude, note)


def _place_row(place: Candidate) -> Row:
    latitude, longitude = _degrees(place.point)
    return Row(
        "place", "", place.state, place.name, place.county, place.population, latitude, longitude, place.note
    )


def _degrees(point: Point | None) -> tuple[str, str]:
    """Four decimals, about 11 metres: more than a ZIP code or a town has."""
    return (f"{point.latitude:.4f}", f"{point.longitude:.4f}") if point else ("", "")
