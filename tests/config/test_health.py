"""Is the process alive, and is it ready for work?"""

import pytest
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder

from config import health
from tests import build_referrals

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(gazetteer):
    """Everything that a site needs is there."""


def test_it_is_alive_as_soon_as_the_database_answers(client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_it_is_not_alive_while_the_database_does_not_answer(client, monkeypatch):
    def away():
        raise OperationalError("host secret.example refused")

    monkeypatch.setattr(health, "_ask_database", away)
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (503, {"status": "database does not answer"})


def test_it_is_ready_when_every_part_is(client, ready):
    response = client.get("/readyz")
    assert response.json()["parts"] == dict.fromkeys(health.PARTS, "ok")
    assert response.status_code == 200


def test_it_names_what_is_missing(client, ready, monkeypatch):
    monkeypatch.setattr(health.loading, "is_loaded", lambda: False)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["gazetteer"] == "not loaded: manage.py load_gazetteer"


def test_it_counts_migrations_that_wait(client, ready):
    MigrationRecorder.Migration.objects.filter(app="referrals").delete()
    assert "migrations are not applied" in client.get("/readyz").json()["parts"]["migrations"]


def test_it_names_a_key_that_sealed_something_and_is_gone(client, ready, clinic):
    referral = build_referrals.referral(clinic=clinic)
    type(referral).objects.filter(pk=referral.pk).update(key_id="k-of-last-year")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["keys"] == "missing in PHI_KEYS: k-of-last-year"


def test_it_tells_of_a_silent_worker_and_stays_ready(client, ready, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["worker"]) == (200, "no sign of life on this machine")


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_it_is_read_and_never_written(client, address):
    assert client.head(address).status_code in {200, 503}
    assert client.post(address).status_code == 405
