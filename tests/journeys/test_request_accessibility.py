"""Every page of a request and of the inbox, in every state: for axe, at any width, and for a finger."""

import time
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import limits
from directory import listings
from directory.models import Clinic
from outbox import clock
from outbox.models import Delivery
from referrals import lifecycle
from referrals.views.send import PER_CLINIC
from tests import build, build_referrals
from tests.journeys.looking import inspect
from tests.journeys.visitor import Visitor, fill_in_three_steps, here, sign_in

__all__ = ["here"]

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def somebody(chromium, here):
    # Without reduced motion a colour is measured half-way through its fade from light to dark.
    visitor = Visitor(chromium, here, script=True, reduced_motion="reduce")
    yield visitor
    visitor.close()


def test_every_page_of_asking(somebody, clinic, owner):
    build.clinic(name="Second Example Clinic")
    page, press = somebody.page, somebody.press
    somebody.go(f"/clinic/{clinic.slug}/ask/")
    inspect(somebody)
    press("Start")
    inspect(somebody)
    press("Continue")
    inspect(somebody)  # three mistakes
    page.get_by_label("Me", exact=True).check()
    page.get_by_label("What should the clinic call you?").fill("Sam")
    page.get_by_label("No", exact=True).check()
    press("Continue")
    inspect(somebody)  # under 18
    press("Go back and change your answer")
    page.get_by_label("Me", exact=True).check()
    page.get_by_label("What should the clinic call you?").fill("Sam")
    page.get_by_label("Yes").check()
    press("Continue")
    press("Continue")
    inspect(somebody)  # neither phone nor e-mail
    page.get_by_label("Phone").fill("303-555-0142")
    press("Continue")
    inspect(somebody)
    page.get_by_label("Anything else").fill("I want to die. My number is 078-05-1120.")
    press("Continue")
    inspect(somebody)  # crisis panel, warning, phone only
    press("Send request")
    inspect(somebody)  # not agreed
    page.get_by_label("I agree").check()
    page.wait_for_timeout(2100)
    press("Send request")
    inspect(somebody)
    listings.pause_requests(clinic=clinic, until=clock.now() + timedelta(days=9), by=owner)
    somebody.go(f"/clinic/{clinic.slug}/ask/")
    inspect(somebody)


def test_every_state_of_the_private_page(somebody, clinic, owner):
    build.clinic(name="Second Example Clinic")
    for status in ("requested", "on-hold", "in-progress", "completed", "rejected", "cancelled", "failed"):
        receipt = build_referrals.sent(clinic)
        for step in build_referrals._WAYS[status]:
            step(receipt.referral, owner)
        somebody.go(f"/r/{receipt.token}/")
        inspect(somebody)
        if status == "on-hold":
            somebody.press("Send answer")
            inspect(somebody)
        if status == "requested":
            somebody.press("Take back this request")
            inspect(somebody)
    somebody.go("/left/")
    inspect(somebody)


def test_every_page_of_the_inbox(somebody, clinic, owner):
    with clock.frozen(clock.now() - timedelta(days=6)):
        new = build_referrals.referral(clinic)
    opened = build_referrals.referral(clinic, reached="received", by=owner, note="I want to die.")
    accepted = build_referrals.referral(clinic, reached="accepted", by=owner)
    taken_back = build_referrals.referral(clinic, reached="cancelled", by=owner)
    sign_in(somebody)
    inspect(somebody, for_patients=False)
    for address in (
        "?tab=us",
        "?tab=them",
        f"inbox/{new.pk}/",
        f"inbox/{accepted.pk}/",
        f"inbox/{taken_back.pk}/",
    ):
        somebody.go(f"/manage/{address}")
        inspect(somebody, for_patients=False)
    somebody.go(f"/manage/inbox/{opened.pk}/")
    for fold in somebody.page.locator("details.panel:not([open]) > summary").all()[::-1]:
        fold.click()
    inspect(somebody, for_patients=False)
    somebody.press("Cannot help")
    inspect(somebody, for_patients=False)  # no reason chosen
    lifecycle.accept(referral=opened, by=owner)
    somebody.page.locator("summary", has_text="Ask a question").click()
    somebody.page.get_by_label("Your question").fill("Which state do you live in?")
    somebody.press("Ask a question")
    inspect(somebody, for_patients=False)  # somebody was first


def test_every_page_of_signing_in_and_of_the_staff(somebody, clinic, staff):
    build_referrals.sent(clinic)
    Delivery.objects.update(state=Delivery.State.DEAD, attempts=10, settled_at=timezone.now())
    for address in (
        "signup/",
        "password/reset/",
        "password/reset/done/",
        "password/reset/key/1-set-password/",
    ):
        somebody.go(f"/accounts/{address}")
        inspect(somebody, for_patients=False)
    somebody.go("/accounts/login/")
    somebody.page.get_by_label("E-mail").fill("staff@operator.example")
    somebody.press("Sign in")
    inspect(somebody, for_patients=False)  # no password
    somebody.page.get_by_label("E-mail").fill("staff@operator.example")
    somebody.page.get_by_label("Password").fill(build.PASSWORD)
    somebody.press("Sign in")
    inspect(somebody, for_patients=False)  # led to the undelivered messages
    for address in (
        "/staff/undelivered/",
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/logout/",
    ):
        somebody.go(address)
        inspect(somebody, for_patients=False)
    somebody.go("/accounts/password/change/")
    somebody.press("Save the new password")
    inspect(somebody, for_patients=False)


