"""Candidates: one way in, nothing shown, a case for each, and what is doubtful is held."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import AuditEvent, Organization
from directory import npi
from directory.casework import cases
from directory.intake import candidates
from directory.intake.candidate import Candidate
from directory.models import Case, Clinic, License, NppesRecord, Practitioner
from directory.refusals import NotAllowed, WrongState
from tests import build
from tests.a_candidate import values

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]

STAFF, IMPORT, NPPES, CLINIC = (
    Clinic.Origin.STAFF,
    Clinic.Origin.IMPORT,
    Clinic.Origin.NPPES,
    Clinic.Origin.CLINIC,
)
GROUP_NPI = npi.with_check_digit("290000010")
SOLO_NPI = npi.with_check_digit("290000011")


def ada(**overrides) -> Candidate:
    """A candidate with a licensed clinician."""
    named = {
        "clinician_first_name": "Ada",
        "clinician_last_name": "Example",
        "license_state": "CO",
        "license_board": "Colorado Medical Board",
        "license_number": "DR.1",
    }
    return values(**{**named, **overrides})


def held(clinic) -> list[str]:
    """Why it is held."""
    return [sentence for case in clinic.cases.open().filter(kind=Case.Kind.HELD) for sentence in case.why]


# --- what is kept ------------------------------------------------------------------------------


def test_a_candidate_is_kept_with_a_point_an_address_of_its_own_and_a_case(staff):
    clinic = candidates.add(by=staff, values=values(modalities=("iv", "iv", "oral")), origin=STAFF)

    clinic.refresh_from_db()
    assert clinic.status == Clinic.Status.CANDIDATE
    assert clinic.slug == "juniper-example-psychiatry-denver"
    assert clinic.latitude == pytest.approx(39.75, abs=0.05)
    assert clinic.longitude == pytest.approx(-105.0, abs=0.05)
    assert clinic.time_zone == "America/Denver"
    assert sorted(clinic.offerings.values_list("modality", flat=True)) == ["iv", "oral"]
    assert [case.kind for case in clinic.cases.open()] == [Case.Kind.NEW]


def test_nothing_of_a_candidate_is_public(staff):
    clinic = candidates.add(by=staff, values=ada(modalities=("iv",)), origin=STAFF)

    assert not Clinic.objects.shown().filter(pk=clinic.pk).exists()
    assert not clinic.checks.exists()
    assert Client().get(f"/clinic/{clinic.slug}/").status_code == 404
    assert Client().get(f"/clinic/{clinic.slug}/checks/").status_code == 404
    assert Client().get(f"/api/v1/clinics/{clinic.slug}/").status_code == 404
    assert clinic.name not in Client().get("/search/", {"near": "80202"}).content.decode()


def test_a_website_of_a_candidate_is_no_confirmed_domain(staff):
    clinic = candidates.add(by=staff, values=values(website="https://juniper.example/"), origin=STAFF)
    assert clinic.confirmed_domain == ""


def test_the_trail_names_each_candidate_and_who_added_it(staff):
    added = candidates.add_each(
        by=staff, wanted=[values(), values(name="Maple Example", zip="80203")], origin=IMPORT
    )
    events = AuditEvent.objects.filter(action="candidate.added")
    assert {event.object_id for event in events} == {str(clinic.pk) for clinic in added}
    assert {(event.actor, event.purpose) for event in events} == {(f"user:{staff.pk}", "import")}


def test_two_clinics_of_one_name_and_town_have_two_addresses(staff):
    added = candidates.add_each(by=staff, wanted=[values(), values()], origin=STAFF)
    later = candidates.add(by=staff, values=values(), origin=STAFF)
    assert len({clinic.slug for clinic in [*added, later]}) == 3


def test_a_name_without_latin_letters_has_an_address_too(staff):
    clinic = candidates.add(by=staff, values=values(name="診所", city="東京"), origin=STAFF)
    assert clinic.slug.startswith("clinic")


def test_a_zip_code_that_the_map_does_not_know_leaves_the_point_open(staff):
    clinic = candidates.add(by=staff, values=values(zip="00001"), origin=STAFF)
    assert (clinic.latitude, clinic.longitude) == (None, None)


def test_values_that_no_form_has_read_are_refused_as_a_whole(staff):
    for bad in ({"name": "x" * 161}, {"website": "javascript:alert(1)"}, {"modalities": ("mailed-home",)}):
        with pytest.raises(ValidationError):
            candidates.add_each(by=staff, wanted=[values(), values(**bad)], origin=STAFF)
    assert not candidates.waiting().exists()
    assert not Organization.objects.filter(name="Juniper Example Psychiatry").exists()


# --- who may -----------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", [STAFF, IMPORT, NPPES])
def test_only_the_staff_adds_what_a_clinic_did_not_say_itself(stranger, origin):
    with pytest.raises(NotAllowed):
        candidates.add(by=stranger, values=values(), origin=origin)


def test_a_clinic_adds_itself_and_the_staff_does_not_pretend_to_be_one(stranger, staff):
    assert candidates.add(by=stranger, values=values(), origin=CLINIC).origin == CLINIC
    with pytest.raises(NotAllowed):
        candidates.add(by=staff, values=values(), origin=CLINIC)


def test_the_command_line_adds_files_and_registries_without_a_name_and_nothing_else():
    assert candidates.add(by=None, values=values(), origin=IMPORT)
    for origin in (STAFF, CLINIC):
        with pytest.raises(NotAllowed):
            candidates.add(by=None, values=values(), origin=origin)


def test_somebody_who_left_adds_nothing(staff):
    staff.is_active = False
    staff.save()
    with pytest.raises(NotAllowed):
        candidates.add(by=staff, values=values(), origin=STAFF)


# --- organizations -----------------------------------------------------------------------------


def test_sites_of_one_npi_are_of_one_organization(staff):
    chain = [values(organization_npi=GROUP_NPI, name=f"Site {number} Example") for number in range(3)]
    first = candidates.add_each(by=staff, wanted=chain, origin=IMPORT)
    later = candidates.add(by=staff, values=values(organization_npi=GROUP_NPI, name="Late"), origin=IMPORT)

    assert len({clinic.organization_id for clinic in [*first, later]}) == 1
    assert (later.organization.npi, later.organization.npi_type) == (GROUP_NPI, 2)


def test_an_npi_that_is_the_clinicians_own_is_a_persons(staff):
    solo = ada(organization_npi=SOLO_NPI, clinician_npi=SOLO_NPI)
    assert candidates.add(by=staff, values=solo, origin=STAFF).organization.npi_type == 1


def test_the_registry_says_whose_npi_it_is(staff):
    NppesRecord.objects.create(npi=SOLO_NPI, entity_type=1, name="EXAMPLE")
    clinic = candidates.add(by=staff, values=values(organization_npi=SOLO_NPI), origin=STAFF)
    assert clinic.organization.npi_type == 1


def test_without_an_npi_the_same_name_is_the_same_organization(staff):
    first = candidates.add(by=staff, values=values(organization_name="Juniper LLC"), origin=STAFF)
    again = candidates.add(
        by=staff, values=values(organization_name="Juniper LLC", line1="9 B"), origin=STAFF
    )
    assert first.organization_id == again.organization_id


def test_a_mere_name_gives_nobody_a_clinic(staff):
    """Whoever acts for "Juniper LLC" must not find a site of somebody else's Juniper LLC among theirs."""
    taken = build.organization(name="Juniper LLC", npi="", npi_type=None)
    build.member(taken)
    clinic = candidates.add(by=staff, values=values(organization_name="Juniper LLC"), origin=STAFF)
    assert clinic.organization_id != taken.pk


