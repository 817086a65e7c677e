"""When a clinic is open, as it says: spans of a week, in the clinic's own time.

    [{"day": 0, "opens": "09:00", "closes": "12:30"}, {"day": 0, "opens": "13:30", "closes": "17:00"}]

Days count from Monday as 0. A span ends on the day it begins: clinics here see people by day, and hours past midnight
are two spans. Wall-clock times, so that a change of clocks moves nothing.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, Final

from django.core.exceptions import ValidationError

DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_A_DAY: Final = 2
"""Before and after a break."""

_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_FIELDS: Final = {"day", "opens", "closes"}


def in_form(spans: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The spans in their order, as they are kept. Raises ValidationError for {"opening_hours": …}."""
    kept = [_span(given) for given in spans]
    kept.sort(key=lambda span: (span["day"], span["opens"]))
    for day in range(len(DAYS)):
        _require_apart(day, [span for span in kept if span["day"] == day])
    return kept


def _span(given: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(given, Mapping) or set(given) != _FIELDS:
        raise _wrong("Hours hold a day, and when it opens and closes.")
    day, opens, closes = given["day"], given["opens"], given["closes"]
    if not isinstance(day, int) or isinstance(day, bool) or not 0 <= day < len(DAYS):
        raise _wrong("There is no such day.")
    for time in (opens, closes):
        if not isinstance(time, str) or not _TIME.fullmatch(time):
            raise _wrong(f"{DAYS[day]}: a time is from 00:00 to 23:59.")
    if closes <= opens:
        raise _wrong(f"{DAYS[day]}: it closes before it opens. Hours do not run past midnight.")
    return {"day": day, "opens": opens, "closes": closes}


def _require_apart(day: int, spans: list[dict[str, Any]]) -> None:
    if len(spans) > MOST_A_DAY:
        raise _wrong(f"{DAYS[day]}: at most {MOST_A_DAY} spans.")
    if any(after["opens"] < before["closes"] for before, after in pairwise(spans)):
        raise _wrong(f"{DAYS[day]}: these hours overlap.")


def _wrong(words: str) -> ValidationError:
    return ValidationError({"opening_hours": words})


def by_day(spans: Iterable[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """("Monday", ["9 AM to 12:30 PM", …]) for each day that has hours."""
    words: dict[int, list[str]] = {}
    for span in spans:
        words.setdefault(span["day"], []).append(
            f"{clock_words(span['opens'])} to {clock_words(span['closes'])}"
        )
    return [(DAYS[day], words[day]) for day in sorted(words)]


def clock_words(time: str) -> str:
    """ "13:30" as "1:30 PM"."""
    hour, minute = int(time[:2]), time[3:]
    half = "AM" if hour < 12 else "PM"
    return f"{hour % 12 or 12}{'' if minute == '00' else ':' + minute} {half}"
