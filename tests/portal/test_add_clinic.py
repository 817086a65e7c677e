"""Adding one's own clinic: known ones are claimed, nothing is listed by itself, and nothing that was typed is lost."""

import re

import pytest

from accounts.models import AuditEvent
from directory import closing, npi, opt_outs
from directory.intake import by_clinics, candidates
from directory.models import Case, Clinic, NppesRecord
from directory.refusals import NotAllowed
from portal.views import add_clinic as page
from tests import build
from tests.a_candidate import values

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]

NEW = "/manage/claim/new/"
NPI = npi.with_check_digit("290000001")
PLAIN = {
    "clinic_name": "Juniper Example Psychiatry",
    "address": "12 Example Street",
    "address_2": "Suite 4",
    "city": "Denver",
    "state": "CO",
    "zip": "80202",
    "phone": "303-555-0142",
    "website": "https://juniper.example/",
    "modalities": ["esketamine", "iv"],
}
CLINICIAN = {
    "clinician_first_name": "Ada",
    "clinician_last_name": "Example",
    "clinician_credential": "MD",
    "license_board": "Colorado Medical Board",
    "license_number": "DR.0000001",
    "license_expires": "2027-04-30",
}


@pytest.fixture
def person(client, db):
    """Somebody who just signed up, at a browser."""
    client.user = build.user("desk@juniper.example", name="Jo Juniper")
    client.force_login(client.user)
    return client


def typed(**overrides):
    return {**PLAIN, **overrides}


def add(person, **overrides):
    return person.post(NEW, typed(**overrides))


def added() -> Clinic:
    return Clinic.objects.get(origin=Clinic.Origin.CLINIC)


def claim_page(clinic) -> str:
    return f"/manage/claim/{clinic.slug}/"


# --- adding --------------------------------------------------------------------------------------


def test_it_becomes_a_candidate_that_nobody_sees_and_goes_on_to_its_claim(person, client):
    answer = add(person, organization_npi=NPI, npi_type="organization", **CLINICIAN)
    clinic = added()
    assert (answer.status_code, answer["Location"]) == (302, claim_page(clinic))
    assert (clinic.status, clinic.added_by) == ("candidate", person.user)
    assert (clinic.name, clinic.line1, clinic.zip, clinic.phone) == (
        PLAIN["clinic_name"],
        "12 Example Street",
        "80202",
        "+13035550142",
    )
    assert (clinic.organization.npi, clinic.organization.npi_type) == (NPI, 2)
    assert str(clinic.responsible) == "Ada Example, MD"
    assert clinic.responsible.licenses.get().number == "DR.0000001"
    assert {offering.modality for offering in clinic.offerings.all()} == {"esketamine", "iv"}
    client.logout()
    assert client.get(f"/clinic/{clinic.slug}/").status_code == 404


def test_the_way_from_here_leads_to_the_claim(person):
    assert "We have it." in person.post(NEW, typed(), follow=True).content.decode()


def test_the_clinician_can_be_named_later(person):
    assert "You can add this later" in person.get(NEW).content.decode()
    assert add(person).status_code == 302
    assert added().responsible is None


def test_a_practice_of_one_clinician_has_that_clinicians_npi(person):
    add(person, organization_npi=NPI, npi_type="solo", **CLINICIAN)
    clinic = added()
    assert clinic.organization.npi_type == 1
    assert clinic.responsible.npi == NPI


def test_where_the_registry_says_whose_npi_it_is_that_counts(person):
    NppesRecord.objects.create(npi=NPI, entity_type=2, name="JUNIPER", state="CO", zip="80202")
    add(person, organization_npi=NPI, npi_type="solo")
    assert added().organization.npi_type == 2


def test_it_gives_nobody_a_clinic(person):
    add(person)
    assert not Clinic.objects.acted_for_by(person.user).exists()


def test_the_trail_says_who(person):
    add(person)
    event = AuditEvent.objects.get(action="candidate.added")
    assert (event.actor, event.purpose) == (f"user:{person.user.pk}", "clinic")


