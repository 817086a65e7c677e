"""Every state a listing and its facts can be in, each met by some example clinic."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from directory.models import Clinic
from directory.vocabulary import Fact

DAY: Final = timedelta(days=1)
FRESH: Final = 12 * DAY


@dataclass(frozen=True)
class Case:
    """How one example clinic stands, as of the date the examples are built for.

    `checked_ago` is the age of each fact's check, `fails` the facts a source says do not hold,
    `license_left` how long the license still runs (negative: it ended).
    """

    name: str
    status: str = Clinic.Status.LISTED
    status_reason: str = ""
    claimed: bool = True
    takes_requests: bool = True
    paused_for: timedelta | None = None
    checked_ago: dict[str, timedelta] = field(default_factory=dict)
    fails: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    license_left: timedelta = 400 * DAY
    accepting: bool | None = True
    accepting_said_ago: timedelta = 5 * DAY
    attested_ago: timedelta | None = 20 * DAY


PLAIN: Final = Case("plain")
UNUSUAL: Final = (
    replace(PLAIN, name="unclaimed", claimed=False, accepting=None, attested_ago=None, takes_requests=False),
    replace(PLAIN, name="not accepting", accepting=False),
    replace(PLAIN, name="accepting said long ago", accepting_said_ago=45 * DAY),
    replace(PLAIN, name="accepting unknown", accepting=None),
    replace(PLAIN, name="license check due", checked_ago={Fact.LICENSE: 96 * DAY}),
    replace(PLAIN, name="contact check due", checked_ago={Fact.CONTACT: 100 * DAY}),
    replace(PLAIN, name="REMS check due", checked_ago={Fact.REMS: 99 * DAY}),
    replace(PLAIN, name="REMS not current", fails=(Fact.REMS,)),
    replace(PLAIN, name="REMS not checked", unchecked=(Fact.REMS,)),
    replace(PLAIN, name="paused", paused_for=9 * DAY),
    replace(PLAIN, name="inbox closed", takes_requests=False),
    replace(PLAIN, name="license ends soon", license_left=2 * DAY),
    replace(PLAIN, name="license ended", license_left=-3 * DAY),
    replace(PLAIN, name="contact check too old", checked_ago={Fact.CONTACT: 130 * DAY}),
    replace(PLAIN, name="NPI not current", fails=(Fact.NPI,)),
    replace(
        PLAIN, name="candidate", status=Clinic.Status.CANDIDATE, claimed=False, unchecked=(Fact.CONTACT,)
    ),
    replace(
        PLAIN,
        name="suspended",
        status=Clinic.Status.SUSPENDED,
        status_reason=Clinic.StatusReason.UNDER_REVIEW,
    ),
    replace(PLAIN, name="moved", status=Clinic.Status.CLOSED, status_reason=Clinic.StatusReason.MOVED),
    replace(PLAIN, name="closed", status=Clinic.Status.CLOSED, status_reason=Clinic.StatusReason.CLOSED_DOWN),
)
UNCLAIMED: Final = UNUSUAL[0]


def case_for(number: int) -> Case:
    """The case of the `number`-th example clinic: every fifth is unusual, in turn, and every ninth unclaimed."""
    if number % 5 == 4:
        return UNUSUAL[(number // 5) % len(UNUSUAL)]
    return UNCLAIMED if number % 9 == 8 else PLAIN
