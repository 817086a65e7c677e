"""A verifier at work on a claim: the call, the letter, the decision."""

from datetime import timedelta

import pytest

from directory import claims
from directory.models import Case, Clinic
from directory.vocabulary import Fact
from outbox import clock
from tests import build
from tests.a_claim import code_of, in_registry, ready

pytestmark = pytest.mark.django_db

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def unclaimed(db):
    return build.clinic(claimed=False, name="Blue Lake Example Clinic")


@pytest.fixture
def somebody(db):
    return build.user("new@elsewhere.example", name="New Person")


@pytest.fixture
def claim(unclaimed, somebody):
    return claims.make(
        clinic=unclaimed,
        by=somebody,
        proof="domain-mail",
        position="Office manager",
        address="a@clinic.example",
    )


@pytest.fixture
def browser(client, verifier):
    client.force_login(verifier, BACKEND)
    return client


def text_of(page):
    return page.content.decode()


def test_a_claim_is_opened_from_the_work_queue(browser, claim):
    case = Case.objects.get(kind="claim")
    assert "Somebody claims a listing" in text_of(browser.get("/staff/?tab=unassigned"))
    assert f"/staff/claims/{claim.pk}/" in text_of(browser.get(f"/staff/cases/{case.pk}/"))


def test_the_page_says_what_is_claimed_by_whom_and_how_far_it_is(browser, claim, somebody):
    in_registry(claim.clinic)
    other = build.clinic(claimed=False, name="Other Example Clinic")
    claims.make(clinic=other, by=somebody, proof="letter", position="Desk")
    page = text_of(browser.get(f"/staff/claims/{claim.pk}/"))
    for words in (
        "Blue Lake",
        "New Person",
        "Office manager",
        "elsewhere.example",
        "clinic.example",
        "Other Example",
    ):
        assert words in page
    assert 'href="tel:+13035550177"' in page
    for hidden in ("new@elsewhere.example", "a@clinic.example", code_of(claim)):
        assert hidden not in page


def test_the_way_from_the_call_to_the_approval(browser, claim, somebody):
    in_registry(claim.clinic)
    where = f"/staff/claims/{claim.pk}/"
    assert browser.post(f"{where}approve/").status_code == 422
    called = browser.post(
        f"{where}call/", {"call-outcome": "confirmed", "call-number": "+13035550177"}, follow=True
    )
    assert "The call was kept" in text_of(called)
    assert "303-555-0177 (NPPES)" in text_of(called)
    assert "the code has not come back yet" in text_of(called)
    claims.prove(claim=claim, code=code_of(claim), by=somebody)
    assert "Approve this claim" in text_of(browser.get(where))
    assert "Approved" in text_of(browser.post(f"{where}approve/", follow=True))
    assert list(Clinic.objects.acted_for_by(somebody)) == [claim.clinic]
    assert browser.post(f"{where}approve/").status_code == 409


def test_a_refusal_needs_a_reason_and_says_it(browser, claim):
    where = f"/staff/claims/{claim.pk}/"
    for note in ("", "x" * 301):
        assert browser.post(f"{where}refuse/", {"refuse-note": note}).status_code == 422
    assert browser.post(f"{where}refuse/", {"refuse-note": "They do not know you."}).status_code == 302
    claim.refresh_from_db()
    assert (claim.status, claim.decision_note) == ("refused", "They do not know you.")


def test_a_letter_is_shown_once_and_its_code_works(browser, claim, somebody):
    in_registry(claim.clinic)
    letter = browser.post(f"/staff/claims/{claim.pk}/letter/")
    code = code_of(claim)
    assert f"{code[:4]} {code[4:]}" in text_of(letter)
    assert "no-store" in letter["Cache-Control"]
    assert code[:4] + " " + code[4:] not in text_of(browser.get(f"/staff/claims/{claim.pk}/"))
    assert claims.prove(claim=claim, code=code, by=somebody).proven_at


def test_a_letter_to_an_address_of_no_source_says_where_it_was_seen(browser, claim):
    where = f"/staff/claims/{claim.pk}/letter/"
    assert browser.post(where, {"letter-found_at": ""}).status_code == 422
    assert "The board" in text_of(browser.post(where, {"letter-found_at": "The board"}))


