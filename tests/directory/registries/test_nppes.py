"""NPPES as CMS publishes it: real rows with exact counts, and every way in which its files are known to differ."""

import csv
import json
import shutil
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from directory import npi
from directory.models import NppesDeactivation, NppesLocation, NppesOtherName, NppesRecord, RegistryFile
from directory.registries import nppes
from tests import build
from tests.directory.registries import making
from tests.shared_data import shared

pytestmark = pytest.mark.django_db


def counts(file):
    return file.state, file.rows, file.bad_rows, file.added, file.changed, file.removed


# --- real rows --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("npidata_first10_real_2015.csv", 10),  # 329 columns, "Provider Gender Code"
        ("npidata_real_rows_330col_v2header.csv", 10),  # 330 columns, "Provider Sex Code"
        ("lantern_npidata_pfile_fixture.csv", 12),  # organizations, "Provider Gender Code"
    ],
)
def test_real_rows_import_with_exact_counts(take, name, rows):
    assert counts(take(shared(f"nppes/{name}"))) == ("loaded", rows, 0, rows, 0, 0)
    assert NppesRecord.objects.count() == rows


def test_the_same_rows_under_the_old_and_the_new_header_are_the_same(take):
    take(shared("nppes/npidata_first10_real_2015.csv"))
    file = take(shared("nppes/npidata_real_rows_330col_v2header.csv"))
    assert counts(file) == ("loaded", 10, 0, 0, 0, 0)


def read(name):
    """The rows of a real file, by another reader. No name or number of a real provider stands in this file."""
    with shared(f"nppes/{name}").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_what_is_kept_of_real_rows(take):
    take(shared("nppes/npidata_first10_real_2015.csv"))
    for row in read("npidata_first10_real_2015.csv"):
        record = NppesRecord.objects.get(npi=row["NPI"])
        assert str(record.entity_type) == row["Entity Type Code"]
        assert row["Healthcare Provider Taxonomy Code_1"] in record.taxonomies.split()
        held = f"{row['Provider License Number State Code_1']} {row['Provider License Number_1']}".strip()
        assert record.licenses.partition("|")[0] == held
        assert f"{record.enumerated_on:%m/%d/%Y}" == row["Provider Enumeration Date"]
        assert record.zip == row["Provider Business Practice Location Address Postal Code"]
        assert record.is_active


def test_of_the_real_rows_only_those_who_may_matter_are_kept(take):
    file = take(shared("nppes/npidata_first10_real_2015.csv"), everything=False)
    assert counts(file) == ("loaded", 0, 0, 0, 0, 0)


def test_a_provider_whose_npi_is_known_here_is_kept_whatever_the_taxonomy(take):
    known = read("npidata_first10_real_2015.csv")[2]["NPI"]
    build.organization(npi=known, npi_type=2)
    file = take(shared("nppes/npidata_first10_real_2015.csv"), everything=False)
    assert (file.state, [record.npi for record in NppesRecord.objects.all()]) == ("loaded", [known])


def test_real_practice_locations_and_other_names_import_in_spite_of_their_blanks(take):
    assert counts(take(shared("nppes/pl_real_9.csv"), kind="locations")) == ("loaded", 9, 0, 9, 0, 0)
    assert counts(take(shared("nppes/othername_real_10.csv"), kind="names")) == ("loaded", 9, 0, 9, 0, 0)
    last = list(read("pl_real_9.csv")[-1].values())
    location = NppesLocation.objects.get(npi=last[0])
    assert [location.line1, location.line2, location.city, location.state, location.zip] == last[1:6]
    names = [row["Provider Other Organization Name"] for row in read("othername_real_10.csv")]
    assert sorted(NppesOtherName.objects.values_list("name", flat=True)) == sorted(names)


def test_locations_and_names_of_providers_that_are_not_kept_are_left(take):
    take(shared("nppes/lantern_npidata_pfile_fixture.csv"))
    file = take(shared("nppes/othername_real_10.csv"), kind="names", everything=False)
    kept = {row["NPI"] for row in read("lantern_npidata_pfile_fixture.csv")}
    expected = [row["NPI"] for row in read("othername_real_10.csv") if row["NPI"] in kept]
    assert sorted(NppesOtherName.objects.values_list("npi", flat=True)) == sorted(expected)
    assert file.rows == len(expected) == 4


