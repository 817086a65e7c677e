"""The exclusion list as the OIG publishes it: its header, its empty values, its doubles, its supplements."""

import csv
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent
from directory import screening
from directory.models import LeieEntry, RegistryFile
from directory.registries import leie, load
from tests import build
from tests.directory.registries import leie_rows
from tests.directory.registries.leie_rows import row, write
from tests.directory.registries.making import an_npi
from tests.shared_data import shared

pytestmark = pytest.mark.django_db

REAL = "leie/UPDATED_head_real_2026-08.csv"


def take(path, *, day=date(2025, 11, 8), supplement="", **options):
    return load(leie.registry(supplement), path, source_date=day, **options)


def counts(file):
    return file.state, file.rows, file.bad_rows, file.added, file.changed, file.removed


def run(path, **options):
    call_command("import_leie", str(path), verbosity=0, **options)


def real_rows():
    """By another reader. No name of a real party stands in this file."""
    with shared(REAL).open(newline="") as stream:
        return list(csv.DictReader(stream))


# --- the real file -----------------------------------------------------------------------------


def test_the_head_of_the_real_list_imports_with_exact_counts():
    rows = real_rows()
    file = take(shared(REAL))
    assert counts(file) == ("loaded", len(rows), 0, len(rows), 0, 0)
    assert LeieEntry.objects.count() == len(rows) == 6
    known = [row["NPI"] for row in rows if row["NPI"] != "0000000000"]
    assert sorted(LeieEntry.objects.exclude(npi="").values_list("npi", flat=True)) == sorted(known)
    assert len(known) == 1
    assert LeieEntry.objects.filter(reinstated_on=None, waived_on=None, waiver_state="").count() == len(rows)


def test_what_is_kept_of_the_real_rows():
    take(shared(REAL))
    for found in real_rows():
        entry = LeieEntry.objects.get(business_name=found["BUSNAME"])
        assert f"{entry.excluded_on:%Y%m%d}" == found["EXCLDATE"]
        assert (entry.exclusion_type, entry.city, entry.state, entry.zip) == tuple(
            found[name] for name in ("EXCLTYPE", "CITY", "STATE", "ZIP")
        )
        practice = build.organization(name=found["BUSNAME"].title())
        assert screening.matches(practice, state=found["STATE"]).by_business == (entry,)


def test_the_real_header_is_the_one_we_know():
    with shared(REAL).open(newline="") as stream:
        assert stream.readline() == ",".join(leie.HEADER) + "\r\n"


def test_the_same_file_again_changes_nothing():
    take(shared(REAL))
    assert take(shared(REAL)).state == "unchanged"
    assert counts(take(shared(REAL), again=True)) == ("loaded", 6, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("damage", "state"),
    [
        (lambda text: text.replace("\r\n", "\n"), "loaded"),
        (lambda text: text.replace("\r\n", "\r"), "loaded"),
        (lambda text: "\ufeff" + text, "loaded"),
        (lambda text: text.replace("BUSNAME", "Bus Name"), "refused"),
        (lambda text: text.replace("LASTNAME,FIRSTNAME", "FIRSTNAME,LASTNAME"), "loaded"),  # by name
        (lambda text: text.replace("EXCLDATE", "DATE"), "refused"),
        (lambda text: text.replace("WVRSTATE", "WAIVERDATE"), "refused"),
        (lambda text: text.replace("20200319", "2020-03-19"), "held"),  # one bad row of six
        (lambda text: text.splitlines()[0] + "\r\n", "refused"),
        (lambda text: "", "refused"),
        (lambda text: "<!DOCTYPE html><html><body>Service unavailable</body></html>", "refused"),
        (lambda text: text.replace('"BROOKLYN"', '"BROOK\x00LYN"'), "held"),
        (lambda text: text[:-5], "held"),  # the last row is cut
        (lambda text: text[:-3], "refused"),  # within a quote
    ],
)
def test_damaged_heads_change_nothing(tmp_path, damage, state):
    path = tmp_path / "UPDATED.csv"
    path.write_bytes(damage(shared(REAL).read_bytes().decode()).encode())
    file = take(path)
    assert file.state == state, file.stops
    assert LeieEntry.objects.count() == (6 if state == "loaded" else 0)


