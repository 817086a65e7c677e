"""What was typed into a signed-in page survives a session that ended and a form that is older than the sign-in."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from directory.casework import cases
from directory.models import Case
from directory.vocabulary import Fact
from outbox import clock
from referrals.models import Referral
from tests import build_referrals
from tests.portal.reading_pages import main, text
from tests.signing_in import BACKEND, FROM_OURS

pytestmark = pytest.mark.django_db

LETTER = "Which state do you live in?\nAnd <b>since</b> when?"
HOURS = timedelta(hours=1)


def fields_of(page) -> dict[str, str]:
    """The form that sends it again, as a browser would fill it."""
    form = re.search(r'<form class="stack" method="post".*?</form>', page.content.decode(), re.DOTALL)[0]
    found = re.findall(r'name="([^"]+)"(?: value="([^"]*)")?', form)
    return {name: unescape(value) for name, value in found}


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True, headers=FROM_OURS)


@pytest.fixture
def question(clinic, owner):
    """Where a question about an opened request is posted, and its field."""
    made = build_referrals.referral(clinic, reached="received", by=owner)
    return reverse("inbox-act", args=[made.pk, "ask"]), "ask-question"


def typed_into(place: str, who, getfixturevalue) -> tuple[str, str]:
    """An address that takes words, and the name of the field that takes them."""
    if place == "a referral":
        return getfixturevalue("question")
    clinic = getfixturevalue("clinic")
    if place == "a case":
        case = cases.open_case(clinic=clinic, kind=Case.Kind.DUE, fact=Fact.CONTACT)
        return reverse("staff-case-act", args=[case.pk, "note"]), "note-text"
    return f"/manage/clinics/{clinic.slug}/edit/first-visit/", "first_visit"


@pytest.mark.parametrize(
    ("place", "who"), [("a referral", "owner"), ("a case", "verifier"), ("a listing", "owner")]
)
def test_a_form_of_twelve_hours_ago_keeps_what_was_typed(place, who, browser, request):
    person = request.getfixturevalue(who)
    address, field = typed_into(place, who, request.getfixturevalue)
    with clock.frozen(clock.now() - 12 * HOURS):
        browser.force_login(person, BACKEND)
        token = fields_of_page_token(browser)

    page = browser.post(address, {field: LETTER, "csrfmiddlewaretoken": token})

    assert page.status_code == 403
    assert page["Cache-Control"] == "no-store"
    assert "You were signed out" in text(page)
    assert "Which state do you live in?" in main(page)
    assert "<b>since" not in page.content.decode()
    again = fields_of(page)
    assert again[field] == LETTER
    assert f'action="{address}"' in page.content.decode()
    assert "_auth_user_id" not in browser.session


def fields_of_page_token(browser) -> str:
    """A token of a page of before."""
    page = browser.get("/accounts/password/reset/").content.decode()
    return re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page)[1]


def test_after_signing_in_again_it_is_sent_with_the_new_token(browser, owner, question):
    address, field = question
    browser.force_login(owner, BACKEND)
    token = fields_of_page_token(browser)
    browser.cookies["csrf"] = ""  # a sign-in gives a new one

    page = browser.post(address, {field: LETTER, "csrfmiddlewaretoken": token})

    assert page.status_code == 403
    assert "nothing was lost" in text(page)
    sent = browser.post(address, fields_of(page))
    assert (sent.status_code, Referral.objects.get().status) == (302, "on-hold")


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
@pytest.mark.parametrize("has_session", [True, False])
def test_what_another_page_sent_is_not_offered_for_sending(headers, has_session, owner, question):
    address, field = question
    browser = Client(enforce_csrf_checks=True, headers=headers)
    if has_session:
        browser.force_login(owner, BACKEND)

    page = browser.post(address, {field: LETTER})

    assert page.status_code == 403
    assert "Which state" not in page.content.decode()
    assert Referral.objects.get().status == "received"


def test_secrets_are_never_shown_and_are_typed_again(browser, owner, question):
    address, field = question
    secrets = {
        "password": "a1-canary",
        "new_password2": "b2-canary",
        "claim-code": "c3-canary",
        "api_token": "d4-canary",
        "key": "e5-canary",
        "csrfmiddlewaretoken": "f6-canary",
        "step_up_code": "g7-canary",
        "credential": "h8-canary",
    }

    page = browser.post(address, {field: LETTER, "zip": "80202", **secrets})

    assert "canary" not in page.content.decode()
    again = fields_of(page)
    assert again["zip"] == "80202"
    assert [again[name] for name in ("password", "new_password2", "claim-code", "key")] == [""] * 4
    assert "step_up_code" not in again


def test_a_file_is_asked_for_again(browser, verifier, clinic):
    case = cases.open_case(clinic=clinic, kind=Case.Kind.DUE, fact=Fact.CONTACT)
    sent = {"note": "from the board's site", "file": SimpleUploadedFile("a.png", b"x", "image/png")}

    page = browser.post(reverse("staff-case-evidence", args=[case.pk]), sent)

    assert "A file cannot be kept here" in text(page)
    assert 'enctype="multipart/form-data"' in page.content.decode()
    assert fields_of(page).keys() >= {"file", "note"}


def test_several_values_of_one_name_are_all_kept(browser, db):
    page = browser.post(
        "/manage/clinics/any/edit/first-visit/", {"languages": ["en", "es"], "words": "and more of them"}
    )
    assert re.findall(r'name="languages" value="(\w+)"', page.content.decode()) == ["en", "es"]


def test_who_typed_nothing_is_led_to_the_sign_in_page(client, question):
    address, _ = question
    answer = client.post(address, {}, headers=FROM_OURS)
    assert answer.url.startswith("/accounts/login/")


def test_the_way_to_sign_in_leads_back_to_the_page_with_the_form(browser, question):
    address, field = question
    page_before = address.removesuffix("ask/")
    for referer, leads_to in [
        (f"http://testserver{page_before}?x=1", page_before),
        ("https://evil.example/manage/x/", "/manage/"),
        ("http://testserver/search/", "/manage/"),
    ]:
        page = browser.post(address, {field: LETTER}, headers={**FROM_OURS, "referer": referer})
        assert f'login/?next={leads_to}"' in page.content.decode()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_as_before(method, db):
    browser = Client(headers=FROM_OURS)
    assert getattr(browser, method)("/manage/", "words=many words").status_code == 302