# --- the second factor -------------------------------------------------------------------------


def open_the_set_up(visitor: Visitor) -> None:
    """Where the key for an app is shown; whoever signed in a moment ago gives no password again."""
    visitor.go("/accounts/2fa/set-up/")
    inspect(visitor, for_patients=False)
    visitor.go("/accounts/2fa/totp/activate/")


def turn_it_on(visitor: Visitor) -> None:
    """As a person does who types the key into an app; ends on the page that the set-up leads to."""
    visitor.page.locator("summary", has_text="No camera?").click()
    secret = visitor.page.locator("main details code").inner_text()
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    visitor.page.get_by_label("Authenticator code").fill(code)
    visitor.press("Turn it on")


def test_every_page_of_the_second_factor(somebody, owner, clinic):
    sign_in(somebody)
    open_the_set_up(somebody)
    inspect(somebody, for_patients=False)
    turn_it_on(somebody)
    assert "Each code lets you in once" in somebody.reads
    inspect(somebody, for_patients=False)
    for address in ("", "totp/deactivate/", "recovery-codes/generate/", "reauthenticate/"):
        somebody.go(f"/accounts/2fa/{address}")
        inspect(somebody, for_patients=False)
    somebody.press("Continue")
    inspect(somebody, for_patients=False)  # again, and no code
    somebody.go("/accounts/reauthenticate/")
    inspect(somebody, for_patients=False)


def test_every_page_of_a_sign_in_with_a_second_factor(somebody, owner, clinic):
    sign_in(somebody)
    open_the_set_up(somebody)
    turn_it_on(somebody)
    somebody.context.clear_cookies()
    sign_in(somebody)
    assert "Open the authenticator app" in somebody.reads
    inspect(somebody, for_patients=False)
    somebody.page.get_by_label("Code", exact=True).fill("000000")
    somebody.press("Sign in")
    inspect(somebody, for_patients=False)  # a wrong code


# --- asking, to the end -------------------------------------------------------------------------


def ask(visitor: Visitor, clinic: Clinic) -> None:
    """Answer everything, up to the page with all answers."""
    visitor.go(f"/clinic/{clinic.slug}/ask/")
    visitor.press("Start")
    fill_in_three_steps(visitor)


def agree_and_send(visitor: Visitor) -> None:
    visitor.page.get_by_label("I agree").check()
    visitor.page.wait_for_timeout(2100)  # a quicker one is shown the page again
    visitor.press("Send request")


# --- too often ---------------------------------------------------------------------------------


def test_the_page_that_asks_to_wait_after_many_sign_ins(somebody, db):
    somebody.go("/accounts/login/")
    for _ in range(5):
        somebody.page.get_by_label("E-mail").fill("nobody@clinic.example")
        somebody.page.get_by_label("Password").fill("not the passphrase of anybody")
        somebody.press("Sign in")
    assert "Wait" in somebody.reads
    inspect(somebody)


def test_the_pages_that_ask_a_patient_to_wait(somebody, clinic):
    ask(somebody, clinic)
    limit, seconds = PER_CLINIC
    for _ in range(limit):  # by others
        limits.take("ask-clinic", str(clinic.pk), limit=limit, seconds=seconds)
    agree_and_send(somebody)
    assert "Your answers are still here" in somebody.reads
    inspect(somebody)
    while somebody.page.goto("/r/a-wrong-link/").status == 404:
        pass
    assert "Too many tries" in somebody.reads
    inspect(somebody)


# --- a session that ended ----------------------------------------------------------------------


def test_the_page_after_a_session_ended_before_sending(somebody, clinic):
    ask(somebody, clinic)
    somebody.context.clear_cookies()
    agree_and_send(somebody)
    assert "your answers are gone" in somebody.reads
    inspect(somebody)


def test_the_page_that_says_it_was_sent_before(somebody, clinic):
    """The web process ended after the request was stored and before the session was."""
    ask(somebody, clinic)
    before = Session.objects.get()
    agree_and_send(somebody)
    before.save()
    somebody.go(f"/clinic/{clinic.slug}/ask/3/")
    somebody.page.get_by_label("Anything else").fill("Tamarin")
    somebody.press("Save and go back to your answers")
    agree_and_send(somebody)
    assert "Your request was sent before" in somebody.reads
    inspect(somebody)


def test_the_page_with_the_words_of_somebody_who_was_signed_out(somebody, clinic, owner):
    opened = build_referrals.referral(clinic, reached="received", by=owner)
    sign_in(somebody)
    somebody.go(f"/manage/inbox/{opened.pk}/")
    somebody.page.locator("summary", has_text="Ask a question").click()
    somebody.page.get_by_label("Your question").fill("Which state do you live in?")
    somebody.context.clear_cookies(name="sid")
    somebody.press("Ask a question")
    assert "You were signed out" in somebody.reads
    inspect(somebody, for_patients=False)