def test_the_report_of_deactivations_is_read_below_its_title(take):
    file = take(shared("nppes/NPPES_Deactivated_NPI_Report_layout.xlsx"), kind="deactivated")
    assert counts(file) == ("loaded", 3, 0, 3, 0, 0)
    days = NppesDeactivation.objects.order_by("deactivated_on").values_list("deactivated_on", flat=True)
    assert list(days) == [date(2019, 7, 4), date(2025, 12, 1), date(2026, 4, 15)]


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("1f9cef", 10),
        ("34c18d", 10),
        ("6b1573", 10),
        ("8bdc8b", 1),
        ("a769af", 2),
        ("b2f594", 1),
        ("f62abe", 5),
        ("f7d8ea", 10),
    ],
)
def test_answers_of_the_registrys_api_import_with_exact_counts(take, name, rows):
    file = take(shared(f"nppes/api_json_2019/api-{name}.json"), weekly=True)
    assert counts(file) == ("loaded", rows, 0, rows, 0, 0)


def test_what_is_kept_of_an_answer(take):
    path = shared("nppes/api_json_2019/api-b2f594.json")
    take(path, weekly=True)
    (result,) = json.loads(path.read_text())["results"]
    record, place = NppesRecord.objects.get(), result["addresses"][0]
    assert (record.entity_type, record.name) == (1, result["basic"]["last_name"])
    assert (record.line1, record.state, record.zip) == (
        place["address_1"],
        place["state"],
        place["postal_code"],
    )
    assert record.taxonomies == " ".join(each["code"] for each in result["taxonomies"])
    assert record.licenses == "{state} {license}".format(**result["taxonomies"][0])
    assert f"{record.enumerated_on}" == result["basic"]["enumeration_date"]


@pytest.mark.parametrize("name", ["8d2d52", "c85286"])
def test_an_error_that_the_api_sent_with_200_is_refused(take, name):
    file = take(shared(f"nppes/api_json_2019/api-{name}.json"), weekly=True)
    assert (file.state, file.stops) == (
        "refused",
        ["NPPES answered with an error, not with providers. Ask again."],
    )


def test_an_answer_may_hold_texts_milliseconds_and_unknown_keys(take, tmp_path):
    number = making.an_npi(1)
    path = tmp_path / "answer.json"
    basic = {"organization_name": "EXAMPLE", "name_suffix": "--", "credential": "--", "later": [1]}
    instants = {"created_epoch": "1301961600000", "last_updated_epoch": 1525737600}
    result = {"number": number, "enumeration_type": "NPI-2", "basic": basic, **instants}
    path.write_text(json.dumps({"result_count": "1", "new": {}, "results": [result]}))
    take(path, weekly=True)
    record = NppesRecord.objects.get(npi=number)
    assert (record.enumerated_on, record.updated_on) == (date(2011, 4, 5), date(2018, 5, 8))
    assert record.credential == ""


# --- headers ----------------------------------------------------------------------------------------------


def renamed(old, new):
    return [new if name == old else name for name in making.HEADER]


def test_made_rows_stand_under_the_real_header():
    with shared("nppes/npidata_real_rows_330col_v2header.csv").open() as stream:
        assert stream.readline() == making.csv_text([])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Provider Sex Code", "Provider Gender Code"),
        (
            "Provider Business Practice Location Address City Name",
            "Provider Business Practice Location Address - City  Name",
        ),
        ("Provider Last Name (Legal Name)", "PROVIDER LAST NAME (LEGAL NAME)"),
    ],
)
def test_headers_are_compared_without_blanks_dashes_and_case(take, tmp_path, old, new):
    path = making.csv_file(tmp_path, making.rows(4), head=renamed(old, new))
    assert counts(take(path)) == ("loaded", 4, 0, 4, 0, 0)


def test_further_columns_are_accepted(take, tmp_path):
    head = ["Something New", *making.HEADER, "And Another"]
    path = making.csv_file(tmp_path, (["x", *row, "y"] for row in making.rows(4)), head=head)
    assert counts(take(path)) == ("loaded", 4, 0, 4, 0, 0)
    assert NppesRecord.objects.filter(npi=making.an_npi(1), taxonomies="2084P0800X").exists()


def test_columns_in_another_order_are_found_by_name(take, tmp_path):
    path = making.csv_file(tmp_path, (row[::-1] for row in making.rows(4)), head=making.HEADER[::-1])
    take(path)
    assert NppesRecord.objects.get(npi=making.an_npi(1)).name == "EXAMPLE-1"


def test_a_header_that_lacks_a_needed_column_is_refused(take, tmp_path):
    file = take(making.csv_file(tmp_path, making.rows(4), head=renamed("NPI", "Number")))
    assert (file.state, file.stops) == ("refused", ["The header lacks a column that is needed, for: npi."])
    assert not NppesRecord.objects.exists()


