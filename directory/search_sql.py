"""The two statements of a search, one text for SQLite and PostgreSQL.

Both read `standing`: the rows of the index inside the place, as they stand at one instant. There a lapsed esketamine
offering has lost its bit, and so has a statement about new patients that grew old: no later line thinks of time. Values
travel as parameters; only names of columns, and whole numbers that we computed, are written into the text.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, Final, NamedTuple

from django.db import connection, models

from directory import geo
from directory.index import name_key
from directory.query import Query
from directory.vocabulary import Access, AgeGroup, Insurance, Language, Modality, bits
from outbox import clock

VOCABULARIES: Final[dict[str, type[models.TextChoices]]] = {
    "modality": Modality,
    "insurance": Insurance,
    "language": Language,
    "age_group": AgeGroup,
    "access": Access,
}
FLAGS: Final = ("psychotherapy", "accepting")
EVERYWHERE: Final = geo.distance_miles(0, 0, 0, 180)
"""Statute miles to the far side of the earth."""

_STANDING: Final = """
WITH standing AS (
    SELECT clinic_id, name_key, oldest_check_at, listed_until, esketamine_until, accepting_until,
           CASE WHEN esketamine_until > %(now)s THEN modality_bits ELSE modality_bits & %(lasting)s END AS modality,
           insurance_bits AS insurance, language_bits AS language, age_group_bits AS age_group, access_bits AS access,
           CASE WHEN psychotherapy OR (esketamine_psychotherapy AND esketamine_until > %(now)s) THEN 1 ELSE 0 END
               AS psychotherapy,
           CASE WHEN accepting_until > %(now)s THEN 1 ELSE 0 END AS accepting,
           {chord2} AS chord2
    FROM directory_indexrow
    WHERE {rows}
)
"""
_CHORD2: Final = "(x - %(qx)s) * (x - %(qx)s) + (y - %(qy)s) * (y - %(qy)s) + (z - %(qz)s) * (z - %(qz)s)"
_LASTING: Final = ~bits(Modality, [Modality.ESKETAMINE])

# The ends of what a count took for true. Rows only ever leave an answer by themselves; to enter it takes a write.
_ENDINGS: Final = 3
_ENDS: Final = """
MIN(listed_until),
MIN(esketamine_until) FILTER (WHERE esketamine_until > %(now)s),
MIN(accepting_until) FILTER (WHERE accepting_until > %(now)s)"""

# Python's order of text on both engines: by code point, not by a locale.
_NAME_ORDER: Final = {"postgresql": 'name_key COLLATE "C"', "sqlite": "name_key"}
_MOST_CELLS: Final = 300


@dataclass(frozen=True)
class Statement:
    """SQL with named parameters, as Django's cursors take it."""

    text: str
    parameters: dict[str, Any]

    def rows(self) -> list[tuple[Any, ...]]:
        """Execute it, and fetch all of the answer."""
        with connection.cursor() as cursor:
            cursor.execute(self.text, self.parameters)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows


class Row(NamedTuple):
    """One clinic of a page. chord2: squared, None without a spot. next_change_at: microseconds (outbox.clock)."""

    clinic_id: int
    chord2: float | None
    latitude: float
    longitude: float
    next_change_at: int
    document: str
    card: str


class Counts(NamedTuple):
    """The total, how many by group and value, and the instants (microseconds) at which any of it may change."""

    total: int
    facets: dict[str, dict[str, int]]
    ends: list[int]


def facet_values() -> dict[str, list[str]]:
    """Every group that is counted, with its values."""
    return {group: list(words.values) for group, words in VOCABULARIES.items()} | {
        flag: ["true"] for flag in FLAGS
    }


def counts(query: Query, at: datetime) -> Counts:
    """How many fit, in all and by facet. A value is counted with every filter but those of its own group."""
    if connection.vendor == "sqlite":
        packed = _counted(query, at, lanes=_LANES)
        if packed.total < MOST_PACKED:
            return packed
    return _counted(query, at, lanes=1)


def page(
    query: Query,
    at: datetime,
    reach: float,
    *,
    limit: int,
    offset: int = 0,
    excluding: Collection[int] = (),
) -> list[Row]:
    """What fits within `reach` miles, in order.

    First which clinics, from the covering index alone; then the texts of those few.
    """
    standing, parameters = _standing(query, at, reach)
    conditions = [_within(query, reach, parameters), *_wanted(query).values()]
    if excluding:
        conditions.append(f"clinic_id NOT IN ({', '.join(str(int(pk)) for pk in excluding)})")
    parameters |= {"limit": limit, "offset": offset}
    text = (
        f"{standing}, chosen AS (SELECT clinic_id, chord2, {_order(query)} AS rank FROM standing"  # noqa: S608
        f" WHERE {' AND '.join(conditions)} ORDER BY rank, clinic_id LIMIT %(limit)s OFFSET %(offset)s)"
        f" SELECT {', '.join(Row._fields)}"
        " FROM chosen JOIN directory_indexrow USING (clinic_id) ORDER BY rank, clinic_id"
    )
    return [Row(*row) for row in Statement(text, parameters).rows()]


def _standing(query: Query, at: datetime, reach: float) -> tuple[str, dict[str, Any]]:
    parameters: dict[str, Any] = {"now": clock.to_micros(at), "lasting": _LASTING}
    rows = ["listed_until > %(now)s", *_place(query, reach, parameters), *_of_the_clinic(query, parameters)]
    chord2 = _CHORD2 if query.spot else "NULL"
    return _STANDING.format(chord2=chord2, rows=" AND ".join(rows)), parameters


