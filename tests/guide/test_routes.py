"""The fixed lines about each route: no dose, no promise, a source, and a date."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from guide import routes

EACH = pytest.mark.parametrize("route", routes.ROUTES.values(), ids=lambda route: route.slug)


@EACH
def test_it_says_how_it_stands_with_the_fda_and_names_its_source(route):
    assert "FDA-approved" in route.standing
    assert route.source.url.startswith("https://")
    assert datetime.now(UTC).date() - route.reviewed_on <= timedelta(days=180), "read the label again"


@EACH
def test_it_names_no_dose_and_promises_nothing(route):
    text = f"{route.standing} {route.visit}"
    assert not re.search(r"\d\s*(mg|mcg|ml|milligram)", text, re.IGNORECASE)
    assert not re.search(r"\b(cure|safe|works|effective|best)\b", text, re.IGNORECASE)


def test_only_spravato_is_said_to_be_fda_approved_for_depression():
    for route in routes.ROUTES.values():
        approved = route.standing.startswith("FDA-approved for adults with depression")
        assert approved == (route.slug == "esketamine")
    assert "has not been shown to prevent suicide" in routes.of("esketamine").standing
    assert "Never taken at home" in routes.of("esketamine").visit
