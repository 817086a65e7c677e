"""The words the public reads, and the instants at which they change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from directory import facts
from directory.models import Check, Clinic
from directory.vocabulary import REQUIRED_FACTS, Fact, Modality, Word
from outbox import clock
from tests import build

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
CHECKED = datetime(2026, 8, 2, 15, 30, tzinfo=UTC)


def word(clinic: Clinic, fact: Fact, at: datetime) -> Word:
    (line,) = (line for line in facts.lines(clinic, at) if line.fact == fact)
    return line.word


def clinic_checked(at: datetime = CHECKED, **overrides) -> Clinic:
    with clock.frozen(at):
        return build.clinic(checked_at=at, license_ends=at + 1000 * DAY, **overrides)


@pytest.mark.parametrize(
    ("fact", "days"), [("license", 90), ("npi", 30), ("exclusion", 30), ("contact", 90), ("rems", 90)]
)
def test_a_check_holds_for_its_time_then_is_due_and_after_thirty_days_more_counts_no_longer(fact, days):
    clinic = clinic_checked()
    due, over = CHECKED + days * DAY, CHECKED + (days + 30) * DAY
    assert word(clinic, fact, due - INSTANT) == Word.CHECKED
    assert word(clinic, fact, due) == Word.CHECK_DUE
    check = clinic.checks.get(fact=fact)
    assert (check.due_at, check.holds_until) == (due, over)
    holding = Clinic.objects.filter(pk=clinic.pk).holding
    assert holding([fact], over - timedelta(milliseconds=1)).exists()
    assert not holding([fact], over).exists()


def test_a_source_that_says_no_makes_a_fact_not_current():
    clinic = clinic_checked(fails=(Fact.NPI,))
    assert word(clinic, Fact.NPI, CHECKED + DAY) == Word.NOT_CURRENT
    assert facts.shown_until(clinic) == facts.NEVER
    assert facts.missing(clinic, CHECKED + DAY) == [Fact.NPI]


def test_a_license_is_not_current_from_the_instant_it_ends():
    ends = CHECKED + 10 * DAY
    with clock.frozen(CHECKED):
        clinic = build.clinic(checked_at=CHECKED, license_ends=ends)
    assert word(clinic, Fact.LICENSE, ends - INSTANT) == Word.CHECKED
    assert word(clinic, Fact.LICENSE, ends) == Word.NOT_CURRENT
    assert facts.shown_until(clinic) == ends


def test_what_nobody_looked_at_is_not_checked():
    clinic = clinic_checked(unchecked=(Fact.CONTACT,))
    assert word(clinic, Fact.CONTACT, CHECKED) == Word.NOT_CHECKED
    assert facts.shown_until(clinic) == facts.NEVER


def test_what_only_the_clinic_can_say_is_never_checked():
    clinic = clinic_checked()
    (line,) = (line for line in facts.lines(clinic, CHECKED) if line.fact == Fact.DEA)
    assert (line.word, line.source, line.checked_on) == (Word.CLINIC_SAYS, "The clinic", date(2026, 7, 23))
    silent = clinic_checked(attested_at=None)
    assert word(silent, Fact.EMERGENCY_PLAN, CHECKED) == Word.NOT_CHECKED


def test_lines_come_in_order_and_the_safety_program_only_with_esketamine():
    with_it, without = clinic_checked(), clinic_checked(modalities=("iv",))
    order = [*REQUIRED_FACTS, Fact.REMS, Fact.DEA, Fact.EMERGENCY_PLAN]
    assert [line.fact for line in facts.lines(with_it, CHECKED)] == order
    assert [line.fact for line in facts.lines(without, CHECKED)] == [
        fact for fact in order if fact != Fact.REMS
    ]


def test_every_checked_line_has_a_source_and_a_date():
    for line in facts.lines(clinic_checked(), CHECKED + 40 * DAY):
        assert line.source
        assert line.checked_on
        assert bool(line.license) == (line.fact == Fact.LICENSE)


def test_the_summary_takes_the_weakest_fact_and_the_oldest_date():
    clinic = clinic_checked()
    build.check(clinic, Fact.CONTACT, checked_at=CHECKED + 40 * DAY, due_at=CHECKED + 90 * DAY)
    summary = facts.summary(clinic, CHECKED + 40 * DAY)
    assert (summary.word, summary.fact) == (Word.CHECK_DUE, Fact.NPI)
    assert (summary.facts, summary.oldest_on) == (5, CHECKED.date())
    build.check(clinic, Fact.EXCLUSION, outcome="fails", checked_at=CHECKED + DAY)
    assert facts.summary(clinic, CHECKED + 40 * DAY).word == Word.NOT_CURRENT


def test_of_several_licenses_the_responsible_clinicians_that_holds_longest_decides():
    clinic = clinic_checked()
    with clock.frozen(CHECKED):
        second = build.license(clinic.responsible, expires_at=CHECKED + 5 * DAY)
        build.check(clinic, Fact.LICENSE, license=second, checked_at=CHECKED)
        stranger = build.license(build.practitioner(), expires_at=CHECKED + 5000 * DAY)
        build.check(clinic, Fact.LICENSE, license=stranger, checked_at=CHECKED + DAY)
    first = clinic.responsible.licenses.earliest("pk")
    assert facts.deciding_check(clinic, Fact.LICENSE).license == first
    clinic.responsible = build.practitioner()
    assert facts.deciding_check(clinic, Fact.LICENSE) is None


def test_a_site_that_gives_esketamine_alone_goes_with_its_certification():
    ends = CHECKED + 7 * DAY
    only = clinic_checked(modalities=("esketamine",), lapses={Fact.REMS: ends})
    both = clinic_checked(lapses={Fact.REMS: ends})
    assert facts.shown_until(only) == facts.esketamine_until(only) == ends
    assert facts.shown_until(both) == CHECKED + 60 * DAY
    assert facts.open_modalities(both, ends) == [Modality.IV]
    assert facts.open_modalities(both, ends - INSTANT) == [Modality.ESKETAMINE, Modality.IV]
    assert facts.esketamine_until(clinic_checked(modalities=("iv",))) == facts.NEVER


def test_the_next_change_is_the_earliest_that_is_still_to_come():
    ends = CHECKED + 95 * DAY
    clinic = clinic_checked(
        modalities=("iv",),
        paused_until=CHECKED + 3 * DAY,
        accepting_stated_at=CHECKED,
        lapses={Fact.CONTACT: ends},
    )
    # Pause; new patients, NPI and exclusion due; over; attestation due; due; contact; requests off; license.
    days = [3, 30, 60, 80, 90, 95, 110, 120]
    now, seen = CHECKED, []
    while (now := facts.next_change_at(clinic, now)) < CHECKED + 500 * DAY:
        seen.append((now - CHECKED) / DAY)
    assert seen == days
    assert now in {facts.FAR_FUTURE, CHECKED + 1000 * DAY}


def moments() -> st.SearchStrategy[timedelta]:
    return st.integers(0, 200 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


def a_look(clinic: Clinic, fact: Fact, age: timedelta, lapse: timedelta | None, outcome: str) -> None:
    looked = CHECKED - age
    due = looked + facts.HOLDS_FOR[fact]
    lapses_at = looked + lapse if lapse else None
    Check.objects.filter(clinic=clinic, fact=fact).update(
        outcome=outcome,
        checked_at=looked,
        due_at=due,
        lapses_at=lapses_at,
        holds_until=facts.holds_until(due, lapses_at),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ages=st.lists(moments(), min_size=5, max_size=5),
    lapses=st.lists(st.none() | moments(), min_size=5, max_size=5),
    outcomes=st.lists(st.sampled_from(["holds"] * 6 + ["fails"]), min_size=5, max_size=5),
    routes=st.sampled_from([("esketamine",), ("iv",), ("esketamine", "iv")]),
    later=moments(),
)
def test_python_and_the_database_agree_on_when_a_clinic_is_shown(ages, lapses, outcomes, routes, later):
    clinic = clinic_checked(modalities=routes)
    for fact, *look in zip((*REQUIRED_FACTS, Fact.REMS), ages, lapses, outcomes, strict=True):
        a_look(clinic, fact, *look)
    clinic = Clinic.objects.get(pk=clinic.pk)
    until = facts.shown_until(clinic)
    just_before = until if until == facts.NEVER else until - timedelta(milliseconds=1)
    for at in (CHECKED, CHECKED + later, until, just_before):
        shown = Clinic.objects.filter(pk=clinic.pk).shown(at).exists()
        assert shown == (until > at)
        offers = Clinic.objects.filter(pk=clinic.pk).offering("esketamine", at).exists()
        assert offers == (facts.esketamine_until(clinic) > at)


def test_thirty_days_after_the_statement_nobody_knows_whether_it_takes_new_patients():
    clinic = clinic_checked(accepting_stated_at=CHECKED, accepting_new_patients=False)
    assert facts.accepting_new_patients(clinic, CHECKED + 30 * DAY - INSTANT) is False
    assert facts.accepting_new_patients(clinic, CHECKED + 30 * DAY) is None
    assert facts.accepting_new_patients(clinic_checked(accepting_new_patients=None), CHECKED) is None


def test_no_line_calls_a_clinic_verified_or_approved():
    clinic = clinic_checked(fails=(Fact.NPI,), unchecked=(Fact.CONTACT,))
    text = " ".join(
        f"{line.label} {line.word.label} {line.note}" for line in facts.lines(clinic, CHECKED)
    ).lower()
    for claim in ("verified", "approved", "trusted", "certified", "safe "):
        assert claim not in text
