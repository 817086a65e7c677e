"""May a clinic receive a request at an instant? The SQL of that question is written once and then only asked.

To build it with the ORM takes many times as long as the database takes to answer it, and every request asks.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import connection

from directory.models import Clinic
from outbox import clock

# They stand in the SQL for what is asked about. No clinic has this number, no question is about this instant.
_ANY_CLINIC = 2**63 - 1
_ANY_TIME = datetime(9999, 12, 31, tzinfo=UTC)


def can_receive(clinic_id: int, modality: str, at: datetime) -> bool:
    """Can it receive a new request, for `modality` ("" = the person is not sure), at `at`?"""
    sql, parameters = _question(modality)
    stored = connection.ops.adapt_datetimefield_value
    known = {_ANY_CLINIC: clinic_id, stored(_ANY_TIME): stored(at)}
    with connection.cursor() as cursor:
        cursor.execute(sql, [known.get(value, value) for value in parameters])
        return cursor.fetchone() is not None


@cache
def _question(modality: str) -> tuple[str, tuple[Any, ...]]:
    """SQL and parameters. The clock stands still meanwhile, so that no other instant can slip into it.

    Raises RuntimeError if the directory's words came to reckon with the instant: a day before it would not be replaced.
    """
    with clock.frozen(_ANY_TIME):
        able = Clinic.objects.filter(pk=_ANY_CLINIC).able_to_receive()
        asked = able.offering(modality) if modality else able
        sql, parameters = asked.values_list("pk")[:1].query.sql_with_params()
    instants = {str(value) for value in parameters if str(value).startswith("999")}
    if instants != {str(connection.ops.adapt_datetimefield_value(_ANY_TIME))}:
        raise RuntimeError("The question works out an instant of its own. Ask it by the ORM instead.")
    return sql, parameters
