"""The bad-input catalogue at the pages of a request: all of it is answered, and nothing is lost silently."""

import pytest
from django.test import Client
from django.urls import reverse

from referrals import lifecycle
from referrals.models import Referral
from tests import build_referrals
from tests.referrals import asking

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ANSWERED = {200, 302, 400, 404, 409, 413, 422, 429}
HOSTILE = {
    "empty": "",
    "blank": " \t\n",
    "NUL": "Sam\0",
    "ten thousand characters": "x" * 10_000,
    "a megabyte": "x" * 1_100_000,
    "emoji": "🙂" * 600,
    "right to left": "\u202emaS\u200d",
    "only invisible": "\u200b\u200d",
    "combining": "e" + "\u0301" * 1_000,
    "markup": "<script>alert(1)</script>",
    "template": "{{7*7}}{% now 'Y' %}${jndi:ldap://x}",
    "formula": "=cmd|' /C calc'!A0",
    "SQL": "' OR 1=1;--",
    "header": "a@b.example\r\nBcc: x@y.example",
    "digits": "9" * 400,
    "true": "true",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_no_value_of_any_field_breaks_a_step(client, clinic, number, name):
    for field in asking.ANSWERS[number]:
        response = asking.step(client, clinic, number, **{field: HOSTILE[name]})

        assert response.status_code in ANSWERED, field
    assert client.get(reverse("ask-step", args=[clinic.slug, 1])).status_code == 200


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_list_for_every_field_and_unknown_fields_break_nothing(client, clinic, number):
    plain = asking.ANSWERS[number]

    response = client.post(
        reverse("ask-step", args=[clinic.slug, number]),
        {**{k: ["a", "b"] for k in plain}, "admin": "1", "step[]": "3"},
    )

    assert response.status_code in ANSWERED


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"call_me=%ff%fe", "application/x-www-form-urlencoded"),
        (b"call_me=%ed%a0%80", "application/x-www-form-urlencoded"),
        (b"call_me=\x00", "application/x-www-form-urlencoded"),
        (b"--x\r\ngarbage", "multipart/form-data; boundary=x"),
        (b'{"call_me": ["Sam"]}', "application/json"),
        (b"", "text/plain"),
        (b"&".join(b"f%d=1" % number for number in range(300)), "application/x-www-form-urlencoded"),
    ],
)
def test_a_body_that_is_no_form_is_answered(client, clinic, body, kind):
    for path in ("ask/1/", "ask/check/"):
        response = client.post(f"/clinic/{clinic.slug}/{path}", body, content_type=kind)

        assert response.status_code in ANSWERED


@pytest.mark.parametrize("name", ["O'Brien", "Nuñez", "李", "X", "<b>", "=cmd()", "{{7*7}}", "${jndi:}"])
def test_a_name_is_text_and_inert(client, clinic, name):
    asking.fill_in(client, clinic, call_me=name)

    page = asking.check_page(client, clinic)

    assert page.status_code == 200
    assert "<b></b>" not in page.content.decode()
    assert asking.send(client, clinic).status_code == 302


def test_consent_to_older_words_is_asked_again(client, clinic):
    asking.fill_in(client, clinic)

    response = asking.send(client, clinic, words="0" * 64)

    assert response.status_code == 422
    assert "has changed" in response.content.decode()
    assert not Referral.objects.exists()


@pytest.mark.parametrize("name", HOSTILE)
def test_no_value_of_a_hidden_field_breaks_sending(client, clinic, name):
    asking.fill_in(client, clinic)
    for field in ("words", "shown", "leave_empty_note", "agree"):
        assert asking.send(client, clinic, **{field: HOSTILE[name]}).status_code in ANSWERED


@pytest.mark.parametrize("name", HOSTILE)
def test_no_answer_breaks_the_private_page(client, clinic, owner, name):
    receipt = build_referrals.sent(clinic)
    lifecycle.open(referral=receipt.referral, by=owner)
    lifecycle.ask(referral=receipt.referral, question="When?", by=owner)

    response = client.post(f"/r/{receipt.token}/answer/", {"text": HOSTILE[name]})

    assert response.status_code in ANSWERED
    assert client.get(f"/r/{receipt.token}/").status_code == 200


@pytest.mark.parametrize("name", HOSTILE)
def test_no_words_of_a_clinic_break_its_page(clinic, owner, name):
    desk = Client()
    desk.force_login(owner)
    made = build_referrals.referral(clinic, reached="received", by=owner)
    fields = (
        "ask-question",
        "ask-canned",
        "decline-reason",
        "appointment-day",
        "appointment-hour",
        "finish-reason",
    )
    for verb in ("ask", "decline", "appointment", "finish", "accept"):
        url = reverse("inbox-act", args=[made.pk, verb])
        response = desk.post(url, {**dict.fromkeys(fields, HOSTILE[name]), "accept-note": HOSTILE[name]})
        assert response.status_code in ANSWERED

    assert desk.get(reverse("inbox-referral", args=[made.pk])).status_code == 200


@pytest.mark.parametrize("slug", ["no-such-clinic", "x" * 200, "-", "__"])
def test_an_unknown_clinic_is_not_found_at_every_step(client, db, slug):
    for path in ("ask/", "ask/1/", "ask/check/", "ask/sent/", "ask/under-18/"):
        assert client.get(f"/clinic/{slug}/{path}").status_code == 404


@pytest.mark.parametrize("number", ["0", "4", "99999999999999999999", "-1", "1.5", "x"])
def test_a_step_that_does_not_exist_is_not_found(client, clinic, number):
    asking.fill_in(client, clinic)

    assert client.get(f"/clinic/{clinic.slug}/ask/{number}/").status_code == 404


def test_other_methods_are_refused(client, clinic):
    for method in ("put", "patch", "delete"):
        for path in ("ask/", "ask/1/", "ask/check/", "ask/sent/"):
            assert getattr(client, method)(f"/clinic/{clinic.slug}/{path}").status_code == 405
