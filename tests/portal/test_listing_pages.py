"""The clinics one acts for, what is left to do on each, sending it for checking, and the preview."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from directory import listings
from directory.models import Clinic, ProposedChange
from outbox import clock
from tests import build
from tests.portal.listing_forms import clinician, contact, page, save, treatments
from tests.portal.reading_pages import main

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]

MINE = "/manage/clinics/"


@pytest.fixture
def manager(client, owner, clinic):
    client.force_login(owner)
    return client


@pytest.fixture
def empty(owner):
    """A candidate of which only the name, the address and the phone are known."""
    made = build.clinic(
        name="Fresh Example Clinic", owner=owner, listed=False, claimed=True, modalities=(), origin="clinic",
        states_facts=[], languages=[], insurance=[], age_groups=[], accepting_new_patients=None,
        unchecked=("license", "npi", "exclusion", "contact"), attested_at=None,
    )  # fmt: skip
    Clinic.objects.filter(pk=made.pk).update(responsible=None)
    return made


def test_one_clinic_leads_straight_on(manager, clinic):
    assert manager.get(MINE)["Location"] == page(clinic)


def test_each_clinic_says_how_it_stands_and_what_is_left(manager, clinic, empty):
    shown = main(manager.get(MINE))
    assert "High Plains Example Clinic Denver, CO Shown in search until" in shown
    assert (
        "Fresh Example Clinic Denver, CO Not shown in search yet. It was not sent for checking. 3 things left"
        in shown
    )


def test_who_acts_for_no_clinic_is_led_to_claim_one(client, db):
    client.force_login(build.user())
    shown = client.get(MINE)
    assert "You do not act for a clinic here yet." in main(shown)
    assert 'href="/manage/claim/"' in shown.content.decode()


def test_forty_sites_take_as_many_statements_as_one(manager, clinic, owner):
    def statements(address) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert manager.get(address).status_code in (200, 302)
        return len(seen)

    build.clinic(organization=clinic.organization, owner=owner)
    statements(MINE)
    few, one = statements(MINE), statements(page(clinic))
    build.many([{"organization": clinic.organization, "owner": owner} for _ in range(38)])
    assert (statements(MINE), statements(page(clinic))) == (few, one)
    assert few < 20
    assert one < 20


def test_history_and_sections_take_few_statements_however_much_happened(manager, clinic):
    def statements(address) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert manager.get(address).status_code == 200
        return len(seen)

    addresses = [page(clinic, "history"), page(clinic, "edit", "contact"), page(clinic, "edit", "people")]
    save(manager, clinic, "cost", cost="0")
    save(manager, clinic, "people", **clinician())
    few = [statements(address) for address in addresses]
    for number in range(1, 4):
        save(manager, clinic, "cost", cost=str(number))
        typed = clinician(clinician_last_name="Other" + "x" * number, license_number=str(number))
        save(manager, clinic, "people", **typed)
    assert [statements(address) for address in addresses] == few
    assert max(few) < 20


def test_from_nothing_to_sent_for_checking(manager, empty):
    tasks = main(manager.get(page(empty)))
    assert "3 things left before patients can see you" in tasks
    assert "People and licenses Needs you" in tasks
    assert "Cost and insurance Not started" in tasks
    assert "Send it for checking" not in tasks
    assert manager.post(page(empty, "send")).status_code == 409
    save(manager, empty, "people", **clinician(in_charge="on"))
    save(manager, empty, "treatments", **treatments("iv", monitoring_minutes="90", prescriber_on_site="yes"))
    save(manager, empty, "emergency", emergency_plan="yes", dea="yes")
    tasks = main(manager.get(page(empty)))
    assert "Next, one of us calls the clinic" in tasks
    answer = manager.post(page(empty, "send"), follow=True)
    assert "That usually takes two to five working days." in main(answer)
    assert "We have been checking it since" in main(answer)
    assert "Send it for checking" not in main(answer)
    assert Clinic.objects.get(pk=empty.pk).submitted_by is not None
    assert manager.post(page(empty, "send")).status_code in (302, 409)


def test_only_a_manager_sends_it(client, empty, owner):
    save_as = build.member(empty.organization, role="staff")
    client.force_login(save_as)
    assert client.post(page(empty, "send")).status_code == 403


def test_a_listing_that_lapsed_says_what_is_not_up_to_date(manager, clinic):
    build.check(clinic, "contact", outcome="fails")
    shown = main(manager.get(page(clinic)))
    assert "Not shown in search. Not up to date: Address and phone" in shown


def test_when_to_confirm_is_said_only_when_it_is_near(manager, clinic):
    assert "Confirmed. Next by" in main(manager.get(page(clinic)))
    Clinic.objects.update(attested_at=clock.now() - timedelta(days=81))
    assert "Due in 9 days" in main(manager.get(page(clinic)))
    Clinic.objects.update(attested_at=clock.now() - timedelta(days=95))
    assert "Overdue" in main(manager.get(page(clinic)))


def test_suspended_and_closed_listings_say_so(manager, clinic, owner):
    listings.suspend(clinic=clinic, reason="under-review", by=owner)
    assert "Not shown in search. We are looking into something." in main(manager.get(page(clinic)))
    listings.close(clinic=clinic, reason="moved", by=owner)
    shown = main(manager.get(page(clinic)))
    assert "Closed. The clinic moved." in shown
    assert "Close this listing" not in shown


# --- the preview -------------------------------------------------------------------------------


def test_a_candidate_is_seen_as_patients_would_see_it_by_its_clinic_alone(manager, empty, client, stranger):
    save(manager, empty, "first-visit", first_visit="We talk for an hour.")
    answer = manager.get(page(empty, "preview"))
    shown = main(answer)
    assert "Preview. Only you see this" in shown
    assert "We talk for an hour." in shown
    assert 'content="noindex"' in answer.content.decode()
    assert (answer["X-Robots-Tag"], "no-store" in answer["Cache-Control"]) == ("noindex", True)
    assert client.get(f"/clinic/{empty.slug}/").status_code == 404


def test_the_preview_may_show_what_waits_and_keeps_nothing_of_it(manager, clinic):
    save(manager, clinic, "contact", **contact(line1="99 Waiting Street"))
    save(manager, clinic, "treatments", **treatments("oral"))
    save(manager, clinic, "people", **clinician())
    plain = main(manager.get(page(clinic, "preview")))
    assert "99 Waiting Street" not in plain
    shown = main(manager.get(page(clinic, "preview") + "?waiting=1"))
    assert "99 Waiting Street" in shown
    assert "By mouth or under the tongue" in shown
    assert "Bea Sample" in shown
    assert "APN.0001234" not in shown
    found = Clinic.objects.get()
    assert (found.line1, found.offerings.count(), found.practitioners.count()) == (clinic.line1, 2, 0)


def test_a_change_that_no_longer_fits_does_not_break_the_preview(manager, clinic):
    save(manager, clinic, "people", **clinician())
    ProposedChange.objects.update(values={"responsible": 10**6, "practitioners": [10**6]})
    for where in (
        page(clinic, "preview") + "?waiting=1",
        page(clinic, "edit", "people"),
        page(clinic, "history"),
    ):
        assert manager.get(where).status_code == 200
