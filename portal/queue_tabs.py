"""The lists of the work queue: what waits for whom, the urgent first, then what is due first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Q

from accounts.models import User
from directory.models import Case
from directory.models.case import CaseQuerySet
from outbox import clock

SOON: Final = timedelta(days=7)


@dataclass(frozen=True)
class Tab:
    """One list of the queue."""

    slug: str
    label: str
    empty: str


TABS: Final = (
    Tab("mine", "Mine", "You hold no case. Take one from another list."),
    Tab("unassigned", "Unassigned", "Nobody is needed: every open case is with somebody, or put off."),
    Tab("week", "Due this week", "Nothing falls due in the next seven days."),
    Tab("reports", "Reports", "Nobody has reported anything that is still open."),
    Tab("urgent", "Urgent", "Nothing is urgent."),
    Tab("snoozed", "Snoozed", "Nothing is put off."),
)


def tab_named(slug: str) -> Tab | None:
    """The tab of that name."""
    return next((tab for tab in TABS if tab.slug == slug), None)


def first_with_work(numbers: dict[str, int]) -> Tab:
    """Where somebody begins: what is urgent, else one's own, else what nobody has."""
    order = ("urgent", "mine", "unassigned")
    slug = next((slug for slug in order if numbers[slug]), "unassigned")
    return next(tab for tab in TABS if tab.slug == slug)


def counts(user: User) -> dict[str, int]:
    """How many cases lie in each tab, in one statement."""
    at = clock.now()
    return Case.objects.open().aggregate(
        **{tab.slug: Count("pk", filter=_rule(tab.slug, user, at)) for tab in TABS}
    )


def kinds(user: User, tab: Tab) -> list[tuple[str, str, int]]:
    """Slug, label and number of each kind of case in a tab, in one statement."""
    rows = Case.objects.open().filter(_rule(tab.slug, user, clock.now())).values_list("kind")
    numbers = dict(rows.annotate(Count("pk")).order_by("kind"))
    return [(kind.value, str(kind.label), numbers[kind]) for kind in Case.Kind if numbers.get(kind)]


def in_tab(user: User, tab: Tab, kind: str = "") -> CaseQuerySet:
    """The cases of a tab, of one kind if it names one."""
    found = Case.objects.open().filter(_rule(tab.slug, user, clock.now()))
    if kind in Case.Kind.values:
        found = found.filter(kind=kind)
    order = ("snoozed_until",) if tab.slug == "snoozed" else ("-urgent", "due_at")
    return found.order_by(*order, "pk")


def _rule(slug: str, user: User, at: datetime) -> Q:
    awake = Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=at)
    free = Q(taken_until__isnull=True) | Q(taken_until__lte=at)
    rules = {
        "mine": awake & (Q(taken_by=user, taken_until__gt=at) | Q(sent_to=user)),
        "unassigned": awake & free & Q(sent_to__isnull=True),
        "week": awake & Q(due_at__lt=at + SOON),
        "reports": awake & Q(kind=Case.Kind.REPORT),
        "urgent": awake & Q(urgent=True),
        "snoozed": Q(snoozed_until__gt=at),
    }
    return rules[slug]
