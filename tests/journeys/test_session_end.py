"""In a browser: two minutes before a sign-in ends there is a question, and nothing typed is lost when it does."""

import pytest

from referrals.models import Referral
from tests import build, build_referrals
from tests.journeys.looking import inspect
from tests.journeys.visitor import Visitor, here, sign_in

__all__ = ["here"]

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

QUESTION = "Which state do you live in?"


@pytest.fixture
def somebody(chromium, here):
    visitor = Visitor(chromium, here, script=True, reduced_motion="reduce")
    visitor.page.clock.install()
    yield visitor
    visitor.close()


@pytest.fixture
def typing(somebody, clinic, owner):
    """Somebody types a question into a request."""
    opened = build_referrals.referral(clinic, reached="received", by=owner)
    sign_in(somebody)
    somebody.go(f"/manage/inbox/{opened.pk}/")
    somebody.page.locator("summary", has_text="Ask a question").click()
    somebody.page.get_by_label("Your question").fill(QUESTION)
    return somebody


def asked(page):
    return page.get_by_role("heading", name="You will be signed out in 2 minutes")


def age(monkeypatch, seconds: int) -> None:
    """The server's sessions are that much older than they are."""
    monkeypatch.setattr("accounts.idle.seconds_left", lambda session: 900 - seconds)


def test_it_asks_and_who_stays_goes_on_typing(typing, monkeypatch):
    page = typing.page
    with monkeypatch.context() as old:
        age(old, 790)
        page.clock.run_for(781_000)
        asked(page).wait_for()
        inspect(typing, for_patients=False)
    page.get_by_role("button", name="Stay signed in").click()
    asked(page).wait_for(state="hidden")
    typing.press("Ask a question")
    assert Referral.objects.get().status == "on-hold"


def test_who_was_in_another_tab_is_not_asked(typing):
    with typing.page.expect_response("**/accounts/keep/"):
        typing.page.clock.run_for(781_000)
    assert asked(typing.page).is_hidden()


def test_who_comes_back_later_signs_in_and_sends_what_was_typed(typing, clinic, owner):
    page = typing.page
    typing.context.clear_cookies(name="sid")
    page.clock.run_for(781_000)
    page.get_by_role("heading", name="You were signed out").wait_for()
    inspect(typing, for_patients=False)
    sign_in_in_a_new_tab(typing)
    page.get_by_role("button", name="I have signed in").click()
    page.get_by_role("heading", name="You were signed out").wait_for(state="hidden")
    typing.press("Ask a question")
    assert "nothing was lost" in typing.reads
    inspect(typing, for_patients=False)
    typing.press("Send it again")
    assert Referral.objects.get().status == "on-hold"


def sign_in_in_a_new_tab(somebody) -> None:
    with somebody.context.expect_page() as opened:
        somebody.page.get_by_role("link", name="Sign in in a new tab").click()
    tab = opened.value
    tab.get_by_label("E-mail").fill("owner@clinic.example")
    tab.get_by_label("Password").fill(build.PASSWORD)
    with tab.expect_navigation():
        tab.get_by_role("button", name="Sign in").click()
    tab.close()
