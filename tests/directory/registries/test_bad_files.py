"""What an import does with a file that is not what it should be: every row of security.md section 5, "Importer"."""

import csv
import gzip
import zipfile
from datetime import date
from pathlib import Path

import pytest

from directory.models import NppesRecord, RegistryFile
from directory.registries import load, nppes, reading
from tests.directory.registries import making
from tests.shared_data import shared

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(take, tmp_path):
    """A table of 100 rows that no bad file may change."""
    take(making.csv_file(tmp_path, making.rows(100), name="loaded.csv"))
    before = table()
    yield before
    assert table() == before


def table():
    return list(NppesRecord.objects.order_by("npi").values_list())


def text_file(folder, content, name="file.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(path: Path):
    """The row-level report."""
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


# --- not the file at all ----------------------------------------------------------------------------------

PAGE = "<!DOCTYPE html><html><head><title>503</title></head><body>Try again later</body></html>"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf\r\n", "The file is empty."),
        (PAGE.encode(), "it looks like a web page"),
        (b"\xef\xbb\xbf \n" + PAGE.encode(), "it looks like a web page"),
        (b"%PDF-1.7", "it looks like a web page"),
        (making.csv_text(making.rows(2)).encode("utf-16"), "The file is UTF-16."),
        (making.csv_text(making.rows(2)).encode("utf-16-le"), "The header lacks a column that is needed"),
        (making.csv_text(making.rows(2)).encode("cp037"), "The header lacks a column that is needed"),
        (b'{"message": "Rate limited"}', "not an answer of the NPI registry"),
        (b'{"results": [', "The message is damaged or cut off."),
        (b'{"results": ' + b"[" * 100_000, "The message is damaged or cut off."),
        (making.csv_text([]).encode(), "The file has no row that can be used."),
        (b"x" * (reading.LONGEST_LINE * 2), "A line is longer than a million characters"),
        (b"\0" * (reading.LONGEST_LINE * 2), "A line is longer than a million characters"),
        (b'"NPI' + b"x\n" * 200_000, "has no end"),
        (b"PK\x03\x04 and no archive", "damaged or cut off"),
        (b"\x1f\x8b and no gzip", "damaged or cut off"),
    ],
    ids=lambda value: f"{value[:12]!r}" if isinstance(value, bytes) else "",
)
def test_what_is_no_table_is_refused(take, tmp_path, loaded, content, why):
    file = take(text_file(tmp_path, content), day=2)
    assert file.state == "refused"
    assert why in file.stops[0]
    assert file.finished_at


def test_a_file_that_is_not_there_is_refused(take, tmp_path, loaded):
    assert take(tmp_path / "nothing.csv", day=2).stops == [
        "The file cannot be opened: No such file or directory."
    ]


# --- encodings and line ends ------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_lines_may_end_as_on_any_system_with_a_byte_order_mark_or_without(take, tmp_path, end, mark):
    path = text_file(tmp_path, mark + making.csv_text(making.rows(5_000), end=end))
    file = take(path)
    assert (file.state, file.rows, file.bad_rows) == ("loaded", 5_000, 0)
    assert [record[0] for record in table()] == sorted(making.an_npi(number) for number in range(5_000))


def test_a_row_that_is_not_utf_8_is_reported_and_left(take, tmp_path, settings):
    content = making.csv_text(making.rows(100)).encode().replace(b"EXAMPLE-51", b"EXAMPLE-\xd1")
    file = take(text_file(tmp_path, content))
    assert (file.state, file.rows, file.bad_rows) == ("loaded", 99, 1)
    assert lines(settings.DATA_DIR / file.report) == [
        {
            "row": "53",
            "column": "Provider Organization Name (Legal Business Name)",
            "problem": "is not text in the encoding of the file",
        }
    ]


def test_letters_beyond_ascii_are_kept(take, tmp_path):
    take(making.csv_file(tmp_path, [making.row(1, Provider_First_Name="Zoë-Ñ 李")]))
    assert NppesRecord.objects.get().first_name == "Zoë-Ñ 李"


def test_a_nul_makes_a_bad_row(take, tmp_path, loaded):
    made = [*making.rows(99), making.row(99, Provider_First_Name="A\0B")]
    assert take(making.csv_file(tmp_path, made), day=2, dry_run=True).bad_rows == 1


# --- rows -------------------------------------------------------------------------------------------------


