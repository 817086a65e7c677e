"""The table of an organization's sites: out, changed in a spreadsheet, back, compared, and carried out or refused."""

import csv
import io
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEvent
from directory import listings, many_sites, many_sites_file
from directory.intake.csv_file import UnreadableFile
from directory.many_sites_cells import (
    BY_FIELD,
    as_meant,
    harmless,
    is_as_written,
    read_opening_hours,
    write_opening_hours,
)
from directory.models import Clinic, ListingClaim, ListingEdit, ProposedChange
from directory.refusals import NotAllowed, WrongState
from tests import build
from tests.portal import a_chain

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]

NASTY = [
    "=cmd|' /C calc'!A0",
    "+1 303",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "'=1",
    "''",
    '"quoted", and "again"',
    "one\ntwo\n\nfour",
    "＝１＋１",
    "﹦1",
    "\u200b=1",
    " =1",
    "−5",
    "Ünï — çødé 李 🙂",
    "a;b\tc,d|e",
    "{}[]<b>",
    "sep=;",
]
TRIGGERS = set("=+-@\t\r\0−")


@pytest.fixture
def chain(db):
    return a_chain.build(sites=3, staff=4)


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def file_of(rows: list[dict[str, str]], *, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode(encoding)


def planned(data, chain):
    return many_sites_file.plan(data, organization=chain[0], by=chain[1])


def carried_out(data, chain, seen=None):
    organization, manager, _ = chain
    return many_sites_file.carry_out(
        data, organization=organization, by=manager, seen=seen or planned(data, chain).fingerprint
    )


def written(chain) -> bytes:
    return many_sites_file.written(organization=chain[0], by=chain[1])


# --- out, and back unchanged ---------------------------------------------------------------------


def test_what_comes_back_unchanged_changes_nothing(chain):
    clinics = chain[2]
    for number, text in enumerate(NASTY):
        site = clinics[number % 3]
        Clinic.objects.filter(pk=site.pk).update(
            name=f"{text} clinic"[:160], cost=text, hours=text[::-1], first_visit=text * 3, line2=text[:120]
        )
        plan = planned(written(chain), chain)
        assert (plan.differences, plan.problems, plan.rows) == ([], [], 3), text


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8-sig", ";"), ("utf-16", "\t"), ("utf-8", ",")])
def test_a_spreadsheet_may_save_it_its_own_way(chain, encoding, delimiter):
    Clinic.objects.update(
        cost="one\ntwo", opening_hours=[{"day": 0, "opens": "09:00", "closes": "17:00"}], zip="02134"
    )
    rows = [
        {name: cell.replace("\n", "\r\n").replace("02134", "2134") for name, cell in row.items()}
        for row in rows_of(written(chain))
    ]
    plan = planned(file_of(rows, encoding=encoding, delimiter=delimiter), chain)
    assert (plan.differences, plan.problems) == ([], [])


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
@settings(max_examples=300, deadline=None)
def test_a_cell_comes_back_and_never_begins_a_formula(text):
    cell = harmless(text)
    assert as_meant(cell) == text
    visible = next((c for c in cell if unicodedata.category(c) not in {"Cc", "Cf", "Zs", "Zl", "Zp"}), "")
    assert unicodedata.normalize("NFKC", visible)[:1] not in TRIGGERS
    assert cell[:1] not in TRIGGERS


@given(
    start=st.sampled_from(["=", "+", "-", "@", "\t", "\r", "＝", "'", "''=", " ", "\n"]),
    rest=st.text(max_size=9),
)
@settings(max_examples=200, deadline=None)
def test_what_would_begin_a_formula_is_made_harmless(start, rest):
    cell = harmless(start + rest)
    assert as_meant(cell) == start + rest
    assert cell[:1] not in TRIGGERS


@given(
    texts=st.lists(st.text(max_size=60), min_size=4, max_size=4),
    low=st.integers(0, 900),
    said=st.none() | st.booleans(),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_words_come_back_without_a_difference(chain, texts, low, said):
    kept = [text.replace("\0", "").encode("utf-8", "ignore").decode() for text in texts]
    Clinic.objects.filter(pk=chain[2][1].pk).update(
        cost=kept[0],
        first_visit=kept[1],
        hours=kept[2],
        name=kept[3] or "Name",
        price_low=low,
        accepting_new_patients=said,
        accepting_stated_at=None if said is None else chain[2][1].accepting_stated_at,
    )
    plan = planned(written(chain), chain)
    assert (plan.differences, plan.problems) == ([], [])


def test_every_cell_is_quoted_and_the_mark_for_spreadsheets_stands_in_front(chain):
    data = written(chain)
    assert data.startswith(b"\xef\xbb\xbf")
    assert all(line.startswith('"') and line.endswith('"') for line in data.decode("utf-8-sig").splitlines())


def test_an_export_is_on_record(chain):
    many_sites_file.export(organization=chain[0], by=chain[1])
    event = AuditEvent.objects.get(action="organization.exported")
    assert event.object_id == str(chain[0].pk)


def test_the_example_of_an_empty_file_is_left_out_and_could_be_taken(chain):
    plan = planned(many_sites_file.template(), chain)
    assert (plan.differences, plan.problems) == ([], [])
    row = {**rows_of(many_sites_file.template())[0], "site": chain[2][0].slug}
    plan = planned(file_of([row]), chain)
    assert plan.problems == []
    assert {each.name for each in plan.differences} > {"cost", "insurance", "opening_hours", "price_low"}


# --- differences ---------------------------------------------------------------------------------


def changed(chain, number=0, **cells) -> bytes:
    """The table with other cells in one row."""
    rows = rows_of(written(chain))
    rows[number] |= cells
    return file_of(rows)


def test_it_says_what_would_change_and_changes_nothing(chain):
    data = changed(chain, 1, cost="From $300.", insurance="Medicare; self-pay", accepting_new_patients="No")
    plan = planned(data, chain)
    assert [(each.clinic, each.name, each.before, each.after) for each in plan.differences] == [
        (chain[2][1], "accepting_new_patients", True, False),
        (chain[2][1], "insurance", ["commercial"], ["medicare", "self-pay"]),
        (chain[2][1], "cost", "", "From $300."),
    ]
    assert not ListingEdit.objects.exists()
    assert Clinic.objects.get(pk=chain[2][1].pk).cost == ""


def test_what_a_clinic_says_changes_at_once_and_what_was_checked_waits(chain):
    data = changed(chain, 0, cost="From $300.", phone="303-555-0199", zip="80203")
    plan = planned(data, chain)
    assert [each.name for each in plan.differences if many_sites_file.waits(each)] == ["zip", "phone"]

    outcome = carried_out(data, chain)

    assert (outcome.changed, outcome.waiting) == (1, 1)
    site = Clinic.objects.get(pk=chain[2][0].pk)
    assert (site.cost, site.phone, site.zip) == ("From $300.", "+13035550101", "80202")
    change = ProposedChange.objects.get()
    assert (change.values["phone"], change.values["zip"]) == ("+13035550199", "80203")
    assert "latitude" in change.values


def test_of_a_candidate_all_of_it_changes_at_once(chain):
    site = chain[2][0]
    Clinic.objects.filter(pk=site.pk).update(status="candidate")
    outcome = carried_out(changed(chain, 0, name="Another Name", cost="Ask."), chain)
    assert (outcome.changed, outcome.waiting) == (1, 0)
    assert Clinic.objects.filter(pk=site.pk, name="Another Name", cost="Ask.").exists()


def test_a_column_or_row_that_is_missing_stays_and_an_empty_cell_empties(chain):
    Clinic.objects.update(cost="Ask.", hours="By day.")
    plan = planned(file_of([{"site": chain[2][2].slug, "cost": ""}]), chain)
    assert [(each.name, each.after) for each in plan.differences] == [("cost", "")]
    assert (
        many_sites_file.plan(
            file_of([{"site": chain[2][2].slug, "price_low": "$1,200.00"}]),
            organization=chain[0],
            by=chain[1],
        )
        .differences[0]
        .after
        == 1200
    )


def test_a_site_changed_since_is_shown_again_and_not_overwritten(chain):
    data = changed(chain, 0, cost="From $300.")
    seen = planned(data, chain).fingerprint
    listings.edit(clinic=chain[2][0], by=chain[1], cost="A colleague's words.")
    with pytest.raises(WrongState) as refused:
        carried_out(data, chain, seen)
    assert refused.value.current == many_sites.CHANGED_MEANWHILE
    assert Clinic.objects.get(pk=chain[2][0].pk).cost == "A colleague's words."


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"insurance": "gold"}, "insurance"),
        ({"languages": "en | klingon"}, "languages"),
        ({"accepting_new_patients": "perhaps"}, "accepting_new_patients"),
        ({"price_low": "-1"}, "price_low"),
        ({"price_low": "1e12"}, "price_low"),
        ({"price_high": "100001"}, "price_high"),
        ({"price_low": "500", "price_high": "300"}, "price_high"),
        ({"opening_hours": "mon 25:00-26:00"}, "opening_hours"),
        ({"opening_hours": "mon 09:00-12:00 11:00-13:00"}, "opening_hours"),
        ({"opening_hours": "someday 9-5"}, "opening_hours"),
        ({"cost": "x" * 1001}, "cost"),
        ({"hours": "x" * 501}, "hours"),
        ({"name": ""}, "name"),
        ({"name": "x" * 161}, "name"),
        ({"name": "Cl\u202einic"}, "name"),
        ({"address": ""}, "address"),
        ({"state": "ZZ"}, "state"),
        ({"zip": "8020"}, "zip"),
        ({"zip": "99999"}, "zip"),
        ({"phone": "12"}, "phone"),
        ({"phone": "303-555-0199 ext 4"}, "phone"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"website": "https://" + "a" * 200 + ".example"}, "website"),
        ({"site": "no-such-site"}, "site"),
    ],
)
def test_a_bad_value_is_named_by_line_and_column_and_never_repeated(chain, cells, column):
    data = changed(chain, 1, **cells)
    plan = planned(data, chain)
    assert [(problem.line, problem.column) for problem in plan.problems] == [(3, column)]
    for cell in cells.values():
        assert len(cell) < 3 or cell not in plan.problems[0].text
    with pytest.raises(UnreadableFile):
        carried_out(data, chain)


