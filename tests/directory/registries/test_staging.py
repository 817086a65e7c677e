"""What a file changes: only rows that differ, all at once, and only in the part of the table it speaks for."""

from datetime import date
from pathlib import Path

import pytest
from django.db import connection

from accounts.models import AuditEvent
from directory.models import BoardLicense, RegistryFile
from directory.refusals import NotAllowed
from directory.registries import Column, Combined, Registry, fields, load, loading, reports
from directory.registries.loading import Busy
from tests.directory.registries import making

DAY = date(2026, 11, 1)
ACTIVE = {"Active": "active", "Revoked": "revoked"}


def too_many_turn(staged):
    turning, active = staged.turning("status", ("active",))
    return [f"{turning} of {active} turn invalid."] if turning > 0.02 * active else []


def board(state, **options):
    """A board's file, as any importer of licenses would describe it."""
    number = ("License Number", "LicNo")
    return Registry(
        name=f"license:{state}",
        model=BoardLicense,
        columns=(
            Combined("key", (number,), lambda cells: f"{state} {cells[0]}"),
            Column("number", number),
            Column("number_key", ("Key",), parse=str.lower),
            Column("status", ("Status",), parse=fields.one_of(ACTIVE)),
            Column("expires_on", ("Expires",), parse=fields.day("%Y-%m-%d")),
        ),
        constants={"board": state, "state": state},
        scope=("board",),
        stops=(too_many_turn,),
        **options,
    )


def licenses(folder, count, *, revoked=0):
    rows = (
        [f"N-{number}", f"N{number}", "Revoked" if number < revoked else "Active", "2027-01-31"]
        for number in range(count)
    )
    return making.csv_file(
        folder, rows, name=f"{count}-{revoked}.csv", head=["LicNo", "Key", "Status", "Expires"]
    )


@pytest.mark.django_db
def test_a_file_replaces_its_own_part_of_the_table_alone(tmp_path):
    load(board("CO"), licenses(tmp_path, 100), source_date=DAY)
    load(board("TX"), licenses(tmp_path, 10), source_date=DAY)
    file = load(board("CO"), licenses(tmp_path, 99), source_date=DAY)
    assert (file.added, file.changed, file.removed) == (0, 0, 1)
    assert BoardLicense.objects.filter(board="CO").count() == 99
    assert BoardLicense.objects.filter(board="TX").count() == 10
    one = BoardLicense.objects.get(key="TX N-3")
    assert (one.number_key, one.expires_on, one.last_name, one.discipline) == (
        "n3",
        date(2027, 1, 31),
        "",
        False,
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("revoked", "state"), [(2, "loaded"), (3, "held"), (100, "held")])
def test_a_stop_of_the_registrys_own_holds_the_file(tmp_path, revoked, state):
    load(board("CO"), licenses(tmp_path, 100), source_date=DAY)
    file = load(board("CO"), licenses(tmp_path, 100, revoked=revoked), source_date=DAY)
    assert file.state == state
    assert BoardLicense.objects.filter(status="revoked").count() == (revoked if state == "loaded" else 0)
    assert file.stops == ([] if state == "loaded" else [f"{revoked} of 100 turn invalid."])


@pytest.mark.django_db
def test_a_held_file_is_loaded_when_a_verifier_confirms_and_the_trail_says_who(tmp_path, verifier, staff):
    load(board("CO"), licenses(tmp_path, 100), source_date=DAY)
    path = licenses(tmp_path, 100, revoked=50)
    with pytest.raises(NotAllowed):
        load(board("CO"), path, source_date=DAY, confirm_by=staff)
    file = load(board("CO"), path, source_date=DAY, confirm_by=verifier)
    assert (file.state, file.changed, file.confirmed_by) == ("loaded", 50, verifier)
    link = AuditEvent.objects.latest("seq")
    assert (link.action, link.actor, link.object_id) == (
        "registry.confirmed",
        f"user:{verifier.pk}",
        str(file.pk),
    )


@pytest.mark.django_db
def test_a_confirmation_that_was_not_needed_is_not_recorded(tmp_path, verifier):
    file = load(board("CO"), licenses(tmp_path, 10), source_date=DAY, confirm_by=verifier)
    assert (file.confirmed_by, AuditEvent.objects.latest("seq").actor) == (None, "system")


