"""What a search answers: at the edge of the circle and of an instant, page by page, and when nothing is near."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from directory import index, search, search_sql
from directory.gazetteer import Spot
from directory.geo import distance_miles
from directory.models import IndexRow
from directory.search import Query
from directory.vocabulary import Fact
from outbox import clock
from tests import build

pytestmark = pytest.mark.django_db

DENVER = Spot("Denver, CO", "Denver, CO", *build.DENVER)
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def ids(found: search.Found) -> list[int]:
    return [hit.document["id"] for hit in found.results]


def test_it_takes_the_circle_whole_with_its_edge_and_its_middle():
    here = build.clinic(at=build.DENVER)
    away = build.clinic(at=(40.1, -104.5))
    miles = distance_miles(*build.DENVER, 40.1, -104.5)
    assert ids(search.find(Query(DENVER, miles))) == [here.pk, away.pk]
    assert ids(search.find(Query(DENVER, miles - 0.0001))) == [here.pk]
    nearest = search.find(Query(DENVER, 500)).results
    assert nearest[0].distance_miles == 0
    assert nearest[1].distance_miles == pytest.approx(miles, abs=1e-9)


def test_it_orders_clinics_in_one_building_by_their_ids_and_every_page_keeps_that():
    clinics = build.many([{"at": (39.9, -104.9)}] * 45)
    turned = [ids(search.find(Query(DENVER, 50, page=page))) for page in (1, 2, 3)]
    assert [len(page) for page in turned] == [20, 20, 5]
    assert [pk for page in turned for pk in page] == sorted(clinic.pk for clinic in clinics)


def test_a_page_after_the_last_is_empty_and_the_count_is_right():
    build.many([{}] * 3)
    found = search.find(Query(DENVER, page=2))
    assert (found.count, found.pages, found.results) == (3, 1, [])


def test_nobody_turns_pages_beyond_ten_thousand_results(monkeypatch):
    monkeypatch.setattr(search, "DEEPEST", 10)
    build.many([{}] * 12)
    assert search.find(Query(DENVER, page_size=3)).pages == 3  # a fourth would reach the twelfth
    assert len(search.find(Query(DENVER, page=2, page_size=5)).results) == 5
    deep = search.find(Query(DENVER, page=3, page_size=5))
    assert (deep.count, deep.pages, deep.results) == (12, 2, [])


def test_it_finds_across_the_date_line_and_around_the_pole():
    attu, adak = build.clinic(at=(52.9, 179.9)), build.clinic(at=(52.9, -179.9))
    west = search.find(Query(Spot("", "", 52.9, 179.95), 20))
    assert ids(west) == [attu.pk, adak.pk]
    polar = build.clinic(at=(89.9, -120.0))
    assert ids(search.find(Query(Spot("", "", 89.9, 60.0), 20))) == [polar.pk]


def test_a_crowded_middle_and_a_crowded_rim_are_both_whole():
    """The first circle tried holds the fifteen in the middle, which is not yet a page."""
    middle = build.many([{"at": (39.74, -104.99)}] * 15)
    rim = build.many([{"at": (45.0, -107.49 + step / 20)} for step in range(100)])
    wanted = sorted(middle + rim, key=lambda clinic: (distance_miles(*build.DENVER, *at(clinic)), clinic.pk))
    found = [ids(search.find(Query(DENVER, 500, page=page))) for page in range(1, 7)]
    assert [len(page) for page in found] == [20, 20, 20, 20, 20, 15]
    assert [pk for page in found for pk in page] == [clinic.pk for clinic in wanted]


def at(clinic) -> tuple[float, float]:
    return clinic.latitude, clinic.longitude


def test_a_license_that_ends_at_noon_is_in_the_answer_until_the_instant_of_noon():
    with clock.frozen(NOON - timedelta(days=1)):
        ending, lasting = build.clinic(license_ends=NOON), build.clinic()
    with clock.frozen(NOON - MILLISECOND):
        before = search.find(Query(DENVER))
    with clock.frozen(NOON):
        after = search.find(Query(DENVER))
    assert (before.count, ids(before)) == (2, [ending.pk, lasting.pk])
    assert before.valid_until == NOON
    assert (after.count, ids(after)) == (1, [lasting.pk])


@pytest.mark.django_db(transaction=True)
def test_a_warm_cache_does_not_outlive_noon_though_nothing_is_written(django_assert_num_queries):
    with clock.frozen(NOON - timedelta(days=1)):
        ending, lasting = build.clinic(license_ends=NOON), build.clinic()
    with clock.frozen(NOON - MILLISECOND):
        cold = search.find(Query(DENVER))
        with django_assert_num_queries(2):  # the version, and the rows: the counts are remembered
            warm = search.find(Query(DENVER))
    assert cold == warm
    assert ids(warm) == [ending.pk, lasting.pk]
    with clock.frozen(NOON):
        assert ids(search.find(Query(DENVER))) == [lasting.pk]
        assert search.find(Query(DENVER)).facets["modality"]["iv"] == 1
    with clock.frozen(NOON - MILLISECOND):  # a clock set back is no worse
        assert search.find(Query(DENVER)).count == 2


@pytest.mark.django_db(transaction=True)
def test_it_does_so_by_the_clock_of_the_database_too():
    ending, lasting = build.clinic(), build.clinic()
    ends = clock.now() + timedelta(seconds=1)
    build.check(ending, Fact.LICENSE, lapses_at=ends)
    seen = set()
    while clock.now() < ends + timedelta(milliseconds=200):
        asked = clock.now()
        found = search.find(Query(DENVER))
        answered = clock.now()
        assert found.count == len(ids(found))
        seen.add(found.count)
        if answered < ends:
            assert ids(found) == [ending.pk, lasting.pk]
        if asked >= ends:
            assert ids(found) == [lasting.pk]
        time.sleep(0.02)
    assert seen == {1, 2}


@pytest.mark.django_db(transaction=True)
def test_what_is_written_is_in_the_next_answer():
    clinic = build.clinic()
    assert search.find(Query(DENVER)).count == 1
    build.check(clinic, Fact.NPI, outcome="fails")
    assert search.find(Query(DENVER)).count == 0
    build.check(clinic, Fact.NPI)
    assert search.find(Query(DENVER)).facets["modality"] == {
        "esketamine": 1, "iv": 1, "im": 0, "sc": 0, "oral": 0,
    }  # fmt: skip


def test_esketamine_leaves_with_its_certification_and_the_clinic_stays_for_the_rest():
    with clock.frozen(NOON - timedelta(days=1)):
        both = build.clinic(lapses={Fact.REMS: NOON}, psychotherapy=("esketamine",))
        only = build.clinic(lapses={Fact.REMS: NOON}, modalities=("esketamine",))
    esketamine = Query(DENVER, modality=("esketamine",))
    with clock.frozen(NOON - MILLISECOND):
        assert ids(search.find(esketamine)) == [both.pk, only.pk]
        assert ids(search.find(Query(DENVER, psychotherapy=True))) == [both.pk]
    with clock.frozen(NOON):
        assert search.find(esketamine).count == 0
        assert search.find(Query(DENVER, psychotherapy=True)).count == 0
        found = search.find(Query(DENVER))
    assert ids(found) == [both.pk]
    assert found.facets["modality"]["esketamine"] == 0
    assert found.facets["psychotherapy"] == {"true": 0}
    assert found.results[0].document["modalities"] == ["iv"]


def test_taking_new_patients_is_believed_for_thirty_days():
    said = NOON - timedelta(days=30)
    with clock.frozen(NOON - timedelta(days=1)):
        clinic = build.clinic(accepting_stated_at=said)
    with clock.frozen(NOON - MILLISECOND):
        before = search.find(Query(DENVER, accepting=True))
        assert ids(before) == [clinic.pk]
    with clock.frozen(NOON):
        after = search.find(Query(DENVER))
        assert search.find(Query(DENVER, accepting=True)).count == 0
    assert before.results[0].document["accepting_new_patients"] is True
    assert after.results[0].document["accepting_new_patients"] is None
    assert after.facets["accepting"] == {"true": 0}


def test_a_document_past_its_instant_is_made_anew_when_read():
    with clock.frozen(NOON - timedelta(days=1)):
        build.clinic(paused_until=NOON)
        row = IndexRow.objects.get()
    assert row.next_change_at == clock.to_micros(NOON)
    with clock.frozen(NOON - MILLISECOND):
        assert search.find(Query(DENVER)).results[0].document["accepts_referrals"] is False
    with clock.frozen(NOON):
        found = search.find(Query(DENVER))
        assert found.results[0].document["accepts_referrals"] is True
        assert found.valid_until > NOON
    assert IndexRow.objects.get().document == row.document


def test_a_facet_counts_with_every_filter_but_its_own_groups():
    build.clinic(modalities=("iv",), insurance=["medicaid"])
    build.clinic(modalities=("im",), insurance=["medicaid"])
    build.clinic(modalities=("im",), insurance=["medicare"])
    facets = search.find(Query(DENVER, modality=("iv",), insurance=("medicaid",))).facets
    assert (facets["modality"]["iv"], facets["modality"]["im"]) == (1, 1)
    assert (facets["insurance"]["medicaid"], facets["insurance"]["medicare"]) == (1, 0)
    assert facets["language"]["en"] == 1


def test_facets_are_right_where_there_are_too_many_clinics_for_packed_sums(monkeypatch):
    for _ in range(3):
        build.clinic(modalities=("iv", "sc"), insurance=["medicaid", "medicare"])
    packed = search.find(Query(DENVER)).facets
    search.forget()
    monkeypatch.setattr(search_sql, "MOST_PACKED", 3)
    assert search.find(Query(DENVER)).facets == packed
    assert (packed["modality"]["sc"], packed["insurance"]["medicare"], packed["modality"]["im"]) == (3, 3, 0)


def test_inside_a_group_any_value_will_do_but_every_access_is_needed():
    iv = build.clinic(modalities=("iv",), access=["evening"])
    im = build.clinic(modalities=("im",), access=["evening", "step-free"])
    build.clinic(modalities=("sc",), access=["evening"])
    assert ids(search.find(Query(DENVER, modality=("iv", "im")))) == [iv.pk, im.pk]
    assert ids(search.find(Query(DENVER, access=("evening", "step-free")))) == [im.pk]


def test_a_name_is_found_by_its_parts_without_case_accents_or_marks():
    clinic = build.clinic(name="St. Mary’s Ñandú Clinic 李")
    build.clinic(name="Other")
    for text in ("mary", "MARYS", "nandu", "ñandú", "clinic st", "李", "  Ñandú   clinic "):
        assert ids(search.find(Query(q=text))) == [clinic.pk], text
    for text in ("%", "_", "\\", "' OR 1=1--", '* " NEAR ( AND', ":*&|!", "zzz"):
        assert search.find(Query(q=text)).count == 0, text


def test_names_are_in_order_of_letters_whatever_the_database():
    for name in ("zebra", "Élan", "alpha 10", "Alpha", "alpha-2", "Ångström", "beta gamma", "betag"):
        build.clinic(name=name)
    found = search.find(Query(order="name"))
    assert [hit.document["name"] for hit in found.results] == [
        "Alpha", "alpha 10", "alpha-2", "Ångström", "beta gamma", "betag", "Élan", "zebra",
    ]  # fmt: skip
    assert found.results[0].distance_miles is None


def test_the_most_recently_checked_come_first_by_the_oldest_of_their_checks():
    now = clock.now()
    old = build.clinic(checked_at=now - timedelta(days=20))
    new = build.clinic(checked_at=now - timedelta(days=2))
    mixed = build.clinic(checked_at=now - timedelta(days=5))
    build.check(mixed, Fact.NPI, checked_at=now - timedelta(hours=1))
    assert ids(search.find(Query(order="checked"))) == [new.pk, mixed.pk, old.pk]


def test_only_listed_clinics_are_found():
    build.clinic(listed=False)
    build.clinic(status="suspended", status_reason="under-review")
    build.clinic(unchecked=(Fact.CONTACT,))
    assert search.find(Query()).count == 0


def test_a_list_of_one_and_a_list_of_three_cost_the_same(django_assert_num_queries):
    build.clinic()
    with django_assert_num_queries(3):  # the clock, the counts, the rows
        assert search.find(Query(DENVER)).count == 1
    build.many([{}] * 2)
    with django_assert_num_queries(3):
        assert search.find(Query(DENVER)).count == 3


def test_documents_that_aged_are_made_anew_in_a_fixed_number_of_statements(django_assert_num_queries):
    with clock.frozen(NOON - timedelta(days=1)):
        build.many([{"paused_until": NOON}] * 1)
    with clock.frozen(NOON), django_assert_num_queries(7):
        search.find(Query(DENVER))
    with clock.frozen(NOON - timedelta(days=1)):
        build.many([{"paused_until": NOON}] * 4)
    with clock.frozen(NOON), django_assert_num_queries(7):
        assert search.find(Query(DENVER)).count == 5


def test_it_remembers_no_count_of_a_transaction_that_may_be_rolled_back():
    build.clinic()
    search.find(Query(DENVER))
    assert not search._remembered


@pytest.mark.django_db(transaction=True)
def test_its_memory_is_bounded_and_keeps_what_is_asked_often(monkeypatch):
    monkeypatch.setattr(search, "REMEMBERED", 3)
    often = Query(DENVER, radius=1)
    for radius in range(1, 10):
        search.find(often)
        search.find(Query(DENVER, radius=radius))
    assert [key[1].radius for key in search._remembered] == [8, 1, 9]


def test_beside_an_empty_answer_it_offers_the_nearest_however_far():
    far = build.clinic(at=(47.6, -122.3), modalities=("iv",))
    farther = build.clinic(at=(61.2, -149.9), modalities=("iv",))
    build.clinic(at=(40.0, -105.0), modalities=("im",))
    query = Query(DENVER, 25, modality=("iv",))
    assert search.find(query).count == 0
    hits = search.nearest(DENVER, query)
    assert [hit.document["id"] for hit in hits] == [far.pk, farther.pk]
    assert hits[0].distance_miles > 1000
    assert search.nearest(DENVER, query, excluding=[far.pk])[0].document["id"] == farther.pk
    assert search.nearest(Spot("", "", -45.0, 75.0), query, limit=1)


def test_alternatives_can_all_receive_a_request():
    clinic = build.clinic()
    build.clinic(claimed=False)
    build.clinic(takes_requests=False)
    build.clinic(at=(39.8, -105.0), modalities=("im",))
    able = build.many([{"at": (41.0, -104.9)}, {"at": (45.0, -104.9)}, {"at": (30.0, -104.9)}])
    hits = search.alternatives(clinic, modality="iv")
    assert {hit.document["id"] for hit in hits} == {clinic.pk for clinic in able}
    assert search.alternatives(build.clinic(at=None, listed=False)) == []


def test_alternatives_look_beyond_many_that_cannot_receive():
    clinic = build.clinic()
    build.many([{"claimed": False}] * 40)
    able = build.clinic(at=(41.0, -104.9))
    assert [hit.document["id"] for hit in search.alternatives(clinic)] == [able.pk]


def test_two_questions_that_differ_in_page_alone_share_their_counts():
    build.many([{}] * 3)
    first, second = (search.find(Query(DENVER, page=page, page_size=2)) for page in (1, 2))
    assert first.count == second.count == 3
    assert first.facets == second.facets
    assert (len(first.results), len(second.results)) == (2, 1)


def test_a_rebuilt_index_gives_the_same_answer():
    clinics = build.many([{"at": (39.7 + step / 50, -105.0)} for step in range(5)])
    before = search.find(Query(DENVER, 500))
    IndexRow.objects.all().delete()
    index.rebuild_many(clinics)
    assert search.find(Query(DENVER, 500)) == before
