"""Is this clinic known already? Exactly, perhaps, or not."""

import pytest

from directory.intake import duplicates
from directory.intake.duplicates import Why
from directory.models import Clinic
from tests import build
from tests.a_candidate import values

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]

DOWNTOWN = (39.7525, -104.9995)  # of ZIP code 80202


@pytest.fixture
def known(db):
    """A listed clinic of which we know all."""
    return build.clinic(
        name="Juniper Example Psychiatry",
        line1="12 North Example Street",
        line2="Suite 4",
        zip="80202",
        at=DOWNTOWN,
        phone="+13035550142",
    )


def why(**overrides) -> list[Why]:
    """What the likest clinic and a candidate have in common."""
    elsewhere = {
        "name": "Somebody Else",
        "line1": "900 Sample Avenue",
        "zip": "60601",
        "phone": "+13125550100",
    }
    found = duplicates.of(values(**{**elsewhere, **overrides}))
    return list(found[0].why) if found else []


def test_npi_with_address_is_the_same_clinic(known):
    npi = known.organization.npi
    same = {"organization_npi": npi, "line1": "12 N. Example St", "line2": "#4", "zip": "80202"}
    assert why(**same) == [Why.NPI_AND_ADDRESS]
    assert duplicates.of(values(**same))[0].exact


def test_the_npi_of_a_chain_elsewhere_is_another_site(known):
    assert why(organization_npi=known.organization.npi) == []


def test_name_with_address_is_the_same_clinic_for_who_gave_no_npi(known):
    same = {"name": "JUNIPER EXAMPLE PSYCHIATRY", "line1": "12 north example street", "line2": "STE 4"}
    assert why(**same, zip="80202") == [Why.NAME_AND_ADDRESS]


def test_two_npis_at_one_door_are_a_question_even_under_one_name(known):
    match = duplicates.of(
        values(organization_npi="2000000002", line1="12 North Example Street", line2="Suite 4")
    )[0]
    assert match.why == (Why.ADDRESS, Why.PHONE)
    assert not match.exact


def test_another_suite_is_another_address(known):
    assert Why.ADDRESS not in why(line1="12 North Example Street", line2="Suite 5", zip="80202")


def test_one_phone_number_is_a_question(known):
    assert why(phone="+13035550142") == [Why.PHONE]


@pytest.mark.parametrize(
    "name",
    [
        "Juniper Example Psychiatry LLC",
        "Juniper Example Ketamine Center",
        "Psychiatry Juniper Example",
        "Junipper Example Psychiatry",
        "Juniper Éxample Psychiatry of Denver",
    ],
)
def test_a_like_name_in_the_same_zip_code_is_a_question(known, name):
    assert why(name=name, zip="80202") == [Why.NAME_NEARBY]


@pytest.mark.parametrize("name", ["Denver Ketamine Clinic", "Maple Psychiatry", "Willow Wellness", "診所"])
def test_words_that_many_names_share_make_none_alike(known, name):
    assert why(name=name, zip="80202") == []


def test_a_like_name_within_a_mile_is_a_question_and_farther_away_is_none(known):
    name = {"name": "Juniper Example Psychiatry PC", "line1": "1 B", "phone": "+13035550199"}
    beside = build.clinic(
        name="Juniper Example Psychiatry", at=(39.7530, -104.9900), zip="80205", line1="7 C"
    )
    matches = {match.clinic_id for match in duplicates.of(values(**name, zip="80202"))}
    assert matches == {known.pk, beside.pk}
    assert duplicates.of(values(**name, zip="80014")) == []  # Aurora, ten miles away


def test_a_mile_is_a_mile_in_the_far_north_and_across_the_date_line():
    north = build.clinic(name="Borealis Example", at=(71.2906, -156.7886), zip="99723", line1="1 A")
    assert [m.clinic_id for m in duplicates.of(values(name="Borealis Example", zip="99723"))] == [north.pk]


def test_a_closed_clinic_is_known_too(known):
    Clinic.objects.filter(pk=known.pk).update(status="closed", status_reason="moved")
    assert duplicates.of(values(line1="12 North Example Street", line2="Suite 4"))[0].exact


def test_the_likest_comes_first_and_ten_at_most(known):
    build.many([{"phone": "+13035550142", "line1": f"{n} D", "zip": "60601"} for n in range(15)])
    found = duplicates.of(values(line1="12 North Example Street", line2="Suite 4"))
    assert len(found) == 10
    assert found[0].clinic_id == known.pk
    assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)


def test_the_reasons_read_as_a_sentence(known):
    found = duplicates.of(
        values(name="Other", organization_npi="2000000002", line1=known.line1, line2="Ste 4")
    )
    assert found[0].reasons == "the same address and the same phone number"


@pytest.mark.parametrize("rows", [1, 30])
def test_one_question_takes_two_statements_however_many_ask(known, rows, django_assert_num_queries):
    wanted = [values(zip=f"802{number:02d}") for number in range(rows)]
    with django_assert_num_queries(2):
        register = duplicates.Register.around(wanted)
        assert [bool(register.matches(one)) for one in wanted]


def test_a_register_takes_up_what_the_file_itself_adds():
    register = duplicates.Register()
    register.add(values(), -2)
    assert [match.clinic_id for match in register.matches(values())] == [-2]
