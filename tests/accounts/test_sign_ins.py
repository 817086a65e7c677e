"""Where somebody is signed in: told in plain words, ended one by one, or all at once with what they end for."""

import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import devices, sign_ins
from accounts.models import AuditEvent, User
from outbox import chores, clock
from tests.accounts.signing_in import EMAIL, PASSWORD, is_signed_in, sign_in

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Safari/604.1"
)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def user():
    return User.objects.create_user(EMAIL, PASSWORD)


def signed_in(agent=FIREFOX, address="203.0.113.77") -> Client:
    browser = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    sign_in(browser)
    assert is_signed_in(browser)
    return browser


def works(browser: Client) -> bool:
    return browser.get(reverse("mfa_index")).status_code == 200


def test_each_is_told_by_device_and_neighbourhood_and_no_closer(user):
    here = signed_in()
    signed_in(SAFARI, "2001:db8:1:2ff::9")
    page = here.get(reverse("sign-ins")).content.decode()
    assert "Firefox on Windows" in page
    assert "Safari on an iPhone" in page
    assert "203.0.113.0/24" in page
    assert "2001:db8:1:200::/56" in page
    assert page.count("This device") == 1
    kept = str(list(UserSession.objects.values()))
    assert "203.0.113.77" not in kept
    assert "Mozilla" not in kept


def test_one_is_ended_and_dead_at_its_next_request(user):
    here, there = signed_in(), signed_in(SAFARI)
    row = UserSession.objects.get(session_key=there.session.session_key)
    assert here.post(reverse("sign-in-end", args=[row.pk])).url == reverse("sign-ins")
    assert not works(there)
    assert works(here)
    assert AuditEvent.objects.filter(action="sign-in.ended").exists()


def test_all_others_are_ended(user):
    here, *others = signed_in(), signed_in(SAFARI), signed_in()
    here.post(reverse("sign-ins-end-others"))
    assert [works(browser) for browser in (here, *others)] == [True, False, False]


def test_nobody_ends_a_sign_in_of_others(user):
    signed_in()
    other = User.objects.create_user("other@clinic.example", PASSWORD)
    stranger = Client()
    stranger.force_login(other, BACKEND)
    foreign = stranger.post(reverse("sign-in-end", args=[UserSession.objects.get().pk]))
    absent = stranger.post(reverse("sign-in-end", args=[10**9]))
    assert (foreign.status_code, foreign.content) == (404, absent.content)
    assert UserSession.objects.count() == 1


def test_the_list_costs_the_same_for_one_and_for_three(user):
    here = signed_in()
    here.get(reverse("sign-ins"))
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page = here.get(reverse("sign-ins"))
        counts.append(len(asked))
        signed_in(SAFARI), signed_in()
    assert len(page.context["sign_ins"]) == 3
    assert counts[0] == counts[1]


def test_what_ended_is_not_listed_and_soon_forgotten(user):
    here, there = signed_in(), signed_in(SAFARI)
    there.post(reverse("account_logout"))
    assert len(here.get(reverse("sign-ins")).context["sign_ins"]) == 1
    chores._chores["forget ended sign-ins"].run()
    assert UserSession.objects.count() == 1


# --- all at once --------------------------------------------------------------------------------


def test_all_sign_ins_of_a_person_end_and_nobody_elses(user):
    here, there = signed_in(), signed_in(SAFARI)
    other = User.objects.create_user("other@clinic.example", PASSWORD)
    bystander = Client()
    bystander.force_login(other, BACKEND)
    with transaction.atomic():
        sign_ins.end_all(user=user)
    assert not works(here)
    assert not works(there)
    assert works(bystander)
    assert not UserSession.objects.exists()
    assert Session.objects.count() == 1


def test_a_session_that_no_row_of_ours_names_ends_too(user):
    unseen = Client()
    unseen.force_login(user, BACKEND)
    assert works(unseen)
    assert not UserSession.objects.exists()
    with transaction.atomic():
        sign_ins.end_all(user=user)
    assert not works(unseen)


def test_they_end_with_the_transaction_or_not_at_all(user):
    here = signed_in()
    with transaction.atomic():
        sign_ins.end_all(user=user)
        transaction.set_rollback(True)
    assert works(here)


@pytest.mark.django_db(transaction=True)
def test_they_end_in_a_transaction_of_the_caller():
    with pytest.raises(transaction.TransactionManagementError):
        sign_ins.end_all(user=User.objects.create_user(EMAIL))


def test_one_signs_in_again_after_it(user):
    with transaction.atomic():
        sign_ins.end_all(user=user)
    assert works(signed_in())


def test_a_new_password_still_ends_the_sign_ins_after_it(user):
    with transaction.atomic():
        sign_ins.end_all(user=user)
    here = signed_in()
    user.set_password("another long passphrase")
    user.save()
    assert not works(here)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (SAFARI, "Safari on an iPhone"),
        (
            "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/19.0 Safari/605.1.15", "Safari on a Mac"),
        ("curl/8.0", devices.UNKNOWN),
        ("", devices.UNKNOWN),
        ("<script>", devices.UNKNOWN),
        ("Firefox on Windows", "Firefox on Windows"),
    ],
)
def test_devices_are_named_plainly(agent, words):
    assert devices.named(agent) == words


def test_last_seen_is_told(user):
    with clock.frozen(clock.now() - timedelta(minutes=5)):
        here = signed_in()
    page = here.get(reverse("sign-ins")).content.decode()
    assert re.search(r"Last seen \w{3} \d+, \d{4}, \d\d:\d\d", page)
