"""Anybody may make an account. It opens when its address is proved, and what it may see needs a second factor."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts import addresses, joining
from accounts.models import AuditEvent, User
from outbox import chores, clock
from outbox.models import Delivery
from tests.accounts.signing_in import (
    EMAIL,
    OTHER,
    PASSWORD,
    code_for,
    is_signed_in,
    mailed,
    mailed_code,
    set_up_app,
    sign_in,
    sign_up,
    type_code,
)

pytestmark = pytest.mark.django_db
SENT = "account_email_verification_sent"


@pytest.fixture
def user():
    return User.objects.create_user(EMAIL, PASSWORD)


def test_a_new_person_signs_up_proves_the_address_and_is_signed_in(client):
    answer = sign_up(client)
    assert (answer.status_code, answer.url) == (302, reverse(SENT))
    assert not is_signed_in(client)

    answer = type_code(client, mailed_code())
    assert (answer.status_code, answer.url) == (302, "/manage/")
    assert is_signed_in(client)
    made = User.objects.get()
    assert (made.email, made.name) == ("new@clinic.example", "Nora New")
    assert EmailAddress.objects.get().verified
    assert AuditEvent.objects.filter(action="account.made", object_id=str(made.pk)).exists()


def test_it_goes_on_to_where_one_was_going(client):
    client.post(
        reverse("account_signup"),
        {"email": "new@clinic.example", "name": "N", "password1": OTHER, "next": "/manage/claim/"},
    )
    assert type_code(client, mailed_code()).url == "/manage/claim/"


def test_nobody_signs_in_before_the_address_is_proved(client):
    sign_up(client)
    other = Client()
    answer = sign_in(other, "new@clinic.example", OTHER)
    assert not is_signed_in(other)
    assert answer.status_code in {200, 302}
    answer = other.get("/manage/")
    assert answer.status_code == 302


def test_who_lost_the_window_signs_in_and_gets_another_code(client):
    sign_up(client)
    later = Client()
    assert sign_in(later, "new@clinic.example", OTHER).url == reverse(SENT)
    type_code(later, mailed_code())
    assert is_signed_in(later)


def test_a_code_works_only_in_the_browser_that_asked_for_it(client):
    sign_up(client)
    stranger = Client()
    type_code(stranger, mailed_code())
    assert not is_signed_in(stranger)
    assert not EmailAddress.objects.get().verified


def test_a_code_is_tried_five_times(client):
    sign_up(client)
    code = mailed_code()
    for _ in range(5):
        type_code(client, "0000 0000")
    type_code(client, code)
    assert not is_signed_in(client)


def test_a_new_code_is_sent_three_times_at_most_and_replaces_the_old_one(client, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = 1
    sign_up(client)
    first = mailed_code()
    client.post(reverse(SENT), {"action": "resend"})
    assert mailed_code() != first
    client.post(reverse(SENT), {"action": "resend"})
    assert Delivery.objects.count() == 2
    type_code(client, first)
    assert not is_signed_in(client)
    type_code(client, mailed_code())
    assert is_signed_in(client)


def test_no_table_but_the_session_holds_a_code(client):
    sign_up(client)
    digits = mailed_code().replace(" ", "")
    rows = str(list(Delivery.objects.values()))
    assert digits not in rows
    assert mailed_code() not in rows


def test_an_address_that_is_taken_gets_a_mail_that_says_so_and_keeps_its_password(client, user):
    answer = sign_up(client, EMAIL)
    assert answer.url == reverse(SENT)
    assert "There is one already" in mailed("account_already_exists")
    assert User.objects.get() == user
    assert not re.search(r"\d{4} \d{4}\n", mailed("account_already_exists"))
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_two_who_sign_up_with_one_address_at_once_make_one_account(client, monkeypatch):
    sign_up(client)
    monkeypatch.setattr(
        "allauth.account.internal.flows.manage_email.assess_unique_email", lambda *args, **kwargs: True
    )
    assert sign_up(Client()).url == reverse(SENT)
    assert User.objects.count() == 1
    assert EmailAddress.objects.count() == 1


def test_the_owner_of_an_address_takes_it_from_a_stranger_who_signed_up_with_it(client):
    from tests.accounts.signing_in import choose_new_password

    sign_up(client, EMAIL, password="a password of a stranger")
    choose_new_password(Client())
    owner = Client()
    sign_in(owner, password=OTHER)
    assert is_signed_in(owner)
    stranger = Client()
    sign_in(stranger, password="a password of a stranger")
    assert not is_signed_in(stranger)


def test_a_code_signs_nobody_past_the_second_factor(client, user):
    sign_in(client)
    secret = set_up_app(client)
    EmailAddress.objects.update(verified=False)
    fresh = Client()
    assert sign_in(fresh).url == reverse(SENT)
    assert type_code(fresh, mailed_code()).url == reverse("mfa_authenticate")
    assert not is_signed_in(fresh)
    assert code_for(secret)


def test_a_new_person_who_needs_a_second_factor_is_led_to_one_page_that_offers_both(client, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    sign_up(client)
    type_code(client, mailed_code())
    page = client.get("/manage/", follow=True)
    assert page.redirect_chain[-1][0].startswith(reverse("second-factor-set-up"))
    shown = page.content.decode()
    assert reverse("mfa_add_webauthn") in shown
    assert reverse("mfa_activate_totp") in shown

    set_up_app(client)  # without the password once more: it was typed a moment ago
    codes = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert len(re.findall(r"<code>\d{8}</code>", codes)) == 10
    assert client.get(reverse("second-factor-done")).url == "/manage/"
    assert "2fa" not in client.get("/manage/").get("Location", "")


def test_who_was_entered_by_the_operator_has_nothing_to_prove(client, user):
    sign_in(client)
    assert is_signed_in(client)
    assert EmailAddress.objects.get().verified


BAD = [
    ({"email": ""}, "email"),
    ({"email": "nothing"}, "email"),
    ({"email": f"{'a' * 243}@long.example"}, "email"),
    ({"name": ""}, "name"),
    ({"name": "n" * 121}, "name"),
    ({"password1": ""}, "password1"),
    ({"password1": "fourteen signs"}, "password1"),
    ({"password1": "w" + "ords " * 200}, "password1"),
    ({"password1": "passwordpassword"}, "password1"),
]


@pytest.mark.parametrize(("change", "field"), BAD)
def test_a_bad_field_is_named_and_the_rest_is_kept(client, change, field):
    typed = {"email": "new@clinic.example", "name": "Nora New", "password1": OTHER, **change}
    page = client.post(reverse("account_signup"), typed)
    assert list(page.context["form"].errors) == [field]
    assert OTHER not in page.content.decode()
    assert ("Nora New" in page.content.decode()) or field == "name"
    assert not User.objects.exists()


def test_the_longest_address_name_and_password_are_taken(client):
    email = f"{'a' * 50}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 10}.example"
    assert sign_up(client, email, "n" * 120, "four words are enough " * 45).status_code == 302
    assert User.objects.get().name == "n" * 120


def test_what_nobody_proved_is_forgotten_after_a_week_and_what_was_proved_is_not(client, user):
    sign_in(Client())
    sign_up(client)
    chores._chores["forget accounts that nobody proved"].run()
    assert User.objects.count() == 2
    with clock.frozen(clock.now() + timedelta(days=8)):
        addresses.forget_unproved()
    assert User.objects.get() == user


# --- for the other rooms ------------------------------------------------------------------------


def test_an_invited_person_needs_no_code(client):
    made = joining.create_proved(email="New@Clinic.Example ", name=" Nora ", password=OTHER)
    assert (made.email, made.name) == ("new@clinic.example", "Nora")
    sign_in(client, "new@clinic.example", OTHER)
    assert is_signed_in(client)


def test_an_invited_person_takes_the_place_of_whoever_never_proved_the_address(client):
    sign_up(client)
    made = joining.create_proved(email="new@clinic.example", name="Nora", password=PASSWORD)
    assert User.objects.get() == made
    assert made.check_password(PASSWORD)


def test_no_second_account_is_made_for_an_address(user):
    with pytest.raises(addresses.AddressTaken), transaction.atomic():
        joining.create_proved(email="OWNER@clinic.example", name="", password=OTHER)
    with pytest.raises(ValidationError):
        joining.create_proved(email="else@clinic.example", name="", password="passwordpassword")
    assert User.objects.count() == 1


def test_an_address_is_replaced_in_both_tables(client, user):
    sign_in(client)
    addresses.replace(user=user, email="Else@Clinic.example")
    assert (user.email, EmailAddress.objects.get().email) == ("else@clinic.example", "else@clinic.example")
    fresh = Client()
    sign_in(fresh, "else@clinic.example")
    assert is_signed_in(fresh)


def test_an_address_of_somebody_else_is_not_taken_over(user):
    other = User.objects.create_user("other@clinic.example", PASSWORD)
    with pytest.raises(addresses.AddressTaken):
        addresses.replace(user=other, email=EMAIL)
    other.refresh_from_db()
    assert other.email == "other@clinic.example"
