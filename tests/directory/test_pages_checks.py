"""The page of what was checked, with whom and when, in each of its states, and the same for machines."""

from datetime import timedelta

import pytest
from django.test import Client

from directory.casework import cases
from directory.casework import decisions as case_decisions
from directory.models import Case, Check, Reply
from directory.views.checks import HISTORY_ON_PAGE
from directory.vocabulary import Fact
from outbox import clock
from tests import build
from tests.directory.test_pages_clinic import checks, profile, words

pytestmark = pytest.mark.django_db


def day(instant) -> str:
    return f"{instant:%b} {instant.day}, {instant.year}"


def data(clinic) -> dict:
    return Client().get(f"/api/v1/clinics/{clinic.slug}/checks/").json()


def fact(clinic, name) -> dict:
    return next(check for check in data(clinic)["checks"] if check["fact"] == name)


def test_each_fact_has_its_result_how_it_was_found_and_its_dates(clinic):
    build.check(
        clinic,
        Fact.NPI,
        source="NPPES",
        verbatim="A (active)",
        source_date=clock.now().date() - timedelta(days=12),
        how="Compared with the monthly file",
    )
    text = checks(clinic)
    looked, due = clock.now() - timedelta(days=10), clock.now() + timedelta(days=20)
    assert "The source’s own words: “A (active)”" in text
    assert (
        f"NPPES, its file of {day(clock.now() - timedelta(days=12))}. Compared with the monthly file" in text
    )
    assert f"{day(looked)} {day(due)}" in text


def test_what_a_check_does_not_tell_stands_on_the_same_page(clinic):
    text = checks(clinic)
    for phrase in ("how good the care is", "that it will work for you", "that nothing has changed since"):
        assert phrase in text


def test_a_check_that_grew_old_is_due_from_its_instant_on_with_nobody_writing(clinic):
    due = clinic.checks.get(fact=Fact.NPI).due_at
    with clock.frozen(due - timedelta(milliseconds=1)):
        assert "5 of 5 required checks are current" in checks(clinic)
    with clock.frozen(due):
        assert "It is time to check this again" in checks(clinic)
        assert fact(clinic, "npi")["word"] == "check_due"


def test_a_fact_that_does_not_hold_says_so_with_what_the_clinic_answers(clinic, owner, verifier):
    failed = build.check(clinic, Fact.REMS, outcome=Check.Outcome.FAILS, verbatim="Not enrolled")
    assert "Not current The source says that this does not hold now." in checks(clinic)
    reply = Reply.objects.create(
        check_answered=failed, text="We enroll again\nin May.", made_by=owner, made_at=clock.now()
    )
    assert "We enroll again" not in checks(clinic)
    Reply.objects.filter(pk=reply.pk).update(shown=True, decided_at=clock.now(), decided_by=verifier)
    assert f"Clinic says ({day(clock.now())}): We enroll again in May." in checks(clinic)
    assert fact(clinic, "rems")["clinic_says"] == [
        {"text": "We enroll again\nin May.", "said_on": clock.now().date().isoformat()}
    ]


def test_a_source_that_was_away_is_told_with_the_last_good_look(clinic, verifier):
    case = cases.open_case(clinic=clinic, kind=Case.Kind.DUE, fact=Fact.REMS)
    cases.take(case=case, by=verifier)
    again = clock.now() + timedelta(days=2)
    case_decisions.cannot_check(
        case=case, reason=case_decisions.CannotCheck.SOURCE_DOWN, until=again, by=verifier
    )
    looked = clinic.checks.get(fact=Fact.REMS).checked_at
    told = f"We tried on {day(clock.now())}, and could not reach the source. Last good look: {day(looked)}."
    assert told in checks(clinic)
    assert fact(clinic, "rems")["tried_on"] == clock.now().date().isoformat()
    assert fact(clinic, "npi")["tried_on"] is None
    build.check(clinic, Fact.REMS, checked_at=clock.now())
    assert "could not reach the source" not in checks(clinic)


def test_waiting_for_an_answer_is_not_told_as_a_source_that_was_away(clinic, verifier):
    case = cases.open_case(clinic=clinic, kind=Case.Kind.DUE, fact=Fact.REMS)
    again = clock.now() + timedelta(days=2)
    case_decisions.cannot_check(case=case, reason="waiting", until=again, by=verifier)
    assert "could not reach the source" not in checks(clinic)


def test_every_earlier_check_is_in_the_history_and_counted(clinic):
    assert "Earlier checks" not in checks(clinic)
    for days in (9, 6, 3):
        build.check(clinic, Fact.CONTACT, checked_at=clock.now() - timedelta(days=days))
    assert "Earlier checks (3)" in checks(clinic)
    history = data(clinic)["history"]
    assert [past["fact"] for past in history] == ["contact"] * 3
    assert [past["checked_on"] for past in history] == sorted(
        (past["checked_on"] for past in history), reverse=True
    )
    assert data(clinic)["history_count"] == 3


def test_a_check_that_went_against_the_clinic_stays_in_its_history(clinic):
    build.check(clinic, Fact.REMS, outcome=Check.Outcome.FAILS)
    build.check(clinic, Fact.REMS)
    assert {past["word"] for past in data(clinic)["history"] if past["fact"] == "rems"} == {
        "checked",
        "not_current",
    }