def test_another_encoding_is_a_bad_row_and_repeats_no_name(tmp_path, settings):
    path = tmp_path / "list.csv"
    rows = [row(LASTNAME=f"EXAMPLE{number}", FIRSTNAME="JO") for number in range(40)]
    path.write_bytes(leie_rows.text([*rows, row(LASTNAME="NU\xd1EZSECRET")]).encode("latin-1"))
    file = take(path)
    assert counts(file)[:4] == ("loaded", 40, 1, 40)
    assert "SECRET" not in (settings.DATA_DIR / file.report).read_text()


# --- what the OIG's file means -----------------------------------------------------------------


def test_zeros_mean_empty_and_exact_doubles_are_one(tmp_path):
    one = row(LASTNAME="EXAMPLE", FIRSTNAME="JOHN", NPI="0000000000", DOB="19600102")
    file = take(write(tmp_path / "list.csv", [one, one, row(BUSNAME="EXAMPLE INC", NPI=an_npi(1))]))
    assert counts(file) == ("loaded", 2, 0, 2, 0, 0)
    entry = LeieEntry.objects.get(last_name="EXAMPLE")
    assert (entry.npi, entry.reinstated_on, entry.waived_on, entry.born_on) == (
        "",
        None,
        None,
        date(1960, 1, 2),
    )


def test_a_birthday_or_number_that_cannot_be_read_does_not_lose_the_row(tmp_path):
    take(write(tmp_path / "list.csv", [row(LASTNAME="EXAMPLE", FIRSTNAME="JO", DOB="19609999", NPI="12")]))
    entry = LeieEntry.objects.get()
    assert (entry.person_key, entry.born_on, entry.npi) == ("example,jo", None, "")


def test_two_sites_of_one_business_are_two_entries(tmp_path):
    sites = [row(BUSNAME="EXAMPLE INC", ADDRESS=f"{number} EXAMPLE STREET") for number in (1, 2)]
    assert take(write(tmp_path / "list.csv", sites)).added == 2


def test_a_full_list_replaces_the_one_before(tmp_path):
    everybody = [row(LASTNAME=f"EXAMPLE{number}", FIRSTNAME="JO") for number in range(20)]
    take(write(tmp_path / "one.csv", everybody))
    file = take(write(tmp_path / "two.csv", everybody[1:]), day=date(2025, 12, 8))
    assert counts(file) == ("loaded", 19, 0, 0, 0, 1)
    assert not LeieEntry.objects.filter(last_name="EXAMPLE0").exists()


def test_a_much_smaller_list_is_held_until_a_verifier_confirms(tmp_path, verifier):
    everybody = [row(LASTNAME=f"EXAMPLE{number}", FIRSTNAME="JO") for number in range(20)]
    take(write(tmp_path / "one.csv", everybody))
    short = write(tmp_path / "two.csv", everybody[:17])
    assert take(short, day=date(2025, 12, 8)).state == "held"
    assert LeieEntry.objects.count() == 20
    with pytest.raises(CommandError):
        run(short, date=date(2025, 12, 8))
    run(short, date=date(2025, 12, 8), confirm=verifier.email)
    assert LeieEntry.objects.count() == 17
    assert AuditEvent.objects.filter(action="registry.confirmed", actor=f"user:{verifier.pk}").exists()


def test_an_older_list_is_refused(tmp_path):
    take(write(tmp_path / "one.csv", [row(LASTNAME="EXAMPLE", FIRSTNAME="JO")]))
    older = write(tmp_path / "two.csv", [row(LASTNAME="OTHER", FIRSTNAME="JO")])
    assert take(older, day=date(2025, 10, 8)).state == "refused"
    assert LeieEntry.objects.get().last_name == "EXAMPLE"


