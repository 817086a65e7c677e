"""From a ZIP code to an answer, in a real browser on a phone: with script, and without.

A person finds a clinic and asks it; a real mail server gets a mail that says nothing; the clinic signs in,
opens, asks, accepts and sets a date; and the person's private page tells each step.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from outbox import clock, deliveries
from referrals.models import Referral
from tests import build

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}
# What no mail may hold, in any part: the treatment, what it is for, the clinic, the person.
UNSAID = re.compile(
    r"ketamin|spravato|infusion|psychedel|depress|anxi|ptsd|therap|clinic|plains|denver|sam\b|olive|marmoset|"
    r"303.?555|psych|mental|treatment|appointment|medical|health",
    re.IGNORECASE,
)


@pytest.fixture
def site(live_server, gazetteer, settings) -> str:
    """The address of a running site, as its own mails and pages give it."""
    settings.SITE_URL = live_server.url
    settings.SITE_NAME = "Cairn"
    return str(live_server.url)


class Visitor:
    """Somebody with a browser: counts the pages they come through, and what their browser asked for elsewhere."""

    def __init__(self, browser: Any, site: str, *, script: bool) -> None:
        self.site = site
        self.context = browser.new_context(viewport=PHONE, java_script_enabled=script, base_url=site)
        self.page = self.context.new_page()
        self.pages: list[str] = []
        self.strangers: list[str] = []
        self.context.on("request", self._seen)

    def _seen(self, request: Any) -> None:
        if not request.url.startswith(self.site):
            self.strangers.append(request.url)

    def go(self, address: str) -> None:
        self.page.goto(address)
        self._arrived()

    def press(self, words: str) -> None:
        """Press a button or follow a link, by the words on it, and wait for the page it leads to."""
        role = self.page.get_by_role("button", name=words).or_(self.page.get_by_role("link", name=words))
        with self.page.expect_navigation():
            role.first.click()
        self._arrived()

    def _arrived(self) -> None:
        self.page.wait_for_load_state()
        self.pages.append(self.page.url)

    @property
    def reads(self) -> str:
        """The words of the page's main part."""
        return " ".join(self.page.locator("main").inner_text().split())

    def close(self) -> None:
        self.context.close()


@contextmanager
def visitor(chromium: Any, site: str, *, script: bool) -> Iterator[Visitor]:
    somebody = Visitor(chromium, site, script=script)
    yield somebody
    somebody.close()


def deliver_all() -> None:
    while deliveries.deliver_one():
        pass


def fill_in_three_steps(patient: Visitor) -> None:
    page = patient.page
    page.get_by_label("Me", exact=True).check()
    page.get_by_label("What should the clinic call you?").fill("Sam")
    page.get_by_label("Yes").check()
    patient.press("Continue")
    page.get_by_label("Phone").fill("303-555-0142")
    page.get_by_label("E-mail").fill("sam@patient.example")
    patient.press("Continue")
    page.get_by_label("I would rather tell the clinic myself").check()
    page.get_by_label("Anything else they should know?").fill("Marmoset")
    patient.press("Continue")


def sign_in(clinic: Visitor) -> None:
    clinic.go("/manage/")
    clinic.page.get_by_label("Email").fill("owner@clinic.example")
    clinic.page.get_by_label("Password").fill(build.PASSWORD)
    clinic.press("Sign in")


def open_action(clinic: Visitor, words: str) -> None:
    """Unfold one way to answer, if it is not unfolded yet. No script is needed for that."""
    fold = clinic.page.locator("details", has=clinic.page.locator("summary", has_text=words))
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()


