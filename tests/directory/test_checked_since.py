"""Filtering and ordering by when a clinic's oldest required check was made."""

from datetime import date, timedelta

import pytest
from django.test import Client

from directory import filters, search
from directory.filters import BadParameters
from directory.query import Query
from directory.vocabulary import Fact
from outbox import clock
from tests import build
from tests.directory.test_pages_clinic import words

pytestmark = pytest.mark.django_db


def found(since: date | None, **more) -> list[str]:
    return [hit.document["slug"] for hit in search.find(Query(checked_since=since, **more)).results]


def ago(days: int) -> date:
    return (clock.now() - timedelta(days=days)).date()


def test_a_clinic_is_found_by_the_day_of_its_oldest_required_check_and_not_a_day_later():
    clinic = build.clinic(modalities=("iv",))
    build.check(clinic, Fact.CONTACT, checked_at=clock.now() - timedelta(days=40))
    assert found(ago(40)) == [clinic.slug]
    assert found(ago(39)) == []


def test_a_day_begins_at_midnight_utc():
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
    build.clinic(modalities=("iv",), slug="just-in", checked_at=midnight)
    build.clinic(modalities=("iv",), slug="just-out", checked_at=midnight - timedelta(milliseconds=1))
    assert found(midnight.date()) == ["just-in"]


def test_the_safety_program_counts_while_esketamine_is_offered():
    clinic = build.clinic(modalities=("esketamine", "iv"))
    build.check(clinic, Fact.REMS, checked_at=clock.now() - timedelta(days=60))
    assert found(ago(20)) == []
    build.check(clinic, Fact.REMS, outcome="fails")
    assert found(ago(20)) == [clinic.slug]


def test_no_card_shows_an_older_day_than_was_asked_for():
    for days in (1, 20, 60):
        clinic = build.clinic(name=f"Clinic of {days} days", checked_at=clock.now() - timedelta(days=5))
        build.check(clinic, Fact.REMS, checked_at=clock.now() - timedelta(days=days))
    for hit in search.find(Query(checked_since=ago(30))).results:
        assert hit.card["oldest_check_on"] >= ago(30).isoformat()
    assert len(found(ago(30))) == 2


def test_totals_and_facets_count_with_it():
    build.clinic(modalities=("iv",), checked_at=clock.now() - timedelta(days=2))
    build.clinic(modalities=("im",), checked_at=clock.now() - timedelta(days=20))
    answer = search.find(Query(checked_since=ago(10)))
    assert answer.count == 1
    assert (answer.facets["modality"]["iv"], answer.facets["modality"]["im"]) == (1, 0)


def test_the_most_recently_checked_come_first_by_their_oldest_check():
    for slug, days in (("old", 25), ("new", 1), ("middle", 10)):
        build.clinic(slug=slug, modalities=("iv",), checked_at=clock.now() - timedelta(days=days))
    assert found(None, order="checked") == ["new", "middle", "old"]


def test_it_asks_no_further_question_of_the_database(django_assert_num_queries):
    build.clinic()
    for query in (Query(), Query(checked_since=ago(30))):
        with django_assert_num_queries(3):
            search.find(query)


@pytest.mark.parametrize("text", ["2026-1-1", "1 Nov 2026", "20261101", "2026-02-30", "yesterday"])
def test_a_bad_day_is_named_on_the_page_too_and_kept_in_the_form(text, gazetteer):
    response = Client().get("/search/", {"near": "80202", "checked_since": text})
    page = response.content.decode()
    assert response.status_code == 400
    assert "Checked on or after: A day as year, month and day, like 2026-11-03." in page
    assert f'name="checked_since" type="date" value="{text}"' in page
    with pytest.raises(BadParameters, match="checked_since"):
        filters.parse(response.wsgi_request.GET, strict=True)


def test_the_page_says_what_is_on_and_takes_it_off(gazetteer):
    build.clinic(modalities=("iv",))
    page = Client().get("/search/?near=80202&checked_since=2026-01-05").content.decode()
    assert "Checked since Jan 5, 2026" in page
    assert "/search/?near=80202" in page
    text = words("/search/?near=80202&checked_since=2999-01-01")
    assert "No clinics with these filters" in text
    assert "Without “Checked since Jan 1, 2999”: 1 clinic" in text


def test_a_page_says_a_bad_value_in_its_own_words_and_the_api_in_those_it_takes(gazetteer, client):
    text = words("/search/?near=80202&modality=nasal&page_size=0", 400)
    assert "Treatment: One of: Spravato (esketamine nose spray); IV infusion" in text
    assert "Clinics on a page: A whole number from 1 to 100." in text
    told = client.get("/api/v1/clinics/?modality=nasal").json()["errors"]
    assert told == [{"name": "modality", "message": "One of: esketamine, iv, im, sc, oral."}]
