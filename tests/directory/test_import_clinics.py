"""A file of clinics: good rows become candidates once, bad ones are named by line and column and repeat nothing."""

import csv
import random
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent, Organization
from directory.intake import candidates, duplicates
from directory.intake import importing as clinic_import
from directory.intake import spreadsheet as clinic_csv
from directory.intake.duplicates import Why
from directory.intake.importing import UnreadableFile
from directory.models import Case, Clinic, License, Offering, Practitioner
from tests import build
from tests.a_candidate import CELLS, another, cells, file, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]

MARK = "Quillonmarrow"


@pytest.fixture
def write(tmp_path, settings):
    """Write a file to import; reports go to a folder of the test."""
    settings.DATA_DIR = tmp_path

    def to_disk(data: bytes, name: str = "clinics.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return to_disk


def run(path: Path, *options: str) -> tuple[str, str]:
    """What the command says, and what it complains about."""
    out, err = StringIO(), StringIO()
    call_command("import_clinics", str(path), *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def stored() -> list[int]:
    """How much there is of everything that an import writes."""
    models = (Organization, Clinic, Practitioner, License, Offering, Case, AuditEvent)
    return [model.objects.count() for model in models]


# --- good files --------------------------------------------------------------------------------


def test_a_row_becomes_a_candidate_with_all_that_it_says(write, staff):
    out, _ = run(write(file(cells())), "--by", staff.email)

    clinic = candidates.waiting().get()
    assert "1 candidates added" in out
    assert clinic.origin == Clinic.Origin.IMPORT
    assert (clinic.name, clinic.line1, clinic.line2) == (
        CELLS["clinic_name"],
        CELLS["address"],
        CELLS["address_2"],
    )
    assert (clinic.city, clinic.state, clinic.zip, clinic.phone) == ("Denver", "CO", "80202", "+13035550142")
    assert clinic.organization.npi == CELLS["organization_npi"]
    assert str(clinic.responsible) == "Ada Example, MD"
    assert clinic.responsible.licenses.get().number == "DR.0000001"
    assert {(o.modality, o.psychotherapy) for o in clinic.offerings.all()} == {
        ("esketamine", True),
        ("iv", True),
    }
    assert AuditEvent.objects.get(action="candidate.added").actor == f"user:{staff.pk}"


def test_nothing_from_a_file_is_listed_or_checked(write):
    run(write(file(cells(), another(), another())))
    assert set(Clinic.objects.values_list("status", flat=True)) == {"candidate"}
    assert not Clinic.objects.shown().exists()
    assert Case.objects.filter(kind=Case.Kind.NEW).count() == 3


def test_the_same_file_again_changes_nothing(write):
    path = write(file(cells(), another(), another(organization_npi="")))
    run(path)
    before = stored()
    out, _ = run(path)
    assert "0 new" in out
    assert "3 known already" in out
    assert stored() == before


def test_a_dry_run_changes_nothing(write):
    before = stored()
    out, _ = run(write(file(cells(), another())), "--dry-run")
    assert "2 new" in out
    assert stored() == before


def test_a_row_that_stands_twice_in_a_file_is_added_once(write):
    out, _ = run(write(file(cells(), cells(address="12 Example St.", address_2="#4"))))
    assert "1 candidates added, 1 known already" in out


def test_a_merged_candidate_is_known_when_its_file_comes_again(write, staff, clinic):
    path = write(file(cells()))
    run(path)
    candidates.merge(candidate=candidates.waiting().get(), into=clinic, by=staff)
    out, _ = run(path)
    assert "1 known already" in out
    assert not candidates.waiting().exists()


def test_a_like_clinic_is_added_with_a_note_for_a_person(write):
    known = build.clinic(name="Juniper Example Center", phone="+13035550142", zip="80202")
    out, _ = run(write(file(cells())))
    case = Case.objects.get(kind=Case.Kind.NEW)
    assert "1 may be a clinic that is known" in out
    assert case.why == [
        f"It may be “\u2068{known.name}\u2069”: {Why.PHONE.label} and {Why.NAME_NEARBY.label}."
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_it_reads_what_spreadsheets_write(write, delimiter, ending):
    content = text(cells(), another(), delimiter=delimiter).replace("\r\n", ending)
    assert "2 candidates added" in run(write(content.encode()))[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_it_reads_the_encodings_of_spreadsheets(write, encoding):
    content = text(cells(clinic_name="Clínica Peña – Example"))
    run(write(content.encode(encoding)))
    assert candidates.waiting().get().name == "Clínica Peña – Example"


def test_it_says_when_it_had_to_guess_the_encoding(write):
    _, err = run(write(text(cells(clinic_name="Clínica")).encode("cp1252")))
    assert "Windows-1252" in err


def test_the_line_of_excel_that_names_the_separator_is_no_header(write):
    assert "1 candidates added" in run(write(b"sep=;\r\n" + file(cells(), delimiter=";")))[0]


def test_columns_in_any_order_under_usual_names_with_notes_of_ones_own(write):
    line = cells(x_note="call after ten", ZIP_Code="80202", Telephone="(303) 555-0142 ext 7")
    del line["zip"], line["phone"]
    run(write(file({name: line[name] for name in sorted(line)})))
    clinic = candidates.waiting().get()
    assert (clinic.phone, clinic.phone_extension) == ("+13035550142", "7")


def test_words_are_read_as_people_write_them(write):
    run(
        write(
            file(
                cells(
                    state="colorado",
                    zip="80202-1234",
                    license_expires="04/30/2027",
                    modalities="Spravato (esketamine nose spray); IV",
                    psychotherapy="Y",
                )
            )
        )
    )
    clinic = candidates.waiting().get()
    assert (clinic.state, clinic.zip) == ("CO", "80202")
    assert sorted(clinic.offerings.values_list("modality", flat=True)) == ["esketamine", "iv"]


def test_empty_lines_and_the_row_of_the_template_are_left_out(write):
    filled = clinic_csv.template() + text(cells(), columns=list(clinic_csv.COLUMNS)).split("\r\n", 1)[1]
    out, _ = run(write(f"{filled}\r\n\r\n,,,\r\n".encode()))
    assert "1 candidates added, 0 known already" in out


def test_the_template_is_printed_and_can_be_filled_in(write):
    out = StringIO()
    call_command("import_clinics", "--template", stdout=out)
    columns = next(csv.reader(StringIO(out.getvalue())))
    assert columns == list(clinic_csv.COLUMNS)
    assert "1 candidates added" in run(write(file(cells(), columns=columns)))[0]


def test_the_columns_are_documented():
    page = (settings.BASE_DIR / "docs" / "clinics-csv.md").read_text()
    assert [name for name in clinic_csv.COLUMNS if f"| `{name}` |" not in page] == []


# --- what is typed stays what it is ------------------------------------------------------------

INERT = [
    '=HYPERLINK("https://evil.example/","x")',
    "+1+1|cmd",
    "-2+3",
    "@SUM(1)",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "'; DROP TABLE directory_clinic; --",
    "{{ 7|add:7 }}{% debug %}",
    "%s%n../../etc/passwd",
]


@pytest.mark.parametrize("odd", INERT)
def test_formulas_and_markup_are_kept_as_they_came(write, odd):
    run(write(file(cells(clinic_name=odd))))
    assert candidates.waiting().get().name == odd


HELD = [
    {"website": "javascript:alert(document.cookie)"},
    {"website": " java\tscript:alert(1)"},
    {"website": "data:text/html,<script>alert(1)</script>"},
    {"clinic_name": "K\u0435tamine Clinic of Denver"},
    {"clinic_name": "Juniper \u202ecinilC"},
    {"website": "https://j\u0443niper.example/"},
    {"clinic_name": "Buy ketamine online, no prescription"},
]


@pytest.mark.parametrize("odd", HELD)
def test_what_looks_like_something_else_is_added_and_held(write, odd):
    run(write(file(cells(**odd))))
    clinic = candidates.waiting().get()
    assert clinic.cases.open().filter(kind=Case.Kind.HELD).exists()
    assert not clinic.website.startswith(("javascript", "java", "data"))


# --- bad rows ----------------------------------------------------------------------------------

BAD_ROWS = [
    ("clinic_name", ""),
    ("clinic_name", " \u200b\u200e "),
    ("clinic_name", f"{MARK}x" * 40),
    ("address", ""),
    ("address", MARK * 20),
    ("city", ""),
    ("state", "ZZ"),
    ("state", "AE"),
    ("state", f"{MARK}"),
    ("zip", "8020"),
    ("zip", f"8020{MARK}"),
    ("zip", "80202-12"),
    ("phone", ""),
    ("phone", "911"),
    ("phone", "12345"),
    ("phone", f"{MARK}"),
    ("phone", "+49 30 901820"),
    ("phone", "900-555-0142"),
    ("website", f"{MARK} dot com"),
    ("website", "ftp:/" + MARK),
    ("organization_npi", "1234567890"),
    ("organization_npi", "123456789"),
    ("organization_npi", f"{MARK}"[:10]),
    ("organization_npi", "1234567893.0"),
    ("clinician_npi", "1234567890"),
    ("modalities", f"iv | {MARK}"),
    ("modalities", "take-home"),
    ("psychotherapy", f"{MARK}"),
    ("license_expires", "30.04.2027"),
    ("license_expires", "2027-02-30"),
    ("license_expires", "9999-12-31"),
    ("license_board", ""),
    ("clinician_last_name", ""),
    ("clinician_first_name", ""),
    ("license_state", f"{MARK}"),
    ("license_lookup", f"{MARK} x"),
]


@pytest.mark.parametrize(("column", "value"), BAD_ROWS)
def test_a_bad_cell_stops_the_file_and_is_named_without_its_value(write, column, value):
    columns = list(clinic_csv.COLUMNS)
    path = write(file(another(), cells(**{column: value}), another(), columns=columns))
    before = stored()
    err = StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("import_clinics", str(path), stdout=StringIO(), stderr=err)

    assert stored() == before
    assert f"Line 3, {column}:" in err.getvalue()
    assert "nothing was added" in str(refused.value)
    assert MARK not in err.getvalue() + str(refused.value)


def test_a_bad_row_can_be_left_out(write):
    path = write(file(another(), cells(zip="x"), another()))
    out, _ = run(path, "--partial")
    assert "2 candidates added, 0 known already, 1 left out" in out
    assert "1 candidates added, 2 known already" in run(write(file(*_mended(path))))[0]


def _mended(path: Path) -> list[dict[str, str]]:
    rows = list(csv.DictReader(path.read_text().splitlines()))
    return [{**row, "zip": "80202"} for row in rows]


def test_the_report_names_every_problem_and_every_clinic_that_may_be_known(write, tmp_path):
    known = build.clinic(phone="+13035550142", zip="80202")
    path = write(file(cells(), another(state=MARK, zip="1"), another()))
    run(path, "--dry-run")
    report = (tmp_path / "reports" / "clinics-clinics.csv").read_text()
    rows = list(csv.reader(report.splitlines()))[1:]
    assert {(row[0], row[1]) for row in rows} == {("2", ""), ("3", "state"), ("3", "zip")}
    assert f"clinic {known.pk}" in report
    assert MARK not in report


def test_shifted_columns_are_bad_rows(write):
    lines = text(cells(), another()).splitlines()
    short, long = lines[1].rsplit(",", 1)[0], lines[2] + "," + MARK
    with pytest.raises(CommandError):
        run(write("\r\n".join([lines[0], short, long]).encode()))
    assert not candidates.waiting().exists()


# --- bad files ---------------------------------------------------------------------------------

HEADER = ",".join(CELLS)
BAD_FILES = {
    "empty": b"",
    "only blanks": b" \r\n\r\n ",
    "only a mark": b"\xef\xbb\xbf",
    "only a header": HEADER.encode(),
    "no header": file(cells()).split(b"\r\n", 1)[1],
    "nul": HEADER.encode() + b"\r\nA\0B",
    "all nul": b"\0" * 1000,
    "a ZIP file": b"PK\x03\x04" + b"x" * 100,
    "an old Excel file": b"\xd0\xcf\x11\xe0" + b"x" * 100,
    "gzip": b"\x1f\x8b\x08" + b"x" * 100,
    "a PDF": b"%PDF-1.7\n",
    "a web page": b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>",
    "JSON": b'{"error": "not found"}',
    "a quote never closed": file(cells()) + b'\r\n"' + MARK.encode() + b",1\r\n" * 50,
    "a quote in the wrong place": HEADER.encode() + b'\r\n"a"b,c' + b"," * 18,
    "a cell without end": HEADER.encode() + b"\r\n" + b"x" * 200_000,
    "a header without end": b"x" * 200_000 + b"," + HEADER.encode(),
    "a needed column missing": file({k: v for k, v in cells().items() if k != "zip"}),
    "a column renamed": file(cells()).replace(b"clinician_npi", b"doctor").replace(b"website", b"adress_2"),
    "a column twice": (HEADER + ",city").encode() + b"\r\n" + b"," * 18,
    "a column under two names": (HEADER + ",zip_code").encode() + b"\r\n" + b"," * 18,
    "a column without a name": HEADER.replace("website", "").encode() + b"\r\n" + b"," * 18,
    "half of UTF-16": "clinic".encode("utf-16")[:-1],
    "UTF-16 without its mark": text(cells()).encode("utf-16-le"),
    "bytes of no encoding": HEADER.encode() + b"\r\n\x81\x8d\x8f",
    "another separator": text(cells(), delimiter="|").encode(),
    "too many rows": HEADER.encode() + b"\r\n" + b"x\r\n" * (clinic_csv.MOST_ROWS + 2),
    "too many bytes": b"x" * (clinic_csv.MOST_BYTES + 1),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_is_no_table_of_clinics_is_refused_with_a_sentence(write, name):
    before = stored()
    with pytest.raises(CommandError) as refused:
        run(write(BAD_FILES[name]))
    assert len(str(refused.value)) < 200
    assert MARK not in str(refused.value)
    assert stored() == before


def test_the_corpus_of_bad_files_and_rows_is_large_enough():
    assert len(BAD_FILES) >= 25
    assert len(BAD_ROWS) >= 25


def test_a_file_that_is_not_there_and_a_person_who_is_not_are_named(write, tmp_path, owner):
    with pytest.raises(CommandError, match="cannot be opened"):
        run(tmp_path / "none.csv")
    with pytest.raises(CommandError, match="cannot be opened"):
        run(tmp_path)
    with pytest.raises(CommandError, match="--by"):
        run(write(file(cells())), "--by", owner.email)
    with pytest.raises(CommandError, match="Name a CSV file"):
        call_command("import_clinics")


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_is_read_or_refused_and_never_a_trace(seed):
    chance = random.Random(seed)
    data = bytearray(file(cells(), another(), another()))
    for _ in range(chance.randrange(1, 12)):
        place = chance.randrange(len(data))
        if chance.random() < 0.5:
            data[place] = chance.randrange(256)
        else:
            del data[place : place + chance.randrange(1, 40)]
    try:
        plan = clinic_import.plan(bytes(data))
    except UnreadableFile:
        return
    clinic_import.carry_out(plan, by=None, origin=Clinic.Origin.IMPORT, partial=True)


# --- a run that is cut off ---------------------------------------------------------------------


def test_a_run_that_is_cut_off_is_finished_by_the_next(write, monkeypatch):
    monkeypatch.setattr(clinic_import, "BATCH", 2)
    lines = [another() for _ in range(7)]
    path = write(file(*lines))
    add_each, calls = candidates.add_each, []

    def broken(**kwargs):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return add_each(**kwargs)

    monkeypatch.setattr(candidates, "add_each", broken)
    with pytest.raises(KeyboardInterrupt):
        run(path)
    assert candidates.waiting().count() == 4
    monkeypatch.setattr(candidates, "add_each", add_each)
    assert "3 candidates added, 4 known already" in run(path)[0]
    assert candidates.waiting().count() == 7


def test_what_has_become_known_since_the_plan_is_not_added_twice():
    data = file(cells(), another())
    plan = clinic_import.plan(data)
    clinic_import.carry_out(clinic_import.plan(data), by=None, origin=Clinic.Origin.IMPORT)
    outcome = clinic_import.carry_out(plan, by=None, origin=Clinic.Origin.IMPORT)
    assert (outcome.added, outcome.known) == (0, 2)
    assert duplicates.Register.everything()
    assert candidates.waiting().count() == 2