def test_a_number_of_no_source_says_where_it_was_found(browser, claim):
    where = f"/staff/claims/{claim.pk}/call/"
    typed = {"call-outcome": "confirmed", "call-number": "303-555-0199"}
    refused = browser.post(where, typed)
    assert refused.status_code == 422
    assert "303-555-0199" in text_of(refused)
    assert browser.post(where, typed | {"call-source": "The board's page"}).status_code == 302
    assert browser.post(where, typed | {"call-source": "x" * 61}).status_code == 422
    assert (
        browser.post(
            where, {"call-outcome": "confirmed", "call-number": "911", "call-source": "x"}
        ).status_code
        == 422
    )


def test_the_number_of_a_clinic_that_somebody_added_is_not_offered(browser, somebody, verifier):
    added = build.clinic(claimed=False, listed=False, origin="clinic", phone="+13035550166")
    claim = claims.make(clinic=added, by=somebody, proof="letter", position="Desk")
    build.check(added, Fact.CONTACT, checked_by=verifier)
    assert "555-0166" not in text_of(browser.get(f"/staff/claims/{claim.pk}/"))


def test_where_somebody_holds_it_the_page_says_so_and_nothing_is_approved(
    browser, clinic, owner, somebody, verifier
):
    claim = ready(clinic, somebody, verifier, objection_until=clock.now() + timedelta(hours=1))
    page = text_of(browser.get(f"/staff/claims/{claim.pk}/"))
    assert "Olive Owner holds this clinic" in page
    assert "can still object" in page
    assert browser.post(f"/staff/claims/{claim.pk}/approve/").status_code == 409
    claims.object_to(claim=claim, by=owner)
    assert "Olive Owner objected" in text_of(browser.get(f"/staff/claims/{claim.pk}/"))


def test_staff_who_are_no_verifiers_read_and_decide_nothing(client, claim, staff):
    client.force_login(staff, BACKEND)
    page = client.get(f"/staff/claims/{claim.pk}/")
    assert page.status_code == 200
    assert '<form method="post" action="/staff/claims/' not in text_of(page)
    for verb, given in (
        ("call", {"call-outcome": "confirmed", "call-number": "303-555-0199", "call-source": "x"}),
        ("letter", {"letter-found_at": "x"}),
        ("approve", {}),
        ("refuse", {"refuse-note": "x"}),
    ):
        assert client.post(f"/staff/claims/{claim.pk}/{verb}/", given).status_code == 403


def test_a_verifier_of_the_clinic_decides_nothing(browser, claim, verifier):
    build.membership(verifier, claim.clinic.organization)
    assert browser.post(f"/staff/claims/{claim.pk}/refuse/", {"refuse-note": "x"}).status_code == 403


def test_nobody_else_sees_it(client, claim, owner, somebody):
    for person in (owner, somebody):
        client.force_login(person, BACKEND)
        assert client.get(f"/staff/claims/{claim.pk}/").status_code == 403
        assert client.post(f"/staff/claims/{claim.pk}/approve/").status_code == 403
    client.logout()
    assert client.get(f"/staff/claims/{claim.pk}/").status_code == 302


def test_what_does_not_exist_is_not_found(browser, claim):
    assert browser.get("/staff/claims/987654/").status_code == 404
    assert browser.post(f"/staff/claims/{claim.pk}/nonsense/").status_code == 404


def test_the_page_takes_few_statements_however_many_claims_there_are(
    browser, claim, unclaimed, somebody, django_assert_max_num_queries
):
    browser.get(f"/staff/claims/{claim.pk}/")
    with django_assert_max_num_queries(19) as few:
        browser.get(f"/staff/claims/{claim.pk}/")
    for _ in range(3):
        claims.make(clinic=build.clinic(claimed=False), by=somebody, proof="letter", position="Desk")
        claims.make(clinic=unclaimed, by=build.user(), proof="letter", position="Desk")
    with django_assert_max_num_queries(len(few)):
        browser.get(f"/staff/claims/{claim.pk}/")
