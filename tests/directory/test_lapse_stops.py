"""The circuit breaker: checks that merely grew old never empty the directory before a person decided."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import AuditEvent
from directory import facts, index, search
from directory.lapses import lapse_stops, recheck
from directory.models import Check, Clinic, IndexRow, LapseStop
from directory.refusals import NotAllowed, WrongState
from directory.vocabulary import Fact, Word
from outbox import clock
from tests import build
from tests.directory.test_checks import stopped

__all__ = ["stopped"]

pytestmark = pytest.mark.django_db

START = datetime(2026, 9, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
OVER = START + 60 * DAY
"""When NPI and exclusion checks made at START stop counting: 30 days, and 30 of grace."""


def listings(count: int, looked: datetime = START, **overrides) -> list[Clinic]:
    with clock.frozen(looked):
        wishes = [{"checked_at": looked, "modalities": ("iv",), **overrides} for _ in range(count)]
        return build.many(wishes)


def shown(at: datetime) -> int:
    with clock.frozen(at):
        search.forget()
        return search.find(search.Query()).count


def run(at: datetime):
    with clock.frozen(at):
        return recheck.run()


def fresh(count: int) -> list[Clinic]:
    """Listings whose checks are young when the others lapse."""
    return listings(count, OVER - 5 * DAY)


def test_a_tenth_may_go_and_one_more_may_not():
    listings(2)
    fresh(18)
    done = run(OVER - HOUR)
    assert (done.leaving, done.held) == (2, False)
    assert shown(OVER) == 18


def test_more_than_a_tenth_is_held_until_a_person_decides(stopped, caplog):
    old = listings(3)
    fresh(17)
    with caplog.at_level(logging.ERROR):
        done = run(OVER - HOUR)
    assert (done.leaving, done.held) == (3, True)
    stop = LapseStop.objects.get()
    assert (stop.listings, stop.of_listed, stop.closed_at) == (3, 20, None)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "3 of 20 listings would leave search because checks grew old; a person must decide at /staff/"
    ]
    at = OVER - HOUR
    while at < OVER + 20 * DAY:  # as the worker does, day and night
        at += 6 * HOUR
        run(at)
        assert shown(at) == 20
    assert stopped == []
    assert LapseStop.objects.count() == 1
    with clock.frozen(at):
        words = {line.fact: line.word for line in facts.lines(Clinic.objects.get(pk=old[0].pk))}
    assert words[Fact.NPI] == words[Fact.EXCLUSION] == Word.CHECK_DUE


def test_one_alone_is_no_mass_in_a_directory_however_small():
    listings(1)
    assert run(OVER - HOUR).held is False
    assert shown(OVER) == 0


def test_a_known_lapse_is_never_held(stopped):
    ends = OVER + 2 * DAY
    known = listings(4, license_ends=ends)
    run(OVER - HOUR)
    assert LapseStop.objects.exists()
    at = OVER - HOUR
    while at < ends - 6 * HOUR:
        at += 6 * HOUR
        run(at)
    assert shown(ends - timedelta(microseconds=1)) == 4
    assert shown(ends) == 0
    run(ends)
    assert sorted(stopped) == [clinic.pk for clinic in known]


def test_licenses_that_end_on_one_day_are_known_lapses_and_no_reason_to_stop():
    ends = START + 20 * DAY
    listings(5, license_ends=ends)
    assert run(ends - HOUR).leaving == 0
    assert shown(ends) == 0


def test_no_check_is_kept_beyond_what_is_known_of_its_end():
    listings(4, lapses={Fact.NPI: OVER + 10 * HOUR})
    run(OVER - HOUR)
    check = Check.objects.filter(fact=Fact.NPI).first()
    assert check.holds_until == check.lapses_at == OVER + 10 * HOUR


def test_a_person_lets_them_lapse_and_they_go_at_once_and_are_told_of_once(verifier, stopped):
    old = listings(3)
    fresh(5)
    run(OVER - HOUR)
    at = OVER + 3 * DAY
    run(at)
    with clock.frozen(at):
        lapse_stops.decide(stop=LapseStop.objects.get(), by=verifier, let_lapse=True)
        assert not Clinic.objects.filter(pk__in=[clinic.pk for clinic in old]).shown().exists()
    done = run(at + timedelta(seconds=15))
    assert done.held is False
    assert shown(at + HOUR) == 5
    assert sorted(stopped) == [clinic.pk for clinic in old]
    stop = LapseStop.objects.get()
    assert (stop.let_lapse, stop.closed_by) == (True, verifier)
    event = AuditEvent.objects.get(object_type="lapse_stop")
    assert (event.action, event.actor) == ("lapses.let", f"user:{verifier.pk}")


def test_what_was_let_lapse_before_its_end_goes_at_its_end_and_is_not_asked_about_again(verifier):
    listings(3)
    fresh(5)
    at = OVER - 20 * HOUR
    run(at)
    with clock.frozen(at):
        lapse_stops.decide(stop=LapseStop.objects.get(), by=verifier, let_lapse=True)
    run(at + HOUR)
    assert shown(OVER - timedelta(seconds=1)) == 8
    assert shown(OVER) == 5
    run(OVER)
    assert LapseStop.objects.count() == 1


def test_a_person_may_wait_a_week_and_is_asked_again(verifier, stopped):
    listings(3)
    fresh(5)
    run(OVER - HOUR)
    with clock.frozen(OVER):
        lapse_stops.decide(stop=LapseStop.objects.get(), by=verifier, let_lapse=False)
        assert lapse_stops.is_open() is False
    run(OVER + 5 * DAY)
    assert shown(OVER + 5 * DAY) == 8
    assert lapse_stops.is_open() is False
    run(OVER + 6 * DAY + HOUR)
    assert lapse_stops.is_open() is True
    assert shown(OVER + 7 * DAY) == 8
    assert stopped == []


def test_only_a_verifier_decides_and_once(verifier, staff, owner):
    listings(3)
    run(OVER - HOUR)
    stop = LapseStop.objects.get()
    for person in (staff, owner):
        with pytest.raises(NotAllowed):
            lapse_stops.decide(stop=stop, by=person, let_lapse=True)
    with clock.frozen(OVER):
        lapse_stops.decide(stop=stop, by=verifier, let_lapse=False)
        with pytest.raises(WrongState):
            lapse_stops.decide(stop=stop, by=verifier, let_lapse=True)


def test_after_a_long_rest_of_the_worker_what_was_not_swept_comes_back(stopped):
    """Nobody looked for days: the instants passed. The first look holds them before anything is swept."""
    listings(4)
    assert shown(OVER + 2 * DAY) == 0
    run(OVER + 2 * DAY)
    assert stopped == []
    assert shown(OVER + 2 * DAY) == 4


def test_an_esketamine_offer_that_would_go_in_mass_is_held_too():
    looked = START
    with clock.frozen(looked):
        made = build.many([{"checked_at": looked} for _ in range(4)])
    for fact in (Fact.NPI, Fact.EXCLUSION):
        Check.objects.filter(fact=fact).update(due_at=looked + 300 * DAY, holds_until=looked + 330 * DAY)
    for fact in (Fact.LICENSE, Fact.CONTACT):
        Check.objects.filter(fact=fact).update(due_at=looked + 300 * DAY, holds_until=looked + 330 * DAY)
    with clock.frozen(looked):
        index.rebuild_many(made)
    run(looked + 120 * DAY - HOUR)
    assert LapseStop.objects.get().fact == Fact.REMS
    with clock.frozen(looked + 120 * DAY + HOUR):
        search.forget()
        assert search.find(search.Query(modality=("esketamine",))).count == 4


def test_two_workers_at_once_open_one_stop():
    listings(3)
    with clock.frozen(OVER - HOUR):
        lapse_stops.watch()
        lapse_stops.watch()
    assert LapseStop.objects.count() == 1


def test_the_look_ahead_asks_as_much_of_few_listings_as_of_many(django_assert_max_num_queries):
    listings(3)
    run(OVER - HOUR)
    IndexRow.objects.all().delete()
    listings(30)
    with clock.frozen(OVER - HOUR), django_assert_max_num_queries(16):
        lapse_stops.watch()
