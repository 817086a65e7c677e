"""The dates that patient and clinic are told: business days where the clinic is."""

from datetime import UTC, date, datetime

import pytest

from referrals import reply_clock

DENVER = "America/Denver"


def at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "due"),
    [
        (at(2026, 11, 9, 18), date(2026, 11, 11)),  # Monday -> Wednesday
        (at(2026, 11, 12, 18), date(2026, 11, 16)),  # Thursday -> Monday
        (at(2026, 11, 13, 18), date(2026, 11, 17)),  # Friday -> Tuesday
        (at(2026, 11, 14, 18), date(2026, 11, 17)),  # Saturday -> Tuesday
        (at(2026, 11, 10, 3), date(2026, 11, 11)),  # still Monday evening in Denver
    ],
)
def test_a_reply_is_due_after_two_business_days(sent, due):
    assert reply_clock.reply_due(sent, DENVER) == due


def test_it_is_late_when_the_last_day_has_ended_where_the_clinic_is():
    sent = at(2026, 11, 9, 18)

    assert not reply_clock.is_late(sent, DENVER, at(2026, 11, 12, 6, 59))  # 23:59 on Wednesday
    assert reply_clock.is_late(sent, DENVER, at(2026, 11, 12, 7))


def test_others_are_offered_from_the_third_business_day_on():
    sent = at(2026, 11, 9, 18)

    assert reply_clock.others_offered_on(sent, DENVER) == date(2026, 11, 12)
    assert not reply_clock.others_are_offered(sent, DENVER, at(2026, 11, 12, 6, 59))
    assert reply_clock.others_are_offered(sent, DENVER, at(2026, 11, 12, 7))
