"""One clock for leases, lapses and the audit trail: the database's.

Web and worker may run on machines whose clocks differ; the database is the one thing they share.
Microseconds on PostgreSQL, milliseconds on SQLite.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_frozen: ContextVar[datetime | None] = ContextVar("frozen_clock", default=None)

_NOW_SQL = {
    "sqlite": "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) * 1000",
    "postgresql": "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
}


def now() -> datetime:
    """The database's present instant, in UTC."""
    instant: datetime = _frozen.get() or now_and()[0]
    return instant


def now_and(*values: str) -> tuple[Any, ...]:
    """The database's present instant, and the values of some SQL expressions, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join([_NOW_SQL[connection.vendor], *values])}")
        micros, *answers = cursor.fetchone()
    return _frozen.get() or from_micros(micros), *answers


def here() -> datetime:
    """This process's own instant, in UTC: for what never leaves the process, such as counts of uses."""
    return _frozen.get() or datetime.now(UTC)


def to_micros(instant: datetime) -> int:
    """Whole microseconds since 1970, the form in which the search index keeps instants."""
    return (instant - EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """The instant of `to_micros`, in UTC."""
    return EPOCH + timedelta(microseconds=micros)


@contextmanager
def frozen(instant: datetime) -> Iterator[None]:
    """Hold the clock at `instant` inside the block: for tests, and for building examples as of a date."""
    token = _frozen.set(instant)
    try:
        yield
    finally:
        _frozen.reset(token)
