"""Signing in with e-mail and password, a second factor, and a forgotten password. Nobody learns who has an account."""

import re

import pytest
from allauth.mfa.models import Authenticator
from cryptography.exceptions import InvalidTag
from django.contrib.auth.hashers import identify_hasher
from django.test import Client
from django.urls import reverse

from accounts import keyring, second_factor_adapter
from accounts.models import User
from config import settings as site_settings
from outbox import deliveries
from outbox.models import Delivery
from tests.accounts.signing_in import (
    OTHER,
    PASSWORD,
    choose_new_password,
    code_for,
    is_signed_in,
    set_up_app,
    sign_in,
)


@pytest.fixture
def user(db):
    return User.objects.create_user("owner@clinic.example", PASSWORD)


def test_it_signs_in_with_email_and_password_in_any_case(client, user):
    answer = sign_in(client, email="Owner@Clinic.Example")
    assert (answer.status_code, answer.url) == (302, "/manage/")
    assert is_signed_in(client)


def test_it_keeps_passwords_as_argon2(db, settings):
    settings.PASSWORD_HASHERS = site_settings.PASSWORD_HASHERS  # tests use a quick one
    user = User.objects.create_user("owner@clinic.example", PASSWORD)
    assert identify_hasher(user.password).algorithm == "argon2"


def test_it_gives_a_new_session_at_sign_in(client, user):
    client.get(reverse("account_login"))
    before = client.session.session_key
    sign_in(client)
    assert client.session.session_key != before


def test_it_answers_alike_for_a_wrong_password_an_unknown_address_and_an_ended_account(client, user):
    User.objects.create_user("gone@clinic.example", PASSWORD, is_active=False)
    answers = [
        sign_in(client, "owner@clinic.example", "wrong wrong wrong"),
        sign_in(client, "nobody@clinic.example", PASSWORD),
        sign_in(client, "gone@clinic.example", PASSWORD),
    ]
    assert not is_signed_in(client)
    pages = [
        re.sub(r'(owner|nobody|gone)@|value="[^"]{60,}"', "", answer.content.decode()) for answer in answers
    ]
    assert pages[0] == pages[1] == pages[2]
    assert {answer.status_code for answer in answers} == {200}
    assert "That e-mail address and password do not match. Check both." in pages[0]


@pytest.mark.parametrize("page", ["account_login", "account_reset_password"])
def test_it_labels_the_email_once_and_repeats_it_in_no_placeholder(client, db, page):
    shown = client.get(reverse(page)).content.decode()
    assert ">E-mail</label>" in shown
    assert "placeholder=" not in shown


def test_it_signs_out_only_by_post(client, user):
    sign_in(client)
    client.get(reverse("account_logout"))
    assert is_signed_in(client)
    client.post(reverse("account_logout"))
    assert not is_signed_in(client)


# --- a forgotten password ---------------------------------------------------------------------


def ask_for_new_password(client, email):
    return client.post(reverse("account_reset_password"), {"email": email})


def test_it_answers_alike_whoever_asks_for_a_new_password_and_promises_a_mail_either_way(client, user):
    answers = [
        ask_for_new_password(client, "owner@clinic.example"),
        ask_for_new_password(client, "nobody@clinic.example"),
    ]
    assert {(answer.status_code, answer.url) for answer in answers} == {
        (302, reverse("account_reset_password_done"))
    }
    assert Delivery.objects.count() == 2
    assert not any("@" in delivery.recipient for delivery in Delivery.objects.all())


def test_it_mails_a_link_to_the_sites_own_address_that_works_once(client, user, smtp_server, settings):
    settings.ALLOWED_HOSTS = ["*"]
    client.post(
        reverse("account_reset_password"), {"email": "owner@clinic.example"}, headers={"host": "evil.example"}
    )
    ask_for_new_password(client, "nobody@clinic.example")
    while deliveries.deliver_one():
        pass
    (mail,) = smtp_server.received
    assert mail.to == ["owner@clinic.example"]
    (link,) = re.findall(r"http\S+", mail.message.get_content())
    assert link.startswith(f"{settings.SITE_URL}/accounts/password/reset/key/")

    path = link.removeprefix(settings.SITE_URL)
    form = client.get(path).url
    client.post(form, {"password1": OTHER, "password2": OTHER})
    assert not is_signed_in(client)
    user.refresh_from_db()
    assert user.check_password(OTHER)
    assert client.get(path).context["token_fail"]