def test_a_name_alone_does_not_take_over_an_organization_with_an_npi(staff):
    known = build.organization(name="Juniper LLC")
    clinic = candidates.add(by=staff, values=values(organization_name="Juniper LLC"), origin=STAFF)
    assert clinic.organization_id != known.pk


# --- clinicians --------------------------------------------------------------------------------


def test_the_clinician_comes_with_a_license_that_holds_through_its_last_day(staff):
    from datetime import UTC, date, datetime

    clinic = candidates.add(by=staff, values=ada(license_expires=date(2027, 4, 30)), origin=STAFF)

    held_by_ada = clinic.responsible.licenses.get()
    assert (held_by_ada.state, held_by_ada.authority, held_by_ada.number) == (
        "CO",
        "Colorado Medical Board",
        "DR.1",
    )
    assert held_by_ada.expires_at == datetime(2027, 5, 1, 6, tzinfo=UTC)  # midnight in Denver
    assert list(clinic.practitioners.all()) == [clinic.responsible]


def test_one_clinician_of_several_sites_is_kept_once(staff):
    sites = [ada(name=f"Site {number}", organization_npi=GROUP_NPI) for number in range(3)]
    added = candidates.add_each(by=staff, wanted=sites, origin=IMPORT)
    later = candidates.add(by=staff, values=ada(name="Late", organization_npi=GROUP_NPI), origin=IMPORT)

    assert len({clinic.responsible_id for clinic in [*added, later]}) == 1
    assert License.objects.filter(number="DR.1").count() == 1


def test_namesakes_of_other_practices_are_two_people(staff):
    one = ada(license_number="", license_board="", organization_name="A LLC")
    other = ada(license_number="", license_board="", organization_name="B LLC")
    added = candidates.add_each(by=staff, wanted=[one, other], origin=STAFF)
    assert len({clinic.responsible_id for clinic in added}) == 2


def test_a_clinician_is_found_by_npi(staff):
    known = build.practitioner(npi=SOLO_NPI, last_name="EXAMPLE")
    clinic = candidates.add(by=staff, values=ada(clinician_npi=SOLO_NPI), origin=STAFF)
    assert clinic.responsible == known