def test_the_staff_adds_candidates_elsewhere(client, staff):
    client.force_login(staff)
    assert client.get(NEW)["Location"] == "/staff/candidates/new/"
    with pytest.raises(NotAllowed):
        by_clinics.add(by=staff, values=values())


def test_whoever_is_not_signed_in_signs_in_first(client):
    assert client.get(NEW).status_code == 302


# --- what we have already ------------------------------------------------------------------------


def test_a_clinic_that_may_be_ours_is_asked_about_before_anything_is_kept(person):
    known = build.clinic(name="Juniper Psychiatry", line1="99 Other Street", phone="+13035550142")
    answer = add(person)
    words = answer.content.decode()
    assert answer.status_code == 200
    assert "Is it one of these?" in words
    assert claim_page(known) in words
    assert "the same phone number" in words
    assert 'value="Juniper Example Psychiatry"' in words
    assert not Clinic.objects.filter(origin="clinic").exists()
    assert add(person, none_of_these="on").status_code == 302
    assert "It may be" not in str(added().cases.get().why)


def test_exactly_the_same_clinic_is_claimed_and_not_added(person):
    known = candidates.add(by=None, values=values(line2="Suite 4"), origin=Clinic.Origin.IMPORT)
    for tick in ({}, {"none_of_these": "on"}):
        words = add(person, **tick).content.decode()
        assert "We have this clinic" in words
        assert claim_page(known) in words
        assert "It is none of these" not in words
    assert Clinic.objects.count() == 1


def test_pressing_twice_adds_once(person):
    first = add(person)
    second = by_clinics.add(by=person.user, values=values(line2="Suite 4"))
    assert first["Location"] == claim_page(second)
    assert Clinic.objects.count() == 1


def test_one_that_was_closed_here_may_be_added_anew(person, staff):
    old = build.clinic(
        **{name: getattr(values(), name) for name in ("name", "line1", "zip", "phone")}, line2="Suite 4"
    )
    closing.close_clinic(clinic=old, reason="closed-down", by=staff)
    words = add(person).content.decode()
    assert "This listing was closed." in words
    assert claim_page(old) not in words
    assert add(person, none_of_these="on").status_code == 302


def test_a_clinic_that_was_another_one_is_not_offered(person, clinic):
    build.clinic(listed=False, name="Juniper Merged Example", phone="+13035550142", successor=clinic)
    assert add(person).status_code == 302


# --- an opt-out ------------------------------------------------------------------------------------


@pytest.fixture
def opted_out(staff):
    old = build.clinic(name="Juniper Was Here", phone="+13035550142")
    closing.take_down(clinic=old, by=staff, never_again=True)
    return old


def test_one_that_asked_not_to_be_listed_is_asked_whether_it_takes_that_back(person, opted_out):
    words = add(person).content.decode()
    assert "This clinic asked us not to list it" in words
    assert opted_out.name not in words
    assert not Clinic.objects.filter(origin="clinic").exists()
    assert add(person, take_back="on").status_code == 302
    assert by_clinics.TAKES_BACK in added().cases.get(kind=Case.Kind.NEW).why
    assert opted_out.opt_outs.standing().exists()
    assert opt_outs.against(added())


def test_a_candidate_that_asked_is_claimed_as_it_is_once_it_takes_that_back(person, staff):
    known = candidates.add(by=staff, values=values(line2="Suite 4"), origin=Clinic.Origin.IMPORT)
    opt_outs.keep(clinic=known, by=staff)
    assert "asked us not to list it" in add(person).content.decode()
    assert add(person, take_back="on")["Location"] == claim_page(known)
    assert by_clinics.TAKES_BACK in known.cases.open().get().why


# --- limits ----------------------------------------------------------------------------------------


def another(number: int) -> dict[str, str]:
    return {
        "clinic_name": f"{'abcd'[number] * 8} Example",
        "address": f"{number + 1} Far Street",
        "zip": ["80202", "80301", "81501", "81001"][number],
        "phone": f"303-555-019{number}",
    }


def test_a_person_has_three_that_wait_at_most(person):
    for number in range(3):
        assert add(person, **another(number)).status_code == 302, number
    answer = add(person, **another(3))
    assert answer.status_code == 409
    assert "You added 3 clinics that still wait." in answer.content.decode()
    assert 'value="dddddddd Example"' in answer.content.decode()
    assert "3 of 3 clinics" in person.get(NEW).content.decode()


