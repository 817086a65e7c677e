"""Where the operator's staff begins: the work queue, and the questions that concern many listings at once."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from directory.casework import cases
from directory.fact_rules import RULES
from directory.lapses import lapse_stops, recheck
from directory.models import Case, LapseStop
from directory.refusals import NotAllowed, WrongState
from directory.vocabulary import Fact
from outbox import clock, deliveries
from portal import case_forms, queue_tabs, waiting
from portal.access import SignedIn, staff_only

PER_PAGE = 20


@never_cache
@require_safe
@staff_only
def queue(request: SignedIn) -> HttpResponse:
    """One tab of the work: the urgent first, then what is due first."""
    return _show(request, case_forms.OpenCaseForm())


@never_cache
@require_POST
@staff_only
def open_case(request: SignedIn) -> HttpResponse:
    """Somebody of the staff wants to look at a clinic: all of its facts, or suspend it."""
    form = case_forms.OpenCaseForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    clinic = form.cleaned_data["clinic"]
    case = Case.objects.open().filter(clinic=clinic, kind=Case.Kind.NEW).first()
    case = case or cases.open_case(clinic=clinic, kind=Case.Kind.NEW, subject="look")
    return redirect("staff-case", pk=case.pk)


@never_cache
@require_POST
@staff_only
def decide_lapse_stop(request: SignedIn, pk: int) -> HttpResponse:
    """So many listings would leave search that a person must say whether they may."""
    stop = get_object_or_404(LapseStop, pk=pk)
    answer = request.POST.get("let_lapse")
    if answer not in ("yes", "no"):
        messages.error(request, "Choose one of the two answers.")
        return redirect("staff")
    try:
        lapse_stops.decide(stop=stop, let_lapse=answer == "yes", by=request.user)
        messages.success(request, "Decided.")
    except WrongState:
        messages.info(request, "Somebody was first: this was decided already.")
    except NotAllowed as no:
        messages.error(request, str(no))
    return redirect("staff")


def _show(request: SignedIn, form: case_forms.OpenCaseForm, status: int = 200) -> HttpResponse:
    context = {**_listed(request), **_besides(), "form": form}
    return render(request, "portal/staff_queue.html", context, status=status)


def _listed(request: SignedIn) -> dict[str, Any]:
    """The tabs, and the cases of the one that is open."""
    now, numbers = clock.now(), queue_tabs.counts(request.user)
    tab = queue_tabs.tab_named(request.GET.get("tab", "")) or queue_tabs.first_with_work(numbers)
    kind = request.GET.get("kind", "")
    rows = queue_tabs.in_tab(request.user, tab, kind).select_related("clinic", "taken_by", "sent_to")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return {
        "tabs": [
            {"tab": each, "count": numbers[each.slug], "is_current": each == tab} for each in queue_tabs.TABS
        ],
        "tab": tab,
        "kinds": queue_tabs.kinds(request.user, tab),
        "kind": kind,
        "page": page,
        "rows": [_row(request, case, now) for case in page],
        "where": urlencode({"tab": tab.slug, **({"kind": kind} if kind in Case.Kind.values else {})}),
        "now": now,
    }


def _besides() -> dict[str, Any]:
    """What concerns many listings at once, and the work of the months to come."""
    return {
        "forecast": _forecast(),
        "stops": [
            {"stop": stop, "fact": RULES[Fact(stop.fact)].label if stop.fact in RULES else ""}
            for stop in LapseStop.objects.filter(closed_at=None).order_by("pk")
        ],
        "held_files": recheck.held_files(),
        "late_files": recheck.overdue_registries(),
        "undelivered": deliveries.dead_letters().count(),
    }


def _row(request: SignedIn, case: Case, now: datetime) -> dict[str, Any]:
    held = case.taken_by if case.taken_until and case.taken_until > now else None
    return {
        "case": case,
        "what": what(case),
        "age": waiting.words(case.opened_at, now),
        "late": case.due_at <= now,
        "with": "you" if held == request.user else held or case.sent_to or "",
    }


def what(case: Case) -> str:
    """What the case is, in a few words."""
    if case.kind == Case.Kind.NEW:
        return {"candidate": "New listing", "suspended": "Way back of a suspended listing"}.get(
            case.clinic.status, "Look at everything"
        )
    return f"{case.get_kind_display()}: {case.get_fact_display()}" if case.fact else case.get_kind_display()


def _forecast() -> list[dict[str, Any]]:
    """The months, each with its share of the fullest one in tenths: the length of its bar."""
    months = cases.forecast()
    most = max(month.checks for month in months) or 1
    return [{"month": month, "tenths": -(-month.checks * 10 // most)} for month in months]


def where_of(query: QueryDict) -> str:
    """The tab and kind from which a case was opened, as a query string; "" for none."""
    given = {name: query.get(name, "") for name in ("tab", "kind")}
    tab = queue_tabs.tab_named(given["tab"])
    kept = {"tab": tab.slug} if tab else {}
    return urlencode(kept | ({"kind": given["kind"]} if tab and given["kind"] in Case.Kind.values else {}))
