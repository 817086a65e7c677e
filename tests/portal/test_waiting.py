"""How long something waits, in words, and in which list it lies."""

from datetime import UTC, datetime, timedelta

import pytest

from portal import waiting
from referrals.vocabulary import Status

NOW = datetime(2026, 11, 9, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=-5), "less than a minute"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=59, seconds=59), "59 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=23, minutes=59), "23 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=2, hours=4, minutes=30), "2 days 4 hours"),
    ],
)
def test_it_names_two_units_at_most(passed, words):
    assert waiting.words(NOW - passed, NOW) == words


def test_every_status_lies_in_exactly_one_list():
    listed = [status for tab in waiting.TABS for status in tab.statuses]

    assert sorted(listed) == sorted(Status.values)
