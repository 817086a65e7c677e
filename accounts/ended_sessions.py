"""Sessions that ended are deleted. They may hold the sealed answers of a request that was never sent."""

from importlib import import_module

from django.conf import settings
from django.db import connection


def forget() -> None:
    """Delete every session past its end, and on SQLite also what its log keeps of them."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
