"""An address for signing in changes by a link to the new mailbox, and can be taken back from the old one for 3 days."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts import api_keys, email_changes
from accounts.models import ApiKey, AuditEvent, EmailChange, User
from outbox import clock, deliveries
from outbox.models import Delivery
from tests import build
from tests.signing_in import signed_in

ASK = "/accounts/email/"
OLD, NEW = "owner@clinic.example", "olive@elsewhere.example"
HOUR = timedelta(hours=1)


@pytest.fixture
def browser(owner, clinic):
    return signed_in(owner)


@pytest.fixture
def mails(smtp_server):
    """Deliver what is promised; gives each mail since as (to, text)."""

    def delivered():
        before = len(smtp_server.received)
        while deliveries.deliver_one():
            pass
        return [(mail.to[0], mail.message.get_content()) for mail in smtp_server.received[before:]]

    return delivered


def path_in(text: str) -> str:
    return "/accounts/" + re.search(r"/accounts/(\S+)", text)[1]


def ask(browser, email=NEW):
    return browser.post(ASK, {"email": email})


@pytest.fixture
def changed(browser, mails):
    """The change was confirmed; the path of the link that takes it back."""
    ask(browser)
    ((_, text),) = mails()
    assert browser.post(path_in(text)).status_code == 302
    ((to, text),) = mails()
    assert to == OLD
    return path_in(text)


def test_a_link_to_the_new_mailbox_changes_it_and_the_old_one_is_told(browser, owner, mails):
    assert ask(browser).status_code == 200
    ((to, text),) = mails()
    assert to == NEW
    assert browser.get(path_in(text)).status_code == 200
    owner.refresh_from_db()
    assert owner.email == OLD

    browser.post(path_in(text))

    owner.refresh_from_db()
    assert owner.email == NEW
    assert [to for to, _ in mails()] == [OLD]
    assert browser.post(path_in(text)).status_code == 404
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {
        "email-change.asked",
        "email-change.confirmed",
    }


def test_the_link_is_for_whoever_asked_alone(browser, stranger, mails):
    ask(browser)
    ((_, text),) = mails()
    assert Client().post(path_in(text)).status_code == 302
    assert signed_in(stranger).post(path_in(text)).status_code == 404
    assert User.objects.filter(email=NEW).count() == 0


def test_the_link_holds_for_a_day_and_only_the_last_one_counts(browser, owner, mails):
    ask(browser, "first@elsewhere.example")
    ask(browser)
    texts = dict(mails())
    assert list(texts) == [NEW]
    with clock.frozen(clock.now() + 24 * HOUR):
        later = signed_in(owner)
        assert later.post(path_in(texts[NEW])).status_code == 404


def test_an_address_in_use_is_answered_alike_and_gets_no_mail(browser, stranger, mails):
    pages = []
    for email in (NEW, stranger.email, stranger.email.upper()):
        page = ask(browser, email)
        pages.append((page.status_code, re.sub(f'{email}|value="[^"]{{60,}}"', "", page.content.decode())))
    assert len({page[0] for page in pages}) == len({page[1] for page in pages}) == 1
    assert Delivery.objects.count() == 3
    assert mails() == []


def test_an_address_that_was_taken_meanwhile_is_not_taken_over(browser, owner, mails):
    ask(browser)
    ((_, text),) = mails()
    build.user(NEW)
    assert browser.post(path_in(text)).status_code == 409
    owner.refresh_from_db()
    assert owner.email == OLD


def test_it_needs_a_fresh_proof(owner, clinic):
    answer = ask(signed_in(owner, fresh=False))
    assert answer.status_code == 403
    assert not EmailChange.objects.exists()
    assert signed_in(owner, fresh=False).get(ASK).status_code == 200


@pytest.mark.parametrize(
    "email", ["", "x", "a@b\nBcc: x@y.example", "a" * 250 + "@b.example", OLD, OLD.upper()]
)
def test_what_is_no_new_address_is_refused(browser, email):
    page = ask(browser, email)
    assert page.status_code == 422
    assert "New e-mail address" in page.content.decode()
    assert not EmailChange.objects.exists()


def test_a_few_a_day(browser):
    answers = [ask(browser, f"{number}@elsewhere.example").status_code for number in range(6)]
    assert answers == [200] * 5 + [429]


# --- taking it back ------------------------------------------------------------------------------


def test_the_old_mailbox_takes_it_back_and_everything_that_was_open_ends(browser, owner, changed, mails):
    api_keys.make(membership=owner.memberships.get(), label="x", days=90, by=owner)
    Authenticator.objects.create(user=owner, type="totp", data={})
    old_factor = Authenticator.objects.create(user=owner, type="recovery_codes", data={})
    Authenticator.objects.filter(pk=old_factor.pk).update(created_at=clock.now() - 13 * HOUR)
    anybody = Client()
    assert anybody.get(changed).status_code == 200
    assert User.objects.get(pk=owner.pk).email == NEW

    assert anybody.post(changed).status_code == 200

    owner.refresh_from_db()
    assert owner.email == OLD
    assert not owner.has_usable_password()
    assert browser.get("/manage/").status_code == 302
    assert not ApiKey.objects.live().exists()
    assert list(Authenticator.objects.filter(user=owner)) == [old_factor]
    assert sorted(to for to, _ in mails()) == sorted([OLD, NEW])
    assert anybody.post(changed).status_code == 404


def test_nobody_signs_in_before_a_new_password_was_chosen(changed, owner, mails):
    Client().post(changed)
    browser = Client()
    for email in (OLD, NEW):
        browser.post("/accounts/login/", {"login": email, "password": build.PASSWORD})
        assert "_auth_user_id" not in browser.session
    mails()
    browser.post("/accounts/password/reset/", {"email": OLD})
    ((to, text),) = mails()
    assert to == OLD
    page = browser.get(path_in(text), follow=True)
    chosen = {"password1": "an entirely new passphrase", "password2": "an entirely new passphrase"}
    browser.post(page.redirect_chain[-1][0], chosen)
    browser.post("/accounts/login/", {"login": OLD, "password": "an entirely new passphrase"})
    assert browser.session["_auth_user_id"] == str(owner.pk)


def test_a_second_change_does_not_stop_the_first_from_being_taken_back(browser, owner, changed, mails):
    ask(browser, "third@elsewhere.example")
    ((_, text),) = mails()
    browser.post(path_in(text))
    ((to, second_return),) = mails()
    assert to == NEW

    Client().post(changed)

    owner.refresh_from_db()
    assert owner.email == OLD
    assert Client().post(path_in(second_return)).status_code == 404


def test_it_can_be_taken_back_for_three_days(changed, owner):
    with clock.frozen(clock.now() + 72 * HOUR):
        assert Client().get(changed).status_code == 404
        assert Client().post(changed).status_code == 404
    with clock.frozen(clock.now() + 71 * HOUR):
        assert Client().post(changed).status_code == 200


def test_while_it_can_be_taken_back_nobody_else_gets_the_old_address(changed, stranger, mails):
    ask(signed_in(stranger), OLD)
    assert mails() == []


def test_a_changed_link_opens_nothing(changed, db):
    for path in (
        changed[:-2] + "/",
        changed[:-2] + "A/",
        changed.upper().replace("/ACCOUNTS/EMAIL/RETURN", "/accounts/email/return"),
    ):
        assert Client().post(path).status_code == 404


def test_what_is_over_is_forgotten_with_its_addresses(changed):
    with clock.frozen(clock.now() + 95 * HOUR):
        email_changes.forget()
        assert EmailChange.objects.exists()
    with clock.frozen(clock.now() + 97 * HOUR):
        email_changes.forget()
        assert not EmailChange.objects.exists()


def test_its_mails_name_no_person_and_no_clinic(browser, changed, mails, smtp_server, clinic):
    Client().post(changed)
    mails()
    for mail in smtp_server.received:
        told = str(mail.message["Subject"]) + mail.message.get_content()
        assert not any(word in told for word in ("Olive", clinic.name, "etamine", OLD, NEW))


def test_links_survive_a_rotation_of_keys(browser, owner, settings, mails):
    ask(browser)
    settings.PHI_KEYS = "another:" + "A" * 43 + "=," + settings.PHI_KEYS
    ((_, text),) = mails()
    assert browser.get(path_in(text)).status_code == 200
