"""Which clinics are near, which of them fit, and how many.

The walk of a search: take the instant; count what fits in the whole circle, or remember the count; read one page of
rows, from a circle just wide enough; make its documents true where they have aged. Everything comes from the index, and
every comparison with time is made by the database, so a clinic whose license ends at noon is gone at noon.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from math import ceil, sqrt
from threading import Lock
from typing import Any, Final

from django.db import connection

from directory import facts, geo, index, search_sql
from directory.documents import Written
from directory.gazetteer import Spot
from directory.models import Clinic
from directory.query import Query
from directory.search_sql import Row
from outbox import clock

DEEPEST: Final = 10_000
"""Nobody turns pages beyond this many results."""

REMEMBERED: Final = 5_000
"""Counts that one process keeps, about 2 KB each."""

_NEAREST_STARTS_AT: Final = 100.0  # miles
_ALTERNATIVES_LOOK_AT: Final = (30, 300)  # clinics, if the first few cannot receive requests


@dataclass
class Hit:
    """One clinic of an answer: what directory.documents wrote of it, its point (degrees), and miles from the spot."""

    written: Written
    point: tuple[float, float]
    distance_miles: float | None

    @cached_property
    def document(self) -> dict[str, Any]:
        """The public document, its distance null."""
        document: dict[str, Any] = json.loads(self.written.document)
        return document

    @cached_property
    def card(self) -> dict[str, Any]:
        """What our own result cards say besides (directory.documents.card)."""
        card: dict[str, Any] = json.loads(self.written.card)
        return card


@dataclass(frozen=True)
class Found:
    """An answer: exact `count` and `facets`, one page of results in a stable order.

    valid_until: the first instant at which it may no longer be true, though nobody writes. pages: how many there are,
    none of them beyond DEEPEST results. A page after the last has no results, and the right count.
    """

    count: int
    results: list[Hit]
    facets: dict[str, dict[str, int]]
    valid_until: datetime
    pages: int


def find(query: Query) -> Found:
    """The answer to `query` at this instant."""
    now, version = _moment()
    counts = _counts(query, now, version)
    hits, fresh_until = _hits(_page(query, now, counts.total), now)
    return Found(
        count=counts.total,
        results=hits,
        facets=counts.facets,
        valid_until=min(counts.valid_until, fresh_until),
        pages=min(ceil(counts.total / query.page_size), DEEPEST // query.page_size),
    )


def nearest(
    spot: Spot, query: Query | None = None, limit: int = 3, excluding: Collection[int] = ()
) -> list[Hit]:
    """The nearest clinics to `spot`, however far, that pass the filters of `query`; `excluding` holds clinic ids."""
    now = clock.now()
    anywhere = replace(query or Query(), spot=spot, order="distance")

    def fetch(reach: float) -> list[Row]:
        return search_sql.page(anywhere, now, reach, limit=limit, excluding=excluding)

    return _hits(_widening(fetch, limit, _NEAREST_STARTS_AT, search_sql.EVERYWHERE), now)[0]


def alternatives(clinic: Clinic, limit: int = 3, modality: str = "") -> list[Hit]:
    """The clinics nearest to `clinic` that can receive a request at this instant, without itself."""
    if clinic.latitude is None or clinic.longitude is None:
        return []
    spot = Spot(clinic.name, "", clinic.latitude, clinic.longitude)
    query = Query(modality=(modality,) if modality else ())
    able: list[Hit] = []
    for looked_at in _ALTERNATIVES_LOOK_AT:
        hits = nearest(spot, query, limit=looked_at, excluding=[clinic.pk])
        able = [hit for hit in hits if hit.document["accepts_referrals"]][:limit]
        if len(able) == limit or len(hits) < looked_at:
            break
    return able


# --- counts ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Counts:
    """How many fit, in all and by facet; true from `counted_at` until `valid_until` if nobody writes."""

    total: int
    facets: dict[str, dict[str, int]]
    counted_at: datetime
    valid_until: datetime


_remembered: "OrderedDict[tuple[int, Query], _Counts]" = OrderedDict()
_remembering = Lock()


def forget() -> None:
    """Empty this process's memory of counts."""
    with _remembering:
        _remembered.clear()


def _counts(query: Query, now: datetime, version: int) -> _Counts:
    """The counts at `now`, from memory where nothing has been written and nothing has lapsed since."""
    if connection.in_atomic_block:
        return _count(query, now)  # what this transaction sees may yet be rolled back
    key = (version, replace(query, page=1, page_size=1, order=""))
    with _remembering:
        known = _remembered.get(key)
        if known and known.counted_at <= now < known.valid_until:
            _remembered.move_to_end(key)
            return known
    counted = _count(query, now)
    with _remembering:
        _remembered[key] = counted
        while len(_remembered) > REMEMBERED:
            _remembered.popitem(last=False)
    return counted


def _moment() -> tuple[datetime, int]:
    """The instant of this search, and the number of the directory's last change.

    Read before counting, so that a count is at worst newer than the number it is kept under, never older.
    """
    now, version = clock.now_and("(SELECT number FROM directory_directoryversion WHERE id = 1)")
    return now, version or 0


def _count(query: Query, now: datetime) -> _Counts:
    total, by_facet, ends = search_sql.counts(query, now)
    until = clock.from_micros(min(ends)) if ends else facts.FAR_FUTURE
    return _Counts(total, by_facet, counted_at=now, valid_until=until)


# --- rows --------------------------------------------------------------------------------------


def _page(query: Query, now: datetime, total: int) -> list[Row]:
    """The rows of one page, by distance from the smallest circle that is likely to hold it.

    Every clinic outside a circle is farther than every clinic inside: a full page from a small circle is exact.
    """
    offset = (query.page - 1) * query.page_size
    if offset >= min(total, DEEPEST):
        return []

    def fetch(reach: float) -> list[Row]:
        return search_sql.page(query, now, reach, limit=query.page_size, offset=offset)

    by_distance = query.spot is not None and query.order == "distance"
    start = first_reach(query.radius, offset + query.page_size, total) if by_distance else query.radius
    return _widening(fetch, query.page_size, start, query.radius)


def first_reach(radius: float, wanted: int, total: int) -> float:
    """Miles within which twice as many as wanted are expected, if they were spread evenly."""
    return radius if total <= wanted else radius * min(1.0, sqrt(2 * wanted / total))


def _widening(fetch: Callable[[float], list[Row]], limit: int, start: float, farthest: float) -> list[Row]:
    """Rows from a circle of `start` miles, or from wider ones until `limit` rows are found or it is `farthest`."""
    reach = min(start, farthest)
    while True:
        rows = fetch(reach)
        if len(rows) >= limit or reach >= farthest:
            return rows
        reach = min(farthest, reach * (2 if rows else 3))


def _hits(rows: list[Row], now: datetime) -> tuple[list[Hit], datetime]:
    """The rows as hits, and the instant at which the first of their documents stops being true."""
    instant = clock.to_micros(now)
    aged = [row.clinic_id for row in rows if row.next_change_at <= instant]
    renewed = index.written_anew(aged, now) if aged else {}
    hits = []
    for row in rows:
        written = renewed[row.clinic_id][0] if row.clinic_id in renewed else Written(row.document, row.card)
        miles = None if row.chord2 is None else geo.miles_from_chord2(row.chord2)
        hits.append(Hit(written, (row.latitude, row.longitude), miles))
    ends = [end for _, end in renewed.values()]
    if lasting := [row.next_change_at for row in rows if row.clinic_id not in renewed]:
        ends.append(clock.from_micros(min(lasting)))
    return hits, min(ends, default=facts.FAR_FUTURE)
