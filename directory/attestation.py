"""How long what a clinic says of itself stands before it must say again that all of it is true.

90 days (the pace that 42 USC 300gg-115 sets for provider directories). After that it is shown as not confirmed; 30 days
later the clinic gets no new request until somebody there has looked. Both follow from the clock: no job has to run.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from directory.models import Clinic
from directory.models.clinic import REQUESTS_END_AFTER

EVERY: Final = timedelta(days=90)
ASKED_AHEAD: Final = timedelta(days=14)
"""From when on the clinic is asked to look again."""


class State(StrEnum):
    """How a clinic stands with its attestation at an instant."""

    CONFIRMED = "confirmed"
    DUE = "due"
    OVERDUE = "overdue"
    REQUESTS_OFF = "requests-off"


def counted_from(clinic: Clinic) -> datetime:
    """When it last attested. If it never did: since when its listing stands as it stands."""
    return clinic.attested_at or clinic.status_changed_at


def due_at(clinic: Clinic) -> datetime:
    """The first instant at which what it says counts as not confirmed."""
    return counted_from(clinic) + EVERY


def requests_end_at(clinic: Clinic) -> datetime:
    """The first instant at which it can receive no new request, unless it attests before."""
    return counted_from(clinic) + REQUESTS_END_AFTER


def state_of(clinic: Clinic, at: datetime) -> State:
    """How it stands at `at`."""
    if at >= requests_end_at(clinic):
        return State.REQUESTS_OFF
    if at >= due_at(clinic):
        return State.OVERDUE
    return State.DUE if at >= due_at(clinic) - ASKED_AHEAD else State.CONFIRMED


def is_overdue(clinic: Clinic, at: datetime) -> bool:
    """What it says is shown as not confirmed at `at`."""
    return at >= due_at(clinic)


def unconfirmed_since(clinic: Clinic, at: datetime) -> date | None:
    """The day (UTC) on which it last confirmed what it says, once that is too long ago; else None."""
    return clinic.attested_at.date() if clinic.attested_at and is_overdue(clinic, at) else None
