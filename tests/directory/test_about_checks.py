"""The page that says what is checked, and the data of what was: both agree with the registry and the database."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from directory import facts
from directory.fact_rules import GRACE, RULES, Needed
from directory.models import Check, Clinic
from directory.vocabulary import CLINIC_ONLY_FACTS, REQUIRED_FACTS, Fact, Word
from outbox import clock
from tests import build
from tests.directory.test_pages_clinic import words

pytestmark = pytest.mark.django_db


def sections() -> dict[str, str]:
    """The page's text by the id of each heading of the second level."""
    html = Client().get("/about/checks/").content.decode().split("<main")[1].split("</main>")[0]
    parts = re.split(r'<h2 id="(\w+)">', html)
    plain = [" ".join(unescape(re.sub(r"<[^>]+>", " ", part)).split()) for part in parts]
    return dict(zip(plain[1::2], plain[2::2], strict=True))


def test_every_fact_of_the_registry_stands_in_its_part_of_the_page_as_the_registry_has_it():
    told = sections()
    for rule in RULES.values():
        if not rule.is_checkable:
            section = told["says"]
        else:
            section = told["more" if rule.needed == Needed.OPTIONAL else "facts"]
            assert f"After {rule.holds_for.days} days" in section
            assert str(rule.source_words) in section
            assert str(rule.fails_when) in section
            assert str(rule.ends_sooner) in section
        assert str(rule.label) in section
        assert str(rule.how) in section
        assert str(rule.not_told) in section


def test_the_facts_that_must_hold_are_those_that_listing_asks_for():
    always = {fact for fact, rule in RULES.items() if rule.needed == Needed.ALWAYS}
    assert always == set(REQUIRED_FACTS)
    assert {fact for fact, rule in RULES.items() if not rule.is_checkable} == set(CLINIC_ONLY_FACTS)
    assert f"for up to {GRACE.days} days" in sections()["lapse"]


def test_all_five_words_are_explained():
    assert [str(word.label) for word in Word if str(word.label) in sections()["words"]] == list(Word.labels)


@pytest.mark.parametrize(
    ("two", "sentence"),
    [(True, "both of them work for this site"), (False, "one person who works for this site is enough")],
)
def test_it_says_how_many_people_publish_what_came_from_an_import(settings, two, sentence):
    settings.IMPORTS_NEED_TWO_VERIFIERS = two
    assert sentence in sections()["people"]
    assert "It takes two people" in sections()["people"]


def test_it_says_that_a_name_on_the_exclusion_list_is_never_shown():
    assert "Nothing of that is ever shown." in sections()["lapse"]


def ten_clinics() -> list[Clinic]:
    """Ten in all the states that are shown: plain, due, failing, with optional facts, with a history, unclaimed."""
    now = clock.now()
    clinics = build.many(
        [
            {},
            {"modalities": ("iv",)},
            {"modalities": ("iv", "im", "oral"), "claimed": False},
            {"modalities": ("iv",), "checked_at": now - timedelta(days=45)},
            {"modalities": ("esketamine", "iv"), "fails": ("rems",)},
            {"modalities": ("esketamine", "iv"), "unchecked": ("rems",)},
            {"modalities": ("esketamine",)},
            {"modalities": ("sc",), "attested_at": None},
            {"modalities": ("iv",), "license_ends": now + timedelta(days=3)},
            {"modalities": ("esketamine", "iv"), "lapses": {Fact.REMS: now - timedelta(hours=1)}},
        ]
    )
    build.check(clinics[0], Fact.ACCREDITATION, source="An accrediting body", verbatim="Accredited")
    build.check(clinics[1], Fact.DISCIPLINE, source="Colorado Medical Board", outcome=Check.Outcome.FAILS)
    for days in (8, 5, 2):
        build.check(clinics[2], Fact.CONTACT, checked_at=now - timedelta(days=days))
        build.check(clinics[2], Fact.NPI, source_date=(now - timedelta(days=days)).date(), verbatim="A")
    return clinics