def test_a_header_that_has_a_column_twice_is_refused(take, tmp_path):
    file = take(making.csv_file(tmp_path, making.rows(4), head=renamed("Provider Sex Code", "npi")))
    assert (file.state, file.stops) == ("refused", ["The header has a column twice: NPI."])


def test_a_header_that_lacks_another_column_is_held_until_a_verifier_confirms(
    take, tmp_path, verifier, staff
):
    path = making.csv_file(tmp_path, making.rows(4), head=renamed("Replacement NPI", "Successor"))
    held = take(path)
    assert (held.state, held.stops) == ("held", ["The header lacks a column: Replacement NPI."])
    assert not NppesRecord.objects.exists()
    confirmed = take(path, confirm_by=verifier)
    assert (confirmed.state, confirmed.confirmed_by, confirmed.stops) == ("loaded", verifier, held.stops)


# --- cells ------------------------------------------------------------------------------------------------


def test_a_deactivated_stub_keeps_its_number_and_date_alone(take, tmp_path):
    stub = [""] * 330
    stub[0], stub[making.PLACE["NPI Deactivation Date"]] = making.an_npi(9), "02/03/2020"
    take(making.csv_file(tmp_path, [making.row(1), stub]), everything=False)
    record = NppesRecord.objects.get(npi=making.an_npi(9))
    assert (record.entity_type, record.name, record.is_active) == (0, "", False)


def test_a_number_that_was_reactivated_is_active(take, tmp_path):
    days = {"NPI_Deactivation_Date": "02/03/2020", "NPI_Reactivation_Date": "02/03/2020"}
    take(making.csv_file(tmp_path, [making.row(1, **days)]))
    assert NppesRecord.objects.get().is_active


def test_the_primary_taxonomy_comes_first(take, tmp_path):
    cells = {
        "Healthcare Provider Primary Taxonomy Switch_1": "N",
        "Healthcare Provider Taxonomy Code_2": "363LP0808X",
        "Healthcare Provider Primary Taxonomy Switch_2": "Y",
        "Healthcare Provider Taxonomy Code_15": "163W00000X",
        "Provider License Number_15": "RN 1|2",
        "Provider License Number State Code_15": "TX",
    }
    take(making.csv_file(tmp_path, [making.row(1, **cells)]), everything=False)
    record = NppesRecord.objects.get()
    assert record.taxonomies == "363LP0808X 2084P0800X 163W00000X"
    assert record.licenses == "CO DR0000001|TX RN 1/2"


def test_the_table_of_check_digits_agrees_with_the_rule():
    for number in [*range(0, 99_999_999, 1_234_567), *range(200)]:
        text = f"{1_000_000_000 + number}"
        try:
            right = nppes.checked_npi(text) == text
        except ValueError:
            right = False
        assert right == npi.is_valid(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123456789",
        "12345678901",
        "1234567890",
        "3234567890",
        "1٢34567893",
        "+123456789",
        " 1234567893",
        "12345 7893",
    ],
)
def test_what_is_no_npi_is_refused(text):
    with pytest.raises(ValueError, match="is not an NPI"):
        nppes.checked_npi(text)


def test_cells_are_trimmed_and_markup_is_kept_as_it_is(take, tmp_path):
    cells = {"Provider_First_Name": " =SUM(A1) ", "Provider Last Name (Legal Name)": "<b>\\N O'EXAMPLE\t"}
    take(making.csv_file(tmp_path, [making.row(1, **cells)]))
    record = NppesRecord.objects.get()
    assert (record.first_name, record.name) == ("=SUM(A1)", "<b>\\N O'EXAMPLE")


def test_a_line_break_within_a_cell_is_no_end_of_the_row(take, tmp_path):
    cells = {"Provider Last Name (Legal Name)": "EX\nAM\r\nPLE\tX"}
    file = take(making.csv_file(tmp_path, [making.row(1, **cells), making.row(2)]))
    assert (counts(file)[:3], NppesRecord.objects.get(npi=making.an_npi(1)).name) == (
        ("loaded", 2, 0),
        "EX\nAM\r\nPLE\tX",
    )


# --- the command ------------------------------------------------------------------------------------------


def deactivations(folder):
    return making.workbook(
        folder, [["As of"], ["NPI", "NPPES Deactivation Date"], [making.an_npi(9), "01/02/2020"]]
    )