def test_values_at_their_limit_are_taken(chain):
    data = changed(chain, 0, cost="x" * 1000, hours="x" * 500, price_low="0", price_high="100000")
    assert planned(data, chain).problems == []
    assert carried_out(data, chain).changed == 1


def test_one_bad_row_stops_the_whole_file(chain):
    rows = rows_of(written(chain))
    rows[0]["cost"], rows[2]["price_low"] = "From $300.", "many"
    with pytest.raises(UnreadableFile):
        carried_out(file_of(rows), chain)
    assert set(Clinic.objects.values_list("cost", flat=True)) == {""}


def test_a_file_that_would_keep_every_other_writer_waiting_is_sent_in_parts(chain, monkeypatch):
    monkeypatch.setattr(many_sites, "MOST_AT_ONCE", 2)
    data = file_of([{"site": clinic.slug, "cost": "Ask."} for clinic in chain[2]])
    (problem,) = planned(data, chain).problems
    assert (problem.line, problem.column) == (4, "")
    assert "at most 2 sites at once" in problem.text


def test_a_site_of_others_is_like_one_that_does_not_exist(chain):
    foreign = build.clinic()
    said = [
        planned(file_of([{"site": slug, "cost": "Mine."}]), chain).problems[0].text
        for slug in (foreign.slug, "absent")
    ]
    assert said[0] == said[1]