def test_a_waiver_is_a_change_of_the_entry(tmp_path):
    who = {"LASTNAME": "EXAMPLE", "FIRSTNAME": "JO", "NPI": an_npi(3)}
    take(write(tmp_path / "one.csv", [row(**who)]))
    waived = row(**who, WAIVERDATE="20251001", WVRSTATE="AK")
    assert counts(take(write(tmp_path / "two.csv", [waived]), day=date(2025, 12, 8)))[3:] == (0, 1, 0)
    person = build.practitioner(npi=an_npi(3))
    assert screening.matches(person, state="CO").excluded
    assert not screening.matches(person, state="AK").excluded


# --- supplements -------------------------------------------------------------------------------


def test_supplements_add_and_lift(tmp_path):
    first, second = (row(LASTNAME=f"EXAMPLE{n}", FIRSTNAME="JO", NPI=an_npi(n)) for n in (1, 2))
    run(write(tmp_path / "UPDATED-2025-10-08.csv", [first]))
    run(write(tmp_path / "2510excl.csv", [second]))
    assert LeieEntry.objects.count() == 2
    lifted = list(first)
    lifted[leie.HEADER.index("REINDATE")] = "20251020"
    run(write(tmp_path / "2510rein.csv", [lifted]))
    assert screening.excluded_npis([an_npi(1), an_npi(2)]) == {an_npi(2)}
    assert LeieEntry.objects.count() == 2


def test_a_reinstatement_lifts_though_the_address_has_changed(tmp_path):
    who = {"LASTNAME": "EXAMPLE", "FIRSTNAME": "JO", "NPI": an_npi(1)}
    namesake = row(LASTNAME="EXAMPLE", FIRSTNAME="JO", NPI=an_npi(2))
    run(write(tmp_path / "UPDATED-2025-10-08.csv", [row(**who, ADDRESS="1 OLD STREET"), namesake]))
    run(write(tmp_path / "2510rein.csv", [row(**who, ADDRESS="2 NEW STREET", REINDATE="20251020")]))
    assert screening.excluded_npis([an_npi(1), an_npi(2)]) == {an_npi(2)}


def test_a_supplement_older_than_the_full_list_is_refused(tmp_path):
    run(write(tmp_path / "UPDATED-2025-11-08.csv", [row(LASTNAME="EXAMPLE", FIRSTNAME="JO")]))
    with pytest.raises(CommandError, match="younger"):
        run(write(tmp_path / "2510excl.csv", [row(LASTNAME="OTHER", FIRSTNAME="JO")]))
    assert LeieEntry.objects.count() == 1


def test_an_old_full_list_does_not_bring_back_whom_a_supplement_lifted(tmp_path):
    who = {"LASTNAME": "EXAMPLE", "FIRSTNAME": "JO"}
    full = write(tmp_path / "UPDATED-2025-10-08.csv", [row(**who)])
    run(full)
    run(write(tmp_path / "2510rein.csv", [row(**who, REINDATE="20251020")]))
    with pytest.raises(CommandError, match="younger"):
        run(full, again=True)


@pytest.mark.parametrize(
    ("name", "part", "day"),
    [
        ("2507excl.csv", "excl", date(2025, 7, 31)),
        ("2502REIN.csv", "rein", date(2025, 2, 28)),
        ("UPDATED.csv", "", None),
        ("UPDATED-2025-08-10.csv", "", date(2025, 8, 10)),
        ("UPDATED-2025-02-31.csv", "", None),
        ("2513excl.csv", "excl", None),
    ],
)
def test_names_tell_part_and_day(name, part, day):
    assert (leie.supplement_of(name), leie.day_in(name)) == (part, day)


def test_the_command_asks_for_a_date_that_it_cannot_know(tmp_path):
    with pytest.raises(CommandError, match="--date"):
        run(write(tmp_path / "UPDATED.csv", [row(LASTNAME="EXAMPLE", FIRSTNAME="JO")]))


def test_a_dry_run_says_what_would_change_and_changes_nothing(tmp_path, capsys):
    run(write(tmp_path / "UPDATED-2025-11-08.csv", [row(LASTNAME="EXAMPLE", FIRSTNAME="JO")]), dry_run=True)
    assert "1 rows: 1 new" in capsys.readouterr().out
    assert (LeieEntry.objects.count(), RegistryFile.objects.count()) == (0, 0)
