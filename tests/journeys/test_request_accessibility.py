"""Every page of a request and of the inbox, in every state: for axe, at any width, and for a finger."""

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from directory import listings
from outbox import clock
from outbox.models import Delivery
from referrals import lifecycle
from tests import build, build_referrals
from tests.journeys.test_accessibility import RULES, SMALL_TARGETS
from tests.journeys.visitor import Visitor, here, sign_in

__all__ = ["here"]

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def somebody(chromium, here):
    # Without reduced motion a colour is measured half-way through its fade from light to dark.
    visitor = Visitor(chromium, here, script=True, reduced_motion="reduce")
    yield visitor
    visitor.close()


def inspect(visitor: Visitor, *, for_patients: bool = True) -> None:
    """The page as it stands, on a small phone and a desktop, in light and in dark."""
    page: Any = visitor.page
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (page.url, width)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page, options=RULES).response["violations"]
            assert not found, [(page.url, rule["id"], rule["nodes"][0]["html"][:200]) for rule in found]
    if for_patients:
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate(SMALL_TARGETS) == [], page.url


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
