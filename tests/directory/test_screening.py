"""Of a clinic, an NPI on the exclusion list is a fact; a name on it is a question for a person."""

from datetime import timedelta

import pytest

from directory import checks, names, screening
from directory.models import LeieEntry, NppesOtherName, NppesRecord
from directory.refusals import NotAllowed
from directory.vocabulary import Fact
from outbox import clock
from tests import build
from tests.directory.registries.leie_rows import excluded

pytestmark = pytest.mark.django_db

# Names that are longer than the list keeps, as the list keeps them.
LONG = "High Plains Example Family Health Center of Denver, LLC"
CUT = LONG.upper()[:30]


def test_an_entry_with_the_npi_is_an_exclusion(clinic):
    excluded(npi=clinic.organization.npi, business="Something Else Entirely")
    found = screening.matches(clinic)
    assert found.excluded
    assert [entry.npi for entry in found.by_npi] == [clinic.organization.npi]
    assert found.by_name == ()


def test_the_responsible_clinician_counts_and_others_do_not(clinic):
    other = build.practitioner()
    clinic.practitioners.add(other)
    excluded(npi=other.npi, last="NOBODY")
    assert not screening.matches(clinic).excluded
    assert screening.matches(other).excluded
    excluded(npi=clinic.responsible.npi, last="NOBODY")
    assert screening.matches(clinic).excluded


def test_nobody_is_on_an_empty_list(clinic):
    assert screening.matches(clinic) == screening.Matches()


def test_entries_without_npi_match_nobody_without_one():
    excluded(npi="", last="SOMEBODY", first="ELSE")
    assert screening.matches(build.practitioner(npi="")) == screening.Matches()


@pytest.mark.parametrize(("days", "holds"), [(None, True), (1, False), (0, False), (-400, True)])
def test_a_reinstatement_lifts_unless_the_exclusion_is_younger(clinic, days, holds):
    today = clock.now().date()
    excluded(
        npi=clinic.organization.npi,
        excluded_on=today - timedelta(days=100),
        reinstated_on=None if days is None else today - timedelta(days=days),
    )
    assert screening.matches(clinic).excluded is holds


@pytest.mark.parametrize(("state", "holds"), [("CO", False), ("UT", True)])
def test_a_waiver_lifts_in_its_own_state_alone(clinic, state, holds):
    excluded(npi=clinic.organization.npi, waived_on=clock.now().date(), waiver_state=state)
    assert screening.matches(clinic).excluded is holds
    assert screening.excluded_npis([clinic.organization.npi]) == set()


@pytest.mark.parametrize(
    ("last", "first", "their_last", "their_first"),
    [
        ("Example", "John", "EXAMPLE", "JOHN"),
        ("Núñez-O’Brien", "José", "NUNEZ OBRIEN", "JOSE"),
        ("Example", "Mary Ann", "EXAMPLE", "MARY"),
        ("Example", "Mary Ann", "EXAMPLE", "MARYANN"),
        ("Example", "Mary", "EXAMPLE", "MARY ANN"),
        ("Example", "John", "EXAMPLE JR", "JOHN"),
        ("Example III", "John Q.", "EXAMPLE", "JOHN"),
        ("Roe-Example", "Jane", "EXAMPLE", "JANE"),  # same state
    ],
)
def test_the_same_person_as_two_people_write_the_name(last, first, their_last, their_first):
    entry = excluded(last=their_last, first=their_first, state="CO")
    found = screening.matches(build.practitioner(last_name=last, first_name=first), state="CO")
    assert found.by_person == (entry,)
    assert not found.excluded


@pytest.mark.parametrize(
    ("their_last", "their_first", "state"),
    [
        ("EXAMPLE", "JON", "CO"),
        ("EXAMPLES", "JOHN", "CO"),
        ("JOHN", "EXAMPLE", "CO"),
        ("EXAMPLE", "", "CO"),
        ("", "JOHN", "CO"),
    ],
)
def test_other_people(their_last, their_first, state):
    excluded(last=their_last, first=their_first, state=state)
    person = build.practitioner(last_name="Example", first_name="John")
    assert screening.matches(person, state="CO").by_person == ()


def test_half_of_a_double_name_counts_in_the_same_state_alone():
    excluded(last="EXAMPLE", first="JANE", state="UT")
    person = build.practitioner(last_name="Roe-Example", first_name="Jane")
    assert screening.matches(person, state="CO").by_person == ()


