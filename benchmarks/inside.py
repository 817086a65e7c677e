"""What a benchmark asks from inside a site: right answers, statements, cold counts. Started by benchmarks.search.

python -m benchmarks.inside PORT      (in the environment of the site that listens there)
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import django

django.setup()

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks import postgis, questions, served
from directory import search, search_sql
from directory.gazetteer import Spot
from directory.query import Query
from outbox import clock

ASKED = 400
CHECKED = 40


def main(port: int) -> dict[str, Any]:
    """Everything at once, as JSON values; times in milliseconds."""
    with connection.cursor() as cursor:
        cursor.execute(questions.ROWS, [clock.to_micros(clock.now())])
        rows = cursor.fetchall()
    asked = questions.weighted(rows, ASKED, seed=7)
    fresh = questions.unique(questions.weighted(rows, 20_000, seed=8), seed=9)
    asker = served.Asker(port)
    answers = [asker.get(f"/api/v1/clinics/?{each.address}") for each in asked]
    for each in asked:
        asker.get(f"/search/?{each.address}")
    wrong = [
        f"{each}: {fault}"
        for each, body in zip(asked[:CHECKED], answers, strict=False)
        for fault in questions.differences(each, rows, body)
    ]
    return {
        "rows": len(rows),
        "asked": ASKED,
        "checked": CHECKED,
        "wrong": wrong,
        "answer bytes": round(statistics.mean(len(body) for body in answers)),
        "hits": _quantiles([json.loads(body)["count"] for body in answers]),
        "statements": _statements(asked[0]),
        "counts cold ms": _timed(
            [lambda each=each: search_sql.counts(_query(each), clock.now()) for each in asked]
        ),
        "top 20 ms": _timed([_nearest(each) for each in asked]),
        "PostGIS": _against_postgis(asked) if postgis.is_there() else "not measured",
        "questions": [(each.latitude, each.longitude) for each in asked],
        "unique": [(each.latitude, each.longitude) for each in fresh],
    }


def _query(question: questions.Question, radius: float = questions.RADIUS) -> Query:
    spot = Spot("", "", question.latitude, question.longitude)
    return Query(spot=spot, radius=radius, modality=("iv",))


def _against_postgis(asked: list[questions.Question]) -> dict[str, dict[str, float]]:
    """By radius in miles, the statement of the 20 nearest beside PostGIS, each with what the counts told it."""
    now = clock.to_micros(clock.now())
    return {
        f"{radius} miles": postgis.ratio(
            [(_nearest(each, radius), partial(postgis.nearest, each, radius, now)) for each in asked[:200]]
        )
        for radius in (10, 25, 100)
    }


def _nearest(question: questions.Question, radius: float = questions.RADIUS) -> Callable[[], Any]:
    query, now = _query(question, radius), clock.now()
    total = search.find(query).count
    reach = search.first_reach(query.radius, query.page_size, total)
    return lambda: search_sql.page(query, now, reach, limit=query.page_size)


def _statements(question: questions.Question) -> dict[str, int]:
    """How many statements one search asks of the database, counts forgotten and remembered."""
    found = {}
    search.forget()
    for state in ("cold", "warm"):
        with CaptureQueriesContext(connection) as captured:
            search.find(_query(question))
        found[state] = len(captured)
    return found


def _timed(calls: list[Callable[[], Any]]) -> dict[str, float]:
    calls[0]()
    times = []
    for call in calls:
        begin = time.perf_counter()
        call()
        times.append((time.perf_counter() - begin) * 1000)
    return _quantiles(times)


def _quantiles(values: list[Any]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=100)
    return {"p50": round(cuts[49], 3), "p95": round(cuts[94], 3), "p99": round(cuts[98], 3)}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