def test_it_tells_the_owner_of_an_account_that_the_password_was_changed(client, user, smtp_server):
    sign_in(client)
    client.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER}
    )
    deliveries.deliver_one()
    assert smtp_server.received[0].message["Subject"] == "Your password was changed"


def test_it_mails_nobody_whose_account_ended_meanwhile(client, user, smtp_server):
    ask_for_new_password(client, "owner@clinic.example")
    User.objects.update(is_active=False)
    deliveries.deliver_one()
    assert not smtp_server.received
    assert Delivery.objects.get().state == Delivery.State.STOPPED


# --- the second factor ------------------------------------------------------------------------


@pytest.fixture
def demanded(settings):
    settings.SECOND_FACTOR_REQUIRED = True


@pytest.mark.parametrize("path", ["/manage/", "/staff/", "/manage/anything/below/"])
def test_it_sends_who_has_no_second_factor_to_set_one_up(client, user, demanded, path):
    sign_in(client)
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("second-factor-set-up"))


def test_it_leaves_public_pages_open_without_a_second_factor(client, user, demanded):
    sign_in(client)
    assert client.get(reverse("mfa_index")).status_code == 200


def test_it_demands_nothing_where_the_operator_does_not(client, user, settings):
    settings.SECOND_FACTOR_REQUIRED = False
    sign_in(client)
    assert "2fa" not in client.get("/manage/").get("Location", "")


def test_it_asks_a_session_for_the_second_factor_even_if_it_was_set_up_elsewhere(client, user, demanded):
    elsewhere = Client()
    sign_in(elsewhere)
    sign_in(client)
    set_up_app(elsewhere)
    assert "2fa" not in elsewhere.get("/manage/").get("Location", "")
    answer = client.get("/manage/")
    assert answer.url.startswith(reverse("mfa_reauthenticate"))


def test_a_new_password_ends_every_sign_in_and_signs_nobody_past_the_second_factor(client, user, demanded):
    sign_in(client)
    set_up_app(client)
    fresh = Client()
    answer = choose_new_password(fresh)
    assert answer.url == reverse("account_reset_password_from_key_done")
    assert not is_signed_in(fresh)
    assert client.get("/manage/").url.startswith(reverse("account_login"))
    assert sign_in(fresh, password=OTHER).url == reverse("mfa_authenticate")
    assert not is_signed_in(fresh)


def test_it_opens_the_signed_in_pages_after_the_code(client, user, demanded):
    sign_in(client)
    secret = set_up_app(client)
    client.post(reverse("account_logout"))

    assert sign_in(client).url == reverse("mfa_authenticate")
    assert not is_signed_in(client)
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert not is_signed_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code_for(secret)})
    assert is_signed_in(client)
    assert "2fa" not in client.get("/manage/").get("Location", "")


def test_it_tells_the_owner_that_a_second_factor_was_set_up(
    client, user, smtp_server, django_capture_on_commit_callbacks
):
    sign_in(client)
    with django_capture_on_commit_callbacks(execute=True):
        set_up_app(client)
    while deliveries.deliver_one():
        pass
    assert len(smtp_server.received) >= 1


def test_it_keeps_the_secrets_of_authenticator_apps_sealed(client, user):
    sign_in(client)
    secret = set_up_app(client)
    stored = [str(authenticator.data) for authenticator in Authenticator.objects.all()]
    assert len(stored) == 2
    assert not any(secret in text for text in stored)


def test_it_opens_a_secret_after_the_keys_were_rotated_and_no_foreign_one(settings):
    sealer = second_factor_adapter.SecondFactorAdapter()
    sealed = sealer.encrypt("JBSWY3DPEHPK3PXP")
    old = settings.PHI_KEYS
    settings.PHI_KEYS = f"k9:{'A' * 43}=,{old}"
    assert sealer.decrypt(sealed) == "JBSWY3DPEHPK3PXP"
    assert sealer.encrypt("x").startswith("k9.")
    with pytest.raises(InvalidTag):
        sealer.decrypt("k9." + sealed.partition(".")[2])
    settings.PHI_KEYS = f"k9:{'A' * 43}="
    with pytest.raises(keyring.UnknownKey):
        sealer.decrypt(sealed)
