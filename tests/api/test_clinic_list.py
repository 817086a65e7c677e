"""GET /api/v1/clinics/: the public contract, field by field."""

from urllib.parse import parse_qs, urlsplit

import pytest
from geopy.distance import great_circle

from directory.vocabulary import Fact
from tests import build

DENVER = "39.7392,-104.9903"


def test_it_answers_count_pages_place_facets_and_results(search, clinic, holds_to):
    body = search(near=DENVER).json()
    assert list(body) == ["count", "next", "previous", "place", "facets", "results"]
    assert (body["count"], body["next"], body["previous"]) == (1, None, None)
    assert body["place"]["latitude"] == pytest.approx(39.7392)
    assert body["place"]["longitude"] == pytest.approx(-104.9903)
    assert body["facets"]["modality"]["iv"] == 1
    holds_to("ClinicPage", body)


def test_it_tells_a_clinic_field_by_field(search, settings, owner):
    clinic = build.clinic(
        name="Quiet Ridge",
        owner=owner,
        modalities=("iv", "esketamine"),
        insurance=["self-pay", "medicaid"],
        line2="Suite 3",
        at=(39.8, -104.9),
    )
    [told] = search(near=DENVER).json()["results"]
    checks = told.pop("checks")
    assert told == {
        "id": clinic.pk,
        "slug": clinic.slug,
        "url": f"{settings.SITE_URL}/clinic/{clinic.slug}/",
        "name": "Quiet Ridge",
        "organization": {"id": clinic.organization.pk, "name": clinic.organization.name},
        "distance_miles": 6.4,
        "address": {
            "line1": clinic.line1,
            "line2": "Suite 3",
            "city": "Denver",
            "state": "CO",
            "zip": "80202",
        },
        "location": {"latitude": 39.8, "longitude": -104.9},
        "phone": "+13035550101",
        "website": "https://clinic.example/",
        "modalities": ["esketamine", "iv"],
        "insurance": ["medicaid", "self-pay"],
        "accepting_new_patients": True,
        "accepts_referrals": True,
    }
    assert list(checks[0]) == ["fact", "word", "source", "checked_on", "due_on"]
    words = {check["fact"]: check["word"] for check in checks}
    assert {words[fact] for fact in ("license", "npi", "exclusion", "contact", "rems")} == {"checked"}


def test_it_keeps_to_itself_what_only_our_pages_need(search, clinic):
    assert "card" not in search().json()["results"][0]


def test_it_measures_and_orders_on_the_great_circle(search, db):
    points = [(39.9, -105.1), (39.74, -104.98), (39.5, -104.7), (39.7392, -105.2)]
    build.many([{"at": point} for point in points])
    results = search(near=DENVER).json()["results"]
    told = [
        ((hit["location"]["latitude"], hit["location"]["longitude"]), hit["distance_miles"])
        for hit in results
    ]
    wanted = sorted((great_circle(build.DENVER, point).miles, point) for point in points)
    assert told == [(point, round(miles, 1)) for miles, point in wanted]


def test_it_has_no_distance_and_no_place_without_a_place(search, clinic):
    body = search().json()
    assert body["place"] is None
    assert body["results"][0]["distance_miles"] is None


def test_it_finds_by_zip_code_and_by_town(search, clinic, gazetteer):
    for near in ("80202", "Denver, CO", "denver co"):
        body = search(near=near).json()
        assert body["count"] == 1, near
        assert "Denver" in body["place"]["label"]


def test_it_offers_choices_for_an_unclear_place(search, gazetteer, holds_to):
    response = search(near="Springfield")
    problem = response.json()
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert problem["type"].endswith("#problem-unclear-place")
    assert len(problem["choices"]) > 1
    assert search(near=problem["choices"][0]["near"]).status_code == 200
    holds_to("Problem", problem)


def test_without_a_place_nearest_first_is_by_name(search, db):
    build.many([{"name": "Zephyr"}, {"name": "Alder"}])
    assert [hit["name"] for hit in search(order="distance").json()["results"]] == ["Alder", "Zephyr"]


def test_it_links_pages_by_whole_addresses_that_keep_every_parameter(search, client, settings, db):
    build.many([{"name": f"Clinic {number}"} for number in range(5)])
    asked = {"near": DENVER, "radius": "10", "modality": ["iv", "im"], "page_size": "2"}
    first = search(**asked).json()
    second = client.get(_without_site(first["next"], settings)).json()
    third = client.get(_without_site(second["next"], settings)).json()
    assert parse_qs(urlsplit(first["next"]).query) == {
        "near": [DENVER],
        "radius": ["10"],
        "modality": ["iv", "im"],
        "page_size": ["2"],
        "page": ["2"],
    }
    assert [len(page["results"]) for page in (first, second, third)] == [2, 2, 1]
    assert (first["previous"], third["next"]) == (None, None)
    assert client.get(_without_site(second["previous"], settings)).json() == {**first}
    seen = [hit["id"] for page in (first, second, third) for hit in page["results"]]
    assert len(set(seen)) == 5


def _without_site(address, settings):
    assert address.startswith(f"{settings.SITE_URL}/api/v1/clinics/?")
    return address.removeprefix(settings.SITE_URL)


def test_a_page_beyond_the_last_is_empty_and_points_back(search, clinic):
    body = search(page="7").json()
    assert (body["count"], body["results"], body["next"]) == (1, [], None)
    assert parse_qs(urlsplit(body["previous"]).query)["page"] == ["1"]


def test_it_narrows_by_every_group_and_counts_facets_without_their_own(search, db):
    build.clinic(modalities=("iv",), insurance=["medicaid"], languages=["en", "es"])
    build.clinic(modalities=("im",), insurance=["medicaid"])
    build.clinic(modalities=("iv",), insurance=["medicare"])
    body = search(modality="iv", insurance="medicaid").json()
    assert body["count"] == 1
    assert body["facets"]["modality"]["im"] == 1
    assert body["facets"]["insurance"]["medicare"] == 1
    assert search(language="es").json()["count"] == 1
    assert search(modality=["iv", "im"]).json()["count"] == 3


@pytest.mark.parametrize("state", ["OR", "IN", "ME"])
def test_it_takes_states_that_are_also_words(search, state):
    build.many([{"state": "CO"}, {"state": state}])
    body = search(state=state).json()
    assert [hit["address"]["state"] for hit in body["results"]] == [state]


def test_it_hides_candidates_and_clinics_whose_fact_fails(search, clinic):
    build.clinic(listed=False)
    build.clinic(fails=(Fact.NPI,))
    assert [hit["id"] for hit in search().json()["results"]] == [clinic.pk]


def test_it_offers_no_esketamine_where_the_rems_certification_fails(search, db):
    build.clinic(modalities=("esketamine", "iv"), fails=(Fact.REMS,))
    assert search(modality="esketamine").json()["count"] == 0
    assert search(modality="iv").json()["results"][0]["modalities"] == ["iv"]


def test_three_results_cost_as_many_statements_as_one(search, django_assert_num_queries, clinic):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from directory import search as directory_search

    with CaptureQueriesContext(
        connection,
    ) as one:
        assert search(near=DENVER).json()["count"] == 1
    build.many([{}, {}])
    directory_search.forget()
    with django_assert_num_queries(len(one)):
        assert search(near=DENVER).json()["count"] == 3
