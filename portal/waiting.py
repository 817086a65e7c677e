"""How long a request has been waiting, in words, and in which tab of the inbox it lies."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from outbox import clock
from referrals import reply_clock, wording
from referrals.models import Referral
from referrals.models.referral import ReferralQuerySet
from referrals.vocabulary import CLOSED_STATUSES, Status

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Tab:
    """One list of the inbox. Everything open waits for somebody; `ours` is when that is the clinic."""

    slug: str
    label: str
    statuses: tuple[str, ...]
    ours: bool
    empty: str


TABS = (
    Tab("new", "New", (Status.REQUESTED,), True, "No new requests."),
    Tab("us", "Waiting on us", (Status.RECEIVED, Status.ACCEPTED), True, "Nothing waits for you."),
    Tab(
        "them", "Waiting on them", (Status.ON_HOLD, Status.IN_PROGRESS), False, "Nothing waits for a person."
    ),
    Tab("closed", "Closed", tuple(CLOSED_STATUSES), False, "Nothing is closed yet."),
)

TURNED_ROUND: dict[str, str] = {Status.REQUESTED: "New", Status.ON_HOLD: "Question sent"}


def tab_named(slug: str) -> Tab:
    """The tab of that name, or the first."""
    return next((tab for tab in TABS if tab.slug == slug), TABS[0])


def tab_of(referral: Referral) -> Tab:
    """Where a referral lies now."""
    return next(tab for tab in TABS if referral.status in tab.statuses)


def status_word(status: str, reason: str = "") -> str:
    """The label of a request as the clinic reads it: some of the person's words are turned round."""
    return TURNED_ROUND.get(status) or wording.tag(status, reason)


def counts(referrals: ReferralQuerySet) -> dict[str, int]:
    """How many lie in each tab, in one statement."""
    return referrals.aggregate(**{tab.slug: Count("pk", filter=Q(status__in=tab.statuses)) for tab in TABS})


def in_tab(referrals: ReferralQuerySet, tab: Tab) -> ReferralQuerySet:
    """The referrals of a tab: longest waiting first; closed ones latest first."""
    order = "-closed_at" if tab.slug == "closed" else "status_at"
    return referrals.filter(status__in=tab.statuses).order_by(order, "pk")


def is_late(referral: Referral, at: datetime | None = None) -> bool:
    """Is the clinic's answer overdue?"""
    if not tab_of(referral).ours:
        return False
    return reply_clock.is_late(referral.status_at, referral.clinic.time_zone, at)


def late_count(referrals: ReferralQuerySet) -> int:
    """How many of the open ones are overdue at the clinic, in one statement."""
    ours = [status for tab in TABS if tab.ours for status in tab.statuses]
    waiting = referrals.filter(status__in=ours).values_list("status_at", "clinic__time_zone")
    now = clock.now()
    return sum(reply_clock.is_late(since, zone, now) for since, zone in waiting)


def words(since: datetime, at: datetime | None = None) -> str:
    """Two units at most: "2 days 4 hours", "35 minutes"."""
    passed = (at or clock.now()) - since
    if passed < MINUTE:
        return "less than a minute"
    if passed < HOUR:
        return _counted(passed // MINUTE, "minute")
    if passed < DAY:
        return _counted(passed // HOUR, "hour")
    days, hours = passed // DAY, passed % DAY // HOUR
    return f"{_counted(days, 'day')} {_counted(hours, 'hour')}" if hours else _counted(days, "day")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
