"""When a clinic should have replied: the dates that patient and clinic are told.

Business days of the clinic are Monday to Friday in its own time zone. Public holidays are not known here.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from outbox import clock

REPLY_GOAL = 2
"""Business days after which we would ask the clinic a second time (design: reply clock)."""
OTHERS_OFFERED = 3
"""Business days after which the patient's page offers other clinics beside the wait."""

_SATURDAY = 5


def business_days_after(day: date, count: int) -> date:
    """The `count`-th business day after `day`; `day` itself is not counted."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < _SATURDAY
    return day


def reply_due(since: datetime, time_zone: str) -> date:
    """The last day on which a reply to what came in at `since` is on time."""
    return business_days_after(since.astimezone(ZoneInfo(time_zone)).date(), REPLY_GOAL)


def others_offered_on(since: datetime, time_zone: str) -> date:
    """The day from which the private page shows other clinics if this one did not reply."""
    return business_days_after(since.astimezone(ZoneInfo(time_zone)).date(), OTHERS_OFFERED)


def is_late(since: datetime, time_zone: str, at: datetime | None = None) -> bool:
    """Has the last day for a reply ended at the clinic?"""
    today = (at or clock.now()).astimezone(ZoneInfo(time_zone)).date()
    return today > reply_due(since, time_zone)


def others_are_offered(since: datetime, time_zone: str, at: datetime | None = None) -> bool:
    """Has the person waited long enough that other clinics belong on the page?"""
    today = (at or clock.now()).astimezone(ZoneInfo(time_zone)).date()
    return today >= others_offered_on(since, time_zone)
