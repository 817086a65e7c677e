"""A clinic takes no requests for a while: one click, a reason that patients read, back by itself or at once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from directory import listings
from directory.models import Clinic
from directory.refusals import Incomplete, NotAllowed, WrongState
from outbox import clock
from tests import build
from tests.portal.reading_pages import text as text_of

pytestmark = pytest.mark.django_db

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TODAY = date(2026, 12, 1)
NOW = datetime(2026, 12, 2, 5, tzinfo=UTC)  # 10 PM of December 1 in Denver


@pytest.fixture
def late_evening():
    with clock.frozen(NOW):
        yield


@pytest.fixture
def page(late_evening, clinic, owner, client):
    client.force_login(owner, BACKEND)
    return reverse("manage-pause", args=[clinic.slug])


def pause(client, page, **given):
    return client.post(page, {"length": "week", "until": "", "reason": "full", **given})


@pytest.mark.parametrize(
    ("given", "first_day"),
    [
        ({"length": "week"}, TODAY + timedelta(days=7)),
        ({"length": "two-weeks"}, TODAY + timedelta(days=14)),
        ({"length": "month"}, TODAY + timedelta(days=30)),
        ({"length": "date", "until": "2026-12-02"}, TODAY + timedelta(days=1)),
        ({"length": "date", "until": "2027-05-30"}, TODAY + timedelta(days=180)),
    ],
)
def test_it_ends_as_that_day_begins_at_the_clinic(page, client, clinic, given, first_day):
    assert pause(client, page, **given).status_code == 302
    clinic.refresh_from_db()
    began = clinic.paused_until.astimezone(UTC)
    in_summer = first_day.month in (4, 5)
    assert began == datetime(
        first_day.year, first_day.month, first_day.day, 6 if in_summer else 7, tzinfo=UTC
    )
    tick = timedelta(microseconds=1)
    for at, able in ((began - tick, False), (began, True), (began + tick, True)):
        assert Clinic.objects.taking_requests(at).filter(pk=clinic.pk).exists() is able
    assert AuditEvent.objects.latest("seq").action == "requests.paused"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"length": ""}, "Choose how long"),
        ({"length": "forever"}, "Choose how long from the list"),
        ({"reason": ""}, "Choose a reason"),
        ({"reason": "bored"}, "Choose a reason from the list"),
        ({"length": "date"}, "Enter the first day"),
        ({"length": "date", "until": "soon"}, "Enter a day like"),
        ({"length": "date", "until": "2026-12-01"}, "Choose a day after today"),
        ({"length": "date", "until": "2020-01-01"}, "Choose a day after today"),
        ({"length": "date", "until": "2027-05-31"}, "Choose a day within 180 days"),
        ({"length": "date", "until": "9999-12-31"}, "Choose a day within 180 days"),
    ],
)
def test_what_does_not_fit_is_said_and_the_rest_is_kept(page, client, clinic, given, words):
    answer = pause(client, page, **given)
    assert answer.status_code == 422
    assert words in text_of(answer)
    kept = {"length": "week", "until": "", "reason": "full", **given}
    assert {name: answer.context["form"][name].value() for name in kept} == kept
    clinic.refresh_from_db()
    assert clinic.paused_until is None


def test_resuming_takes_requests_at_once_and_forgets_the_reason(page, client, clinic):
    pause(client, page)
    assert "You take no requests until December 8, 2026." in text_of(client.get(page))
    answer = client.post(page, {"resume": "yes"}, follow=True)
    assert "You take requests again." in text_of(answer)
    clinic.refresh_from_db()
    assert (clinic.paused_until, clinic.pause_reason) == (None, "")
    assert Clinic.objects.able_to_receive().filter(pk=clinic.pk).exists()
    assert AuditEvent.objects.latest("seq").action == "requests.resumed"


def test_a_pause_can_be_made_longer_while_it_lasts(page, client, clinic):
    pause(client, page)
    assert pause(client, page, length="month", reason="holiday").status_code == 302
    clinic.refresh_from_db()
    assert clinic.pause_reason == "holiday"
    assert "until December 31, 2026" in text_of(client.get(page))


def test_the_public_reads_until_when_and_why_and_whom_else_to_ask(page, client, clinic):
    other = build.clinic(name="Other Example Clinic")
    pause(client, page)
    for address, status in ((f"/clinic/{clinic.slug}/", 200), (f"/clinic/{clinic.slug}/ask/", 409)):
        answer = Client().get(address)
        assert answer.status_code == status
        text = text_of(answer)
        assert "Takes no requests until December 8, 2026." in text
        assert "The clinic has no room for new patients at the moment." in text
        assert other.name in text


def test_who_gives_no_reason_gives_none(page, client, clinic):
    pause(client, page, reason="other")
    text = text_of(Client().get(f"/clinic/{clinic.slug}/"))
    assert "Takes no requests until December 8, 2026. You can still call." in text


def test_once_the_pause_is_over_the_page_offers_a_new_one(page, client, clinic):
    pause(client, page)
    with clock.frozen(NOW + timedelta(days=10)):
        client.force_login(clinic.claims.get().claimant, BACKEND)
        text = text_of(client.get(page))
    assert "Change the pause" not in text
    assert "You stay in the search." in text


def test_a_colleague_may_pause(page, client, clinic, colleague):
    client.force_login(colleague, BACKEND)
    assert pause(client, page).status_code == 302


def test_who_takes_none_or_is_closed_has_nothing_to_pause(page, client, clinic, staff):
    Clinic.objects.filter(pk=clinic.pk).update(takes_requests=False)
    assert "there is nothing to pause" in text_of(client.get(page))
    assert pause(client, page).status_code == 409
    Clinic.objects.filter(pk=clinic.pk).update(takes_requests=True)
    listings.close(clinic=clinic, reason="closed-down", by=staff)
    assert pause(client, page).status_code == 409
    assert client.post(page, {"resume": "yes"}).status_code == 409
    clinic.refresh_from_db()
    assert clinic.paused_until is None


# --- the process itself ---------------------------------------------------------------------------


@pytest.mark.usefixtures("late_evening")
@pytest.mark.parametrize("until", [TODAY, date(2020, 1, 1), TODAY + timedelta(days=181)])
def test_no_pause_for_a_day_that_is_past_or_too_far(clinic, owner, until):
    with pytest.raises(ValidationError) as refused:
        listings.pause_requests(clinic=clinic, until=until, by=owner, reason="full")
    assert list(refused.value.message_dict) == ["until"]


@pytest.mark.usefixtures("late_evening")
def test_who_may_and_what_it_takes(clinic, owner, stranger, staff):
    tomorrow = TODAY + timedelta(days=1)
    with pytest.raises(Incomplete):
        listings.pause_requests(clinic=clinic, until=tomorrow, by=owner, reason="bored")
    for somebody in (stranger, staff):
        with pytest.raises(NotAllowed):
            listings.pause_requests(clinic=clinic, until=tomorrow, by=somebody, reason="full")
    listings.close(clinic=clinic, reason="closed-down", by=staff)
    with pytest.raises(WrongState):
        listings.pause_requests(clinic=clinic, until=tomorrow, by=owner, reason="full")


@pytest.mark.usefixtures("late_evening")
def test_an_instant_counts_as_its_day_at_the_clinic(clinic, owner):
    """So that one choice for many sites ends everywhere as a day begins."""
    listings.pause_requests(
        clinic=clinic, until=datetime(2026, 12, 9, 15, tzinfo=UTC), by=owner, reason="full"
    )
    clinic.refresh_from_db()
    assert clinic.paused_until == datetime(2026, 12, 9, 7, tzinfo=UTC)
