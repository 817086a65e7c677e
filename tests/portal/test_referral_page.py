"""One request at the clinic's side: opened by a press, read with a trace, answered in one of five ways."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from outbox import clock
from outbox.models import Delivery
from portal import forms
from referrals import lifecycle, reading
from referrals.models import Referral
from referrals.vocabulary import DeclineReason
from tests import build, build_referrals
from tests.portal.reading_pages import main, text, title
from tests.signing_in import FROM_OURS

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def others(stranger, verifier, staff):
    """Everybody signed in who does not act for the clinic."""
    return stranger, verifier, staff


def page_of(made: Referral) -> str:
    return reverse("inbox-referral", args=[made.pk])


def act(client, made: Referral, verb: str, **fields):
    return client.post(reverse("inbox-act", args=[made.pk, verb]), fields)


def opened(clinic, owner, **answers) -> Referral:
    return build_referrals.referral(clinic, reached="received", by=owner, **answers)


# --- opening -------------------------------------------------------------------------------------


def test_a_visit_to_a_new_request_shows_a_button_and_reads_nothing(signed_in, clinic):
    made = build_referrals.referral(clinic, call_me="Zebrafinch")
    before = AuditEvent.objects.count()

    page = text(signed_in.get(page_of(made)))

    assert "Open the request" in page
    assert "Zebrafinch" not in page
    assert AuditEvent.objects.count() == before
    assert Referral.objects.get().status == "requested"


def test_opening_is_a_post_and_the_persons_page_says_so(signed_in, clinic):
    made = build_referrals.sent(clinic)
    url = reverse("inbox-open", args=[made.referral.pk])
    assert signed_in.get(url).status_code == 405

    response = signed_in.post(url)

    assert response.url == page_of(made.referral)
    assert reading.status_page(made.token).tag == "Opened"


def test_two_who_open_it_both_see_it(client, clinic, owner, colleague):
    made = build_referrals.referral(clinic)
    for person in (owner, colleague):
        client.force_login(person)
        assert client.post(reverse("inbox-open", args=[made.pk])).url == page_of(made)


def test_a_clinic_that_lapsed_cannot_open_and_the_person_is_told(signed_in, clinic):
    made = build_referrals.sent(clinic)
    Delivery.objects.update(state="delivered", settled_at=clock.now(), attempts=1)
    build.check(clinic, "npi", outcome="fails")

    response = signed_in.post(reverse("inbox-open", args=[made.referral.pk]))

    assert response.status_code == 409
    assert "cannot take" in text(response)
    assert reading.status_page(made.token).tag == "Stopped"


# --- reading -------------------------------------------------------------------------------------


def test_it_shows_what_the_person_wrote_and_leaves_a_trace(signed_in, clinic, owner):
    made = opened(clinic, owner, note="I work nights.", topics=("ptsd",), voicemail_ok=False)

    page = text(signed_in.get(page_of(made)))

    for words in ("Sam", "Call 303-555-0142", "No voice message.", "I work nights.", "PTSD"):
        assert words in page
    reads = AuditEvent.objects.filter(action="referral.read", object_id=str(made.pk), purpose="reply")
    assert reads.filter(actor=f"user:{owner.pk}").exists()


def test_what_a_person_wrote_is_inert(signed_in, clinic, owner):
    made = opened(clinic, owner, call_me="<script>alert(1)</script>", note="{{7*7}} <img src=x onerror=y>")

    page = signed_in.get(page_of(made)).content.decode()

    assert "<script>alert" not in page
    assert "<img" not in page
    assert "{{7*7}}" in page


def test_words_of_crisis_stand_out_for_the_clinic(signed_in, clinic, owner):
    made = opened(clinic, owner, note="I want to die.")

    assert "Read the message first." in text(signed_in.get(page_of(made)))


@pytest.mark.parametrize("method", ["get", "post"])
def test_somebody_elses_request_is_like_one_that_does_not_exist(client, clinic, others, method):
    made = build_referrals.referral(clinic)
    for person in others:
        client.force_login(person)
        for name, extra in (("inbox-referral", []), ("inbox-open", []), ("inbox-act", ["accept"])):
            foreign = getattr(client, method)(reverse(name, args=[made.pk, *extra]))
            absent = getattr(client, method)(reverse(name, args=[uuid.uuid4(), *extra]))
            assert foreign.status_code == absent.status_code
            assert foreign.status_code in (404, 405)
            assert foreign.content == absent.content
    assert Referral.objects.get().status == "requested"


def test_a_request_taken_back_is_no_longer_read(signed_in, clinic, owner):
    made = opened(clinic, owner, note="Marmoset")
    lifecycle.withdraw(referral=made)

    page = text(signed_in.get(page_of(made)))

    assert "took this request back" in page
    assert "Marmoset" not in page
    assert "Accept" not in main(signed_in.get(page_of(made)))


# --- answering -----------------------------------------------------------------------------------


def test_accepting_tells_the_person(signed_in, clinic, owner):
    made = opened(clinic, owner)

    response = act(signed_in, made, "accept", **{"accept-note": "Ana will call you."})

    assert response.url == page_of(made)
    assert Referral.objects.get().status == "accepted"
    page = text(signed_in.get(response.url))
    assert "The person's page says so." in page.replace("&#x27;", "'")
    assert "Ana will call you." in page


def test_a_usual_question_and_ones_own_words_are_asked_together(signed_in, clinic, owner):
    made = build_referrals.sent(clinic)
    lifecycle.open(referral=made.referral, by=owner)
    usual = forms.CANNED_QUESTIONS[0]

    act(signed_in, made.referral, "ask", **{"ask-canned": usual, "ask-question": "Or an evening?"})

    assert reading.status_page(made.token).question == f"{usual}\nOr an evening?"


def test_an_empty_question_is_asked_for_again(signed_in, clinic, owner):
    made = opened(clinic, owner)

    response = act(signed_in, made, "ask", **{"ask-canned": "", "ask-question": " "})

    assert response.status_code == 422
    assert title(response).startswith("Error: ")
    assert "Choose a question or write one" in text(response)


def test_each_reason_shows_exactly_the_sentence_that_the_person_will_read(signed_in, clinic, owner):
    for reason in DeclineReason.values:
        made = build_referrals.sent(clinic)
        lifecycle.open(referral=made.referral, by=owner)
        offered = text(signed_in.get(page_of(made.referral)))

        act(signed_in, made.referral, "decline", **{"decline-reason": reason})

        shown = text(Client().get(f"/r/{made.token}/"))
        view = reading.status_page(made.token)
        assert f"The person reads: “{view.sentence}” and then the words below your reason." in offered
        assert f"“{view.reason}”" in offered
        assert view.sentence in shown
        assert view.reason in shown


def test_cannot_help_says_beforehand_that_it_cannot_be_undone(signed_in, clinic, owner):
    page = text(signed_in.get(page_of(opened(clinic, owner))))
    assert "The person is told at once. This cannot be undone." in page


def test_a_question_that_was_sent_has_the_clinics_label_and_not_the_persons(signed_in, clinic, owner):
    made = build_referrals.referral(clinic, reached="on-hold", by=owner)
    page = text(signed_in.get(page_of(made)))
    assert "Question sent" in page
    assert "Question for you" not in page


def test_words_of_danger_are_not_followed_by_nothing_to_do(signed_in, clinic, owner):
    made = opened(clinic, owner, note="I want to kill myself.")
    assert "reach them now" in text(signed_in.get(page_of(made)))

    act(signed_in, made, "decline", **{"decline-reason": "not-accepting"})

    page = text(signed_in.get(page_of(made)))
    assert "If nobody has reached this person, do so now." in page
    assert "nothing to do" not in page


def test_cannot_help_needs_a_reason(signed_in, clinic, owner):
    made = opened(clinic, owner)

    for reason in ("", "because"):
        assert act(signed_in, made, "decline", **{"decline-reason": reason}).status_code == 422
    assert Referral.objects.get().status == "received"


def test_a_date_is_read_in_the_clinics_time_zone(signed_in, clinic, owner):
    made = build_referrals.referral(clinic, reached="accepted", by=owner)
    day = (clock.now() + timedelta(days=30)).date().replace(month=12, day=15)
    assert "In the clinic's time zone: Mountain time." in text(signed_in.get(page_of(made)))

    act(signed_in, made, "appointment", **{"appointment-day": day.isoformat(), "appointment-hour": "14:30"})

    steps = reading.timeline(referral=made, by=owner, purpose="test")
    assert steps[-1].appointment.strftime("%H:%M") == "21:30"  # 14:30 in Denver in winter
    assert "2:30 PM" in text(signed_in.get(page_of(made)))


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (("2020-01-01", "10:00"), forms.OUT_OF_RANGE),
        (("2120-01-01", "10:00"), forms.OUT_OF_RANGE),
        (("2027-03-14", "02:30"), "this hour does not exist"),
        (("tomorrow", "10:00"), "Enter a day like"),
        (("", ""), "Enter the day"),
        (("2027-02-29", "25:00"), "Enter a time like"),
    ],
)
def test_a_date_that_cannot_be_is_kept_and_explained(signed_in, clinic, owner, typed, message):
    day, hour = typed
    made = build_referrals.referral(clinic, reached="accepted", by=owner)

    response = act(signed_in, made, "appointment", **{"appointment-day": day, "appointment-hour": hour})

    assert response.status_code == 422
    assert message in text(response)
    assert not day or f'value="{day}"' in response.content.decode()
    assert Referral.objects.get().status == "accepted"


def test_finishing_closes_it(signed_in, clinic, owner):
    made = build_referrals.referral(clinic, reached="in-progress", by=owner)

    act(signed_in, made, "finish", **{"finish-reason": "seen"})

    assert Referral.objects.get().status == "completed"
    assert "There is nothing to do." in text(signed_in.get(page_of(made)))


def test_only_what_can_be_done_now_is_offered(signed_in, clinic, owner):
    made = opened(clinic, owner)
    page = main(signed_in.get(page_of(made)))
    assert "Accept" in page
    assert "Finish" not in page

    act(signed_in, made, "accept")
    page = main(signed_in.get(page_of(made)))
    assert "Finish" in page
    assert "Ask a question" not in page


def test_who_comes_second_is_told_kindly_and_keeps_the_words(client, clinic, owner, colleague):
    made = opened(clinic, owner)
    client.force_login(colleague)
    lifecycle.decline(referral=Referral.objects.get(), reason="coverage", by=owner)

    response = act(client, made, "ask", **{"ask-question": "Which state do you live in?"})

    assert response.status_code == 409
    page = text(response)
    assert "Somebody was first" in page
    assert "Cannot help" in page
    assert "Which state do you live in?" in page


def test_an_unknown_way_to_answer_is_not_found(signed_in, clinic, owner):
    assert act(signed_in, opened(clinic, owner), "forget").status_code == 404


def test_a_form_that_expired_keeps_what_was_typed(clinic, owner):
    browser = Client(enforce_csrf_checks=True, headers=FROM_OURS)
    browser.force_login(owner)
    made = opened(clinic, owner)

    response = act(browser, made, "ask", **{"ask-question": "Which state do you live in?"})

    assert response.status_code == 403
    assert "Which state do you live in?" in response.content.decode()
    assert "nothing was lost" in text(response)
    assert Referral.objects.get().status == "received"


def test_every_answer_needs_a_post(signed_in, clinic, owner):
    made = opened(clinic, owner)

    for verb in ("accept", "ask", "decline", "appointment", "finish"):
        assert signed_in.get(reverse("inbox-act", args=[made.pk, verb])).status_code == 405


def test_a_session_that_ended_keeps_the_words_and_leads_back(clinic, owner):
    made = opened(clinic, owner)
    client = Client(headers={**FROM_OURS, "referer": f"http://testserver{page_of(made)}"})

    typed = act(client, made, "ask", **{"ask-question": "Which state do you live in?"})
    pressed = client.post(reverse("inbox-open", args=[made.pk]))

    assert typed.status_code == 403
    assert "Which state do you live in?" in text(typed)
    assert f"next={page_of(made)}" in typed.content.decode()
    assert pressed.url == f"{reverse('account_login')}?next={page_of(made)}"
    assert client.get(reverse("inbox-act", args=[made.pk, "ask"])).status_code == 302
