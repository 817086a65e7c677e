"""The 20 nearest by PostGIS, the reference for our own statement: an index on geography, and its KNN operator."""

import statistics
import time
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, connection, transaction

from benchmarks.questions import IV, Question

METERS = 1609.344
TABLE = """
CREATE TABLE IF NOT EXISTS benchmark_points AS
SELECT clinic_id, modality_bits, listed_until,
       ST_SetSRID(ST_MakePoint(longitude, latitude), 4326)::geography AS point FROM directory_indexrow;
CREATE INDEX IF NOT EXISTS benchmark_points_knn ON benchmark_points USING gist (point);
ANALYZE benchmark_points"""
NEAREST = """
WITH chosen AS (
    SELECT clinic_id, point <-> %(here)s::geography AS meters FROM benchmark_points
    WHERE ST_DWithin(point, %(here)s::geography, %(meters)s)
    AND modality_bits & %(bits)s <> 0 AND listed_until > %(now)s
    ORDER BY point <-> %(here)s::geography LIMIT 20
)
SELECT clinic_id, meters, latitude, longitude, next_change_at, document, card
FROM chosen JOIN directory_indexrow USING (clinic_id) ORDER BY meters, clinic_id"""


def is_there() -> bool:
    """Make the table, if this is PostgreSQL with PostGIS and we may."""
    if connection.vendor != "postgresql":
        return False
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS postgis")
            cursor.execute(TABLE)
    except DatabaseError:
        return False
    return True


def nearest(question: Question, miles: float, now: int) -> list[tuple[Any, ...]]:
    """The rows of directory.search_sql.Row, with meters for the chord, nearest first."""
    here = f"SRID=4326;POINT({question.longitude} {question.latitude})"
    values = {"here": here, "meters": miles * METERS, "bits": IV, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(NEAREST, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def ratio(pairs: list[tuple[Callable[[], Any], Callable[[], Any]]]) -> dict[str, float]:
    """The time of each pair's first call as a part of its second's, in turns: medians of both (ms) and their ratio."""
    ours, theirs = [], []
    for number, pair in enumerate(pairs):
        for side in (0, 1) if number % 2 else (1, 0):
            begin = time.perf_counter()
            pair[side]()
            (ours if side == 0 else theirs).append((time.perf_counter() - begin) * 1000)
    mine, other = statistics.median(ours), statistics.median(theirs)
    return {"ours ms": round(mine, 3), "PostGIS ms": round(other, 3), "ratio": round(mine / other, 2)}
