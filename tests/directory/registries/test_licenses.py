"""Boards' lists come in as many shapes as there are boards; a committed mapping reads each."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command

from directory.models import BoardLicense
from directory.registries import licenses, load
from directory.registries.licenses import BadMapping
from tests.directory.registries import making

pytestmark = pytest.mark.django_db

MD, RN = (licenses.read_mapping(licenses.FOLDER / f"example-{kind}.toml") for kind in ("md", "rn"))

MD_HEADER = [
    "License Prefix",
    "License Number",
    "Licensee Name",
    "License Type",
    "License Status",
    "Expiration Date",
    "Public Action",
]


def md_row(
    number=1, name="EXAMPLE, JANE A", *, kind="Physician", status="Active", ends="04/30/2028", action="No"
):
    return ["DR", f"{number:07}", name, kind, status, ends, action]


def md_file(folder, rows, name="licenses-2025-11-08.csv"):
    return making.csv_file(folder, rows, name=name, head=MD_HEADER)


def rn_file(folder, rows, header=("Lic No", "Last", "First Middle", "Type", "Stat", "Exp")):
    lines = [["Example State Board of Nursing"], ["Active and former licensees"], list(header), *rows]
    return making.workbook(folder, lines, name="roster-20251108.xlsx")


def take(mapping, path, day=date(2025, 11, 8), **options):
    return load(licenses.registry(mapping), path, source_date=day, **options)


def counts(file):
    return file.state, file.rows, file.bad_rows, file.added, file.changed, file.removed


def test_a_csv_with_both_names_in_one_column(tmp_path):
    rows = [
        md_row(1),
        md_row(2, "O'EXAMPLE-ROE, JOHN Q, JR", status="active -  with conditions", action="YES"),
        md_row(3, status="Revoked", ends=""),
        md_row(4, kind="Massage Therapist"),
    ]
    file = take(MD, md_file(tmp_path, rows))
    assert counts(file) == ("loaded", 3, 0, 3, 0, 0)
    first = BoardLicense.objects.get(number="DR.0000001")
    assert (first.board, first.state, first.authority) == (MD.board, "CO", MD.authority)
    assert (first.last_name, first.first_name, first.profession) == ("EXAMPLE", "JANE A", "Physician")
    assert (first.status, first.status_words, first.discipline) == ("active", "Active", False)
    assert (first.number_key, first.expires_on) == ("DR1", date(2028, 4, 30))
    second = BoardLicense.objects.get(number="DR.0000002")
    assert (second.last_name, second.first_name) == ("O'EXAMPLE-ROE", "JOHN Q")
    assert (second.status, second.discipline) == ("active_restricted", True)
    assert BoardLicense.objects.get(status="revoked").expires_on is None


def test_a_workbook_with_its_header_two_rows_down(tmp_path):
    rows = [
        ["R00001", "Example", "Jane A", "CRNA", "A", "2028-04-30"],
        ["R00002", "Example", "John", "APRN", "VS", "46873"],  # a day as the workbook's own number
        ["R00003", "Example", "Jo", "APRN", "E"],  # the row ends early
    ]
    file = take(RN, rn_file(tmp_path, rows))
    assert counts(file) == ("loaded", 3, 0, 3, 0, 0), file.stops
    by_number = {row.number: row for row in BoardLicense.objects.all()}
    assert (by_number["R00001"].status, by_number["R00001"].expires_on) == ("active", date(2028, 4, 30))
    assert (by_number["R00002"].status, by_number["R00002"].status_words) == ("surrendered", "VS")
    assert by_number["R00002"].expires_on == date(2028, 4, 30)
    assert by_number["R00003"].expires_on is None


def test_boards_do_not_replace_each_other(tmp_path):
    take(MD, md_file(tmp_path, [md_row()]))
    take(RN, rn_file(tmp_path, [["R1", "Example", "Jo", "APRN", "A", "2028-04-30"]]))
    assert BoardLicense.objects.count() == 2


def test_a_word_that_the_mapping_does_not_know_makes_a_bad_row(tmp_path, settings):
    rows = [md_row(number) for number in range(40)]
    file = take(MD, md_file(tmp_path, [*rows, md_row(99, "SECRET, NAME", status="On leave")]))
    assert counts(file)[:4] == ("loaded", 40, 1, 40)
    report = (settings.DATA_DIR / file.report).read_text()
    assert "License Status" in report
    assert "SECRET" not in report
    assert "On leave" not in report


def test_a_changed_header_is_refused(tmp_path):
    path = making.csv_file(tmp_path, [md_row()], head=[*MD_HEADER[:4], "Standing", *MD_HEADER[5:]])
    assert take(MD, path).state == "refused"
    assert (
        take(RN, rn_file(tmp_path, [["R1", "E", "J", "APRN", "A", ""]], header=MD_HEADER[:6])).state
        == "refused"
    )


@pytest.mark.parametrize(("ending", "state"), [(2, "loaded"), (3, "held")])
def test_more_than_two_percent_turning_invalid_stops_the_file(tmp_path, ending, state):
    take(MD, md_file(tmp_path, [md_row(number) for number in range(100)]))
    rows = [md_row(number, status="Suspended" if number < ending else "Active") for number in range(100)]
    file = take(MD, md_file(tmp_path, rows, name="next.csv"), day=date(2025, 12, 8))
    assert file.state == state
    assert BoardLicense.objects.filter(status="suspended").count() == (ending if state == "loaded" else 0)


def test_a_file_in_which_all_licenses_expired_waits_for_a_verifier(tmp_path, verifier):
    take(MD, md_file(tmp_path, [md_row(number) for number in range(10)]))
    path = md_file(tmp_path, [md_row(number, status="Expired") for number in range(10)], name="next.csv")
    file = take(MD, path, day=date(2025, 12, 8))
    assert (file.state, file.stops) == ("held", ["10 of 10 active licenses would be active no more."])
    assert take(MD, path, day=date(2025, 12, 8), confirm_by=verifier).state == "loaded"
    assert BoardLicense.objects.filter(status="expired").count() == 10


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("DR.0012345", "dr 12345", True),
        ("DR.0012345", "DR-12345", True),
        ("DR0012345", "DR.12345", True),
        ("A100", "A1", False),
        ("1002", "12", False),
        ("DR.12345", "PA.12345", False),
    ],
)
def test_numbers_are_compared_by_letters_and_digits(one, other, same):
    assert (licenses.number_key(one) == licenses.number_key(other)) is same


@pytest.mark.parametrize(
    ("text", "last_first", "parts"),
    [
        ("EXAMPLE, JANE A", True, ("EXAMPLE", "JANE A")),
        ("Example-Roe,Jane", True, ("Example-Roe", "Jane")),
        ("EXAMPLE JANE", True, ("EXAMPLE", "JANE")),
        ("Jane A Example", False, ("Example", "Jane A")),
        ("Jane A Example, MD", False, ("Example", "Jane A")),
        ("Jane Example Jr.", False, ("Example", "Jane")),
        ("Example", False, ("Example", "")),
        ("", True, ("", "")),
    ],
)
def test_names_come_apart(text, last_first, parts):
    assert licenses.split_name(text, last_first=last_first) == parts


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace('"revoked"', '"gone"'), "status"),
        (lambda text: text.replace("number =", "numero ="), "number"),
        (lambda text: text.replace('state = "CO"', 'state = "XX"'), "state"),
        (lambda text: text.replace('"Active" = "active"', ""), "active"),
        (lambda text: text.replace("name_order", "order"), "key"),
        (lambda text: text.replace('"last first"', '"any"'), "name_order"),
        (lambda text: text.replace('discipline = "Public', 'disciplin = "Public'), "disciplin"),
        (lambda text: text.replace("EXAMPLE-MD", "../../etc"), "board"),
        (lambda text: text + "\n[[", "read"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(tmp_path, change, says):
    path = tmp_path / "mapping.toml"
    path.write_text(change((licenses.FOLDER / "example-md.toml").read_text()))
    with pytest.raises(BadMapping, match=says):
        licenses.read_mapping(path)


def test_every_committed_mapping_can_be_read():
    for path in licenses.FOLDER.glob("*.toml"):
        assert licenses.read_mapping(path).board.lower() == path.stem


def test_the_command_reads_the_date_from_the_name(tmp_path, capsys):
    path = md_file(tmp_path, [md_row()])
    call_command("import_licenses", str(path), board="EXAMPLE-MD", verbosity=0)
    assert "license:EXAMPLE-MD of 2025-11-08: loaded" in capsys.readouterr().out
    with pytest.raises(CommandError, match="mapping"):
        call_command("import_licenses", str(path), board="NOWHERE", verbosity=0)
    with pytest.raises(CommandError, match="EXAMPLE-RN"):
        call_command(
            "import_licenses",
            str(path),
            board="EXAMPLE-MD",
            mapping=licenses.FOLDER / "example-rn.toml",
            verbosity=0,
        )
