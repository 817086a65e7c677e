"""Sites certified under the Spravato REMS: a list that staff make by hand, row by row."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command

from directory.models import RemsSite
from directory.registries import load, rems

pytestmark = pytest.mark.django_db

HEADER = ",".join(rems.HEADER)
GOOD = "Example Site,12 Example Street,Denver,CO,80202,303-555-0101,outpatient,locator,2025-11-01"


def write(folder, *rows, head=HEADER):
    path = folder / "sites-2025-11-08.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def take(path, **options):
    return load(rems.REMS, path, source_date=date(2025, 11, 8), **options)


def test_a_site_as_staff_wrote_it_down(tmp_path):
    assert take(write(tmp_path, GOOD)).added == 1
    site = RemsSite.objects.get()
    assert (site.name, site.zip, site.setting, site.seen) == (
        "Example Site",
        "80202",
        "outpatient",
        "locator",
    )
    assert site.seen_on == date(2025, 11, 1)


@pytest.mark.parametrize(
    ("part", "bad"),
    [
        ("Example Site", ""),
        ("12 Example Street", ""),
        ("CO", "Colorado"),
        ("80202", "8020"),
        ("outpatient", "somewhere"),
        ("locator", "heard"),
        ("2025-11-01", "11/01/2025"),
        ("2025-11-01", ""),
    ],
)
def test_a_row_that_is_not_whole_is_left_out_and_reported(tmp_path, settings, part, bad):
    others = [GOOD.replace("12 Example", f"{number} Example") for number in range(100, 140)]
    file = take(write(tmp_path, *others, GOOD.replace(part, bad)))
    assert (file.state, file.rows, file.bad_rows) == ("loaded", 40, 1)
    assert (settings.DATA_DIR / file.report).read_text().startswith("row,column,problem\n42,")


def test_seeing_a_site_again_changes_its_day(tmp_path):
    take(write(tmp_path, GOOD))
    file = take(write(tmp_path, GOOD.replace("2025-11-01", "2025-11-07")))
    assert (file.added, file.changed, file.removed) == (0, 1, 0)


def test_a_missing_column_is_refused(tmp_path):
    lacking = write(tmp_path, GOOD.replace(",locator", ""), head=HEADER.replace(",seen,", ","))
    assert take(lacking).state == "refused"


def test_the_template_is_what_the_command_reads(tmp_path, capsys):
    call_command("import_rems", template=True)
    path = tmp_path / "template-2025-11-08.csv"
    path.write_text(capsys.readouterr().out, newline="")
    call_command("import_rems", str(path), verbosity=0)
    assert RemsSite.objects.get().name == "Example Site"
    with pytest.raises(CommandError, match="FILE"):
        call_command("import_rems")
