"""What people call the time of a place: "Pacific time", not a name out of a database."""

from collections.abc import Iterable
from typing import Final

UTC: Final = "UTC"
_NAMES: Final = {
    UTC: "UTC",
    "America/New_York": "Eastern time",
    "America/Chicago": "Central time",
    "America/Denver": "Mountain time",
    "America/Phoenix": "Arizona time",
    "America/Los_Angeles": "Pacific time",
    "America/Anchorage": "Alaska time",
    "America/Puerto_Rico": "Atlantic time",
    "Pacific/Honolulu": "Hawaii time",
}


def name(time_zone: str) -> str:
    """The everyday name of an IANA zone; a zone without one is named by its city."""
    city = time_zone.rpartition("/")[2].replace("_", " ")
    return _NAMES.get(time_zone, f"{city} time")


def of_all(time_zones: Iterable[str]) -> str:
    """The zone that all share, else UTC."""
    shared = set(time_zones)
    return shared.pop() if len(shared) == 1 else UTC
