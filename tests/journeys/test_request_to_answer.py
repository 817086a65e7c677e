"""From a ZIP code to an answer, in a real browser on a phone: with script, and without.

A person finds a clinic and asks it; a real mail server gets a mail that says nothing; the clinic signs in,
opens, asks, accepts and sets a date; and the person's private page tells each step.
"""

import re
from datetime import timedelta
from typing import Any

import pytest

from outbox import clock, deliveries
from referrals.models import Referral
from tests import build_referrals
from tests.journeys.visitor import Visitor, fill_in_three_steps, here, sign_in, visitor

__all__ = ["here"]

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

SCRIPT = pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
# What no mail may hold, in any part: the treatment, what it is for, the clinic, the person.
UNSAID = re.compile(
    r"ketamin|spravato|infusion|psychedel|depress|anxi|ptsd|therap|clinic|plains|denver|sam\b|olive|marmoset|"
    r"303.?555|psych|mental|treatment|appointment|medical|health",
    re.IGNORECASE,
)


def deliver_all() -> None:
    while deliveries.deliver_one():
        pass


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


def finds_and_asks(patient: Visitor, name: str) -> str:
    """ZIP code, results, the clinic's page, the questions; returns the private link."""
    patient.go("/")
    patient.page.get_by_label("ZIP code or city").fill("80202")
    patient.press("Find clinics")
    patient.pages = [patient.page.url]  # counted from the first page after the ZIP code
    patient.press(name)
    assert name in patient.reads
    patient.press("Ask for an appointment")
    patient.press("Start")
    fill_in_three_steps(patient)
    agree_and_send(patient)
    assert len(patient.pages) - 1 <= 7, "pages from the ZIP code to Send"
    return str(patient.page.locator("[data-copy]").inner_text())


def agree_and_send(patient: Visitor) -> None:
    assert "Check your answers, then send" in patient.reads
    patient.page.get_by_label("I agree to send this").check()
    patient.page.wait_for_timeout(2100)  # as somebody does who reads
    patient.press("Send request")
    assert "Request sent" in patient.reads


def opens_and_asks(desk: Visitor) -> None:
    sign_in(desk)
    desk.press("Open")
    assert "Marmoset" in desk.reads
    open_action(desk, "Ask a question")
    desk.page.get_by_label("Your question").fill("Which mornings work for you?")
    desk.press("Ask a question")


def accepts(desk: Visitor) -> None:
    desk.go(f"/manage/inbox/{Referral.objects.get().pk}/")
    assert "Tuesday mornings." in desk.reads
    open_action(desk, "Accept")
    desk.page.get_by_label("A word to the person").fill("Ana will call you.")
    desk.press("Accept")


def sets_a_date(desk: Visitor) -> None:
    open_action(desk, "Appointment set")
    day = (clock.now() + timedelta(days=20)).date()
    desk.page.get_by_label("Day").fill(day.isoformat())
    desk.page.get_by_label("Time").fill("09:30")
    desk.press("Appointment set")


@SCRIPT
def test_a_request_is_asked_read_and_answered(chromium, here, clinic, smtp_server, script):
    with visitor(chromium, here, script=script) as patient, visitor(chromium, here, script=script) as desk:

        def private_page_says(*words: str) -> None:
            patient.go(link)
            for each in words:
                assert each in patient.reads
            assert "Marmoset" not in patient.reads

        link = finds_and_asks(patient, clinic.name)
        private_page_says("The clinic has it. Not opened yet.")
        deliver_all()
        assert smtp_server.recipients == ["owner@clinic.example"]
        assert smtp_server.received[0].message["Subject"] == "1 new request"

        opens_and_asks(desk)
        private_page_says("The clinic opened it", "Which mornings work for you?")
        patient.page.get_by_label("Your answer").fill("Tuesday mornings.")
        patient.press("Send answer")
        private_page_says("The clinic has your answer.")

        accepts(desk)
        private_page_says("The clinic can see you.", "Ana will call you.")
        sets_a_date(desk)
        private_page_says("Appointment set", "9:30 AM")

        deliver_all()
        assert set(smtp_server.recipients) == {"owner@clinic.example", "sam@patient.example"}
        says_nothing(smtp_server.received)
        assert patient.strangers == desk.strangers == []


@SCRIPT
def test_from_the_list_it_takes_seven_pages_to_the_one_that_says_sent(chromium, here, clinic, script):
    with visitor(chromium, here, script=script) as patient:
        patient.go("/search/?near=80202")
        patient.press("Ask for an appointment")
        patient.press("Start")
        fill_in_three_steps(patient)
        agree_and_send(patient)

        assert len(patient.pages) <= 7


def test_back_shows_every_page_with_its_answers_and_no_question_about_sending_again(chromium, here, clinic):
    with visitor(chromium, here, script=True) as patient:
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


def test_a_double_press_on_send_sends_once(chromium, here, clinic):
    with visitor(chromium, here, script=False) as patient:
        patient.go(f"/clinic/{clinic.slug}/ask/1/")
        fill_in_three_steps(patient)
        patient.page.get_by_label("I agree to send this").check()
        patient.page.wait_for_timeout(2100)
        patient.page.get_by_role("button", name="Send request").dblclick()
        patient.page.wait_for_url("**/ask/sent/")

        assert "Request sent" in patient.reads
        assert Referral.objects.count() == 1


@SCRIPT
def test_clear_and_leave_lands_on_a_page_that_says_nothing(chromium, here, clinic, script):
    token = build_referrals.sent(clinic).token
    with visitor(chromium, here, script=script) as patient:
        patient.go(f"/r/{token}/")
        patient.press("Clear and leave")

        assert patient.page.url == f"{here}/left/"
        assert not patient.context.cookies()
