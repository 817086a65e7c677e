"""The inbox: what waits, for whom, how long, and with how little about a person."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import memberships
from accounts.models import AuditEvent, Membership
from directory.models import ListingClaim
from outbox import clock
from tests import build, build_referrals
from tests.portal.reading_pages import main, text, title

pytestmark = pytest.mark.django_db

INBOX = "/manage/"


@pytest.fixture
def signed_in(client, owner):
    client.force_login(owner)
    return client


def days_ago(days: float, clinic, **kwargs):
    """A request that came in so many days ago."""
    with clock.frozen(clock.now() - timedelta(days=days)):
        return build_referrals.referral(clinic, **kwargs)


def test_it_sends_who_is_not_signed_in_to_the_sign_in_page(client):
    response = client.get(INBOX)

    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


def test_it_counts_each_list_in_words(signed_in, clinic, owner):
    for status in ("requested", "requested", "received", "on-hold", "accepted", "rejected", "cancelled"):
        build_referrals.referral(clinic, reached=status, by=owner)

    page = text(signed_in.get(INBOX))

    for words in ("New (2)", "Waiting on us (2)", "Waiting on them (1)", "Closed (2)"):
        assert words in page


def test_it_shows_the_longest_waiting_first(signed_in, clinic):
    for name, days in (("Bo", 1), ("Ana", 3), ("Cy", 2)):
        days_ago(days, clinic, call_me=name)

    page = main(signed_in.get(INBOX))

    assert page.index("Ana") < page.index("Cy") < page.index("Bo")


def test_late_is_a_word(signed_in, clinic):
    days_ago(6, clinic, call_me="Sam")

    page = main(signed_in.get(INBOX))

    assert "Late Sam" in page
    assert "1 is late." in page
    assert "6 days" in page


def test_what_waits_for_the_person_is_never_late(signed_in, clinic, owner):
    days_ago(20, clinic, reached="on-hold", by=owner)

    assert "Late" not in main(signed_in.get(INBOX + "?tab=them"))


def test_it_shows_a_name_and_a_reference_and_nothing_else_about_a_person(signed_in, clinic):
    made = build_referrals.referral(clinic, call_me="Sam", note="Marmoset", topics=("ptsd",))

    page = text(signed_in.get(INBOX))

    assert "Sam" in page
    assert made.reference in page
    for personal in ("Marmoset", "303-555-0142", "sam@patient.example", "PTSD"):
        assert personal not in page


def test_every_name_that_is_shown_is_in_the_audit_trail(signed_in, clinic, owner):
    made = build_referrals.referral(clinic)

    signed_in.get(INBOX)

    event = AuditEvent.objects.latest("seq")
    assert (event.actor, event.action, event.object_id) == (f"user:{owner.pk}", "referral.read", str(made.pk))


def test_names_can_be_hidden_and_are_then_not_read(signed_in, clinic):
    build_referrals.referral(clinic, call_me="Zebrafinch")
    signed_in.post("/manage/names/", {"hide": "yes"})
    before = AuditEvent.objects.count()

    hidden = text(signed_in.get(INBOX))

    assert "Zebrafinch" not in hidden
    assert AuditEvent.objects.count() == before
    signed_in.post("/manage/names/", {"hide": "no"})
    assert "Zebrafinch" in text(signed_in.get(INBOX))


def test_hiding_names_leads_back_to_the_same_list_and_to_no_other_site(signed_in, clinic):
    assert signed_in.post("/manage/names/", {"next": "/manage/?tab=us"}).url == "/manage/?tab=us"
    assert signed_in.post("/manage/names/", {"next": "https://evil.example/"}).url == INBOX


def test_a_name_taken_back_is_not_shown(signed_in, clinic):
    build_referrals.referral(clinic, reached="cancelled", call_me="Zebrafinch")

    assert "Zebrafinch" not in text(signed_in.get(INBOX + "?tab=closed"))


def test_an_empty_list_says_so(signed_in, clinic):
    page = text(signed_in.get(INBOX))

    assert "No new requests." in page
    assert re.search(r"Last looked at \d+:\d\d [AP]M, Mountain time\.", page)


def test_who_acts_for_no_clinic_is_told_whom_to_ask(client, db):
    client.force_login(build.user())

    assert "You do not act for a clinic here yet" in text(client.get(INBOX))


def test_the_operators_staff_is_led_to_its_own_page(client, staff):
    client.force_login(staff)

    page = client.get(INBOX, follow=True)

    assert page.request["PATH_INFO"] == "/staff/"
    assert '">Requests</a>' not in page.content.decode()


def test_the_operators_staff_who_acts_for_a_clinic_too_has_both_pages(client, staff, clinic, owner):
    memberships.add(user=staff, organization=clinic.organization, role="staff", by=owner)
    client.force_login(staff)

    page = client.get(INBOX)

    assert "No new requests." in text(page)
    assert '">Requests</a>' in page.content.decode()


def test_another_practice_sees_nothing_of_it(client, clinic, stranger):
    build_referrals.referral(clinic, call_me="Zebrafinch")
    client.force_login(stranger)

    assert "Zebrafinch" not in text(client.get(INBOX))


def test_a_member_who_left_sees_nothing_from_the_next_page_on(client, clinic, owner, colleague):
    build_referrals.referral(clinic, call_me="Zebrafinch")
    client.force_login(colleague)
    assert "Zebrafinch" in text(client.get(INBOX))

    memberships.end(membership=Membership.objects.get(user=colleague), by=owner)

    assert "Zebrafinch" not in text(client.get(INBOX))


def test_who_takes_over_a_clinic_sees_nothing_that_was_sent_before(signed_in, clinic):
    build_referrals.referral(clinic, call_me="Zebrafinch")
    ListingClaim.objects.update(decided_at=clock.now() + timedelta(seconds=1))

    assert "Zebrafinch" not in text(signed_in.get(INBOX))


def test_it_is_kept_by_nobody_and_has_the_crisis_line_in_its_footer_only(signed_in, clinic):
    response = signed_in.get(INBOX)
    page = response.content.decode()

    assert "no-store" in response["Cache-Control"]
    assert 'href="tel:988"' not in page.split("<footer")[0]
    assert 'href="tel:988"' in page.split("<footer")[1]


def test_it_says_who_is_signed_in_and_signs_out_by_a_button(signed_in, clinic):
    page = signed_in.get(INBOX).content.decode()

    assert "Signed in as Olive Owner" in page
    assert f'<form method="post" action="{reverse("account_logout")}">' in page
    assert title(signed_in.get(INBOX)).startswith("Requests")


def test_an_unknown_list_or_page_is_the_first_or_last_one(signed_in, clinic):
    build_referrals.referral(clinic)

    for query in ("?tab=none", "?page=0", "?page=99", "?page=x", "?page=1000000000000000000"):
        assert signed_in.get(INBOX + query).status_code == 200


def test_a_long_list_has_pages(signed_in, clinic):
    for number in range(21):
        days_ago(30 - number, clinic, call_me=f"Person{number:02d}")

    first, second = main(signed_in.get(INBOX)), main(signed_in.get(INBOX + "?page=2"))

    assert "Person00" in first
    assert "Person20" not in first
    assert "Person20" in second


def queries(client) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        client.get(INBOX)
    return len(caught)


def test_three_rows_cost_no_more_statements_than_one(signed_in, clinic):
    signed_in.post("/manage/names/", {"hide": "yes"})
    build_referrals.referral(clinic)
    signed_in.get(INBOX)
    one = queries(signed_in)
    for _ in range(2):
        build_referrals.referral(clinic)

    assert queries(signed_in) == one


def test_three_names_leave_three_rows_in_the_trail_for_the_statements_of_one(signed_in, clinic):
    build_referrals.referral(clinic)
    signed_in.get(INBOX)
    one = queries(signed_in)
    for _ in range(2):
        build_referrals.referral(clinic)
    read_before = AuditEvent.objects.filter(action="referral.read").count()

    assert queries(signed_in) == one
    assert AuditEvent.objects.filter(action="referral.read").count() == read_before + 3


@pytest.mark.parametrize("back", ["status", "foo", "//evil.example", "https:evil.example"])
def test_hiding_names_leads_back_to_the_inbox_whatever_was_asked_for(signed_in, back):
    answer = signed_in.post("/manage/names/", {"hide": "yes", "next": back})
    assert (answer.status_code, answer["Location"]) == (302, "/manage/")
