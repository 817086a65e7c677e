"""GET /api/v1/clinics/<slug>/."""

from datetime import timedelta

import pytest
from django.utils.dateparse import parse_datetime

from directory.models import Clinic
from directory.vocabulary import Fact
from outbox import clock
from tests import build


@pytest.fixture
def read(client, db):
    return lambda clinic, **params: client.get(f"/api/v1/clinics/{clinic.slug}/", params)


def test_it_is_the_clinic_of_the_list(read, search, clinic, holds_to):
    response = read(clinic)
    assert response.status_code == 200
    found = response.json()
    holds_to("ClinicInFull", found)
    assert found.pop("clinic_says")["offerings"][0]["modality"] == "esketamine"
    assert found == search().json()["results"][0]


def test_a_slug_that_was_never_used_is_not_found(client, db, holds_to):
    response = client.get("/api/v1/clinics/no-such-clinic/")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    holds_to("Problem", response.json())


def test_a_candidate_is_not_found(read):
    assert read(build.clinic(listed=False)).status_code == 404


@pytest.mark.parametrize("status", [Clinic.Status.SUSPENDED, Clinic.Status.CLOSED])
def test_a_clinic_that_was_taken_down_is_gone_without_a_cause(read, clinic, status, holds_to):
    Clinic.objects.filter(pk=clinic.pk).update(status=status, status_reason=Clinic.StatusReason.UNDER_REVIEW)
    response = read(clinic)
    assert response.status_code == 410
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["type"].endswith("#problem-no-longer-listed")
    assert "review" not in response.content.decode()
    holds_to("Problem", response.json())


def test_a_clinic_whose_fact_fails_is_gone(read, db):
    assert read(build.clinic(fails=(Fact.LICENSE,))).status_code == 410


def test_a_clinic_is_gone_at_the_instant_its_license_ends(read, db):
    noon = parse_datetime("2031-03-04T12:00:00Z")
    with clock.frozen(noon - timedelta(days=5)):
        clinic = build.clinic(license_ends=noon)
    with clock.frozen(noon - timedelta(milliseconds=1)):
        assert read(clinic).status_code == 200
    with clock.frozen(noon):
        assert read(clinic).status_code == 410


def test_it_takes_no_parameters(read, clinic):
    response = read(clinic, radius="5")
    assert response.status_code == 400
    assert response.json()["type"].endswith("#problem-bad-parameters")


def test_a_clinic_with_many_checks_costs_no_more_statements(read, django_assert_num_queries, clinic):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as plain:
        read(clinic)
    for _ in range(3):
        build.check(clinic, Fact.NPI)
    with django_assert_num_queries(len(plain)):
        read(clinic)