def monthly(folder):
    columns = ["NPI", *(names[0] for names in nppes.LOCATIONS.columns[0].parts[1:])]
    location = [making.an_npi(1), "2 Example St", "", "Denver", "CO", "80202", "3035550100"]
    return making.zip_file(
        folder,
        {
            "npidata_pfile_20050523-20261108.csv": making.csv_text(making.rows(6)),
            "npidata_pfile_20050523-20261108_fileheader.csv": making.csv_text([]),
            "pl_pfile_20050523-20261108.csv": making.csv_text([location], head=columns),
            "othername_pfile_20050523-20261108.csv": "NPI,Provider Other Organization Name,"
            f"Provider Other Organization Name Type Code\n{making.an_npi(2)},EXAMPLE TWO,3\n",
            "endpoint_pfile_20050523-20261108.csv": "NPI,Endpoint\n",
        },
        name="NPPES_Data_Dissemination_November_2026.zip",
    )


def test_a_monthly_archive_is_loaded_part_by_part(tmp_path):
    out = StringIO()
    call_command("import_nppes", monthly(tmp_path), verbosity=0, stdout=out)
    assert (NppesRecord.objects.count(), NppesLocation.objects.count(), NppesOtherName.objects.count()) == (
        6,
        1,
        1,
    )
    assert out.getvalue().splitlines()[:3] == [
        "nppes of 2026-11-08: loaded. 6 rows: 6 new, 0 changed, 0 gone.",
        "nppes-locations of 2026-11-08: loaded. 1 rows: 1 new, 0 changed, 0 gone.",
        "nppes-names of 2026-11-08: loaded. 1 rows: 1 new, 0 changed, 0 gone.",
    ]


def test_a_dry_run_says_what_would_change_and_writes_nothing(tmp_path):
    out = StringIO()
    call_command("import_nppes", monthly(tmp_path), dry_run=True, everything=True, verbosity=0, stdout=out)
    assert "nppes of 2026-11-08: would be loaded. 6 rows: 6 new, 0 changed, 0 gone." in out.getvalue()
    assert not NppesRecord.objects.exists()
    assert not RegistryFile.objects.exists()


def test_a_weekly_archive_adds_and_changes_and_takes_nothing_away(tmp_path):
    call_command("import_nppes", monthly(tmp_path), verbosity=0, stdout=StringIO())
    changed = making.row(1, Provider_First_Name="EVE")
    path = making.zip_file(
        tmp_path,
        {"npidata_pfile_20261109-20261115.csv": making.csv_text([changed, making.row(7)])},
        name="NPPES_Data_Dissemination_110926_111526_Weekly.zip",
    )
    call_command("import_nppes", path, verbosity=0, stdout=StringIO())
    file = RegistryFile.objects.latest("pk")
    assert (*counts(file), file.source_date) == ("loaded", 2, 0, 1, 1, 0, date(2026, 11, 15))
    assert NppesRecord.objects.count() == 7


def test_an_archive_of_deactivations_holds_a_workbook(tmp_path):
    inner = deactivations(tmp_path).read_bytes()
    path = making.zip_file(
        tmp_path,
        {"NPPES Deactivated NPI Report 20261110.xlsx": inner},
        name="NPPES_Deactivated_NPI_Report_111026.zip",
    )
    call_command("import_nppes", path, verbosity=0, stdout=StringIO())
    assert NppesDeactivation.objects.get().deactivated_on == date(2020, 1, 2)
    assert RegistryFile.objects.get().source_date == date(2026, 11, 10)


def test_a_file_without_a_date_in_its_name_needs_one(tmp_path):
    path = making.csv_file(tmp_path, making.rows(2))
    with pytest.raises(CommandError, match="Give it with --date"):
        call_command("import_nppes", path)
    call_command("import_nppes", path, "--date=2026-11-01", verbosity=0, stdout=StringIO())
    assert NppesRecord.objects.count() == 2


def test_only_a_verifier_confirms(tmp_path, staff):
    path = making.csv_file(tmp_path, making.rows(2))
    with pytest.raises(CommandError, match="--confirm needs the e-mail address of a verifier"):
        call_command("import_nppes", path, date=date(2026, 11, 1), confirm=staff.email)


def test_a_held_file_ends_the_command_with_an_error(tmp_path):
    shutil.copy(
        making.csv_file(tmp_path, making.rows(2), head=renamed("Replacement NPI", "X")), tmp_path / "b.csv"
    )
    with pytest.raises(CommandError, match="Nothing was changed by: nppes"):
        call_command("import_nppes", tmp_path / "b.csv", "--date=2026-11-01", verbosity=0, stdout=StringIO())