def says_nothing(mails: list[Any]) -> None:
    """No header and no line of any mail tells what this is about, but for the addresses it goes to and from."""
    assert mails
    for mail in mails:
        message = mail.message
        spoken = [f"{name}: {value}" for name, value in message.items() if name.lower() not in {"to", "from"}]
        without_link = re.sub(r"/r/[\w-]{43}/", "", message.get_content())
        assert not UNSAID.search("\n".join([*spoken, without_link, str(message["From"])]))


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_request_is_asked_read_and_answered(chromium, site, clinic, smtp_server, script):
    with (
        visitor(chromium, site, script=script) as patient,
        visitor(chromium, site, script=script) as desk,
    ):
        # The person: ZIP code, results, the clinic's page, the questions.
        patient.go("/")
        patient.page.get_by_label("ZIP code or city").fill("80202")
        patient.press("Find clinics")
        patient.pages = [patient.page.url]  # counted from the first page after the ZIP code
        patient.press(clinic.name)
        assert clinic.name in patient.reads
        patient.press("Ask for an appointment")
        patient.press("Start")
        fill_in_three_steps(patient)
        assert "Check your answers, then send" in patient.reads
        patient.page.get_by_label("I agree to send this").check()
        patient.page.wait_for_timeout(2100)  # as somebody does who reads
        assert len(patient.pages) <= 7
        patient.press("Send request")
        assert "Request sent" in patient.reads
        link = patient.page.locator("[data-copy]").inner_text()
        patient.go(link)
        assert "The clinic has it. Not opened yet." in patient.reads
        assert "Marmoset" not in patient.reads

        # The mail, and the clinic: opens, asks.
        deliver_all()
        assert smtp_server.recipients == ["owner@clinic.example"]
        assert smtp_server.received[0].message["Subject"] == "1 new request"
        sign_in(desk)
        desk.press("Open")
        assert "Marmoset" in desk.reads
        patient.go(link)
        assert "The clinic has read it." in patient.reads
        open_action(desk, "Ask a question")
        desk.page.get_by_label("Your question").fill("Which mornings work for you?")
        desk.press("Ask a question")

        # The person answers; the clinic accepts and sets a date.
        patient.go(link)
        assert "Which mornings work for you?" in patient.reads
        patient.page.get_by_label("Your answer").fill("Tuesday mornings.")
        patient.press("Send answer")
        assert "The clinic has your answer." in patient.reads
        desk.go(f"/manage/inbox/{Referral.objects.get().pk}/")
        assert "Tuesday mornings." in desk.reads
        open_action(desk, "Accept")
        desk.page.get_by_label("A word to the person").fill("Ana will call you.")
        desk.press("Accept")
        patient.go(link)
        assert "The clinic can see you." in patient.reads
        assert "Ana will call you." in patient.reads
        open_action(desk, "Appointment set")
        day = (clock.now() + timedelta(days=20)).date()
        desk.page.get_by_label("Day").fill(day.isoformat())
        desk.page.get_by_label("Time").fill("09:30")
        desk.press("Appointment set")
        patient.go(link)
        assert "Appointment set" in patient.reads
        assert "9:30 AM" in patient.reads

        # Nothing was said in any mail, and no browser asked anybody else for anything.
        deliver_all()
        assert set(smtp_server.recipients) == {"owner@clinic.example", "sam@patient.example"}
        says_nothing(smtp_server.received)
        assert not patient.strangers
        assert not desk.strangers


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_from_the_list_it_takes_seven_pages_to_the_one_that_says_sent(chromium, site, clinic, script):
    with visitor(chromium, site, script=script) as patient:
        patient.go("/search/?near=80202")
        patient.press("Ask for an appointment")
        patient.press("Start")
        fill_in_three_steps(patient)
        patient.page.get_by_label("I agree to send this").check()
        patient.page.wait_for_timeout(2100)
        patient.press("Send request")

        assert "Request sent" in patient.reads
        assert len(patient.pages) <= 7


def test_back_shows_every_page_with_its_answers_and_no_question_about_sending_again(chromium, site, clinic):
    with visitor(chromium, site, script=True) as patient:
        patient.go(f"/clinic/{clinic.slug}/ask/")
        patient.press("Start")
        patient.press("Continue")  # a mistake first: its page must not be asked to be sent again
        assert "There is a problem" in patient.reads
        fill_in_three_steps(patient)

        patient.page.go_back()
        assert patient.page.get_by_label("Anything else they should know?").input_value() == "Marmoset"
        patient.page.go_back()
        assert patient.page.get_by_label("Phone").input_value() == "303-555-0142"
        patient.page.go_back()
        assert patient.page.get_by_label("What should the clinic call you?").input_value() == "Sam"


def test_a_double_press_on_send_sends_once(chromium, site, clinic):
    with visitor(chromium, site, script=False) as patient:
        patient.go(f"/clinic/{clinic.slug}/ask/1/")
        fill_in_three_steps(patient)
        patient.page.get_by_label("I agree to send this").check()
        patient.page.wait_for_timeout(2100)
        patient.page.get_by_role("button", name="Send request").dblclick()
        patient.page.wait_for_url("**/ask/sent/")

        assert "Request sent" in patient.reads
        assert Referral.objects.count() == 1


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_clear_and_leave_lands_on_a_page_that_says_nothing(chromium, site, clinic, script):
    from tests import build_referrals

    token = build_referrals.sent(clinic).token
    with visitor(chromium, site, script=script) as patient:
        patient.go(f"/r/{token}/")
        patient.press("Clear and leave")

        assert patient.page.url == f"{site}/left/"
        assert not patient.context.cookies()