@pytest.mark.django_db
def test_a_dry_run_counts_what_the_swap_then_does(take, tmp_path):
    take(making.csv_file(tmp_path, making.rows(50), name="first.csv"))
    made = [
        *(making.row(number, Provider_First_Name="X" if number < 5 else "") for number in range(48)),
        making.row(90),
    ]
    path = making.csv_file(tmp_path, made)
    dry = take(path, dry_run=True)
    assert dry.pk is None
    assert RegistryFile.objects.count() == 1
    wet = take(path)
    assert (dry.added, dry.changed, dry.removed) == (wet.added, wet.changed, wet.removed)
    assert (wet.added, wet.removed) == (1, 2)
    assert wet.changed > 5


@pytest.mark.django_db
def test_what_a_registry_does_with_the_swap_is_undone_with_it(tmp_path):
    def fail(staged):
        assert BoardLicense.objects.count() == 10
        raise RuntimeError

    with pytest.raises(RuntimeError):
        load(board("CO", finish=fail), licenses(tmp_path, 10), source_date=DAY)
    assert not BoardLicense.objects.exists()


@pytest.mark.django_db
def test_one_import_into_a_table_at_a_time(tmp_path):
    with loading._alone(board("CO")), pytest.raises(Busy):
        load(board("TX"), licenses(tmp_path, 10), source_date=DAY)
    assert load(board("TX"), licenses(tmp_path, 10), source_date=DAY).state == "loaded"


@pytest.mark.django_db
def test_what_an_interrupted_import_left_is_marked(tmp_path):
    load(board("CO"), licenses(tmp_path, 10), source_date=DAY)
    RegistryFile.objects.update(state="running", finished_at=None)
    load(board("CO"), licenses(tmp_path, 11), source_date=DAY)
    first, second = RegistryFile.objects.order_by("pk")
    assert (first.state, first.stops, second.state) == ("refused", [loading.INTERRUPTED], "loaded")


@pytest.mark.django_db
def test_cells_reach_the_table_unharmed_by_the_format_they_travel_in(tmp_path):
    odd = ["a\tb", "\\N", "\\.", "c\\", "new\nline", 'q"q', "'; DROP TABLE x; --", "%s", "\u2028\x85", "=1+1"]
    rows = [[f"N{place}", text, "Active", ""] for place, text in enumerate(odd)]
    load(
        board("CO"),
        making.csv_file(tmp_path, rows, head=["LicNo", "Key", "Status", "Expires"]),
        source_date=DAY,
    )
    stored = BoardLicense.objects.order_by("number").values_list("number_key", flat=True)
    assert list(stored) == [text.lower().strip() for text in odd]


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_too_a_file_comes_in_and_leaves_nothing_behind(take, tmp_path, settings):
    take(making.csv_file(tmp_path, making.rows(5_000), name="first.csv"))
    file = take(making.csv_file(tmp_path, making.rows(4_999)))
    assert (file.state, file.added, file.changed, file.removed) == ("loaded", 0, 0, 1)
    assert not list(Path(settings.DATA_DIR, "imports").glob("*.sqlite3"))
    assert "staging_directory_nppesrecord" not in connection.introspection.table_names()


@pytest.mark.django_db(transaction=True)
def test_an_error_outside_a_transaction_leaves_nothing_behind_either(tmp_path, settings):
    def fail(staged):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        load(board("CO", finish=fail), licenses(tmp_path, 10), source_date=DAY)
    assert not BoardLicense.objects.exists()
    assert load(board("CO"), licenses(tmp_path, 10), source_date=DAY).state == "loaded"
    assert not list(Path(settings.DATA_DIR, "imports").glob("*.sqlite3"))


def test_a_report_without_lines_leaves_no_file(settings, tmp_path):
    report = reports.Report("license:../CO")
    assert (report.name, list(settings.DATA_DIR.iterdir())) == ("", [])
    report.add(3, "Status", "is empty")
    report.close()
    assert report.path.parent == settings.DATA_DIR / "reports"
