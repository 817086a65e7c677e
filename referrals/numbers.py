"""What a clinic reads about its own requests: how many, how soon opened and answered, how they ended. Our rows alone.

    numbers.of(clinic)    two periods, the last 90 days and the last 12 months

Nothing about one person: a group of fewer than FEWEST is not counted out, nor is a median made of it. A state's median
is shown where enough clinics and requests lie behind it. Steps and statuses outlive the personal data, so no number
changes when these are destroyed.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q

from directory.models import Clinic, Report
from outbox import clock
from referrals import reply_clock
from referrals.models import Referral
from referrals.vocabulary import Actor, CompleteReason, Status

FEWEST: Final = 5
STATE_CLINICS: Final = 5
STATE_REQUESTS: Final = 20
PERIODS: Final = (timedelta(days=90), timedelta(days=365))

ABOUT_FACTS: Final = (
    Report.About.CONTACT,
    Report.About.CLOSED,
    Report.About.NOT_OFFERED,
    Report.About.NO_ANSWER,
)
"""Reports that tell a clinic which of its facts to look at. The others are for the operator alone."""

_ANSWERS: Final = (Status.ON_HOLD, Status.ACCEPTED, Status.REJECTED)
"""Steps of the clinic that the person can read."""


class Asked(NamedTuple):
    """One request to a clinic of the state, without anything about the person."""

    clinic_id: int
    created_at: datetime
    status: str
    reason: str
    closed_at: datetime | None
    opened_at: datetime | None
    answered_at: datetime | None

    @property
    def until_opened(self) -> timedelta | None:
        return self.opened_at - self.created_at if self.opened_at else None

    @property
    def until_answered(self) -> timedelta | None:
        return self.answered_at - self.created_at if self.answered_at else None


@dataclass(frozen=True)
class Group:
    """So many of a kind. Show it by `words`, never by `count`."""

    label: str
    count: int

    @property
    def words(self) -> str:
        """The count, where it is nobody's own."""
        return count_words(self.count)


@dataclass(frozen=True)
class Wait:
    """Medians of the clinic and of its state; None where too few requests lie behind one."""

    own: timedelta | None
    state: timedelta | None


@dataclass(frozen=True)
class Period:
    """The numbers of the last `days`. `in_time`: percent answered within the reply goal, None of too few."""

    days: int
    requests: Group
    opened: Wait
    answered: Wait
    in_time: int | None
    outcomes: list[Group]


@dataclass(frozen=True)
class Numbers:
    """All of it. `reports`: facts that were reported wrong in the longest period, the most often first."""

    periods: list[Period]
    reports: list[Group]


def count_words(count: int) -> str:
    """ "none", "fewer than 5", or the count."""
    if count == 0:
        return "none"
    return f"fewer than {FEWEST}" if count < FEWEST else f"{count:,}"


def of(clinic: Clinic, at: datetime | None = None) -> Numbers:
    """The numbers of a clinic at `at` (now), in two statements however many requests there are."""
    moment = at or clock.now()
    asked = _asked_in(clinic.state, moment - max(PERIODS), moment)
    return Numbers(
        periods=[_period(clinic, asked, span, moment) for span in PERIODS],
        reports=_reports(clinic, moment - max(PERIODS), moment),
    )


def _asked_in(state: str, since: datetime, until: datetime) -> list[Asked]:
    """Every request to a clinic of the state in that time."""
    by_clinic = Q(timeline__actor=Actor.CLINIC)
    rows = Referral.objects.filter(clinic__state=state, created_at__gt=since, created_at__lte=until)
    found = rows.annotate(
        opened_at=Min("timeline__at", filter=by_clinic & Q(timeline__status=Status.RECEIVED)),
        answered_at=Min("timeline__at", filter=by_clinic & Q(timeline__status__in=_ANSWERS)),
    ).values_list(
        "clinic_id", "created_at", "status", "status_reason", "closed_at", "opened_at", "answered_at"
    )
    return [Asked(*row) for row in found.order_by().iterator()]


def _period(clinic: Clinic, asked: Sequence[Asked], span: timedelta, at: datetime) -> Period:
    theirs = [each for each in asked if each.created_at > at - span]
    own = [each for each in theirs if each.clinic_id == clinic.pk]
    return Period(
        days=span.days,
        requests=Group("Requests", len(own)),
        opened=_wait(own, theirs, lambda each: each.until_opened),
        answered=_wait(own, theirs, lambda each: each.until_answered),
        in_time=_in_time(own, clinic.time_zone, at),
        outcomes=_outcomes(own),
    )


def _wait(
    own: Sequence[Asked], theirs: Sequence[Asked], measure: Callable[[Asked], timedelta | None]
) -> Wait:
    mine = [wait for each in own if (wait := measure(each)) is not None]
    all_of_them = [(each.clinic_id, wait) for each in theirs if (wait := measure(each)) is not None]
    clinics = {clinic_id for clinic_id, _ in all_of_them}
    enough = len(clinics) >= STATE_CLINICS and len(all_of_them) >= STATE_REQUESTS
    return Wait(
        own=_median(mine) if len(mine) >= FEWEST else None,
        state=_median([wait for _, wait in all_of_them]) if enough else None,
    )


def _median(waits: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=median(wait.total_seconds() for wait in waits))


def _in_time(own: Sequence[Asked], time_zone: str, at: datetime) -> int | None:
    """Of the requests that were answered, or should have been by now: percent answered on time."""
    judged = [on_time for each in own if (on_time := _was_on_time(each, time_zone, at)) is not None]
    return round(100 * sum(judged) / len(judged)) if len(judged) >= FEWEST else None


def _was_on_time(each: Asked, time_zone: str, at: datetime) -> bool | None:
    """None while there is time left, and where it ended before the clinic had to answer."""
    zone = ZoneInfo(time_zone)
    due = reply_clock.reply_due(each.created_at, time_zone)
    if each.answered_at:
        return each.answered_at.astimezone(zone).date() <= due
    ended = min(each.closed_at or at, at)
    return None if ended.astimezone(zone).date() <= due else False


_OUTCOMES: Final[dict[str, Callable[[Asked], bool]]] = {
    "Waiting for you, or for an answer of the person": lambda each: (
        each.status in (Status.REQUESTED, Status.RECEIVED, Status.ON_HOLD)
    ),
    "Accepted, or an appointment is set": lambda each: each.status in (Status.ACCEPTED, Status.IN_PROGRESS),
    "Seen": lambda each: each.status == Status.COMPLETED and each.reason == CompleteReason.SEEN,
    "Accepted, and ended in another way": lambda each: (
        each.status == Status.COMPLETED and each.reason != CompleteReason.SEEN
    ),
    "You could not help": lambda each: each.status == Status.REJECTED,
    "The person took it back": lambda each: each.status == Status.CANCELLED,
    "Ended without an answer": lambda each: each.status == Status.FAILED,
}
"""How requests stand or ended. Every request is in exactly one of these groups."""


def _outcomes(own: Sequence[Asked]) -> list[Group]:
    return [Group(label, sum(is_one(each) for each in own)) for label, is_one in _OUTCOMES.items()]


def _reports(clinic: Clinic, since: datetime, until: datetime) -> list[Group]:
    """Which facts people reported as wrong, without what they wrote and without saying what came of it."""
    rows = Report.objects.filter(
        clinic=clinic, about__in=ABOUT_FACTS, made_at__gt=since, made_at__lte=until
    ).values_list("about")
    counted = Counter(dict(rows.annotate(times=Count("pk")).order_by("about")))
    return [Group(str(Report.About(about).label), times) for about, times in counted.most_common()]
