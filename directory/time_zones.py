"""The time zone in which a state keeps its hours; where a state has two, the one of most of its people.

Names of the IANA database (https://www.iana.org/time-zones). A clinic can be given another by hand.
"""

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

EASTERN: Final = "America/New_York"
_STATES: Final = {
    "America/Chicago": "AL AR IL IA KS LA MN MS MO NE ND OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Phoenix": "AZ",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "Pacific/Guam": "GU MP",
    "Pacific/Pago_Pago": "AS",
    "America/Puerto_Rico": "PR VI",
}
_ZONES: Final = {state: zone for zone, states in _STATES.items() for state in states.split()}


def time_zone_of(state: str) -> str:
    """ "CO" as "America/Denver"."""
    return _ZONES.get(state, EASTERN)


def end_of(day: date, state: str) -> datetime:
    """The first instant after `day` in a state: a license holds through the day that the board names."""
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(time_zone_of(state)))
