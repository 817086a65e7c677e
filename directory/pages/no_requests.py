"""Why a clinic that is shown takes no requests for the time being, as patients read it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from directory import attestation
from directory.models import Clinic

NEVER_CONFIRMED: Final = "The clinic has not confirmed what its page says."


@dataclass(frozen=True)
class NoRequests:
    """`until`: the day at the clinic on which it takes requests again; None where that hangs on somebody there."""

    until: date | None
    why: str


def of(clinic: Clinic, at: datetime) -> NoRequests | None:
    """None where neither a pause nor a late attestation is the cause: nobody joined, or it wants none at all.

    What was not confirmed comes first: it goes on when the pause has ended, so no day can be promised.
    """
    if not clinic.takes_requests or not Clinic.objects.claimed().filter(pk=clinic.pk).exists():
        return None
    if at >= attestation.requests_end_at(clinic):
        return NoRequests(None, _not_confirmed(clinic, at))
    if clinic.paused_until and clinic.paused_until > at:
        return NoRequests(until_day(clinic.paused_until, clinic), _why_paused(clinic))
    return None


def until_day(instant: datetime, clinic: Clinic) -> date:
    """The day of an instant at the clinic."""
    return instant.astimezone(ZoneInfo(clinic.time_zone)).date()


def _why_paused(clinic: Clinic) -> str:
    if not clinic.pause_reason or clinic.pause_reason == Clinic.PauseReason.OTHER:
        return ""
    return f"{Clinic.PauseReason(clinic.pause_reason).label}."


def _not_confirmed(clinic: Clinic, at: datetime) -> str:
    since = attestation.unconfirmed_since(clinic, at)
    if since is None:
        return NEVER_CONFIRMED
    return f"The clinic has not confirmed what its page says since {since:%b} {since.day}, {since.year}."