def damaged(count, of=100, **cells):
    """The first `count` of `of` rows with other cells."""
    return [making.row(number, **cells if number < count else {}) for number in range(of)]


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"NPI": "1234567890"}, "is not an NPI: ten digits, of which the last must fit the others"),
        ({"Entity Type Code": "3"}, "is not one of the known codes"),
        ({"Provider Enumeration Date": "2011-01-02"}, "is not a date as expected"),
        ({"Provider Enumeration Date": "13/45/2011"}, "is not a date as expected"),
        ({"Provider Enumeration Date": "01/02/0211"}, "is a date outside 1900 to 2199"),
        ({"NPI Deactivation Date": "01/02/2150"}, "is a date in the future"),
        ({"Provider First Name": "A" * 61}, "is longer than 60 characters"),
        (
            {
                "Provider Last Name (Legal Name)": "A" * 161,
                "Provider Organization Name (Legal Business Name)": "",
            },
            "is longer than 160 characters",
        ),
    ],
)
def test_a_bad_row_is_reported_by_row_and_column_and_left(take, tmp_path, settings, cells, problem):
    file = take(making.csv_file(tmp_path, damaged(1, **cells)))
    assert (file.state, file.rows, file.bad_rows) == ("loaded", 99, 1)
    (line,) = lines(settings.DATA_DIR / file.report)
    assert (line["row"], line["problem"]) == ("2", problem)


def test_the_report_repeats_no_cell_and_is_nobody_elses_to_read(take, tmp_path, settings):
    file = take(making.csv_file(tmp_path, damaged(5, Provider_First_Name="SECRET" * 20)))
    path = settings.DATA_DIR / file.report
    assert "SECRET" not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_report_is_capped(take, tmp_path, settings, monkeypatch):
    monkeypatch.setattr("directory.registries.reports.MOST_LINES", 3)
    file = take(making.csv_file(tmp_path, damaged(5, NPI="x")))
    assert [line["problem"] for line in lines(settings.DATA_DIR / file.report)][3:] == ["2 more"]


@pytest.mark.parametrize(("bad", "state"), [(5, "loaded"), (6, "held")])
def test_more_than_five_in_a_hundred_bad_rows_hold_the_file(take, tmp_path, bad, state):
    file = take(making.csv_file(tmp_path, damaged(bad, NPI="1234567890")))
    assert (file.state, file.bad_rows) == (state, bad)
    assert file.stops == ([] if state == "loaded" else ["6 of 100 rows are bad."])
    assert NppesRecord.objects.count() == (95 if state == "loaded" else 0)


@pytest.mark.parametrize(("left", "state"), [(90, "loaded"), (89, "held"), (70, "held")])
def test_more_than_ten_in_a_hundred_rows_fewer_hold_the_file(take, tmp_path, left, state):
    take(making.csv_file(tmp_path, making.rows(100), name="first.csv"))
    file = take(making.csv_file(tmp_path, making.rows(left)), day=2)
    assert (file.state, NppesRecord.objects.count()) == (state, 90 if state == "loaded" else 100)


def test_columns_shifted_under_the_same_header_hold_the_file(take, tmp_path, loaded):
    shifted = ([*row[1:], row[0]] for row in making.rows(100))
    file = take(making.csv_file(tmp_path, shifted), day=2)
    assert (file.state, file.stops) == ("refused", ["The file has no row that can be used."])


def test_columns_shifted_further_on_hold_the_file(take, tmp_path, loaded):
    shifted = ([*row[:20], "", *row[20:-1]] for row in making.rows(100))
    file = take(making.csv_file(tmp_path, shifted), day=2)
    assert file.state in {"held", "refused"}


def test_rows_with_more_or_fewer_cells_are_bad(take, tmp_path, settings):
    made = [*making.rows(98), making.row(98)[:-1], [*making.row(99), ""]]
    file = take(making.csv_file(tmp_path, made))
    assert (file.rows, file.bad_rows) == (98, 2)
    problems = [line["problem"] for line in lines(settings.DATA_DIR / file.report)]
    assert problems == ["has 329 cells, not 330", "has 331 cells, not 330"]


def test_a_quotation_mark_in_the_wrong_place_spoils_its_own_row_alone(take, tmp_path, settings):
    content = making.csv_text(making.rows(100)).replace('"EXAMPLE-51"', '"EXAMPLE"-51"')
    file = take(text_file(tmp_path, content))
    assert (file.rows, file.bad_rows) == (99, 1)
    assert lines(settings.DATA_DIR / file.report)[0]["problem"] == "has a quotation mark in the wrong place"


