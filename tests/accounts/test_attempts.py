"""Ten thousand strangers try one account: few of their passwords are looked at, and its owner still gets in."""

from datetime import UTC, datetime, timedelta

import pytest
from allauth.core.context import request_context
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts import attempts, known_devices
from accounts.forms import LoginForm
from accounts.models import User
from outbox import clock
from tests.accounts.signing_in import (
    EMAIL,
    OTHER,
    PASSWORD,
    choose_new_password,
    code_for,
    is_signed_in,
    make_passkey,
    set_up_app,
    sign_in,
    sign_in_by_passkey,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
WRONG = "wrong wrong wrong"


class CountingHasher(MD5PasswordHasher):
    """Quick, and it counts how often a password was looked at, of an account or of nobody."""

    algorithm = "counted"
    looks = 0

    def encode(self, password, salt):
        type(self).looks += 1
        return super().encode(password, salt)


@pytest.fixture(autouse=True)
def counted(settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    CountingHasher.looks = 0
    return CountingHasher


@pytest.fixture
def user():
    return User.objects.create_user(EMAIL, PASSWORD)


def told(page) -> str:
    return " ".join(page.context["form"].non_field_errors())


def attack(email: str, tries: int, hours: float = 1) -> None:
    """So many tries in so long, from 500 addresses that are far apart, as the sign-in page takes them."""
    requests = [
        RequestFactory().post(reverse("account_login"), REMOTE_ADDR=f"198.{n // 250}.{n % 250}.9")
        for n in range(500)
    ]
    for number in range(tries):
        request = requests[number % 500]
        with clock.frozen(NOON + timedelta(hours=hours) * number / tries), request_context(request):
            form = LoginForm({"login": email, "password": WRONG}, request=request)
            assert not form.is_valid()


@pytest.mark.once
def test_of_ten_thousand_tries_in_an_hour_at_most_a_hundred_are_looked_at_and_the_owner_gets_in(
    user, counted
):
    owner, by_key = Client(), Client()
    sign_in(owner)
    key = make_passkey(owner)
    owner.post(reverse("account_logout"))
    counted.looks = 0

    attack(EMAIL, 10_000)
    assert 30 < counted.looks <= 100

    with clock.frozen(NOON + timedelta(hours=1)):
        stranger = Client(REMOTE_ADDR="192.0.2.7")
        assert "Wait" in told(sign_in(stranger, EMAIL, PASSWORD))
        assert sign_in(owner).url == reverse("mfa_authenticate")  # a device from before
        sign_in_by_passkey(by_key, key)
        assert is_signed_in(by_key)
        fresh = Client(REMOTE_ADDR="192.0.2.8")
        choose_new_password(fresh)
        assert sign_in(fresh, password=OTHER).url == reverse("mfa_authenticate")


def test_an_address_without_an_account_waits_the_same(user, counted):
    looks = []
    for email in (EMAIL, "nobody@clinic.example"):
        before = counted.looks
        attack(email, 300)
        looks.append(counted.looks - before)
    assert looks[0] == looks[1]


def waits_after_wrong_tries(browser, tries: int) -> list[int]:
    """Seconds to wait, as told, after each wrong try; every try comes as soon as it may."""
    waits, now = [], NOON
    for _ in range(tries):
        with clock.frozen(now):
            sign_in(browser, password=WRONG)
            try:
                attempts._refuse_while_waiting(f"{EMAIL}\0")
                waits.append(0)
            except attempts.Wait as wait:
                waits.append(wait.seconds)
        now += timedelta(seconds=waits[-1])
    return waits


def test_the_wait_grows_to_a_minute(user):
    assert waits_after_wrong_tries(Client(), 9) == [0, 0, 5, 10, 20, 40, 60, 60, 60]


def test_it_is_told_in_words_and_nothing_is_looked_at_before_it_is_over(user, counted):
    browser = Client()
    with clock.frozen(NOON):
        for _ in range(3):
            sign_in(browser, password=WRONG)
        counted.looks = 0
        assert told(sign_in(browser)) == "Wait 5 seconds, then try again."
        assert counted.looks == 0
    with clock.frozen(NOON + timedelta(seconds=5)):
        sign_in(browser)
    assert is_signed_in(browser)


def test_the_right_password_sets_the_wait_back(user):
    browser = Client()
    with clock.frozen(NOON):
        for _ in range(2):
            sign_in(browser, password=WRONG)
        sign_in(browser)
        browser.post(reverse("account_logout"))
        stranger = Client()
        for _ in range(2):
            sign_in(stranger, password=WRONG)
        sign_in(stranger)
    assert is_signed_in(stranger)


def test_minutes_are_told_as_minutes():
    assert attempts.Wait(1).in_words() == "Wait 1 second, then try again."
    assert attempts.Wait(150).in_words() == "Wait 3 minutes, then try again."


def test_one_neighbourhood_cannot_try_many_accounts(counted):
    browser = Client(REMOTE_ADDR="203.0.113.5")
    with clock.frozen(NOON):
        for number in range(80):
            page = sign_in(browser, f"person{number}@clinic.example", WRONG)
    assert counted.looks == attempts.MOST_A_MINUTE_BY_BLOCK
    assert "Wait" in told(page)


def test_the_whole_site_has_a_limit_that_known_devices_do_not_meet(user, monkeypatch):
    monkeypatch.setattr(attempts, "MOST_A_MINUTE_BY_ALL", 2)
    owner = Client()
    sign_in(owner)
    owner.post(reverse("account_logout"))
    with clock.frozen(NOON):
        for number in range(4):
            page = sign_in(Client(REMOTE_ADDR=f"198.18.{number}.9"), f"p{number}@clinic.example", WRONG)
        assert "Wait" in told(page)
        sign_in(owner)
    assert is_signed_in(owner)


# --- the device from before ----------------------------------------------------------------------


def test_the_cookie_of_a_device_is_no_use_without_the_password(user, counted):
    owner = Client()
    sign_in(owner)
    cookie = owner.cookies[known_devices.name_of_cookie()]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert EMAIL not in cookie.value

    thief = Client()
    thief.cookies[known_devices.name_of_cookie()] = cookie.value
    counted.looks = 0
    for number in range(150):
        with clock.frozen(NOON + timedelta(seconds=24 * number)):
            sign_in(thief, password=WRONG)
    assert not is_signed_in(thief)
    assert counted.looks <= 100


@pytest.mark.parametrize("value", ["", "nonsense", "W10:1x:abc", "a" * 5000])
def test_a_made_up_cookie_is_no_device(user, value):
    browser = Client()
    browser.cookies[known_devices.name_of_cookie()] = value
    with clock.frozen(NOON):
        for _ in range(3):
            sign_in(browser, password=WRONG)
        assert "Wait" in told(sign_in(browser))


def test_a_device_is_known_for_its_own_accounts_alone(user):
    User.objects.create_user("other@clinic.example", PASSWORD)
    browser = Client()
    sign_in(browser, "other@clinic.example")
    browser.post(reverse("account_logout"))
    attack(EMAIL, 30, hours=0.01)
    with clock.frozen(NOON + timedelta(seconds=37)):
        assert "Wait" in told(sign_in(browser))


def test_five_people_may_share_a_device(user):
    browser = Client()
    for number in range(6):
        User.objects.create_user(f"p{number}@clinic.example", PASSWORD)
        sign_in(browser, f"p{number}@clinic.example")
        browser.post(reverse("account_logout"))
    request = browser.get(reverse("account_login")).wsgi_request
    known = [bool(known_devices.device_of(request, f"p{number}@clinic.example")) for number in range(6)]
    assert known == [False, True, True, True, True, True]


# --- codes of an app -----------------------------------------------------------------------------


def test_a_code_is_tried_five_times_and_then_waits(user):
    owner = Client()
    sign_in(owner)
    secret = set_up_app(owner)
    browser = Client()
    sign_in(browser)
    for _ in range(5):
        page = browser.post(reverse("mfa_authenticate"), {"code": "000000"})
    page = browser.post(reverse("mfa_authenticate"), {"code": code_for(secret)})
    assert "Wait a few minutes" in str(page.context["form"].errors)
    assert not is_signed_in(browser)
