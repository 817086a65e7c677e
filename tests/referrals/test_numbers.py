"""What a clinic reads about its own requests: counted from rows, comparing with its state, and about nobody."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from directory.models import Clinic, Report
from directory.voices import reports
from outbox import clock
from referrals import lifecycle, numbers, retention
from referrals.models import Referral
from referrals.vocabulary import Status
from tests import build, build_referrals

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)  # a Friday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def long_ago():
    """Clinics whose facts held all year."""
    with clock.frozen(NOW - 400 * DAY):
        yield


def year_round(owner, **overrides) -> Clinic:
    """A clinic that could be asked at any time of the last year."""
    with clock.frozen(NOW):
        return build.clinic(owner=owner, **overrides)


def asked(clinic: Clinic, ago: timedelta, **reached) -> Referral:
    """A request sent so long before NOW, and taken further by the clinic after so many hours."""
    with clock.frozen(NOW - ago):
        made = build_referrals.referral(clinic)
    by = clinic.claims.get().claimant
    for verb, after in reached.items():
        with clock.frozen(NOW - ago + after):
            _take(made, verb, by)
    return made


def _take(made: Referral, verb: str, by) -> None:
    if verb == "open":
        lifecycle.open(referral=made, by=by)
    elif verb == "accept":
        lifecycle.accept(referral=made, by=by)
    elif verb == "decline":
        lifecycle.decline(referral=made, reason="not-accepting", by=by)
    elif verb == "ask":
        lifecycle.ask(referral=made, question="Which mornings?", by=by)
    elif verb == "complete":
        lifecycle.complete(referral=made, reason="seen", by=by)
    else:
        lifecycle.withdraw(referral=made)


def rows(clinic: Clinic, waits: Sequence[timedelta], ago: timedelta = 10 * DAY) -> None:
    """Requests opened and accepted after these waits, written as rows: many at once."""
    made = []
    for number, wait in enumerate(waits):
        referral = build_referrals.sent(clinic).referral
        at = NOW - ago + number * timedelta(seconds=1)
        Referral.objects.filter(pk=referral.pk).update(
            created_at=at, status=Status.ACCEPTED, status_at=at + wait
        )
        referral.timeline.create(number=2, at=at + wait, actor="clinic", status=Status.RECEIVED)
        referral.timeline.create(number=3, at=at + wait, actor="clinic", status=Status.ACCEPTED)
        made.append(referral)


def found(clinic: Clinic) -> numbers.Numbers:
    return numbers.of(clinic, NOW)


def test_requests_are_counted_in_ninety_days_and_in_twelve_months(owner):
    clinic = year_round(owner)
    with clock.frozen(NOW):
        for ago, many in ((1 * DAY, 6), (100 * DAY, 5), (366 * DAY, 7)):
            rows(clinic, [HOUR] * many, ago)
    assert [period.requests.count for period in found(clinic).periods] == [6, 11]
    assert [period.days for period in found(clinic).periods] == [90, 365]


def test_the_usual_time_is_the_one_in_the_middle(owner):
    clinic = year_round(owner)
    with clock.frozen(NOW):
        rows(clinic, [HOUR, 2 * HOUR, 3 * HOUR, 40 * HOUR, 50 * HOUR])
    waits = found(clinic).periods[0]
    assert waits.opened.own == 3 * HOUR
    assert waits.answered.own == 3 * HOUR


def test_a_question_and_a_no_are_answers_and_what_the_person_does_is_none(owner):
    clinic = year_round(owner)
    for number in range(2):
        asked(clinic, (9 + number) * DAY, open=HOUR, ask=4 * HOUR)
        asked(clinic, (9 + number) * DAY, open=HOUR, decline=6 * HOUR)
        asked(clinic, (9 + number) * DAY, withdraw=HOUR)
    asked(clinic, 9 * DAY, open=HOUR, accept=4 * HOUR)
    period = found(clinic).periods[0]
    assert period.opened.own == HOUR
    assert period.answered.own == 4 * HOUR


def test_fewer_than_five_are_not_counted_out(owner):
    clinic = year_round(owner)
    with clock.frozen(NOW):
        rows(clinic, [HOUR] * 4)
    period = found(clinic).periods[0]
    assert (period.requests.words, period.opened.own, period.in_time) == ("fewer than 5", None, None)
    with clock.frozen(NOW):
        rows(clinic, [HOUR])
    period = found(clinic).periods[0]
    assert (period.requests.words, period.opened.own, period.in_time) == ("5", HOUR, 100)


@pytest.mark.parametrize(
    ("count", "words"), [(0, "none"), (1, "fewer than 5"), (4, "fewer than 5"), (5, "5"), (1200, "1,200")]
)
def test_a_group_in_words(count, words):
    assert numbers.count_words(count) == words


# --- its state ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clinics", "each", "is_shown"),
    [(5, 4, True), (4, 5, False), (5, 3, False), (6, 4, True)],
    ids=["just enough", "four clinics", "fifteen requests", "more"],
)
def test_the_state_is_shown_where_five_clinics_and_twenty_requests_lie_behind_it(
    owner, clinics, each, is_shown
):
    with clock.frozen(NOW):
        made = build.many([{"owner": owner} for _ in range(clinics)])
        for clinic in made:
            rows(clinic, [8 * HOUR] * each)
    assert found(made[0]).periods[0].opened.state == (8 * HOUR if is_shown else None)


def test_another_state_counts_for_nothing(owner):
    with clock.frozen(NOW):
        here = build.many([{"owner": owner} for _ in range(5)])
        there = build.clinic(state="NM")
        for clinic in here:
            rows(clinic, [8 * HOUR] * 4)
        rows(there, [1 * HOUR] * 30)
    assert found(here[0]).periods[0].opened.state == 8 * HOUR
    assert found(there).periods[0].opened == numbers.Wait(own=HOUR, state=None)


def test_two_questions_are_asked_however_many_requests_there_are(owner, django_assert_num_queries):
    clinic = year_round(owner)
    with clock.frozen(NOW):
        rows(clinic, [HOUR])
    with django_assert_num_queries(2):
        found(clinic)
    with clock.frozen(NOW):
        rows(clinic, [HOUR] * 8)
    with django_assert_num_queries(2):
        found(clinic)


# --- within two business days ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answered_after", "percent"),
    [(3 * DAY, 100), (4 * DAY + 12 * HOUR, 100), (5 * DAY, 0)],
    ids=["over the weekend", "the last hours of Tuesday", "Wednesday"],
)
def test_the_weekend_is_no_business_day(owner, answered_after, percent):
    clinic = year_round(owner)
    friday = NOW - datetime(2026, 11, 13, 18, tzinfo=UTC)
    with clock.frozen(NOW):
        rows(clinic, [answered_after] * 5, friday)
    assert found(clinic).periods[0].in_time == percent


def test_what_was_never_answered_counts_as_late_once_its_time_is_over(owner):
    clinic = year_round(owner)
    for _ in range(3):
        asked(clinic, 10 * DAY, open=HOUR, accept=2 * HOUR)
        asked(clinic, 10 * DAY)
    asked(clinic, HOUR)  # there is time left
    asked(clinic, 10 * DAY, withdraw=HOUR)  # the person did not wait for it
    assert found(clinic).periods[0].in_time == 50


# --- how they ended -------------------------------------------------------------------------------


def test_every_request_is_in_one_group_and_the_numbers_outlive_the_personal_data(owner):
    clinic = year_round(owner)
    ways = [
        {},
        {"open": HOUR},
        {"open": HOUR, "ask": 2 * HOUR},
        {"open": HOUR, "accept": 2 * HOUR},
        {"open": HOUR, "accept": 2 * HOUR, "complete": DAY},
        {"open": HOUR, "decline": 2 * HOUR},
        {"withdraw": HOUR},
    ]
    for way in ways:
        asked(clinic, 200 * DAY, **way)
    before = found(clinic)
    counts = {group.label: group.count for group in before.periods[1].outcomes}
    assert sum(counts.values()) == len(ways)
    assert counts["Waiting for you, or for an answer of the person"] == 3
    assert counts["Seen"] == counts["You could not help"] == counts["The person took it back"] == 1
    with clock.frozen(NOW):
        assert retention.destroy_due() == 3
    assert found(clinic) == before


# --- reports --------------------------------------------------------------------------------------


def test_facts_that_were_reported_wrong_the_most_often_first_and_nothing_of_harm(owner):
    clinic = year_round(owner)
    kinds = {"contact": 6, "no-answer": 7, "harm": 9, "seller": 9, "other": 9, "closed": 1}
    with clock.frozen(NOW - DAY):
        for about, times in kinds.items():
            for _ in range(times):
                reports.make(clinic=clinic, about=about, text="")
    shown = [(group.label, group.words) for group in found(clinic).reports]
    assert shown == [
        ("Nobody answers", "7"),
        ("The phone number or address is wrong", "6"),
        ("The clinic closed or moved", "fewer than 5"),
    ]
    assert Report.objects.count() == 41
