"""The gazetteer in the test database: loaded once for each worker, which takes about five seconds."""

import pytest
from django.core.management.commands import flush

from directory.gazetteer import loading
from directory.models import GazetteerVersion, Place


@pytest.fixture(scope="session", autouse=True)
def _gazetteer_outlives_a_flush():
    """A test with real transactions empties every table behind it; these two would have to be filled for each test."""
    kept = {model._meta.db_table for model in (Place, GazetteerVersion)}

    def sql_flush(style, connection, **options):
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        return connection.ops.sql_flush(style, [table for table in tables if table not in kept], **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "sql_flush", sql_flush)
        yield


@pytest.fixture(scope="session")
def _gazetteer_for_the_session(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        if not loading.is_loaded():
            loading.load()


@pytest.fixture
def gazetteer(_gazetteer_for_the_session, db):
    """Every ZIP code and town is in the Place table."""
