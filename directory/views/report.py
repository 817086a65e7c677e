"""Telling us that something about a listing is wrong, and the link that shows what came of it."""

from typing import Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts import limits
from directory.forms import ReportForm
from directory.models import Clinic
from directory.views.gone import gone_page
from directory.views.own_pages import refuse_other_sites
from directory.voices import removals, reports

PER_NEIGHBOURHOOD: Final = (10, 3600)
"""Reports an hour from one block of addresses."""
PER_CLINIC: Final = (60, 3600)


@login_not_required
@csrf_exempt  # it acts for nobody, and a token would set a cookie on a page that needs none
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, slug: str) -> HttpResponse:
    """What is wrong, and words if somebody wants to add them. Posting leads to the private link (303)."""
    clinic = get_object_or_404(Clinic.objects.exclude(status=Clinic.Status.CANDIDATE), slug=slug)
    if removals.has_asked(clinic):
        return gone_page(request, clinic)
    if request.method != "POST":
        return _show(request, clinic, ReportForm())
    refuse_other_sites(request)
    form = ReportForm(data=request.POST)
    if not form.is_valid():
        return _show(request, clinic, form, status=422)
    if wait := _seconds_to_wait(request, clinic):
        return _too_many(request, clinic, form, wait)
    receipt = reports.make(clinic=clinic, once=request.POST.get("once", ""), **form.cleaned_data)
    answer = HttpResponseRedirect(reverse("report-answer", args=[receipt.token]))
    answer.status_code = 303
    return answer


def _show(
    request: HttpRequest, clinic: Clinic, form: ReportForm, *, notice: str = "", status: int = 200
) -> HttpResponse:
    once = request.POST.get("once", "")[:64] or reports.new_once()
    days = reports.kept_days()
    context = {"clinic": clinic, "form": form, "notice": notice, "once": once, "days": days}
    return render(request, "directory/report.html", context, status=status)


def _seconds_to_wait(request: HttpRequest, clinic: Clinic) -> int:
    block = limits.address_block(limits.client_address(request))
    limit, seconds = PER_NEIGHBOURHOOD
    if wait := limits.take("report-from", block, limit=limit, seconds=seconds):
        return wait
    limit, seconds = PER_CLINIC
    return limits.take("report-about", str(clinic.pk), limit=limit, seconds=seconds)


def _too_many(request: HttpRequest, clinic: Clinic, form: ReportForm, wait: int) -> HttpResponse:
    """429, with all that was typed still in the form."""
    minutes = max(1, -(-wait // 60))
    notice = (
        "Many reports came from your part of the network, or about this clinic. Yours was not sent. Nothing is lost: "
        f"send it again in {minutes} minute{'' if minutes == 1 else 's'}."
    )
    answer = _show(request, clinic, form, notice=notice, status=429)
    answer["Retry-After"] = str(wait)
    return answer


@login_not_required
@never_cache
@require_safe
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """What came of a report, for whoever holds its link. A wrong link is like any page that does not exist."""
    found = reports.behind_link(token)
    if found is None:
        raise Http404
    context = {
        "report": found,
        "link": f"{settings.SITE_URL}{request.path}",
        "is_urgent": found.about in reports.URGENT,
    }
    response = render(request, "directory/report_answer.html", context)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