@pytest.mark.parametrize("at", [3_000, 50_000])
def test_a_quotation_mark_that_is_never_closed_refuses_the_file(take, tmp_path, loaded, at):
    content = making.csv_text(making.rows(200))
    cut = content.index('\n"', len(content) - at) + 2
    file = take(text_file(tmp_path, content[:cut] + content[cut:].replace('"', "")), day=2)
    assert file.state == "refused"
    assert "has no end: a quotation mark is missing" in file.stops[0]


def test_blank_lines_are_no_rows(take, tmp_path):
    file = take(text_file(tmp_path, making.csv_text(making.rows(10)) + "\n\n\r\n"))
    assert (file.rows, file.bad_rows) == (10, 0)


def test_of_a_number_that_comes_twice_the_last_row_counts(take, tmp_path, settings):
    made = [*making.rows(50), making.row(7, Provider_First_Name="LAST")]
    file = take(making.csv_file(tmp_path, made))
    assert (file.state, file.rows, file.bad_rows) == ("loaded", 50, 1)
    assert NppesRecord.objects.get(npi=making.an_npi(7)).first_name == "LAST"
    assert lines(settings.DATA_DIR / file.report)[0]["problem"] == (
        "1 rows repeat another one's; the last of each counts"
    )


# --- dates of files, and the same file again --------------------------------------------------------------


def test_a_file_older_than_the_loaded_one_is_refused(take, tmp_path):
    take(making.csv_file(tmp_path, making.rows(10), name="new.csv"), day=20)
    file = take(making.csv_file(tmp_path, making.rows(10_0)), day=19)
    assert (file.state, file.stops) == ("refused", ["The file is older than the one that is loaded."])
    assert NppesRecord.objects.count() == 10


@pytest.mark.parametrize("known", [False, True])
def test_a_file_dated_in_the_future_is_refused_even_if_it_was_loaded_before(take, tmp_path, known):
    registry, path = nppes.registry_of("main"), making.csv_file(tmp_path, making.rows(1))
    if known:
        take(path)
    file = load(registry, path, source_date=date(2199, 1, 1))
    assert (file.state, file.stops) == ("refused", ["The file is dated in the future."])


def test_the_same_file_twice_is_unchanged_and_not_even_read(take, tmp_path, loaded):
    file = take(tmp_path / "loaded.csv", day=2)
    assert (file.state, file.rows, file.added, file.changed, file.removed) == ("unchanged", 100, 0, 0, 0)


def test_the_same_rows_in_another_file_change_no_row(take, tmp_path, loaded):
    file = take(making.csv_file(tmp_path, making.rows(100), end="\r\n"), day=2)
    assert (file.state, file.rows, file.added, file.changed, file.removed) == ("loaded", 100, 0, 0, 0)


# --- archives ---------------------------------------------------------------------------------------------

MEMBER = "npidata_pfile_20050523-20261108.csv"


@pytest.mark.parametrize(
    "name", ["../npidata_pfile_1.csv", "/etc/npidata_pfile_1.csv", "a/../../x.csv", "C:\\x.csv", "..\\x.csv"]
)
def test_an_archive_that_reaches_outside_of_itself_is_refused(take, tmp_path, loaded, name):
    path = making.zip_file(tmp_path, {MEMBER: making.csv_text(making.rows(2)), name: "x"})
    file = take(path, day=2, member=MEMBER)
    assert (file.state, file.stops) == ("refused", ["The ZIP archive names a file outside of itself."])


def test_a_bomb_is_refused(take, tmp_path, loaded):
    path = making.zip_file(tmp_path, {MEMBER: making.csv_text([]) + "\n" * 50_000_000})
    file = take(path, day=2, member=MEMBER)
    assert (file.state, file.stops) == ("refused", ["The ZIP archive holds far more than its size allows."])


def test_a_bomb_that_lies_about_its_size_is_refused(take, tmp_path, loaded):
    path = making.zip_file(tmp_path, {MEMBER: making.csv_text([]) + "\n" * 50_000_000})
    size = len(making.csv_text([])) + 50_000_000
    path.write_bytes(path.read_bytes().replace(size.to_bytes(4, "little"), (5_000).to_bytes(4, "little")))
    assert take(path, day=2, member=MEMBER).state == "refused"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_cut_archive_is_refused(take, tmp_path, loaded, share):
    path = making.zip_file(tmp_path, {MEMBER: making.csv_text(making.rows(500))})
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    file = take(path, day=2, member=MEMBER)
    assert (file.state, file.stops) == (
        "refused",
        ["The ZIP archive is damaged or cut off. Download it again."],
    )


