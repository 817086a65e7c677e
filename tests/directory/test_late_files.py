"""Thirty-five days with no import: everybody is told, and nothing is unlisted in a mass. Then one true lapse acts."""

from datetime import UTC, datetime, timedelta

import pytest

from directory import checks, facts, search
from directory.lapses import lapse_stops, recheck
from directory.models import Case, Check, Clinic, LapseStop, RegistryFile
from directory.vocabulary import Fact, Word
from outbox import clock
from tests import build
from tests.directory.test_checks import stopped

__all__ = ["stopped"]

pytestmark = [pytest.mark.django_db, pytest.mark.once]

START = datetime(2026, 9, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
MANY = 24


@pytest.fixture
def directory_of_many():
    """Listings checked by registries up to 30 days ago, and by people up to 80: as an operator's directory is."""
    with clock.frozen(START):
        made = build.many([{"checked_at": START, "modalities": ("iv",)} for _ in range(MANY)])
        for number, clinic in enumerate(made):
            _age(clinic, (Fact.NPI, Fact.EXCLUSION), 30 * DAY * (number % 3) / 3)
            _age(clinic, (Fact.CONTACT, Fact.LICENSE), 80 * DAY * number / MANY)
        for registry in ("nppes", "leie"):
            _taken_in(registry)
        recheck.run()
    return made


def _age(clinic: Clinic, names: tuple[Fact, ...], age: timedelta) -> None:
    for check in Check.objects.filter(clinic=clinic, fact__in=names):
        check.checked_at -= age
        check.due_at -= age
        check.holds_until = facts.holds_until(check.due_at, check.lapses_at)
        check.save()


def _taken_in(registry: str) -> None:
    RegistryFile.objects.create(
        registry=registry,
        name="file.csv",
        sha256="0" * 64,
        source_date=START.date(),
        state="loaded",
        started_at=START,
        finished_at=START,
    )


def shown(at: datetime) -> int:
    with clock.frozen(at):
        search.forget()
        return search.find(search.Query()).count


def look_until(last: datetime, every: timedelta) -> None:
    """The worker's rounds, from START on."""
    at = START
    while at < last:
        at = min(at + every, last)
        with clock.frozen(at):
            recheck.run()


def words_of(clinics: list[Clinic], fact: Fact, at: datetime) -> set[str]:
    found = facts.with_facts(Clinic.objects.filter(pk__in=[clinic.pk for clinic in clinics]))
    return {line.word for clinic in found for line in facts.lines(clinic, at) if line.fact == fact}


@pytest.mark.parametrize("every", [timedelta(hours=6), 35 * DAY])
def test_after_thirty_five_days_everybody_is_told_and_nothing_is_unlisted(directory_of_many, every, stopped):
    at = START + 35 * DAY
    look_until(at, every)
    assert shown(at) == MANY
    assert stopped == []
    for fact in (Fact.NPI, Fact.EXCLUSION):
        assert words_of(directory_of_many, fact, at) == {Word.CHECK_DUE}
    assert recheck.warnings(at) == [
        "The last file of leie is 35 days old.",
        "The last file of nppes is 35 days old.",
    ]
    # What is late by more than a week has become work; the file may still come for the rest.
    late = Check.objects.current().filter(fact=Fact.NPI, due_at__lte=at - 7 * DAY).count()
    assert Case.objects.open().filter(kind=Case.Kind.DUE, fact=Fact.NPI).count() == late > 0


@pytest.mark.parametrize("every", [timedelta(hours=6), 35 * DAY])
def test_not_after_seventy_either_until_a_person_decides(directory_of_many, every, stopped, verifier):
    at = START + 70 * DAY
    look_until(at, every)
    assert shown(at) == MANY
    assert stopped == []
    assert (
        recheck.warnings(at)[-1]
        == "So many listings would leave search that a person must decide at /staff/."
    )
    with clock.frozen(at):
        lapse_stops.decide(stop=LapseStop.objects.get(), by=verifier, let_lapse=True)
        recheck.run()
    assert shown(at) == 0
    assert sorted(stopped) == sorted(clinic.pk for clinic in directory_of_many)


def test_then_one_license_that_is_revoked_acts_at_once_and_alone(directory_of_many, verifier, stopped):
    with clock.frozen(START + 35 * DAY):
        recheck.run()
        clinic = Clinic.objects.get(pk=directory_of_many[7].pk)
        held = clinic.responsible.licenses.get()
        look = {"fact": Fact.LICENSE, "license": held, "outcome": "fails", "source": "Colorado Medical Board"}
        checks.record(clinic=clinic, by=verifier, **look)
        assert stopped == [clinic.pk]
    assert shown(START + 35 * DAY) == MANY - 1


def test_when_the_file_comes_at_last_the_stop_has_nothing_left_to_hold(directory_of_many, verifier):
    with clock.frozen(START + 35 * DAY):
        recheck.run()
    with clock.frozen(START + 42 * DAY):
        recheck.run()
        for clinic in directory_of_many:
            for fact in (Fact.NPI, Fact.EXCLUSION, Fact.CONTACT):
                checks.record(clinic=clinic, fact=fact, outcome="holds", source="NPPES", by=verifier)
            held = clinic.responsible.licenses.get()
            checks.record(
                clinic=clinic, fact=Fact.LICENSE, license=held, outcome="holds", source="Board", by=verifier
            )
        assert lapse_stops.leaving(clock.now()).clinic_ids == []
        lapse_stops.decide(stop=LapseStop.objects.get(), by=verifier, let_lapse=True)
        recheck.run()
    assert shown(START + 43 * DAY) == MANY
    assert not LapseStop.objects.filter(closed_at=None).exists()