def test_a_whole_name_counts_in_every_state_the_own_one_first():
    excluded(last="EXAMPLE", first="JOHN", state="AL")
    excluded(last="EXAMPLE", first="JOHN", state="CO")
    found = screening.matches(build.practitioner(last_name="Example", first_name="John"), state="CO")
    assert [entry.state for entry in found.by_person] == ["CO", "AL"]


def test_a_business_name_that_the_list_has_cut_is_flagged_in_the_same_state():
    assert len(CUT) == 30
    entry = excluded(business=CUT, state="CO")
    practice = build.organization(name=LONG)
    found = screening.matches(practice, state="CO")
    assert found.by_business == (entry,)
    assert not found.excluded
    assert screening.matches(practice, state="UT").by_business == ()


@pytest.mark.parametrize(
    ("listed", "name"),
    [
        ("EXAMPLE PAIN CLINIC, INC", "Example Pain Clinic LLC"),
        ("THE EXAMPLE PAIN CLINIC", "Example Pain Clinic, P.C."),
        ("EXAMPLE & SONS PHARMACY", "Example and Sons Pharmacy"),
        ("#1 EXAMPLE SERVICE, INC", "1 Example Service"),
        # thirty characters, the last of them a blank, or the begin of a legal form
        ("EXAMPLE MENTAL HEALTH CLINICS", "Example Mental Health Clinics of Denver"),
        ("EXAMPLE MENTAL HEALTH CLINIC I", "Example Mental Health Clinic, Inc."),
        ("EXAMPLE MENTAL HEALTH CLINIC L", "Example Mental Health Clinic"),
    ],
)
def test_the_same_business(listed, name):
    entry = excluded(business=listed, state="CO")
    assert screening.matches(build.organization(name=name), state="CO").by_business == (entry,)


@pytest.mark.parametrize(
    ("listed", "name"),
    [
        ("EXAMPLE PAIN", "Example Pain Clinic"),  # too short to have been cut
        ("EXAMPLE MENTAL HEALTH CLINIC N", "Example Mental Health Clinic South"),
        ("- - - - - - - - - - - - - - - ", "Example"),
        ("LLC", "Example LLC"),
    ],
)
def test_another_business(listed, name):
    excluded(business=listed, state="CO")
    assert screening.matches(build.organization(name=name), state="CO").by_business == ()


def test_a_business_is_looked_for_under_every_name_that_nppes_has_of_it(clinic):
    number = clinic.organization.npi
    NppesRecord.objects.create(
        npi=number, entity_type=2, name="LEGAL EXAMPLE NAME INC", other_name="SECOND ONE"
    )
    NppesOtherName.objects.create(key="1", npi=number, name="THIRD EXAMPLE NAME")
    for listed in ("LEGAL EXAMPLE NAME", "SECOND ONE", "THIRD EXAMPLE NAME", clinic.name.upper()[:30]):
        LeieEntry.objects.all().delete()
        entry = excluded(business=listed, state="CO")
        assert screening.matches(clinic).by_business == (entry,)
        assert screening.matches(clinic.organization, state="CO").by_business == (
            () if listed == clinic.name.upper()[:30] else (entry,)
        )


def test_names_that_are_only_marks_have_no_key():
    assert names.person_key("—", "J") == names.business_key("!!!") == ""


def test_a_verifier_cannot_record_that_somebody_on_the_list_is_not_on_it(clinic, verifier):
    excluded(npi=clinic.responsible.npi, last="X")
    with pytest.raises(NotAllowed, match="exclusion list"):
        checks.record(clinic=clinic, fact=Fact.EXCLUSION, outcome="holds", source="OIG", by=verifier)
    assert checks.record(clinic=clinic, fact=Fact.EXCLUSION, outcome="fails", source="OIG", by=verifier)


def test_screening_takes_the_same_few_statements_for_any_number(django_assert_num_queries):
    people = [build.practitioner() for _ in range(40)]
    for person in people:
        excluded(npi=person.npi, last=person.last_name, first=person.first_name)
    for some in (people[:1], people):
        subjects = [screening.of_practitioner(one, "CO") for one in some]
        with django_assert_num_queries(3):  # the clock, numbers, names
            screen = screening.Screen(subjects)
        assert all(screen.of(subject).excluded for subject in subjects)
