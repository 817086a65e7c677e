"""The page of numbers: a table in plain words, for the clinic's own people."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.views import numbers as page_of_numbers
from tests import build_referrals
from tests.portal.reading_pages import text as text_of

pytestmark = pytest.mark.django_db

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def page(clinic, owner, client):
    client.force_login(owner, BACKEND)
    return reverse("manage-numbers", args=[clinic.slug])


def test_without_requests_it_says_so(page, client):
    text = text_of(client.get(page))
    assert "No requests in the last 12 months." in text
    assert "Nothing in the last 12 months." in text


def test_it_says_how_many_how_soon_and_that_the_state_has_too_few(page, client, clinic, owner):
    for _ in range(5):
        build_referrals.referral(clinic, reached="accepted", by=owner)
    text = text_of(client.get(page))
    assert "Requests 5 5" in text
    assert "Until you opened a request, usual time less than an hour" in text
    assert "Colorado: too few to compare" in text
    assert "Answered within 2 weekdays 100% 100%" in text
    assert "Accepted, or an appointment is set 5 5" in text
    assert "no visits, no clicks" in text


def test_a_few_are_not_counted_out(page, client, clinic, owner):
    build_referrals.referral(clinic, reached="accepted", by=owner)
    text = text_of(client.get(page))
    assert "Requests fewer than 5 fewer than 5" in text
    assert "usual time fewer than 5 to count" in text


def test_a_colleague_reads_it_too(page, client, colleague):
    client.force_login(colleague, BACKEND)
    assert client.get(page).status_code == 200


def test_it_asks_the_same_number_of_questions_for_one_request_and_for_three(page, client, clinic, owner):
    client.get(page)
    counts = []
    for many in (1, 2):
        for _ in range(many):
            build_referrals.referral(clinic, reached="accepted", by=owner)
        with CaptureQueriesContext(connection) as counted:
            client.get(page)
        counts.append(len(counted))
    assert counts[0] == counts[1] < 20


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (timedelta(minutes=59), "less than an hour"),
        (HOUR, "1 hour"),
        (47 * HOUR, "47 hours"),
        (2 * DAY, "2 days"),
        (10 * DAY, "10 days"),
        (None, ""),
    ],
)
def test_a_time_in_words(wait, words):
    assert page_of_numbers.words(wait) == words
