"""The first page, and the button that finds where the visitor is."""

import re
from html import unescape

import pytest
from django.test import Client

from directory.states import STATES
from tests import build

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def post(**fields: str):
    return Client().post("/near-me/", fields, headers={"Sec-Fetch-Site": "same-origin"})


def test_it_asks_for_a_place_and_offers_every_treatment():
    html = Client().get("/").content.decode()
    assert re.search(r'<form[^>]*action="/search/"[^>]*method="get"', html)
    assert re.findall(r'<option value="([a-z]*)"', html) == ["", "esketamine", "iv", "im", "sc", "oral"]


def test_every_state_and_territory_is_named_with_its_count():
    build.many([{"state": "OR"}, {"state": "OR"}, {"state": "GU"}])
    html = unescape(Client().get("/").content.decode())
    text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    for name in STATES.values():
        assert name in text
    assert "Oregon 2" in text
    assert "Guam 1" in text
    assert "Ohio: none yet" in text
    assert 'href="/search/?state=OR"' in html


def test_it_sets_no_cookie_and_may_be_asked_for_again_by_its_tag():
    first = Client().get("/")
    assert not first.cookies
    assert first["Cache-Control"] == "no-cache"
    assert Client().get("/", headers={"If-None-Match": first["ETag"]}).status_code == 304


@pytest.mark.usefixtures("gazetteer")
def test_a_point_becomes_the_nearest_zip_code_and_nothing_else_is_kept():
    response = post(latitude="39.74951", longitude="-104.99612", modality="iv")
    assert response.status_code == 303
    assert response["Location"] == "/search/?near=80202&modality=iv"
    assert not response.cookies


@pytest.mark.usefixtures("gazetteer")
def test_a_point_outside_the_country_is_told_so():
    response = post(latitude="48.85", longitude="2.35")
    assert response.status_code == 400
    assert "not near any US ZIP code" in response.content.decode()


@pytest.mark.parametrize("latitude", ["", "nan", "inf", "91", "-1e400", "north", "9" * 10_000])
def test_what_is_no_point_is_a_400(latitude):
    assert post(latitude=latitude, longitude="0").status_code == 400


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}]
)
def test_another_site_cannot_send_a_point_for_a_visitor(headers):
    assert (
        Client().post("/near-me/", {"latitude": "39", "longitude": "-104"}, headers=headers).status_code
        == 403
    )


def test_it_is_asked_by_post_alone():
    assert Client().get("/near-me/").status_code == 405


def test_an_origin_that_no_browser_writes_is_refused():
    headers = {"Origin": "http://["}
    assert (
        Client().post("/near-me/", {"latitude": "39", "longitude": "-104"}, headers=headers).status_code
        == 403
    )