def test_a_site_stands_once(chain):
    row = {"site": chain[2][0].slug, "cost": "Mine."}
    (problem,) = planned(file_of([row, row]), chain).problems
    assert (problem.line, problem.column) == (3, "site")


@pytest.mark.parametrize("how", ["closed", "unclaimed"])
def test_a_closed_site_and_one_without_a_claim_are_left_alone(chain, how):
    site = chain[2][0]
    data = changed(chain, 0, cost="Mine.")
    if how == "closed":
        Clinic.objects.filter(pk=site.pk).update(status="closed", status_reason="closed-down")
    else:
        ListingClaim.objects.filter(clinic=site).delete()
    (problem,) = planned(data, chain).problems
    assert (problem.line, problem.column) == (2, "")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty"),
        (b"PK\x03\x04", "ZIP file"),
        (b"site\n", "no rows"),
        (b"name,cost\na,b\n", "must name the column site"),
        (b"site,colour\na,b\n", "(colour) is not known"),
        (b"site,costs\na,b\n", "Is it cost?"),
        (b"site,cost,cost\na,b,c\n", "Two columns are named cost"),
        (b'site,cost\na,"b\n', "quotation mark"),
        (b"site\n" + b"a\n" * 2001, "more than 2,000 rows"),
        (b"site\n" + b"a" * (5 * 2**20), "larger than 5 MB"),
        (b"site,cost\na,b\0", "characters that no text has"),
    ],
)
def test_what_is_no_such_table_is_refused_with_its_reason(chain, data, said):
    with pytest.raises(UnreadableFile) as refused:
        planned(data, chain)
    assert said in str(refused.value)


def test_a_row_of_the_wrong_length_is_named(chain):
    (problem,) = planned(b"site,cost\n" + chain[2][0].slug.encode() + b",a,b\n", chain).problems
    assert problem.line == 2


def test_only_a_manager_carries_it_out(chain, stranger):
    with pytest.raises(NotAllowed):
        many_sites_file.carry_out(changed(chain, 0, cost="x"), organization=chain[0], by=stranger, seen="")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Mon 9-12, 13:00-17:00", "mon 09:00-12:00 13:00-17:00"),
        ("Tuesday 9 AM to 5 pm\nsun 12-12:30pm", "tue 09:00-17:00; sun 12:00-12:30"),
        ("", ""),
    ],
)
def test_hours_are_read_as_people_write_them(text, kept):
    assert write_opening_hours(read_opening_hours(text)) == kept


def test_a_line_end_is_no_change():
    assert is_as_written("a\r\nb ", "a\nb")
    assert not is_as_written("a\nc", "a\nb")
    assert BY_FIELD["line1"].name == "address"
