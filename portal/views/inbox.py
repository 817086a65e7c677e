"""The inbox: four lists, longest waiting first, with the least about a person that still works."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.memberships import organizations_of
from directory.models import Clinic
from outbox import clock
from portal import waiting, zones
from portal.access import SignedIn
from referrals import reading
from referrals.access import inbox_of
from referrals.models import Referral
from referrals.vocabulary import Status

PER_PAGE = 20
HIDE_NAMES = "hide_names"


@dataclass(frozen=True)
class Row:
    """`name` is "" while names are hidden or the person took the request back."""

    referral: Referral
    name: str
    waiting: str
    late: bool
    status: str


@never_cache
@require_safe
def inbox(request: SignedIn) -> HttpResponse:
    """One tab of the referrals that the user may open now. The operator's staff has a page of its own."""
    if request.user.is_staff and not organizations_of(request.user).exists():
        return redirect("staff")
    mine = inbox_of(request.user)
    tab = waiting.tab_named(request.GET.get("tab", ""))
    numbers = waiting.counts(mine)
    time_zones = _time_zones(request)
    zone = zones.of_all(time_zones)
    page = Paginator(waiting.in_tab(mine.select_related("clinic"), tab), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "tabs": [
            {"tab": each, "count": numbers[each.slug], "is_current": each == tab} for each in waiting.TABS
        ],
        "tab": tab,
        "late_count": waiting.late_count(mine),
        "page": page,
        "rows": _rows(request, list(page)),
        "names_hidden": bool(request.session.get(HIDE_NAMES)),
        "acts_for_one": len(time_zones) > 0,
        "several_clinics": len(time_zones) > 1,
        "now": clock.now(),
        "zone": zone,
        "zone_name": zones.name(zone),
    }
    return render(request, "portal/inbox.html", context)


@never_cache
@require_POST
def names(request: SignedIn) -> HttpResponse:
    """Hide names on a screen that others can see, or show them again."""
    request.session[HIDE_NAMES] = request.POST.get("hide") == "yes"
    back = request.POST.get("next", "")
    safe = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return HttpResponseRedirect(back if safe else reverse("inbox"))


def _time_zones(request: SignedIn) -> list[str]:
    """One for each clinic that the user acts for."""
    mine = Clinic.objects.acted_for_by(request.user)
    return list(mine.values_list("time_zone", flat=True))


def _rows(request: SignedIn, referrals: list[Referral]) -> list[Row]:
    now = clock.now()
    called = _names(request, referrals)
    return [
        Row(
            referral=referral,
            name=called.get(referral.pk, ""),
            waiting=waiting.words(referral.status_at, now),
            late=waiting.is_late(referral, now),
            status=waiting.status_word(referral.status, referral.status_reason),
        )
        for referral in referrals
    ]


def _names(request: SignedIn, referrals: list[Referral]) -> dict[Any, str]:
    """Each name that is shown is a read, and leaves its row in the trail."""
    if request.session.get(HIDE_NAMES):
        return {}
    readable = [referral for referral in referrals if referral.status != Status.CANCELLED]
    return reading.call_names(referrals=readable, by=request.user, purpose="inbox")
