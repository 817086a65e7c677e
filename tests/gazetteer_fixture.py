"""The gazetteer in the test database: loaded once for each worker, which takes about a second."""

import pytest

from directory.gazetteer import loading


@pytest.fixture(scope="session")
def _gazetteer_for_the_session(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        if not loading.is_loaded():
            loading.load()


@pytest.fixture
def gazetteer(_gazetteer_for_the_session, db):
    """Every ZIP code and town is in the Place table."""
    # A test with real transactions empties every table behind it.
    if not loading.is_loaded():
        loading.load()