def _place(query: Query, reach: float, parameters: dict[str, Any]) -> list[str]:
    """Narrow to the box around the circle, so that an index serves; the exact cut is `_within`."""
    if query.spot is None:
        return []
    latitude, longitude = query.spot.latitude, query.spot.longitude
    parameters["qx"], parameters["qy"], parameters["qz"] = geo.unit_vector(latitude, longitude)
    box = geo.box(latitude, longitude, reach)
    ranges = []
    for number, (west, east) in enumerate(box.lon_ranges):
        parameters |= {f"west{number}": west, f"east{number}": east}
        ranges.append(f"longitude BETWEEN %(west{number})s AND %(east{number})s")
    return [_cells(*box.lat_cells), f"({' OR '.join(ranges)})"]


def _cells(first: int, last: int) -> str:
    """A list lets the index use the longitude inside each band; a range would read the bands whole."""
    if last - first >= _MOST_CELLS:
        return f"lat_cell BETWEEN {first} AND {last}"
    return f"lat_cell IN ({', '.join(str(cell) for cell in range(first, last + 1))})"


def _within(query: Query, reach: float, parameters: dict[str, Any]) -> str:
    if query.spot is None:
        return "1 = 1"
    parameters["chord2"] = geo.chord2(reach)
    return "chord2 <= %(chord2)s"


def _of_the_clinic(query: Query, parameters: dict[str, Any]) -> list[str]:
    """State, name, and the day of its oldest check: what no facet counts."""
    conditions = []
    if query.checked_since:
        parameters["since"] = clock.to_micros(datetime.combine(query.checked_since, time(), UTC))
        conditions.append("oldest_check_at >= %(since)s")
    if query.state:
        parameters["state"] = query.state
        conditions.append("state = %(state)s")
    if query.q:
        words = name_key(query.q).split()
        # Such words hold letters and digits alone, so nothing in them is a pattern. No word at all is in no name.
        parameters |= {f"word{number}": f"%{word}%" for number, word in enumerate(words)}
        conditions += [f"name_key LIKE %(word{number})s" for number in range(len(words))] or ["1 = 0"]
    return conditions


def _wanted(query: Query) -> dict[str, str]:
    """For each group the visitor chose from, the condition on its column."""
    masks = {
        group: bits(words, named) for group, words in VOCABULARIES.items() if (named := getattr(query, group))
    }
    chosen = {group: f"{group} & {mask} <> 0" for group, mask in masks.items()}
    if query.access:  # each one is needed, where in the other groups any will do
        chosen["access"] = f"access & {masks['access']} = {masks['access']}"
    return chosen | {flag: f"{flag} <> 0" for flag in FLAGS if getattr(query, flag)}


# --- counts by facet ---------------------------------------------------------------------------
#
# PostgreSQL counts bit by bit. SQLite would take longer over sixty counts than over all the rest, so there three bits
# travel in one sum: bit a + (bit b << 20) + (bit c << 40).

_LANES: Final = 3
_WIDTH: Final = 20
_SPREAD: Final = (
    1 | 1 << (_WIDTH - 1) | 1 << 2 * (_WIDTH - 1)
)  # copies three low bits, so that one lands in each lane
_LOWEST: Final = 1 | 1 << _WIDTH | 1 << 2 * _WIDTH
MOST_PACKED: Final = 1 << _WIDTH
"""From this many clinics on a lane would overflow into the next."""


def _counted(query: Query, at: datetime, *, lanes: int) -> Counts:
    standing, parameters = _standing(query, at, query.radius)
    wanted = _wanted(query)
    columns = [_count(list(wanted.values()))]
    for group, values in facet_values().items():
        others = [condition for name, condition in wanted.items() if name != group]
        columns += [_column(group, place, others, lanes) for place in range(0, len(values), lanes)]
    inside = _within(query, query.radius, parameters)
    text = f"{standing} SELECT {', '.join(columns)}, {_ENDS} FROM standing WHERE {inside}"  # noqa: S608
    total, *rest = Statement(text, parameters).rows()[0]
    ends = [end for end in rest[-_ENDINGS:] if end is not None]
    return Counts(total, _facets(iter(rest), lanes), ends)


def _column(group: str, place: int, conditions: list[str], lanes: int) -> str:
    """The column that counts the value at `place`, or as many values from there on as there are lanes."""
    if lanes == 1:
        return _count([*conditions, f"{group} & {1 << place} <> 0"])
    only = f" FILTER (WHERE {' AND '.join(conditions)})" if conditions else ""
    return f"SUM((({group} >> {place}) & 7) * {_SPREAD} & {_LOWEST}){only}"


def _facets(columns: Iterator[int | None], lanes: int) -> dict[str, dict[str, int]]:
    """The columns of `_counted`, read in their order, as numbers by group and value."""
    facets = {}
    for group, values in facet_values().items():
        sums = [next(columns) or 0 for _ in range(0, len(values), lanes)]
        numbers = sums if lanes == 1 else [_lane(sums[n // lanes], n % lanes) for n in range(len(values))]
        facets[group] = dict(zip(values, numbers, strict=True))
    return facets


def _lane(packed: int, lane: int) -> int:
    return packed >> lane * _WIDTH & (1 << _WIDTH) - 1


def _count(conditions: list[str]) -> str:
    return f"COUNT(*) FILTER (WHERE {' AND '.join(conditions)})" if conditions else "COUNT(*)"


def _order(query: Query) -> str:
    if query.order == "checked":
        return "-oldest_check_at"
    if query.order == "distance" and query.spot:
        return "chord2"
    return _NAME_ORDER[connection.vendor]