def expected_word(check: Check | None, now) -> str:
    """By the rules of the design, from the row alone."""
    if check is None:
        return "not_checked"
    if check.outcome == "fails" or (check.lapses_at and check.lapses_at <= now):
        return "not_current"
    return "checked" if now < check.due_at else "check_due"


@pytest.fixture
def seen() -> list[tuple[Clinic, dict, str, list[Check]]]:
    """Each of the ten with its data, the text of its page, and its rows in the database."""
    return [
        (
            clinic,
            Client().get(f"/api/v1/clinics/{clinic.slug}/checks/").json(),
            words(f"/clinic/{clinic.slug}/checks/"),
            list(Check.objects.filter(clinic=clinic).select_related("license")),
        )
        for clinic in ten_clinics()
    ]


def current(rows: list[Check]) -> dict[str, Check]:
    return {row.fact: row for row in rows if row.superseded_at is None}


def day(instant) -> str:
    return f"{instant:%b} {instant.day}, {instant.year}"


def test_every_current_check_of_ten_clinics_is_told_as_the_database_has_it(seen):
    compared = 0
    for _, data, text, rows in seen:
        told = {check["fact"]: check for check in data["checks"]}
        for fact, row in current(rows).items():
            assert told[fact]["word"] == expected_word(row, clock.now())
            assert told[fact]["source"] == row.source
            assert told[fact]["verbatim"] == row.verbatim
            assert told[fact]["source_date"] == (row.source_date.isoformat() if row.source_date else None)
            assert told[fact]["checked_on"] == row.checked_at.date().isoformat()
            assert told[fact]["due_on"] == row.due_at.date().isoformat()
            for words_of_it in (row.source, row.verbatim, day(row.checked_at), day(row.due_at)):
                assert words_of_it in text
            compared += 1
    assert compared >= 40


def test_what_nobody_checked_is_told_so_on_page_and_in_data(seen):
    for clinic, data, text, rows in seen:
        for check in data["checks"]:
            assert str(Word(check["word"]).label) in text
            if check["fact"] in CLINIC_ONLY_FACTS:
                assert check["word"] == ("clinic_says" if clinic.attested_at else "not_checked")
            elif check["fact"] not in current(rows):
                told = (check["word"], check["source"], check["checked_on"], check["due_on"])
                assert told == ("not_checked", "", None, None)


def test_the_numbers_of_ten_clinics_are_counted_from_the_database(seen):
    for clinic, data, text, rows in seen:
        needed = facts.needed_facts(clinic)
        found = [current(rows).get(fact) for fact in needed]
        good = sum(expected_word(row, clock.now()) == "checked" for row in found)
        assert (data["current"], data["required"]) == (good, len(needed))
        assert f"{good} of {len(needed)} required checks" in text
        assert data["oldest_on"] == min(row.checked_at for row in found if row).date().isoformat()


def test_the_history_of_ten_clinics_is_that_of_the_database(seen):
    for _, data, text, rows in seen:
        earlier = [row for row in rows if row.superseded_at]
        assert data["history_count"] == len(earlier)
        assert sorted((past["fact"], past["checked_on"]) for past in data["history"]) == sorted(
            (row.fact, row.checked_at.date().isoformat()) for row in earlier
        )
        assert (f"Earlier checks ({len(earlier)})" in text) == bool(earlier)


def test_the_page_about_checks_knows_every_fact_that_is_told_and_how_long_it_holds(seen):
    about = sections()
    everything = " ".join(about.values())
    for _, data, text, rows in seen:
        for check in data["checks"]:
            assert check["label"] in everything
            assert check["label"] in text
        for row in rows:
            held = (row.due_at - row.checked_at).days
            assert f"After {held} days" in about["facts"] + about["more"]


def test_the_clinic_of_the_search_tells_the_same_words(seen):
    for clinic, data, _, _ in seen:
        document = Client().get(f"/api/v1/clinics/{clinic.slug}/").json()
        short = ("fact", "word", "source", "checked_on", "due_on")
        assert document["checks"] == [{name: check[name] for name in short} for check in data["checks"]]
