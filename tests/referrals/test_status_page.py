"""The private page: what it shows and hides, who acts next, and what a visit must not do."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from outbox import clock
from referrals import lifecycle
from referrals.models import Referral
from referrals.views import status
from tests import build
from tests.referrals import asking

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(client, clinic) -> str:
    return asking.ask(client, clinic, note="Marmoset", call_me="Sam")


def referral() -> Referral:
    return Referral.objects.get()


def text(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def title(response) -> str:
    return re.search(r"<title>(.*?)</title>", response.content.decode(), re.DOTALL).group(1)


def snapshot() -> list:
    rows = list(Referral.objects.values_list("status", "status_at"))
    return [*rows, referral().timeline.count()]


# --- the link ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spoil",
    [
        lambda link: link[:-2] + ("A/" if link[-2] != "A" else "B/"),
        lambda link: link[:-4] + "/",
        lambda link: link.upper().replace("/R/", "/r/"),
        lambda link: link[:-1] + "x/",
        lambda link: link[:-1] + "?utm=1/",
        lambda _: "/r/0/",
        lambda _: "/r/" + "A" * 43 + "/",
        lambda _: "/r/" + "A" * 5000 + "/",
    ],
)
def test_a_wrong_link_is_the_page_of_any_address_that_does_not_exist(client, link, spoil):
    wrong, absent = client.get(spoil(link)), client.get("/no/such/page/")

    if "?" not in spoil(link):
        assert wrong.status_code == 404
        assert wrong.content == absent.content
        assert wrong.headers.keys() == absent.headers.keys()


def test_a_private_page_is_kept_by_nobody_and_named_to_nobody(client, link):
    response = client.get(link)

    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response["X-Robots-Tag"]
    assert not re.search("plains|ketamin|spravato|depress", title(response), re.IGNORECASE)


def test_it_never_shows_what_the_patient_wrote(client, link):
    page = text(client.get(link))

    for personal in ("Marmoset", "Sam", "303-555-0142", "sam@example.org", "Depression"):
        assert personal not in page


def test_a_visit_changes_nothing_whoever_makes_it(client, link):
    before = snapshot()

    client.get(link, headers={"user-agent": "LinkScanner/1.0"})
    client.head(link)
    client.get(link + "take-back/")
    client.head(link + "take-back/")
    assert client.get(link + "answer/").status_code == 405
    assert client.get(link + "leave/").status_code == 405

    assert snapshot() == before


def test_a_scanner_that_posts_is_refused(link):
    scanner = Client(enforce_csrf_checks=True)
    before = snapshot()

    for path in ("take-back/", "answer/", "leave/"):
        assert scanner.post(link + path, {"text": "x"}).status_code == 403

    assert snapshot() == before


def test_a_browser_that_hides_the_origin_may_post_with_its_token(link):
    """`no-referrer` makes a browser send `Origin: null`, which must not cost the patient the form."""
    browser = Client(enforce_csrf_checks=True)
    fields = asking.hidden_fields(browser.get(link + "take-back/"))

    response = browser.post(link + "take-back/", fields, headers={"origin": "null"})

    assert response.url == link
    assert referral().status == "cancelled"


def test_another_origin_may_not_post_even_with_a_token(link):
    browser = Client(enforce_csrf_checks=True)
    fields = asking.hidden_fields(browser.get(link + "take-back/"))

    response = browser.post(link + "take-back/", fields, headers={"origin": "https://evil.example"})

    assert response.status_code == 403
    assert referral().status == "requested"


def test_each_look_is_in_the_audit_trail_without_the_link(client, link):
    client.get(link)

    event = AuditEvent.objects.latest("seq")
    assert (event.actor, event.action) == ("patient", "referral.read")
    assert link[3:-1] not in f"{event.object_id}{event.purpose}"


def test_who_tries_many_links_is_asked_to_wait_and_right_ones_still_open(client, link, monkeypatch):
    monkeypatch.setattr(status, "WRONG_LINKS", (2, 3600))
    answers = [client.get(f"/r/{number:043d}/") for number in range(3)]

    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert int(answers[2]["Retry-After"]) > 0
    assert client.get(link).status_code == 200


# --- what it says at each step -------------------------------------------------------------------


def test_it_says_at_each_step_who_acts_next(client, link, owner):
    assert "Not opened yet" in text(client.get(link))

    lifecycle.open(referral=referral(), by=owner)
    assert "The clinic has read it" in text(client.get(link))

    lifecycle.ask(referral=referral(), question="Which mornings work for you?", by=owner)
    page = text(client.get(link))
    assert "Question for you" in page
    assert "Which mornings work for you?" in page

    client.post(link + "answer/", {"text": "Tuesdays"})
    page = text(client.get(link))
    assert "The clinic has your answer" in page
    assert "Tuesdays" not in page

    lifecycle.accept(referral=referral(), by=owner, note="Ana will call you.")
    page = text(client.get(link))
    assert "The clinic can see you" in page
    assert "Ana will call you." in page

    lifecycle.set_appointment(referral=referral(), by=owner, at=clock.now() + timedelta(days=9))
    assert "Appointment set" in text(client.get(link))

    lifecycle.complete(referral=referral(), by=owner, reason="seen")
    page = text(client.get(link))
    assert "Finished" in page
    assert "Take back" not in page


def test_a_date_is_told_in_the_clinics_time_zone(client, link, owner):
    at = clock.now().replace(month=12, day=15, hour=21, minute=30)
    lifecycle.open(referral=referral(), by=owner)
    lifecycle.accept(referral=referral(), by=owner)
    lifecycle.set_appointment(referral=referral(), by=owner, at=at)

    assert "2:30 PM (MST)" in text(client.get(link))


def test_an_empty_answer_is_asked_for_again(client, link, owner):
    lifecycle.open(referral=referral(), by=owner)
    lifecycle.ask(referral=referral(), question="When?", by=owner)

    response = client.post(link + "answer/", {"text": "  "})

    assert response.status_code == 422
    assert title(response).startswith("Error: ")


def test_an_answer_that_comes_too_late_is_not_lost(client, link, owner):
    lifecycle.open(referral=referral(), by=owner)
    lifecycle.ask(referral=referral(), question="When?", by=owner)
    lifecycle.accept(referral=referral(), by=owner)

    response = client.post(link + "answer/", {"text": "Any Tuesday."})

    assert response.status_code == 409
    assert "Any Tuesday." in text(response)
    assert "was not sent" in text(response)


def test_a_form_that_expired_keeps_the_answer(link, owner):
    lifecycle.open(referral=referral(), by=owner)
    lifecycle.ask(referral=referral(), question="When?", by=owner)
    browser = Client(enforce_csrf_checks=True)

    response = browser.post(link + "answer/", {"text": "Any Tuesday."})

    assert response.status_code == 403
    assert "Any Tuesday." in response.content.decode()
    assert "nothing was lost" in text(response)


def test_cannot_help_leads_to_others_in_neutral_words(client, link, owner):
    other = build.clinic(name="Second Example Clinic")
    lifecycle.open(referral=referral(), by=owner)
    lifecycle.decline(referral=referral(), by=owner, reason="not-accepting")

    page = client.get(link)

    assert "It has no space right now." in text(page)
    assert f'href="{reverse("ask", args=[other.slug])}"' in page.content.decode()
    assert not re.search("rejected|denied|declined|ineligible", text(page), re.IGNORECASE)
    assert "the form asks for them again" in text(page)


@pytest.mark.parametrize("reason", ["needs-higher-level-of-care", "clinically-unsuitable", "not-accepting"])
def test_cannot_help_tells_who_helps_right_after_the_reason(client, link, owner, reason):
    lifecycle.open(referral=referral(), by=owner)
    lifecycle.decline(referral=referral(), by=owner, reason=reason)

    page = client.get(link)

    status_panel = page.content.decode().split('id="status-title"')[1].split("</section>")[0]
    assert 'href="tel:988"' in status_panel
    assert 'href="sms:988"' in status_panel
    assert ("Your own doctor can help" in text(page)) == (reason != "not-accepting")
    assert "Find another clinic" in text(page)  # no other one is listed


def test_it_says_by_when_the_clinic_should_reply_until_it_has_replied(client, clinic, owner):
    with clock.frozen(clock.now().replace(year=2026, month=11, day=23, hour=18)):  # a Monday
        link = asking.ask(client, clinic)
        told = "by Wednesday, November 25. From Thursday, November 26, this page shows other clinics too."
        assert told in text(client.get(link))
        lifecycle.open(referral=referral(), by=owner)
        assert told in text(client.get(link))
    with clock.frozen(clock.now().replace(year=2026, month=11, day=27, hour=18)):
        assert "We asked the clinic to reply by Wednesday, November 25." in text(client.get(link))
    lifecycle.ask(referral=referral(), question="When?", by=owner)
    client.post(link + "answer/", {"text": "Tuesdays"})

    assert "to reply by" not in text(client.get(link))


def test_who_waits_for_days_is_shown_other_clinics(client, link):
    build.clinic(name="Second Example Clinic")
    assert "Second Example Clinic" not in text(client.get(link))

    with clock.frozen(clock.now() + timedelta(days=8)):
        page = text(client.get(link))

    assert "No reply yet?" in page
    assert "Second Example Clinic" in page


# --- stopping and leaving ------------------------------------------------------------------------


def test_taking_back_asks_once_and_then_stops_the_request(client, link):
    asked = client.get(link + "take-back/")
    assert "Take back this request?" in text(asked)
    assert "We tell the clinic" not in text(asked)
    assert referral().status == "requested"

    response = client.post(link + "take-back/")

    assert response.url == link
    assert referral().status == "cancelled"
    page = client.get(link)
    assert "You took it back." in text(page)
    assert "The clinic is told" not in text(page)
    assert "Find another clinic" in text(page)
    assert client.post(link + "take-back/").url == link  # a second press changes nothing


def test_a_clinic_that_had_opened_it_is_told_that_it_was_taken_back(client, link, owner):
    lifecycle.open(referral=referral(), by=owner)
    assert "We tell the clinic" in text(client.get(link + "take-back/"))

    client.post(link + "take-back/")

    assert "You took it back. The clinic is told." in text(client.get(link))


def test_clear_and_leave_empties_the_browser_and_lands_on_a_page_that_says_nothing(client, link):
    response = client.post(link + "leave/")

    assert response.url == "/left/"
    for part in ('"cache"', '"cookies"', '"storage"'):
        assert part in response["Clear-Site-Data"]
    assert not client.session.get("ask")
    page = client.get(response.url)
    assert not re.search(
        "ketamin|spravato|clinic name|plains|request", text(page).split("Skip")[1], re.IGNORECASE
    )


def test_the_page_says_that_it_cannot_erase_the_history(client, link):
    assert "cannot erase the list of pages" in text(client.get(link))
