"""What the gate sees of a clinic besides its words."""

import pytest

from directory import gate, website_texts
from directory.models import Case
from directory.refusals import Incomplete, NotAllowed
from tests import build

pytestmark = pytest.mark.django_db


def codes(clinic) -> list[str]:
    return gate.look_at_clinic(clinic, {}).codes


def test_an_ordinary_clinic_lacks_nothing(clinic):
    assert codes(clinic) == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"line1": "PO Box 12"}, "mail-drop"),
        ({"line1": "P.O. Box 12"}, "mail-drop"),
        ({"line1": "12 Example Street", "line2": "PMB 4"}, "mail-drop"),
        ({"line1": "Post Office Box 9"}, "mail-drop"),
        ({"line1": "Main Street"}, "no-address"),
        ({"line1": " "}, "no-address"),
        ({"phone": "+19005550100"}, "phone-unusual"),
        ({"phone": "+442079460958"}, "phone-unusual"),
        ({"phone": ""}, "phone-unusual"),
    ],
)
def test_what_a_candidate_lacks_is_named(fields, code):
    assert code in codes(build.clinic(listed=False, **fields))


def test_no_clinician_and_no_npi_are_named(db):
    candidate = build.clinic(listed=False, organization=build.organization(npi="", npi_type=None))
    candidate.responsible = None
    assert codes(candidate) == ["no-clinician", "no-npi"]


@pytest.mark.parametrize(
    "street", ["33 Post Office Square", "7021 Box Canyon Drive", "18 P Street", "1 Box Elder Road"]
)
def test_a_street_may_be_called_like_a_post_office(street):
    assert codes(build.clinic(listed=False, line1=street)) == []


def test_a_phone_that_another_organization_has_is_named(clinic):
    build.clinic(phone="+13035550200")
    same = build.clinic(listed=False, phone="+13035550200")
    assert codes(same) == ["phone-shared"]
    assert codes(build.clinic(listed=False, phone="+13035550200", organization=same.organization)) == [
        "phone-shared"
    ]


def test_sites_of_one_organization_may_share_a_phone(clinic):
    first = build.clinic(phone="+13035550200")
    assert codes(build.clinic(listed=False, phone="+13035550200", organization=first.organization)) == []


@pytest.mark.parametrize(
    "name", ["High P1ains Example C1inic", "High Plаins Example Clinic", "Hıgh Plains Example Clinic"]
)
def test_a_name_that_can_be_mistaken_for_another_clinic_s_is_named(clinic, name):
    assert "name-like-another" in codes(build.clinic(listed=False, name=name))


def test_the_same_name_of_a_branch_is_not(clinic):
    assert (
        codes(build.clinic(listed=False, name="HIGH PLAINS Example Clinic", organization=clinic.organization))
        == []
    )


def test_a_clinician_in_charge_in_another_state_for_others_is_named(clinic):
    elsewhere = build.clinic(listed=False, state="OR", responsible=clinic.responsible)
    assert codes(elsewhere) == ["clinician-elsewhere"]


def test_words_copied_from_another_clinic_are_named(clinic):
    clinic.first_visit = (
        "You meet a nurse first, and then the doctor, who looks at your history with you. " * 2
    )
    clinic.save()
    assert codes(build.clinic(listed=False, first_visit=clinic.first_visit)) == ["text-copied"]


def test_it_takes_the_same_few_statements_however_many_clinics_there_are(
    clinic, django_assert_max_num_queries
):
    build.many([{"listed": True} for _ in range(20)])
    candidate = build.clinic(listed=False)
    candidate.organization  # noqa: B018  (loaded before)
    with django_assert_max_num_queries(4):
        codes(candidate)


# --- the text of the website -----------------------------------------------------------------------


def test_a_website_that_sells_opens_an_urgent_case_and_stops_a_submission(clinic, verifier):
    found = website_texts.record(clinic=clinic, text="Ketamine vials in stock. Add to cart.", by=verifier)
    assert found.block
    case = Case.objects.get()
    assert (case.kind, case.urgent) == (Case.Kind.HELD, True)
    assert clinic.status == "listed"  # a person decides


def test_a_website_of_a_clinic_opens_none(clinic, verifier):
    assert not website_texts.record(
        clinic=clinic, text="Follow us at facebook.com/x. Call 720-555-0100.", by=verifier
    )
    assert not Case.objects.exists()


def test_only_a_verifier_reads_the_website_of_a_confirmed_domain(clinic, owner, staff, verifier):
    for person in (owner, staff):
        with pytest.raises(NotAllowed):
            website_texts.record(clinic=clinic, text="Hello", by=person)
    with pytest.raises(NotAllowed):
        website_texts.record(clinic=build.clinic(confirmed_domain=""), text="Hello", by=verifier)
    with pytest.raises(Incomplete):
        website_texts.record(clinic=clinic, text=" ", by=verifier)
