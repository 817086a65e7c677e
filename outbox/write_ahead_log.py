"""What SQLite keeps of rows that were destroyed."""

from django.db import connection


def empty() -> None:
    """Cut SQLite's log, which keeps old pages until then. Readers may hold it back; the next run tries again."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
