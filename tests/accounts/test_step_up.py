"""Members, keys, addresses and files need a proof of the last five minutes; what was posted meanwhile is kept."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.sessions.models import Session
from django.core.cache import cache

from accounts import step_up
from accounts.models import ApiKey
from tests import build
from tests.signing_in import prove, signed_in

pytestmark = pytest.mark.django_db

KEYS = "/manage/keys/"
LABEL = "Zebrafinch program"


@pytest.fixture
def new_key(clinic, owner):
    return {"label": LABEL, "organization": owner.memberships.get().pk, "days": "90"}


@pytest.fixture
def browser(clinic, owner):
    """Signed in some time ago."""
    return signed_in(owner, fresh=False)


@pytest.fixture
def app(owner):
    """The owner's authenticator app: its secret."""
    secret = generate_totp_secret()
    TOTP.activate(owner, secret)
    return secret


def code_for(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def made() -> bool:
    return ApiKey.objects.filter(label=LABEL).exists()


def test_a_change_asks_first_and_goes_on_with_what_was_typed(browser, new_key):
    page = browser.post(KEYS, new_key)
    assert page.status_code == 403
    assert not made()
    told = page.content.decode()
    assert f'name="label" value="{LABEL}"' in told
    assert 'type="password" autocomplete="current-password"' in told

    done = browser.post(KEYS, new_key | {step_up.PASSWORD: build.PASSWORD})

    assert done.status_code == 200
    assert made()


def test_what_was_typed_stays_in_the_page_and_in_no_session(browser, new_key):
    browser.post(KEYS, new_key)
    assert all("Zebrafinch" not in str(session.get_decoded()) for session in Session.objects.all())


def test_reading_asks_nothing(browser):
    assert browser.get(KEYS).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (290, 200), (301, 403)])
def test_a_proof_is_fresh_for_five_minutes(browser, owner, new_key, seconds, status):
    prove(browser, owner, seconds_ago=seconds)
    assert browser.post(KEYS, new_key).status_code == status


def test_a_sign_in_is_a_proof(client, owner, new_key):
    client.post("/accounts/login/", {"login": owner.email, "password": build.PASSWORD})
    assert client.post(KEYS, new_key).status_code == 200


def test_whoever_has_a_second_factor_shows_that(browser, owner, new_key, app):
    prove(browser, owner, method="password")
    page = browser.post(KEYS, new_key)
    assert page.status_code == 403
    assert "one-time-code" in page.content.decode()
    assert browser.post(KEYS, new_key | {step_up.PASSWORD: build.PASSWORD}).status_code == 403
    assert not made()
    assert browser.post(KEYS, new_key | {step_up.CODE: code_for(app)}).status_code == 200
    assert made()


def test_a_recovery_code_counts_once(browser, owner, new_key, app):
    code = RecoveryCodes.activate(owner).get_unused_codes()[0]
    assert browser.post(KEYS, new_key | {step_up.CODE: code}).status_code == 200
    other = signed_in(owner, fresh=False)
    assert other.post(KEYS, new_key | {step_up.CODE: code}).status_code == 422


def test_a_passkey_is_shown_in_a_tab_of_its_own(browser, owner, new_key):
    Authenticator.objects.create(user=owner, type="webauthn", data={})
    page = browser.post(KEYS, new_key).content.decode()
    assert 'target="_blank"' in page
    assert "/accounts/2fa/reauthenticate/" in page
    assert step_up.CODE not in page
    prove(browser, owner, method="mfa")
    assert browser.post(KEYS, new_key).status_code == 200


@pytest.mark.parametrize("wrong", ["no no no no no no", "x" * 10_000, " "])
def test_a_wrong_proof_says_so_keeps_the_rest_and_changes_nothing(browser, new_key, wrong):
    page = browser.post(KEYS, new_key | {step_up.PASSWORD: wrong})
    assert page.status_code == 422
    assert LABEL in page.content.decode()
    assert wrong not in page.content.decode() or wrong == " "
    assert not made()


def test_ten_tries_are_enough_for_ten_minutes(browser, new_key, app):
    cache.clear()
    for _ in range(10):
        browser.post(KEYS, new_key | {step_up.CODE: "000000"})
    page = browser.post(KEYS, new_key | {step_up.CODE: code_for(app)})
    assert page.status_code == 422
    assert "Please wait" in page.content.decode()
    assert not made()


def test_the_proof_of_one_person_is_not_that_of_another(browser, owner, stranger, new_key):
    prove(browser, stranger)
    assert browser.post(KEYS, new_key).status_code == 403


def test_where_reading_takes_something_away_it_asks_too(rf, owner, browser):
    export = step_up.required_to_read(lambda request: "given away")
    request = rf.get("/manage/file/")
    request.user, request.session = owner, browser.session
    assert export(request).url == "/accounts/reauthenticate/?next=/manage/file/"
    prove(browser, owner)
    request.session = browser.session
    assert export(request) == "given away"
