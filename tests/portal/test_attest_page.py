"""In a minute: what the clinic says, one tick, a name. And what happens to a page that was open for a while."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership
from directory import attesting, changes, listings
from directory.models import Attestation, Clinic, ListingClaim
from outbox import clock
from tests import build
from tests.portal.reading_pages import text as text_of

pytestmark = pytest.mark.django_db

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
DAY = timedelta(days=1)


@pytest.fixture
def page(clinic, owner, client):
    """Its address; `owner` is signed in."""
    client.force_login(owner, BACKEND)
    return reverse("manage-attest", args=[clinic.slug])


def signed(clinic, **overrides):
    clinic.refresh_from_db()
    plain = {"checked": "on", "typed_name": "Olive Owner", "seen": attesting.fingerprint(clinic)}
    return {**plain, **overrides}


def test_it_shows_all_that_the_clinic_says_with_dates_and_ways_to_change_it(clinic, owner, client, page):
    listings.edit(clinic=clinic, by=owner, cost="From $400", languages=["en", "es"])
    answer = client.get(page)
    text = text_of(answer)
    today = clock.now()
    assert "From $400" in text
    assert "English, Spanish" in text
    assert "You say nothing about" in text
    assert "Whom you cannot treat" in text.split("You say nothing about")[1]
    assert f"Last changed {today:%b} {today.day}, {today.year}" in text
    for section in ("cost", "languages", "treatments", "hours"):
        assert reverse("manage-edit", args=[clinic.slug, section]).encode() in answer.content


def test_one_tick_and_a_name_confirm_it(clinic, owner, client, page):
    answer = client.post(page, signed(clinic), follow=True)
    due = clock.now() + 90 * DAY
    assert f"Your listing is confirmed until {due:%B} {due.day}, {due.year}." in text_of(answer)
    made = Attestation.objects.get()
    assert (made.made_by, made.typed_name) == (owner, "Olive Owner")


def test_a_colleague_confirms_it_too_and_changes_only_what_nobody_checks(clinic, colleague, client, page):
    client.force_login(colleague, BACKEND)
    shown = client.get(page).content
    assert reverse("manage-edit", args=[clinic.slug, "cost"]).encode() in shown
    assert reverse("manage-edit", args=[clinic.slug, "treatments"]).encode() not in shown
    assert client.post(page, signed(clinic)).status_code == 302


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"checked": ""}, "Tick the box"),
        ({"typed_name": ""}, "Type your name"),
        ({"typed_name": "\u200b"}, "Type your name"),
        ({"typed_name": "--"}, "Type your name"),
        ({"typed_name": "x" * 121}, "Use 120 characters or fewer"),
    ],
)
def test_what_is_missing_is_said_and_the_rest_is_kept(clinic, client, page, given, words):
    answer = client.post(page, signed(clinic, **given))
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert "There is a problem" in text_of(answer)
    form = answer.context["form"]
    assert form["checked"].value() == (given.get("checked", "on") == "on")
    assert form["typed_name"].value() == given.get("typed_name", "Olive Owner")
    assert not Attestation.objects.exists()


def test_a_name_of_120_letters_in_any_script_is_kept(clinic, client, page):
    assert client.post(page, signed(clinic, typed_name="李" * 120)).status_code == 302
    assert Attestation.objects.get().typed_name == "李" * 120


@pytest.mark.parametrize("seen", ["", "0" * 64, "x" * 65])
def test_nobody_confirms_a_page_that_is_no_longer_so(clinic, colleague, client, page, seen):
    before = signed(clinic)
    listings.edit(clinic=clinic, by=colleague, cost="From $500")
    answer = client.post(page, {**before, "seen": seen} if seen != "0" * 64 else before)
    assert answer.status_code == 409
    text = text_of(answer)
    assert "Something on this list changed" in text
    assert "From $500" in text
    assert 'value="Olive Owner"' in answer.content.decode()
    assert not Attestation.objects.exists()
    assert client.post(page, signed(clinic)).status_code == 302


def test_a_closed_listing_has_nothing_to_confirm(clinic, staff, client, page):
    posted = signed(clinic)
    listings.close(clinic=clinic, reason="closed-down", by=staff)
    assert "There is nothing to confirm" in text_of(client.get(page))
    assert client.post(page, posted).status_code == 409
    assert not Attestation.objects.exists()


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (10, "Next due by"),
        (95, "Patients read that it is not confirmed"),
        (130, "You get no new requests since"),
    ],
)
def test_it_says_how_it_stands(clinic, client, page, days, words):
    Clinic.objects.filter(pk=clinic.pk).update(attested_at=clock.now() - days * DAY)
    assert words in text_of(client.get(page))


# --- who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["manage-attest", "manage-pause", "manage-numbers"])
def test_a_foreign_clinic_is_answered_like_none(clinic, stranger, staff, client, name):
    for somebody in (stranger, staff):
        client.force_login(somebody, BACKEND)
        pages = [client.get(reverse(name, args=[slug])) for slug in (clinic.slug, "no-such-clinic")]
        assert [page.status_code for page in pages] == [404, 404]
        assert pages[0].content == pages[1].content


@pytest.mark.parametrize("name", ["manage-attest", "manage-pause", "manage-numbers"])
def test_without_a_claim_that_stands_it_is_closed(clinic, owner, client, name):
    ListingClaim.objects.update(ended_at=clock.now())
    client.force_login(owner, BACKEND)
    assert client.get(reverse(name, args=[clinic.slug])).status_code == 403


def test_the_link_of_a_reminder_signs_in_first_and_leads_to_the_page(clinic, owner, stranger, client, page):
    link = reverse("manage-attest-mail", args=[clinic.pk])
    client.logout()
    assert client.get(link)["Location"].startswith(reverse("account_login"))
    client.force_login(owner, BACKEND)
    assert client.get(link)["Location"] == page
    client.force_login(stranger, BACKEND)
    foreign = [client.get(f"/manage/attest/{pk}/") for pk in (clinic.pk, 10**30, 999_999)]
    assert [each.status_code for each in foreign] == [404, 404, 404]
    assert len({each.content for each in foreign}) == 1


def test_somebody_of_another_site_alone_has_no_such_page(clinic, client, page):
    other = build.member(clinic.organization, role=Membership.Role.STAFF)
    Membership.objects.filter(user=other).update(whole_organization=False)
    client.force_login(other, BACKEND)
    assert client.get(page).status_code == 404


def test_the_page_asks_the_same_number_of_questions_however_much_was_changed(clinic, owner, client, page):
    client.get(page)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as counted:
            client.get(page)
        counts.append(len(counted))
        for number in range(3):
            listings.edit(clinic=clinic, by=owner, cost=f"From ${number}")
    assert counts[0] == counts[1] < 20


# --- the offer of treatments has no date of its own -----------------------------------------------


def test_treatments_are_dated_by_the_change_that_was_let_through(clinic, owner, verifier):
    assert "offerings" not in attesting.changed_on(clinic)
    change = changes.propose(clinic=clinic, by=owner, values={"offerings": [{"modality": "iv"}]})
    at = datetime(2026, 12, 1, 12, tzinfo=UTC)
    with clock.frozen(at):
        changes.accept(change=change, by=verifier)
    clinic.refresh_from_db()
    assert attesting.changed_on(clinic)["offerings"] == at.date()
