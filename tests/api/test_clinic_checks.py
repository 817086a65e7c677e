"""What was checked of one clinic, for machines."""

import pytest

from directory.models import Check
from directory.vocabulary import Fact
from tests import build

pytestmark = pytest.mark.django_db


def checks_of(client, clinic, **headers):
    return client.get(f"/api/v1/clinics/{clinic.slug}/checks/", headers=headers)


def test_it_has_the_shape_that_openapi_tells(client, clinic, holds_to):
    build.check(clinic, Fact.REMS, outcome=Check.Outcome.FAILS, verbatim="Not enrolled")
    response = checks_of(client, clinic)
    assert response["Content-Type"] == "application/json"
    holds_to("ClinicChecks", response.json())


def test_anybody_may_read_it_and_it_is_not_sent_twice(client, clinic):
    first = checks_of(client, clinic)
    assert first["Access-Control-Allow-Origin"] == "*"
    assert checks_of(client, clinic, **{"If-None-Match": first["ETag"]}).status_code == 304
    build.check(clinic, Fact.CONTACT)
    assert checks_of(client, clinic, **{"If-None-Match": first["ETag"]}).status_code == 200


def test_a_license_names_its_holder_and_where_anybody_can_look(client, clinic):
    license_check = checks_of(client, clinic).json()["checks"][0]
    held = clinic.responsible.licenses.get()
    assert license_check["license"] == {
        "holder": str(clinic.responsible),
        "state": "CO",
        "number": held.number,
        "authority": "Colorado Medical Board",
        "lookup_url": "https://board.example/",
    }


def test_it_takes_no_parameters_and_gone_is_gone(client, clinic):
    assert client.get(f"/api/v1/clinics/{clinic.slug}/checks/?near=80202").status_code == 400
    build.check(clinic, Fact.LICENSE, outcome=Check.Outcome.FAILS)
    gone = checks_of(client, clinic)
    assert gone.status_code == 410
    assert "license" not in gone.content.decode().lower()
