"""A sign-in ends by itself: 15 minutes after its last use, 12 hours after it began. Public pages do not matter."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from outbox import clock
from tests.signing_in import FROM_OURS, signed_in

KEEP = "/accounts/keep/"
MINUTE = timedelta(minutes=1)
INBOX = "/manage/"


@pytest.fixture
def began():
    return clock.now()


@pytest.fixture
def browser(owner, clinic, began):
    with clock.frozen(began):
        return signed_in(owner)


def at(instant, browser, page=INBOX):
    with clock.frozen(instant):
        return browser.get(page)


def test_fifteen_minutes_without_a_page_end_it_and_the_sign_in_page_leads_back(browser, began):
    assert at(began + 14 * MINUTE, browser).status_code == 200
    assert at(began + 28 * MINUTE, browser).status_code == 200

    gone = at(began + 43 * MINUTE, browser, "/manage/?tab=closed")

    assert (gone.status_code, gone.url) == (302, "/accounts/login/?next=/manage/%3Ftab%3Dclosed")
    assert "_auth_user_id" not in browser.session
    assert at(began + 44 * MINUTE, browser).status_code == 302


def test_nothing_is_left_of_the_session_that_ended(browser, began):
    assert Session.objects.exists()
    at(began + 16 * MINUTE, browser)
    assert not Session.objects.exists()


def test_twelve_hours_end_it_whatever_is_done(browser, began):
    for minutes in range(10, 12 * 60, 10):
        assert at(began + minutes * MINUTE, browser).status_code == 200
    assert at(began + timedelta(hours=12), browser).status_code == 302


def test_a_public_page_does_not_extend_it(browser, began):
    for minutes in range(2, 16, 2):
        assert at(began + minutes * MINUTE, browser, "/crisis/").status_code == 200
    assert at(began + 16 * MINUTE, browser).status_code == 302


def test_a_public_page_neither_reads_the_session_nor_varies_by_it(browser, began, django_assert_num_queries):
    page = at(began, browser, "/crisis/")
    assert "Cookie" not in page.headers.get("Vary", "")
    with django_assert_num_queries(0):
        at(began, browser, "/crisis/")


def test_many_pages_in_a_minute_are_one_write(browser, began, django_assert_max_num_queries):
    at(began + 2 * MINUTE, browser)
    before = Session.objects.get().session_data
    at(began + 2 * MINUTE + timedelta(seconds=59), browser)
    assert Session.objects.get().session_data == before
    at(began + 3 * MINUTE, browser)
    assert Session.objects.get().session_data != before


def test_asking_how_long_it_lasts_does_not_extend_it(browser, began):
    assert at(began + 10 * MINUTE, browser, KEEP).json() == {"seconds": 300}
    assert at(began + 14 * MINUTE, browser, KEEP).json() == {"seconds": 60}
    assert at(began + 15 * MINUTE, browser, KEEP).json() == {"seconds": 0}


def test_stay_signed_in_extends_it(browser, began):
    with clock.frozen(began + 14 * MINUTE):
        assert browser.post(KEEP, headers=FROM_OURS).json() == {"seconds": 900}
    assert at(began + 28 * MINUTE, browser).status_code == 200


def test_nothing_extends_it_past_twelve_hours(browser, began):
    for minutes in range(10, 12 * 60, 10):
        at(began + minutes * MINUTE, browser)
    with clock.frozen(began + timedelta(hours=11, minutes=55)):
        assert browser.post(KEEP, headers=FROM_OURS).json() == {"seconds": 300}


def test_a_page_of_somebody_else_cannot_keep_it_alive(browser, began):
    with clock.frozen(began + 14 * MINUTE):
        for headers in ({}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
            assert browser.post(KEEP, headers=headers).status_code == 403


def test_nobody_has_no_time(client, db):
    assert client.get(KEEP).json() == {"seconds": 0}


def test_a_sign_in_that_we_did_not_count_is_over(browser, began):
    session = browser.session
    del session["signed_in_at"]
    session.save()
    assert at(began, browser).status_code == 302


@pytest.mark.parametrize("page", ["/manage/", "/staff/", "/accounts/sign-ins/", "/accounts/2fa/"])
def test_every_page_for_which_one_signs_in_ends(page, staff, began):
    with clock.frozen(began):
        browser = signed_in(staff)
    assert at(began + 16 * MINUTE, browser, page).status_code == 302
    assert "_auth_user_id" not in browser.session


def test_signing_in_again_begins_anew(browser, owner, began):
    at(began + 16 * MINUTE, browser)
    with clock.frozen(began + 20 * MINUTE):
        browser.force_login(owner)
    assert at(began + 30 * MINUTE, browser).status_code == 200


def test_the_page_tells_its_script_when_it_ends_and_a_reader_without_script_too(browser, began):
    page = at(began + 5 * MINUTE, browser).content.decode()
    assert 'data-seconds="900"' in page
    assert "signed out 15 minutes after" in page.split("<noscript>")[1]