def test_a_long_history_is_cut_on_the_page_and_whole_in_the_data(clinic):
    now = clock.now()
    plain = {"clinic": clinic, "fact": Fact.CONTACT, "outcome": "holds", "source": "Phone call by staff"}
    looks = HISTORY_ON_PAGE + 5
    Check.objects.bulk_create(
        Check(
            **plain,
            checked_at=now - timedelta(days=20 + number),
            due_at=now,
            holds_until=now,
            superseded_at=now - timedelta(days=15),
        )
        for number in range(looks)
    )
    text = checks(clinic)
    assert f"Earlier checks ({looks})" in text
    assert f"Here are the latest {HISTORY_ON_PAGE}; the data have them all." in text
    assert text.count("Phone call by staff") == HISTORY_ON_PAGE + 1
    assert len(data(clinic)["history"]) == looks


def test_the_words_of_the_exclusion_list_are_never_shown(clinic):
    build.check(clinic, Fact.EXCLUSION, verbatim="DOE, JANE 1128a1")
    build.check(clinic, Fact.EXCLUSION, verbatim="DOE, JANE 1128a1")
    assert "DOE" not in checks(clinic)
    assert "DOE" not in str(data(clinic))


def test_the_history_names_no_license_of_somebody_who_may_have_left(clinic):
    held = clinic.responsible.licenses.get()
    build.check(clinic, Fact.LICENSE)
    number = held.number
    assert checks(clinic).count(number) == 1
    assert str(data(clinic)["history"]).count(number) == 0


def test_who_looked_is_the_operators_own_matter(clinic, verifier):
    build.check(clinic, Fact.CONTACT, checked_by=verifier)
    assert "Vera" not in checks(clinic)
    assert "checked_by" not in str(data(clinic))


def test_an_optional_fact_has_a_line_where_somebody_looked_and_does_not_count(clinic):
    assert "Accreditation" not in checks(clinic)
    build.check(clinic, Fact.ACCREDITATION, source="An accrediting body")
    text = checks(clinic)
    assert "Accreditation" in text
    assert "5 of 5 required checks are current" in text


def test_a_card_tells_the_weakest_word_first_and_the_oldest_day(gazetteer):
    clinic = build.clinic(modalities=("iv",))
    looked = clock.now() - timedelta(days=33)
    build.check(clinic, Fact.NPI, checked_at=looked)
    text = words("/search/?near=80202")
    told = f"National Provider Identifier (NPI): check due. Oldest check: {day(looked)}. See all checks"
    assert told in text


def test_a_website_is_linked_only_at_the_domain_that_a_person_confirmed(clinic):
    assert 'href="https://clinic.example/"' in Client().get(f"/clinic/{clinic.slug}/").content.decode()
    other = build.clinic(website="https://shop.example/", confirmed_domain="clinic.example")
    assert "shop.example" not in Client().get(f"/clinic/{other.slug}/").content.decode()
    assert Client().get(f"/api/v1/clinics/{other.slug}/").json()["website"] == ""


def test_a_report_is_one_step_away_from_the_profile_and_from_the_checks(clinic):
    for suffix in ("", "checks/"):
        page = Client().get(f"/clinic/{clinic.slug}/{suffix}").content.decode()
        assert f'href="/report/{clinic.slug}/"' in page


def test_format_json_leads_to_the_data(clinic):
    response = Client().get(f"/clinic/{clinic.slug}/checks/?format=json")
    assert response.status_code == 302
    assert response["Location"] == f"/api/v1/clinics/{clinic.slug}/checks/"


def test_the_data_are_gone_with_the_page(clinic):
    build.check(clinic, Fact.LICENSE, outcome=Check.Outcome.FAILS, verbatim="Revoked")
    for address in (f"/clinic/{clinic.slug}/checks/", f"/api/v1/clinics/{clinic.slug}/checks/"):
        response = Client().get(address)
        assert response.status_code == 410
        assert "Revoked" not in response.content.decode()
    assert Client().get(f"/api/v1/clinics/{build.clinic(listed=False).slug}/checks/").status_code == 404


def test_it_asks_as_much_of_the_database_for_a_long_history_as_for_a_short_one(
    clinic, django_assert_max_num_queries
):
    counts = []
    Client().get("/crisis/")
    for _ in (1, 3):
        for _ in range(3):
            build.check(clinic, Fact.CONTACT)
        for address in (f"/clinic/{clinic.slug}/checks/", f"/api/v1/clinics/{clinic.slug}/checks/"):
            with django_assert_max_num_queries(16) as asked:
                Client().get(address)
            counts.append(len(asked))
    assert counts[:2] == counts[2:]


@pytest.mark.parametrize("reason", ["moved", "merged"])
def test_a_clinic_that_moved_or_merged_says_where_it_is_now(reason):
    now = build.clinic(name="New Example Clinic")
    between = build.clinic(status="closed", status_reason=reason, successor=now)
    gone = build.clinic(status="closed", status_reason=reason, successor=between)
    page = Client().get(f"/clinic/{gone.slug}/")
    assert page.status_code == 410
    assert f'href="/clinic/{now.slug}/">New Example Clinic' in page.content.decode()
    assert "It goes on as New Example Clinic, Denver, CO" in profile(gone, status=410)


def test_a_way_that_leads_back_to_itself_ends(db):
    one = build.clinic(name="One Example Clinic", status="closed", status_reason="moved")
    other = build.clinic(name="Other Example Clinic", status="closed", status_reason="moved", successor=one)
    one.successor = other
    one.save()
    assert "It goes on as Other Example Clinic" in profile(one, status=410)


def test_a_successor_that_the_public_does_not_know_is_not_named(db):
    candidate = build.clinic(name="Secret Example Clinic", listed=False)
    gone = build.clinic(status="closed", status_reason="moved", successor=candidate)
    assert "Secret Example Clinic" not in profile(gone, status=410)
