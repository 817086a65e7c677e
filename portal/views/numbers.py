"""What a clinic reads about its own requests and reports: counts and medians, and nobody in particular."""

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from directory.states import STATES
from portal.access import SignedIn
from portal.own_clinic import claimed_or_404
from referrals import numbers

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOO_FEW = f"fewer than {numbers.FEWEST} to count"
TOO_FEW_TO_COMPARE = "too few to compare"


@dataclass(frozen=True)
class Line:
    """One measure: its name, what the clinic has in each period, and what the state has."""

    label: str
    own: list[str]
    state: list[str]


@never_cache
@require_safe
def page(request: SignedIn, slug: str) -> HttpResponse:
    """The last 90 days and the last 12 months, side by side."""
    clinic = claimed_or_404(request.user, slug)
    found = numbers.of(clinic)
    context = {
        "clinic": clinic,
        "state": STATES.get(clinic.state, clinic.state),
        "is_empty": found.periods[-1].requests.count == 0,
        "requests": [period.requests.words for period in found.periods],
        "waits": _waits(found.periods),
        "in_time": [_percent(period.in_time) for period in found.periods],
        "outcomes": _outcomes(found.periods),
        "reports": found.reports,
        "fewest": numbers.FEWEST,
        "clinics": numbers.STATE_CLINICS,
        "state_requests": numbers.STATE_REQUESTS,
    }
    return render(request, "portal/numbers.html", context)


def _waits(periods: list[numbers.Period]) -> list[Line]:
    measured = (
        ("Until you opened a request", [period.opened for period in periods]),
        ("Until you answered", [period.answered for period in periods]),
    )
    return [
        Line(
            label,
            [words(wait.own) or TOO_FEW for wait in waits],
            [words(wait.state) or TOO_FEW_TO_COMPARE for wait in waits],
        )
        for label, waits in measured
    ]


def _outcomes(periods: list[numbers.Period]) -> list[Line]:
    by_label = zip(*(period.outcomes for period in periods), strict=True)
    lines = [Line(groups[0].label, [group.words for group in groups], []) for groups in by_label]
    return [line for line in lines if any(words != "none" for words in line.own)]


def _percent(share: int | None) -> str:
    return TOO_FEW if share is None else f"{share}%"


def words(wait: timedelta | None) -> str:
    """How long, as somebody would say it: in hours up to two days, then in days. "" for None."""
    if wait is None:
        return ""
    if wait < HOUR:
        return "less than an hour"
    if wait < 2 * DAY:
        return _plural(round(wait / HOUR), "hour")
    return _plural(round(wait / DAY), "day")


def _plural(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
