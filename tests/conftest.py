"""The cast of the tests, and a clean table for each of them.

`owner` and `colleague` act for the practice of `clinic`; `stranger` acts for another practice; `verifier` checks
facts and decides claims; `staff` works for the operator and may not. All sign in with build.PASSWORD.
Patients have no account.
"""

from pathlib import Path

import pytest
from django.core.cache import caches

from accounts.models import Membership
from directory import search
from directory.pages import locator
from tests import build
from tests.gazetteer_fixture import _gazetteer_for_the_session, _gazetteer_outlives_a_flush, gazetteer

HERE = Path(__file__).parent

__all__ = ["_gazetteer_for_the_session", "_gazetteer_outlives_a_flush", "gazetteer"]


PAGES = ("portal", "api", "guide")
"""Rooms whose tests read pages: what they ask of the database is asked by the processes too, on both kinds of it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of pages run once, on SQLite; tests of processes, locks and queries on PostgreSQL as well."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.path.relative_to(HERE).parts[0] in PAGES:
            item.add_marker(pytest.mark.once)


@pytest.fixture(autouse=True)
def _clean_table(settings):
    """No collected static files are needed, and nothing is remembered from the test before."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    for each in caches.all(initialized_only=True):
        each.clear()
    locator.drawing.cache_clear()
    search.forget()


@pytest.fixture
def owner(db):
    return build.user("owner@clinic.example", name="Olive Owner")


@pytest.fixture
def clinic(owner):
    """A listed clinic in Denver for which `owner` acts."""
    return build.clinic(name="High Plains Example Clinic", owner=owner)


@pytest.fixture
def colleague(clinic):
    return build.member(
        clinic.organization, email="colleague@clinic.example", role=Membership.Role.STAFF, name="Cole League"
    )


@pytest.fixture
def stranger(db):
    return build.member(build.organization(), email="stranger@elsewhere.example", name="Stran Ger")


@pytest.fixture
def verifier(db):
    return build.user("verifier@operator.example", verifier=True, name="Vera Fier")


@pytest.fixture
def second_verifier(db):
    """Another one, where two people are needed."""
    return build.user("second@operator.example", verifier=True, name="Sam Second")


@pytest.fixture
def staff(db):
    return build.user("staff@operator.example", staff=True, name="Stacy Staff")
