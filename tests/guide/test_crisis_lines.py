"""The lines to call or text: what must be there, what must not, and that somebody read them lately."""

from datetime import UTC, datetime, timedelta

import pytest

from guide import crisis_lines

WAYS = {way.href for line in crisis_lines.ALL for way in line.ways}


def test_the_lines_that_must_be_there_are_there():
    assert {"tel:911", "tel:988", "sms:988", "sms:838255", "sms:741741"} <= WAYS
    assert [line.key for line in crisis_lines.NOW] == ["911", "988", "veterans"]


def test_what_has_ended_or_was_never_confirmed_is_not_shown():
    text = " ".join(
        [
            *(line.about for line in crisis_lines.ALL),
            *(more for line in crisis_lines.ALL for more in line.more),
        ]
        + [way.label for line in crisis_lines.ALL for way in line.ways]
    )
    assert "press 3" not in text.lower()
    assert "HOLA" not in text
    assert "833-852-6262" not in text  # the maternal line is no crisis line


def test_spanish_speakers_are_told_how_in_spanish():
    lifeline = next(line for line in crisis_lines.ALL if line.key == "988")
    assert "Español: llame al 988 y oprima 2, o envíe AYUDA al 988." in lifeline.more


@pytest.mark.parametrize("line", crisis_lines.ALL, ids=lambda line: line.key)
def test_each_line_was_read_within_180_days_and_says_where(line):
    assert line.sources
    assert datetime.now(UTC).date() - line.reviewed_on <= timedelta(days=180), (
        "read it again, then move its date"
    )
