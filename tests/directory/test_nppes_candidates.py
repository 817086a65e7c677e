"""Candidates from the registry: by field and name, in one state, and none of them listed."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from directory import npi
from directory.intake import candidates
from directory.intake import from_nppes as nppes_candidates
from directory.intake.from_nppes import readable
from directory.models import Clinic, NppesLocation, NppesOtherName, NppesRecord
from directory.registries import load, nppes
from directory.states import STATES
from tests.shared_data import shared

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]

PSYCHIATRY, PAIN, INFUSION, DENTIST = "2084P0800X", "261QP3300X", "261QI0500X", "122300000X"


def record(number: int, **overrides) -> NppesRecord:
    """An organization in Denver as the registry writes it."""
    plain = {
        "npi": npi.with_check_digit(f"{291000000 + number:09d}"),
        "entity_type": 2,
        "name": f"EXAMPLE {number} KETAMINE LLC",
        "line1": f"{number} EXAMPLE ST",
        "city": "DENVER",
        "state": "CO",
        "zip": "802021234",
        "phone": f"30355501{number:02d}",
        "taxonomies": PSYCHIATRY,
    }
    return NppesRecord.objects.create(**{**plain, **overrides})


def run(*options: str) -> str:
    out = StringIO()
    call_command("candidates_from_nppes", "--state", "CO", *options, stdout=out)
    return out.getvalue()


def names() -> list[str]:
    return sorted(candidates.waiting().values_list("name", flat=True))


def test_an_organization_whose_field_and_name_fit_becomes_a_candidate():
    found = record(1)
    run()
    clinic = candidates.waiting().get()
    assert (clinic.name, clinic.line1, clinic.city) == ("Example 1 Ketamine LLC", "1 Example St", "Denver")
    assert (clinic.zip, clinic.phone, clinic.origin) == ("80202", "+13035550101", "nppes")
    assert (clinic.organization.npi, clinic.organization.npi_type) == (found.npi, 2)


def test_nothing_is_listed_and_no_treatment_is_guessed():
    record(1, name="PEAK SPRAVATO CENTER", taxonomies=INFUSION)
    run()
    clinic = candidates.waiting().get()
    assert not clinic.offerings.exists()
    assert not clinic.checks.exists()
    assert not Clinic.objects.shown().exists()


@pytest.mark.parametrize(
    "other",
    [
        {"entity_type": 1},
        {"state": "WY"},
        {"name": "MAPLE DENTAL KETAMINE", "taxonomies": DENTIST},
        {"name": "MAPLE PSYCHIATRY"},
        {"name": "MAPLE INFUSION CENTER", "taxonomies": INFUSION},
        {"name": "PLATMS GROUP"},
        {"deactivated_on": date(2026, 1, 1)},
        {"phone": ""},
        {"zip": ""},
    ],
)
def test_what_does_not_fit_is_left(other):
    record(1, **other)
    run()
    assert names() == []


@pytest.mark.parametrize(
    "fitting",
    [
        {"name": "MAPLE TMS PLLC"},
        {"name": "INTERVENTIONAL PSYCHIATRY OF DENVER"},
        {"name": "MAPLE INFUSION", "taxonomies": PAIN},
        {"name": "MAPLE KETAMINE", "taxonomies": f"{DENTIST} {INFUSION}"},
        {"name": "MAPLE LLC", "other_name": "MAPLE ESKETAMINE"},
        {"deactivated_on": date(2026, 1, 1), "reactivated_on": date(2026, 2, 1)},
    ],
)
def test_what_fits_is_found(fitting):
    record(1, **fitting)
    run()
    assert len(names()) == 1


def test_every_place_in_the_state_is_a_candidate_of_one_organization():
    found = record(1)
    for number, state in ((2, "CO"), (3, "WY")):
        NppesLocation.objects.create(
            key=str(number), npi=found.npi, line1=f"{number} B", city="BOULDER", state=state, zip="80301"
        )
    run()
    assert sorted(candidates.waiting().values_list("line1", flat=True)) == ["1 Example St", "2 B"]
    assert len(set(candidates.waiting().values_list("organization", flat=True))) == 1


def test_a_further_name_counts_and_names_the_clinic():
    found = record(1, name="MAPLE HOLDINGS LLC")
    NppesOtherName.objects.create(key="1", npi=found.npi, name="MAPLE KETAMINE CARE")
    run()
    assert names() == ["Maple Ketamine Care"]
    assert candidates.waiting().get().organization.name == "Maple Holdings LLC"


def test_a_second_run_adds_nothing_and_a_limit_and_a_dry_run_are_kept():
    for number in range(1, 6):
        record(number)
    run("--dry-run")
    assert names() == []
    run("--limit", "2")
    assert len(names()) == 2
    run()
    assert len(names()) == 5
    assert "0 candidates added, 5 known already" in run()


def test_another_field_can_be_asked_for():
    record(1, taxonomies=DENTIST)
    run("--taxonomy", DENTIST)
    assert len(names()) == 1


def test_bad_options_are_named():
    with pytest.raises(CommandError, match="import_nppes"):
        run()
    record(1)
    with pytest.raises(CommandError, match="--state"):
        call_command("candidates_from_nppes", "--state", "ZZ")
    with pytest.raises(CommandError, match="--limit"):
        run("--limit", "0")


@pytest.mark.parametrize(
    ("capitals", "people"),
    [
        ("PEAK TMS LLC", "Peak TMS LLC"),
        ("CENTER OF THE ROCKIES, P.C.", "Center of the Rockies, P.C."),
        ("Peak tms", "Peak tms"),
        ("1ST STREET IV", "1ST Street IV"),
    ],
)
def test_capitals_are_written_as_people_write_them(capitals, people):
    assert readable(capitals) == people


@pytest.mark.parametrize(
    "name", ["lantern_npidata_pfile_fixture.csv", "npidata_real_rows_330col_v2header.csv"]
)
def test_real_rows_of_other_fields_make_no_candidate(settings, tmp_path, name):
    settings.DATA_DIR = tmp_path
    everything = nppes.registry_of("main", weekly=False, everything=True)
    load(everything, shared(f"nppes/{name}"), source_date=date(2026, 11, 9))
    assert NppesRecord.objects.exists()
    for state in set(NppesRecord.objects.values_list("state", flat=True)) & set(STATES):
        call_command("candidates_from_nppes", "--state", state, stdout=StringIO())
    assert names() == []


def test_real_rows_are_candidates_where_the_name_and_field_say_so(settings, tmp_path):
    """The same real organizations, with another name: their addresses and phones are read as they are."""
    settings.DATA_DIR = tmp_path
    everything = nppes.registry_of("main", weekly=False, everything=True)
    load(everything, shared("nppes/lantern_npidata_pfile_fixture.csv"), source_date=date(2026, 11, 9))
    organizations = NppesRecord.objects.filter(entity_type=2, state__in=STATES)
    organizations.update(name="EXAMPLE KETAMINE", taxonomies=PSYCHIATRY)
    read = 0
    for state in set(organizations.values_list("state", flat=True)):
        plan = nppes_candidates.plan(state=state)
        assert plan.problems == []
        read += len(plan.rows)
    assert read == organizations.count()