def test_an_npi_of_somebody_with_another_name_names_nobody_and_is_held(staff):
    build.practitioner(npi=SOLO_NPI, last_name="Other")
    clinic = candidates.add(by=staff, values=ada(clinician_npi=SOLO_NPI), origin=STAFF)
    assert clinic.responsible is None
    assert held(clinic) == ["The clinician's NPI is on record here with another last name."]


def test_a_license_of_somebody_else_is_not_taken_over_and_is_held(staff):
    doctor = build.practitioner(last_name="Other")
    build.license(doctor, number="DR.1")
    clinic = candidates.add(by=staff, values=ada(), origin=STAFF)
    assert clinic.responsible != doctor
    assert not clinic.responsible.licenses.exists()
    assert held(clinic) == ["The license number is on record here with another clinician."]


def test_one_license_of_two_people_in_one_file_is_held_once(staff):
    added = candidates.add_each(
        by=staff, wanted=[ada(), ada(clinician_last_name="Borrower", name="Other")], origin=IMPORT
    )
    assert [bool(held(clinic)) for clinic in added] == [False, True]
    assert License.objects.get(number="DR.1").practitioner.last_name == "Example"


def test_a_candidate_without_a_clinician_is_kept(staff):
    before = Practitioner.objects.count()
    assert candidates.add(by=staff, values=values(), origin=STAFF).responsible is None
    assert Practitioner.objects.count() == before


# --- what the gate holds -----------------------------------------------------------------------

RIGHT_TO_LEFT = "\u202e"


@pytest.mark.parametrize(
    "bad",
    [
        {"name": "K\u0435tamine Clinic of Denver"},  # a Cyrillic e
        {"name": f"Juniper {RIGHT_TO_LEFT}cinilC"},
        {"name": "Juni\u200bper Clinic"},
        {"name": "Buy ketamine online, no prescription"},
        {"website": "https://xn--junper-uta.example/"},
        {"website": "https://t.me/juniper"},
        {"line1": "Order ketamine now, ships overnight"},
    ],
)
def test_what_a_seller_or_a_forger_types_is_held(staff, bad):
    clinic = candidates.add(by=staff, values=values(**bad), origin=IMPORT)
    assert held(clinic)
    assert clinic.status == Clinic.Status.CANDIDATE


def test_a_plain_clinic_is_not_held(staff):
    plain = ada(
        name="Peña & O'Brien Ketamine and Spravato Center",
        website="https://juniper.example/",
        organization_name="Peña & O'Brien PLLC",
    )
    assert held(candidates.add(by=staff, values=plain, origin=IMPORT)) == []


def test_what_could_not_be_kept_stands_in_the_case_as_it_came(staff):
    odd = values(doubts=("The website is no address.",), as_typed={"Website": "javascript:alert(1)"})
    clinic = candidates.add(by=staff, values=odd, origin=IMPORT)
    case = clinic.cases.get(kind=Case.Kind.HELD)
    assert case.ours == {"Website": "javascript:alert(1)"}
    assert clinic.website == ""


# --- "this is the same clinic" -----------------------------------------------------------------


def test_a_merged_candidate_needs_nobody_and_leaves_the_other_as_it_was(staff, clinic):
    before = Clinic.objects.filter(pk=clinic.pk).values().get()
    double = candidates.add(by=staff, values=values(), origin=IMPORT)

    candidates.merge(candidate=double, into=clinic, by=staff)

    double.refresh_from_db()
    assert double.successor == clinic
    assert not double.cases.open().exists()
    assert {case.outcome for case in double.cases.all()} == {"merged"}
    assert not candidates.waiting().exists()
    assert Clinic.objects.filter(pk=clinic.pk).values().get() == before
    assert AuditEvent.objects.get(action="candidate.merged").purpose == f"into {clinic.pk}"


def test_a_merged_candidate_is_no_page(staff, clinic, client):
    double = candidates.add(by=staff, values=values(), origin=IMPORT)
    candidates.merge(candidate=double, into=clinic, by=staff)
    assert client.get(f"/clinic/{double.slug}/").status_code == 404


def test_only_candidates_are_merged_once_by_staff_and_never_with_themselves(staff, stranger, clinic):
    double = candidates.add(by=staff, values=values(), origin=IMPORT)
    with pytest.raises(NotAllowed):
        candidates.merge(candidate=double, into=clinic, by=stranger)
    with pytest.raises(NotAllowed):
        candidates.merge(candidate=double, into=double, by=staff)
    with pytest.raises(WrongState):
        candidates.merge(candidate=clinic, into=double, by=staff)
    candidates.merge(candidate=double, into=clinic, by=staff)
    with pytest.raises(WrongState):
        candidates.merge(candidate=double, into=clinic, by=staff)


def test_nobody_merges_what_another_is_working_on(staff, verifier, clinic):
    double = candidates.add(by=staff, values=values(), origin=IMPORT)
    cases.take(case=double.cases.get(), by=verifier)
    with pytest.raises(cases.HeldByAnother):
        candidates.merge(candidate=double, into=clinic, by=staff)
    double.refresh_from_db()
    assert double.successor is None
