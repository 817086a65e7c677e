"""Puts the gazetteer's file into the Place table."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

from django.db import connection, transaction

from directory.gazetteer import datafile
from directory.gazetteer.keys import key
from directory.models.place import GazetteerVersion, Place

BATCH: Final = 10_000

_COLUMNS: Final = (
    "kind",
    "name",
    "key",
    "state",
    "county",
    "zip",
    "population",
    "latitude",
    "longitude",
    "note",
)


def is_loaded() -> bool:
    """True if the table holds the file's version. One statement; the file of rows is not opened."""
    return GazetteerVersion.objects.filter(version=datafile.header()["version"]).exists()


def load(*, progress: Callable[[int], None] = lambda count: None) -> int:
    """Replaces every place by the file's, in one transaction; returns the number of rows.

    progress: called after each batch with the number of rows so far.
    """
    rows = _rows()
    count = 0
    with transaction.atomic():
        GazetteerVersion.objects.all().delete()
        Place.objects.all().delete()
        while batch := list(islice(rows, BATCH)):
            _insert(batch)
            count += len(batch)
            progress(count)
        GazetteerVersion.objects.create(version=datafile.header()["version"], rows=count)
    return count


def _insert(batch: list[tuple[Any, ...]]) -> None:
    # bulk_create takes three times as long, and every first start and every test run waits for this.
    quoted = connection.ops.quote_name
    columns = ", ".join(map(quoted, _COLUMNS))
    marks = ", ".join(["%s"] * len(_COLUMNS))
    with connection.cursor() as cursor:
        # Table and columns are ours, quoted; the values travel apart.
        statement = f"INSERT INTO {quoted(Place._meta.db_table)} ({columns}) VALUES ({marks})"  # noqa: S608
        cursor.executemany(statement, batch)


def _rows() -> Iterator[tuple[Any, ...]]:
    """In the order of _COLUMNS."""
    for row in datafile.stored_rows():
        latitude = float(row.latitude) if row.latitude else None
        longitude = float(row.longitude) if row.longitude else None
        look_up = row.zip or key(row.name)
        place = (row.kind, row.name, look_up, row.state, row.county, row.zip)
        yield (*place, row.population, latitude, longitude, row.note)