def test_an_archive_with_a_changed_byte_is_refused(take, tmp_path, loaded):
    path = making.zip_file(tmp_path, {MEMBER: making.csv_text(making.rows(5_000))})
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    file = take(path, day=2, member=MEMBER)
    assert file.state == "refused"


@pytest.mark.parametrize("share", [0.5, 0.99])
def test_a_cut_gzip_file_is_refused(take, tmp_path, loaded, share):
    content = gzip.compress(making.csv_text(making.rows(500)).encode())
    path = text_file(tmp_path, content[: int(len(content) * share)], "npidata.csv.gz")
    file = take(path, day=2)
    assert (file.state, file.stops) == ("refused", ["The file is damaged or cut off. Download it again."])


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_too_a_file_that_is_cut_off_further_on_leaves_nothing_behind(take, tmp_path):
    content = gzip.compress(making.csv_text(making.rows(5_000)).encode())
    path = text_file(tmp_path, content[:-100], "npidata.csv.gz")
    assert take(path).state == "refused"
    assert not NppesRecord.objects.exists()
    assert take(making.csv_file(tmp_path, making.rows(5))).state == "loaded"


def test_a_whole_gzip_file_is_read(take, tmp_path):
    path = text_file(tmp_path, gzip.compress(making.csv_text(making.rows(5)).encode()), "npidata.csv.gz")
    assert (take(path).state, NppesRecord.objects.count()) == ("loaded", 5)


def test_an_archive_that_names_a_file_twice_is_refused(take, tmp_path, loaded):
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MEMBER, "x")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr(MEMBER, "y")
    assert take(path, day=2, member=MEMBER).stops == ["The ZIP archive names a file twice."]


# --- workbooks --------------------------------------------------------------------------------------------

LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet><sheetData>'
    '<row><c t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
)


@pytest.mark.parametrize(
    ("sheet", "why"),
    [
        (LAUGHS, "declares a document type"),
        (LAUGHS.replace('"aaaaaaaaaa"', 'SYSTEM "file:///etc/passwd"'), "declares a document type"),
        ("<worksheet><sheetData><row>", "The workbook is damaged"),
        ('<worksheet><row><c r="ZZZ1" t="inlineStr"><t>x</t></c></row></worksheet>', "more columns"),
        ('<worksheet><row><c t="s"><v>7</v></c></row></worksheet>', "The workbook is damaged"),
        ('<worksheet><row><c t="s"><v>x</v></c></row></worksheet>', "The workbook is damaged"),
        (f"<worksheet><row><c><v>{'x' * 40_000}</v></c></row></worksheet>", "longer than a cell can be"),
        ("<worksheet></worksheet>", "The file is empty."),
        ("<worksheet><row><c t='inlineStr'><t>No header</t></c></row></worksheet>", "lacks a column"),
    ],
)
def test_a_bad_workbook_is_refused(take, tmp_path, sheet, why):
    file = take(making.workbook(tmp_path, [], sheet=sheet), kind="deactivated")
    assert file.state == "refused"
    assert why in file.stops[0]


def test_a_workbook_may_leave_cells_out_and_hold_days_as_numbers(take, tmp_path):
    sheet = (
        '<worksheet><sheetData><row><c r="B1" t="inlineStr"><is><t>NPI</t></is></c><c r="D1" t="inlineStr"><is>'
        f'<t>NPPES Deactivation Date</t></is></c></row><row><c r="B2"><v>{making.an_npi(1)}</v></c>'
        '<c r="D2"><v>43831</v></c></row></sheetData></worksheet>'
    )
    file = take(making.workbook(tmp_path, [], sheet=sheet), kind="deactivated")
    assert (file.state, file.rows, file.bad_rows) == ("loaded", 1, 0)


# --- real files, damaged ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b'"NPI"', b'"Npl"', 1),
        lambda content: content.replace(b'"', b""),
        lambda content: content.replace(b",", b";"),
        lambda content: content.replace(b'"05/23/2005"', b'"23.05.2005"'),
        lambda content: content.replace(b"\n", b"\n\0"),
        lambda content: content.replace(b'"1', b'"3'),
        lambda content: b"<html>" + content,
    ],
)
def test_a_real_file_that_was_damaged_changes_nothing(take, tmp_path, damage):
    real = shared("nppes/npidata_first10_real_2015.csv")
    take(real)
    before = table()
    file = take(text_file(tmp_path, damage(real.read_bytes())), day=2)
    assert file.state in {"held", "refused"}
    assert file.stops
    assert table() == before
    assert RegistryFile.objects.filter(state="loaded").count() == 1
