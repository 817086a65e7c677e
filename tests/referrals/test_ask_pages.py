"""Asking for an appointment: what each page shows, keeps, refuses and promises."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from directory import listings
from directory.models import Clinic
from outbox import clock
from outbox.models import Delivery
from referrals.models import Referral
from referrals.views import send
from tests import build
from tests.referrals import asking

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def title(response) -> str:
    return re.search(r"<title>(.*?)</title>", response.content.decode(), re.DOTALL).group(1).strip()


def text(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


# --- the start page ----------------------------------------------------------------------------


def test_it_begins_without_a_question_and_without_a_cookie(client, clinic):
    response = client.get(reverse("ask", args=[clinic.slug]))

    assert response.status_code == 200
    assert not response.cookies
    assert "<input" not in response.content.decode()
    after_heading = response.content.decode().split("</h1>")[1]
    assert after_heading.index("988") < after_heading.index("It takes about 3 minutes")


def test_it_makes_a_session_at_the_first_post_and_not_before(client, clinic):
    client.get(reverse("ask", args=[clinic.slug]))
    client.get(reverse("ask-step", args=[clinic.slug, 1]))
    assert "sid" not in client.cookies

    asking.step(client, clinic, 1)

    assert "sid" in client.cookies


def test_no_title_names_the_clinic_a_drug_or_a_condition(client, clinic):
    asking.fill_in(client, clinic)
    pages = [client.get(reverse("ask-step", args=[clinic.slug, number])) for number in (1, 2, 3)]
    pages += [client.get(reverse(name, args=[clinic.slug])) for name in ("ask", "ask-check", "ask-under-18")]
    asking.send(client, clinic)
    pages.append(client.get(reverse("ask-sent", args=[clinic.slug])))

    for page in pages:
        assert not re.search("plains|ketamin|spravato|depress|ptsd", title(page), re.IGNORECASE)


@pytest.mark.parametrize(("fields", "status"), [({"listed": False}, 404), ({"claimed": False}, 409)])
def test_a_clinic_that_cannot_be_asked_has_no_form(client, fields, status):
    clinic = build.clinic(**fields)

    response = client.get(reverse("ask", args=[clinic.slug]))

    assert response.status_code == status
    assert "ask/1/" not in response.content.decode()


def test_a_clinic_that_left_the_list_is_gone_here_too(client):
    clinic = build.clinic(license_ends=clock.now() - timedelta(days=1))

    assert client.get(reverse("ask", args=[clinic.slug])).status_code == 410


# --- three steps -------------------------------------------------------------------------------


def test_each_step_leads_to_the_next_and_the_last_to_the_check_page(client, clinic):
    assert asking.step(client, clinic, 1).url == reverse("ask-step", args=[clinic.slug, 2])
    assert asking.step(client, clinic, 2).url == reverse("ask-step", args=[clinic.slug, 3])
    assert asking.step(client, clinic, 3).url == reverse("ask-check", args=[clinic.slug])


def test_a_step_cannot_be_skipped_by_its_address(client, clinic):
    response = client.get(reverse("ask-step", args=[clinic.slug, 3]))

    assert response.url == reverse("ask-step", args=[clinic.slug, 1])


def test_there_is_no_fourth_step(client, clinic):
    asking.fill_in(client, clinic)

    assert client.get(reverse("ask-step", args=[clinic.slug, 4])).status_code == 404
    assert client.post(reverse("ask-step", args=[clinic.slug, 0])).status_code == 404


def test_errors_come_first_and_everything_typed_is_kept(client, clinic):
    asking.step(client, clinic, 1)
    posted = asking.step(
        client, clinic, 2, phone="911", email="not an address", text_ok="on", interpreter="on"
    )
    response = client.get(posted.url)

    page = response.content.decode()
    assert posted.url == reverse("ask-step", args=[clinic.slug, 2])
    assert title(response).startswith("Error: ")
    assert page.index("error-summary") < page.index("<h1")
    assert 'value="911"' in page
    assert 'value="not an address"' in page
    assert re.search(r'name="text_ok"[^>]*checked', page)
    assert re.search(r'name="interpreter"[^>]*checked', page)
    assert 'aria-invalid="true"' in page


def test_a_free_text_that_is_too_long_is_kept_whole(client, clinic):
    asking.fill_in(client, clinic)
    for typed in ("I would like to know more. " * 20, "I would like to know more. " * 3_000):
        response = client.post(
            reverse("ask-step", args=[clinic.slug, 3]), {**asking.WANT, "note": typed}, follow=True
        )

        assert title(response).startswith("Error: ")
        assert typed.strip() in response.content.decode()


def test_a_mistake_is_forgotten_once_it_is_mended(client, clinic):
    asking.fill_in(client, clinic)
    asking.step(client, clinic, 2, phone="911")
    assert title(client.get(reverse("ask-step", args=[clinic.slug, 2]))).startswith("Error: ")

    asking.step(client, clinic, 2)

    assert not title(client.get(reverse("ask-step", args=[clinic.slug, 2]))).startswith("Error: ")


def test_going_back_shows_the_answers_again(client, clinic):
    asking.fill_in(client, clinic, call_me="Nuñez O'Brien", phone="(303) 555-0142 ext 7")

    first = client.get(reverse("ask-step", args=[clinic.slug, 1])).content.decode()
    second = client.get(reverse("ask-step", args=[clinic.slug, 2])).content.decode()

    assert "Nuñez O&#x27;Brien" in first
    assert re.search(r'value="yes"[^>]*checked', first)
    assert 'value="303-555-0142 ext. 7"' in second


def test_the_browser_may_keep_the_questions_but_not_the_answers_page(client, clinic):
    client.get(reverse("ask-step", args=[clinic.slug, 1]))  # sets the form's cookie, so it is not kept
    asking.fill_in(client, clinic)

    questions = client.get(reverse("ask-step", args=[clinic.slug, 1]))
    answers = asking.check_page(client, clinic)

    assert "no-store" not in questions["Cache-Control"]
    assert "private" in questions["Cache-Control"]
    assert "no-store" in answers["Cache-Control"]


def test_somebody_under_18_meets_a_kind_page_and_nothing_is_kept(client, clinic):
    response = asking.step(client, clinic, 1, adult="no")
    page = client.get(response.url)

    assert response.url == reverse("ask-under-18", args=[clinic.slug])
    assert page.status_code == 200
    assert not title(page).startswith("Error")
    assert "parent" in text(page)
    assert "If you ask for someone else, an adult must send this." in text(page)
    assert "988" in page.content.decode().split("</h1>")[1]
    assert "sid" not in client.cookies


def test_a_form_that_expired_comes_back_with_all_that_was_typed(clinic):
    client = Client(enforce_csrf_checks=True)
    typed = {**asking.WANT, "note": "Please call after four. I work nights."}

    response = client.post(reverse("ask-step", args=[clinic.slug, 3]), typed)

    assert response.status_code == 403
    assert "I work nights." in response.content.decode()
    assert "nothing was lost" in text(response)
    again = {**typed, **asking.hidden_fields(response)}
    assert again["csrfmiddlewaretoken"]


def test_a_session_that_ended_costs_only_what_was_answered_before(client, clinic):
    asking.step(client, clinic, 1)
    asking.step(client, clinic, 2)
    client.cookies.pop("sid")

    response = asking.step(client, clinic, 3, note="Evenings are best.")
    page = client.get(response.url)

    assert response.url == reverse("ask-step", args=[clinic.slug, 1])
    assert "We kept what you typed last" in text(page)
    asking.step(client, clinic, 1)
    asking.step(client, clinic, 2)
    assert "Evenings are best." in text(asking.check_page(client, clinic))


def test_nothing_that_was_typed_lies_in_the_session_table_in_the_clear(client, clinic):
    asking.fill_in(client, clinic, call_me="Zebrafinch", note="Quokka")

    for session in Session.objects.all():
        stored = f"{session.session_data} {session.get_decoded()}"
        assert "Zebrafinch" not in stored
        assert "Quokka" not in stored
        assert "depression" not in stored


def test_what_was_typed_with_a_mistake_is_sealed_too(client, clinic):
    asking.step(client, clinic, 1, call_me="Zebrafinch", adult="")

    assert "Zebrafinch" in client.get(reverse("ask-step", args=[clinic.slug, 1])).content.decode()
    assert "Zebrafinch" not in str([row.get_decoded() for row in Session.objects.all()])


# --- check and send ----------------------------------------------------------------------------


def test_the_check_page_lists_every_answer_with_a_way_to_change_it(client, clinic):
    asking.fill_in(client, clinic)

    page = asking.check_page(client, clinic)

    for words in ("Sam", "303-555-0142", "no voice message", "sam@example.org", "Depression", "IV infusion"):
        assert words in text(page)
    for number in (1, 2, 3):
        assert f'href="{reverse("ask-step", args=[clinic.slug, number])}"' in page.content.decode()
    assert "Change your phone number" in text(page)


def test_a_change_returns_to_the_check_page_in_one_save(client, clinic):
    asking.fill_in(client, clinic)

    response = asking.step(client, clinic, 2, phone="720-555-0199")

    assert response.url == reverse("ask-check", args=[clinic.slug])
    assert "720-555-0199" in text(asking.check_page(client, clinic))


def test_the_consent_names_the_clinic_and_is_not_ticked(client, clinic):
    asking.fill_in(client, clinic)

    page = asking.check_page(client, clinic).content.decode()

    assert "I agree to send this to High Plains Example Clinic" in page
    assert not re.search(r'name="agree"[^>]*checked', page)


def test_without_consent_nothing_is_sent(client, clinic):
    asking.fill_in(client, clinic)

    response = client.post(reverse("ask-check", args=[clinic.slug]), {})

    assert response.status_code == 422
    assert title(response).startswith("Error: ")
    assert not Referral.objects.exists()


def test_who_leaves_only_a_phone_number_is_told_how_they_will_hear(client, clinic):
    asking.fill_in(client, clinic, email="")
    assert "no e-mail address" in text(asking.check_page(client, clinic))

    asking.step(client, clinic, 2)
    assert "no e-mail address" not in text(asking.check_page(client, clinic))


def test_words_of_crisis_bring_the_crisis_line_and_block_nothing(client, clinic):
    asking.fill_in(client, clinic, note="Some days I want to die.")

    page = asking.check_page(client, clinic)

    body = page.content.decode().split("<main")[1]
    assert body.index("very hard right now") < body.index("Check your answers")
    assert asking.send(client, clinic).status_code == 302


def test_a_social_security_number_brings_a_warning_and_blocks_nothing(client, clinic):
    asking.fill_in(client, clinic, note="My number is 078-05-1120.")

    assert "Social Security" in text(asking.check_page(client, clinic))
    assert asking.send(client, clinic).status_code == 302


def test_sending_stores_one_request_and_one_message(client, clinic):
    asking.fill_in(client, clinic)

    response = asking.send(client, clinic)

    assert response.url == reverse("ask-sent", args=[clinic.slug])
    assert Referral.objects.get().clinic == clinic
    assert Delivery.objects.get().kind == "clinic-new-request"


def test_the_sent_page_says_what_happens_next_and_by_when(client, clinic):
    with clock.frozen(clock.now().replace(year=2026, month=11, day=9, hour=18)):  # a Monday
        asking.fill_in(client, clinic)
        asking.send(client, clinic)
        page = client.get(reverse("ask-sent", args=[clinic.slug]))

    assert Referral.objects.get().reference in text(page)
    assert "by Wednesday, November 11" in text(page)
    assert re.search(r"http://localhost:\d+/r/[A-Za-z0-9_-]{43}/", page.content.decode())
    assert "shared phone" in text(page)
    assert "303-555-0101" in text(page)
    assert page["Clear-Site-Data"] == '"cache"'
    assert "no-store" in page["Cache-Control"]


@pytest.mark.parametrize(
    ("left", "told"),
    [
        ({"email": ""}, "The clinic calls you."),
        ({"email": "", "text_ok": "on"}, "The clinic calls you or writes to you, in the way you chose."),
        ({}, "The clinic calls you or writes to you, in the way you chose."),
        ({"phone": ""}, "The clinic writes to you."),
    ],
)
def test_the_sent_page_tells_how_the_clinic_answers(client, clinic, left, told):
    asking.fill_in(client, clinic)
    asking.step(client, clinic, 2, **left)
    asking.send(client, clinic)

    assert told in text(client.get(reverse("ask-sent", args=[clinic.slug])))


def test_the_private_link_is_not_shown_again_for_long(client, clinic):
    asking.ask(client, clinic)
    page = reverse("ask-sent", args=[clinic.slug])
    assert client.get(page).status_code == 200

    with clock.frozen(clock.now() + timedelta(minutes=31)):
        assert client.get(page).url == reverse("ask", args=[clinic.slug])


def test_answers_that_were_given_are_not_asked_for_again(client, clinic):
    other = build.clinic(name="Second Example Clinic")
    assert "Use the answers you gave" not in text(client.get(reverse("ask", args=[other.slug])))
    asking.fill_in(client, clinic)

    page = client.get(reverse("ask", args=[other.slug]))

    assert "Use the answers you gave" in text(page)
    assert reverse("ask-check", args=[other.slug]) in page.content.decode()


def test_after_sending_the_answers_are_gone_from_the_session(client, clinic):
    asking.ask(client, clinic)

    assert asking.check_page(client, clinic).url == reverse("ask-step", args=[clinic.slug, 1])
    assert "Sam" not in client.get(reverse("ask-step", args=[clinic.slug, 1])).content.decode()


def test_a_double_click_sends_once_and_shows_the_same_page(client, clinic):
    asking.fill_in(client, clinic)
    fields = {"agree": "on", **asking.hidden_fields(asking.check_page(client, clinic))}
    url = reverse("ask-check", args=[clinic.slug])

    with clock.frozen(clock.now() + timedelta(seconds=20)):
        first, second = client.post(url, fields), client.post(url, fields)

    assert first.url == second.url == reverse("ask-sent", args=[clinic.slug])
    assert Referral.objects.count() == 1
    assert client.get(first.url).content == client.get(second.url).content


def test_two_presses_at_once_send_once_and_both_see_the_same_link(clinic):
    one, other = Client(), Client()
    asking.fill_in(one, clinic)
    fields = {"agree": "on", **asking.hidden_fields(asking.check_page(one, clinic))}
    session = one.session
    before = dict(session.items())
    other.cookies["sid"] = one.cookies["sid"].value

    with clock.frozen(clock.now() + timedelta(seconds=20)):
        one.post(reverse("ask-check", args=[clinic.slug]), fields)
        link = re.search(r"/r/[\w-]{43}/", one.get(reverse("ask-sent", args=[clinic.slug])).content.decode())
        session = one.session  # the second press had read the session before the first one wrote it
        session.clear()
        session.update(before)
        session.save()
        other.post(reverse("ask-check", args=[clinic.slug]), fields)

    page = other.get(reverse("ask-sent", args=[clinic.slug])).content.decode()
    assert Referral.objects.count() == 1
    assert link.group() in page


def test_answers_changed_in_another_tab_are_shown_before_they_are_sent(client, clinic):
    asking.fill_in(client, clinic)
    seen = asking.hidden_fields(asking.check_page(client, clinic))
    asking.step(client, clinic, 2, phone="720-555-0199")

    response = asking.send(client, clinic, **seen)

    assert response.status_code == 200
    assert "ere are your answers once more" in text(response)
    assert "720-555-0199" in text(response)
    assert not Referral.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"leave_empty_note": "http://spam.example"}, {"shown": ""}, {"shown": "forged:x"}]
)
def test_what_looks_like_a_machine_is_asked_again_and_never_dropped(client, clinic, fields):
    asking.fill_in(client, clinic)

    response = asking.send(client, clinic, **fields)

    assert response.status_code == 200
    assert "ere are your answers once more" in text(response)
    assert asking.send(client, clinic).status_code == 302


def test_a_post_faster_than_a_person_reads_is_asked_again(client, clinic):
    asking.fill_in(client, clinic)

    response = asking.send(client, clinic, after=timedelta(seconds=1))
    assert response.status_code == 200
    assert "You were quick" in text(response)
    assert not title(response).startswith("Error")
    assert asking.send(client, clinic, after=timedelta(seconds=3)).status_code == 302


def test_too_many_requests_from_one_place_are_asked_to_wait(client, clinic, monkeypatch):
    monkeypatch.setattr(send, "PER_NEIGHBOURHOOD", (1, 3600))
    asking.ask(client, clinic)
    asking.fill_in(client, clinic)

    response = asking.send(client, clinic)

    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 3600
    assert "303-555-0101" in text(response)
    assert Referral.objects.count() == 1
    assert "Sam" in text(asking.check_page(client, clinic))  # nothing that was typed is lost


def test_too_many_requests_to_one_clinic_are_asked_to_wait(client, clinic, monkeypatch):
    monkeypatch.setattr(send, "PER_CLINIC", (1, 3600))
    asking.ask(client, clinic)
    asking.fill_in(client, clinic)

    assert asking.send(client, clinic).status_code == 429


# --- the clinic stops meanwhile ----------------------------------------------------------------


def test_a_clinic_that_paused_meanwhile_gets_nothing_and_others_are_offered(client, clinic, owner):
    other = build.clinic(name="Second Example Clinic")
    asking.fill_in(client, clinic)
    fields = {"agree": "on", **asking.hidden_fields(asking.check_page(client, clinic))}
    listings.pause_requests(clinic=clinic, until=clock.now() + timedelta(days=30), by=owner)

    response = client.post(reverse("ask-check", args=[clinic.slug]), fields)

    assert response.status_code == 409
    assert "nothing was stored" in text(response)
    assert not Referral.objects.exists()
    assert f'href="{reverse("ask-check", args=[other.slug])}"' in response.content.decode()


def test_a_clinic_that_lapsed_meanwhile_gets_nothing(client, clinic):
    build.clinic(name="Second Example Clinic")
    asking.fill_in(client, clinic)
    fields = {"agree": "on", **asking.hidden_fields(asking.check_page(client, clinic))}
    build.check(clinic, "npi", outcome="fails")

    response = client.post(reverse("ask-check", args=[clinic.slug]), fields)

    assert response.status_code == 409
    assert not Referral.objects.exists()


def test_the_answers_go_along_to_another_clinic_and_the_agreement_does_not(client, clinic, owner):
    other = build.clinic(name="Second Example Clinic")
    asking.fill_in(client, clinic)
    listings.pause_requests(clinic=clinic, until=clock.now() + timedelta(days=30), by=owner)

    page = asking.check_page(client, other)

    assert "Sam" in text(page)
    assert "I agree to send this to Second Example Clinic" in text(page)
    assert not re.search(r'name="agree"[^>]*checked', page.content.decode())
    assert asking.send(client, other).status_code == 302
    assert Referral.objects.get().clinic == other


def test_a_treatment_that_the_other_clinic_does_not_give_is_asked_again(client, clinic):
    other = build.clinic(name="Second Example Clinic", modalities=("esketamine",))
    asking.fill_in(client, clinic, modality="iv")

    response = asking.check_page(client, other)
    page = client.get(response.url)

    assert response.url == reverse("ask-step", args=[other.slug, 3])
    assert "does not give the treatment" in text(page)
    assert asking.step(client, other, 3, modality="").url == reverse("ask-check", args=[other.slug])


def test_every_page_of_the_form_carries_the_crisis_line_twice(client, clinic):
    asking.fill_in(client, clinic)
    pages = [client.get(reverse("ask-step", args=[clinic.slug, number])) for number in (1, 2, 3)]

    for page in [*pages, asking.check_page(client, clinic)]:
        assert page.content.decode().count('href="tel:988"') >= 2


def test_no_page_of_the_form_weighs_15_kilobytes(client, clinic):
    asking.fill_in(client, clinic)
    for number in (1, 2, 3):
        assert len(client.get(reverse("ask-step", args=[clinic.slug, number])).content) < 15_000
    assert Clinic.objects.count() == 1