def test_one_whose_claim_was_approved_no_longer_counts(person, verifier):
    for number in range(3):
        add(person, **another(number))
    first = by_clinics.open_of(person.user).first()
    build.claim(
        first, person.user, status="approved", decided_at=first.status_changed_at, decided_by=verifier
    )
    assert add(person, **another(3)).status_code == 302


def test_many_from_one_neighbourhood_are_slowed_down_and_lose_nothing(person, monkeypatch):
    monkeypatch.setattr(page, "PER_NEIGHBOURHOOD", (1, 3600))
    add(person, **another(0))
    answer = add(person, **another(1))
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert 'value="bbbbbbbb Example"' in answer.content.decode()


# --- bad input -------------------------------------------------------------------------------------

LIMITS = {
    "clinic_name": 160,
    "address": 120,
    "address_2": 120,
    "city": 80,
    "phone_extension": 10,
    "clinician_first_name": 60,
    "clinician_last_name": 60,
}


@pytest.mark.parametrize("field", LIMITS)
def test_a_field_at_its_limit_is_kept_and_beyond_it_is_named(person, field):
    longest = page.AddClinicForm.base_fields[field].max_length
    base = CLINICIAN if field.startswith("clinician") else {}
    letters = "1" if field == "phone_extension" else "é"
    answer = add(person, **{**base, field: letters * (longest + 1)})
    assert answer.status_code == 422
    assert f"#id_{field}" in answer.content.decode()
    assert letters * (longest + 1) in answer.content.decode()
    assert add(person, **{**base, field: letters * longest}).status_code == 302


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("clinic_name", ""),
        ("clinic_name", "\u200b"),
        ("clinic_name", "Juniper\u202eExample"),
        ("city", "Den\u2066ver"),
        ("state", "Ontario"),
        ("zip", "K1A 0B1"),
        ("zip", "8020"),
        ("zip", "٨٠٢٠a"),
        ("phone", "911"),
        ("phone", "988"),
        ("phone", "+44 20 7946 0958"),
        ("phone", "1-900-555-0142"),
        ("website", "javascript:alert(1)"),
        ("website", "java\tscript:alert(1)"),
        ("website", "data:text/html,x"),
        ("website", "not a page"),
        ("website", f"https://{'a' * 200}.example/"),
        ("organization_npi", "2900000010"),
        ("organization_npi", "12345"),
        ("modalities", "home"),
        ("npi_type", "nobody"),
        ("license_expires", "2999-01-01"),
        ("license_number", "DR.1"),
    ],
)
def test_what_cannot_be_kept_is_named_and_everything_typed_stays(person, field, value):
    answer = add(person, **{field: value})
    words = answer.content.decode()
    assert answer.status_code == 422
    assert 'class="error-summary"' in words
    assert "There is a problem" in words
    for name in ("clinic_name", "address", "city", "phone", "website"):
        assert name == field or f'value="{PLAIN[name]}"' in words
    assert re.search(r'value="iv"[^>]*checked', words) or field == "modalities"
    assert not Clinic.objects.exists()


def test_an_npi_says_whose_it_is(person):
    answer = add(person, organization_npi=NPI)
    assert answer.status_code == 422
    assert "Choose whose NPI it is" in answer.content.decode()


def test_a_nul_is_no_text(person):
    assert add(person, clinic_name="a\x00b").status_code in (400, 422)
    assert not Clinic.objects.exists()


def test_fields_that_nobody_asked_for_change_nothing(person):
    add(person, status="listed", slug="mine", origin="staff", confirmed_domain="evil.example")
    clinic = added()
    assert (clinic.status, clinic.confirmed_domain) == ("candidate", "")


def test_a_page_makes_the_same_number_of_statements_with_one_and_three_waiting(
    person, django_assert_max_num_queries
):
    with django_assert_max_num_queries(12):
        person.get(NEW)
    for number in range(3):
        add(person, **another(number))
    with django_assert_max_num_queries(12):
        person.get(NEW)
