"""The work queue: what waits for whom, the urgent first, and what concerns many listings at once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from directory.casework import cases
from directory.models import Case, LapseStop, RegistryFile
from outbox import clock
from tests import build
from tests.portal.reading_pages import main

pytestmark = pytest.mark.django_db

PAGE = "/staff/"


@pytest.fixture
def signed_in(client, verifier):
    client.force_login(verifier)
    return client


def due(clinic, **how):
    return cases.open_case(clinic=clinic, kind="due", **{"fact": "contact", **how})


def test_only_the_staff_sees_it(client, owner, staff):
    assert client.get(PAGE).status_code == 302
    client.force_login(owner)
    assert client.get(PAGE).status_code == 403
    client.force_login(staff)
    assert client.get(PAGE).status_code == 200


def test_the_urgent_comes_first_and_then_what_is_due_first(signed_in, clinic):
    now = clock.now()
    due(clinic, fact="npi", due_at=now + timedelta(days=3))
    due(clinic, fact="contact", due_at=now + timedelta(days=1))
    cases.open_case(clinic=clinic, kind="report", subject="harm", urgent=True)
    page = main(signed_in.get(f"{PAGE}?tab=unassigned"))
    order = [
        page.index(words)
        for words in ("Urgent Report", "Check due: Address and phone", "Check due: National")
    ]
    assert order == sorted(order)


def test_each_list_holds_what_it_says(signed_in, clinic, verifier, second_verifier):
    now = clock.now()
    mine, other = due(clinic, fact="npi"), due(clinic, fact="license")
    later = due(clinic, fact="exclusion", due_at=now + timedelta(days=60))
    put_off = due(clinic, fact="rems")
    report = cases.open_case(clinic=clinic, kind="report", subject="closed")
    sent = due(clinic, fact="contact", due_at=now + timedelta(days=2))
    cases.take(case=mine, by=verifier)
    cases.take(case=other, by=second_verifier)
    cases.snooze(case=put_off, until=now + timedelta(days=4), by=verifier)
    cases.note(case=sent, text="First.", by=verifier)
    listed = {
        tab: {row["case"].pk for row in signed_in.get(f"{PAGE}?tab={tab}").context["rows"]}
        for tab in ("mine", "unassigned", "week", "reports", "urgent", "snoozed")
    }
    assert listed == {
        "mine": {mine.pk, sent.pk},
        "unassigned": {later.pk, report.pk},
        "week": {sent.pk, report.pk},
        "reports": {report.pk},
        "urgent": set(),
        "snoozed": {put_off.pk},
    }


def test_what_is_sent_back_lies_with_the_first(client, clinic, verifier, second_verifier):
    case = due(clinic)
    cases.note(case=case, text="I looked.", by=verifier)
    cases.release(case=case, by=verifier)
    cases.send_back(case=case, text="Again, please.", by=second_verifier)
    client.force_login(verifier)
    assert [row["case"] for row in client.get(f"{PAGE}?tab=mine").context["rows"]] == [case]
    assert not client.get(f"{PAGE}?tab=unassigned").context["rows"]


def test_the_numbers_stand_in_the_tabs_and_a_kind_can_be_chosen(signed_in, clinic):
    due(clinic)
    cases.open_case(clinic=clinic, kind="report", subject="closed")
    page = signed_in.get(f"{PAGE}?tab=unassigned")
    assert "Unassigned (2)" in main(page)
    assert "Check due (1)" in main(page)
    rows = signed_in.get(f"{PAGE}?tab=unassigned&kind=report").context["rows"]
    assert [row["case"].kind for row in rows] == ["report"]


@pytest.mark.parametrize("query", ["?tab=no-such", "?kind=%00x", "?page=999", "?tab=mine&page=-1", "?tab="])
def test_a_strange_address_shows_a_list_all_the_same(signed_in, clinic, query):
    due(clinic)
    assert signed_in.get(PAGE + query).status_code in (200, 400)


def test_an_empty_list_says_so_and_when_it_was_looked_at(signed_in):
    assert "Nothing is urgent. Last looked at" in main(signed_in.get(f"{PAGE}?tab=urgent"))


def test_one_case_and_three_cost_the_same(signed_in):
    def statements():
        with CaptureQueriesContext(connection) as asked:
            assert signed_in.get(f"{PAGE}?tab=unassigned").status_code == 200
        return len(asked)

    due(build.clinic())
    statements()
    one = statements()
    for _ in range(2):
        due(build.clinic())
    assert statements() == one


def test_it_forecasts_the_work_of_the_months_to_come(signed_in, clinic):
    page = main(signed_in.get(PAGE))
    assert "Checks that fall due" in page
    assert f"{clock.now():%b %Y}" in page


def test_a_late_registry_file_is_named(signed_in):
    long_ago = clock.now() - timedelta(days=50)
    RegistryFile.objects.create(
        registry="leie",
        name="a.csv",
        sha256="0" * 64,
        source_date=long_ago.date(),
        state="loaded",
        started_at=long_ago,
        finished_at=long_ago,
    )
    assert "The last file of leie is 50 days old." in main(signed_in.get(PAGE))


def test_a_registry_file_that_was_held_is_named_until_a_newer_one_is_loaded(signed_in):
    now = clock.now()
    held = {
        "registry": "leie",
        "name": "a.csv",
        "source_date": now.date(),
        "started_at": now,
        "finished_at": now,
    }
    RegistryFile.objects.create(
        **held, sha256="1" * 64, state="held", stops=["It has 30 % fewer rows than the last one."]
    )
    page = main(signed_in.get(PAGE))
    assert "A registry file waits for a person: leie" in page
    assert "It has 30 % fewer rows than the last one." in page
    RegistryFile.objects.create(**held, sha256="2" * 64, state="loaded")
    assert "waits for a person" not in main(signed_in.get(PAGE))


def test_undelivered_messages_stay_within_reach(signed_in, clinic):
    from tests.portal.test_undelivered import dead_letter

    dead_letter(clinic)
    page = signed_in.get(PAGE)
    assert "1 message could not be delivered." in main(page)
    assert 'href="/staff/undelivered/"' in page.content.decode()


# --- the circuit breaker ---------------------------------------------------------------------


@pytest.fixture
def stop(db):
    return LapseStop.objects.create(opened_at=clock.now(), listings=40, of_listed=300, fact="npi")


def test_a_verifier_decides_whether_many_listings_may_leave(signed_in, stop, verifier):
    assert "40 of 300 listings would leave" in main(signed_in.get(PAGE))
    signed_in.post(f"/staff/lapse-stops/{stop.pk}/", {"let_lapse": "no"})
    stop.refresh_from_db()
    assert (stop.let_lapse, stop.closed_by) == (False, verifier)
    again = signed_in.post(f"/staff/lapse-stops/{stop.pk}/", {"let_lapse": "yes"}, follow=True)
    assert "Somebody was first" in main(again)


def test_no_answer_decides_nothing(signed_in, stop):
    signed_in.post(f"/staff/lapse-stops/{stop.pk}/", {"let_lapse": "perhaps"})
    stop.refresh_from_db()
    assert stop.closed_at is None


def test_staff_who_is_no_verifier_does_not_decide_it(client, staff, stop):
    client.force_login(staff)
    assert "A verifier decides this." in main(client.get(PAGE))
    client.post(f"/staff/lapse-stops/{stop.pk}/", {"let_lapse": "yes"})
    stop.refresh_from_db()
    assert stop.closed_at is None


# --- a case of one's own ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["/clinic/{slug}/", "{slug}", "https://cairn.example/clinic/{slug}/checks/"]
)
def test_staff_opens_a_case_about_any_clinic(signed_in, clinic, typed):
    answer = signed_in.post("/staff/cases/open/", {"clinic": typed.format(slug=clinic.slug)})
    assert answer.url == f"/staff/cases/{Case.objects.get(clinic=clinic).pk}/"


@pytest.mark.parametrize("typed", ["", "no-such-clinic", "/", "x" * 400, "../../etc"])
def test_a_clinic_that_does_not_exist_is_a_plain_error(signed_in, typed):
    answer = signed_in.post("/staff/cases/open/", {"clinic": typed})
    assert answer.status_code == 422
    assert "There is a problem" in main(answer)
    assert not Case.objects.exists()
