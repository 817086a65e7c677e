"""Asking us to take a clinic's listing down: by whoever says that they speak for it, without an account."""

from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts import limits
from directory import closing
from directory.models import Clinic
from directory.refusals import WrongState
from directory.removal_form import RemovalForm
from directory.views.gone import gone_page
from directory.views.own_pages import refuse_other_sites
from directory.voices import removals, reports
from outbox import clock

PER_NEIGHBOURHOOD: Final = (5, 3600)
"""Requests an hour from one block of addresses."""
PER_CLINIC: Final = (20, 3600)


@login_not_required
@csrf_exempt  # it acts for nobody, and a token would set a cookie on a page that needs none
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, slug: str) -> HttpResponse:
    """Who asks, and for what. 410 for a clinic that asked before; posting leads to what happens now (303)."""
    clinic = _clinic_or_404(request, slug)
    if removals.has_asked(clinic):
        return gone_page(request, clinic)
    if request.method != "POST":
        return _show(request, clinic, RemovalForm())
    refuse_other_sites(request)
    form = RemovalForm(request.POST)
    if not form.is_valid():
        return _show(request, clinic, form, status=422)
    if wait := _seconds_to_wait(request, clinic):
        return _too_many(request, clinic, form, wait)
    try:
        removals.ask(clinic=clinic, asker=form.asker, once=request.POST.get("once", ""), **form.wish)
    except WrongState:
        return gone_page(request, clinic)
    answer = HttpResponseRedirect(reverse("clinic-remove-asked", args=[slug]))
    answer.status_code = 303
    return answer


@login_not_required
@never_cache
@require_safe
def asked(request: HttpRequest, slug: str) -> HttpResponse:
    """What happens now, and by when. It says nothing about whether anybody asked."""
    clinic = _clinic_or_404(request, slug)
    if removals.has_asked(clinic):
        return gone_page(request, clinic)
    context = {"clinic": clinic, "due": removals.due_at(clock.now())}
    return render(request, "directory/removal_asked.html", context)


def _clinic_or_404(request: HttpRequest, slug: str) -> Clinic:
    """A clinic that the public knows of; one that was never listed only for somebody who is signed in."""
    known = Clinic.objects.exclude(status=Clinic.Status.CANDIDATE, successor__isnull=False)
    clinic = get_object_or_404(known, slug=slug)
    if clinic.status == Clinic.Status.CANDIDATE and not _may_see_candidate(request, clinic):
        raise Http404
    return clinic


def _may_see_candidate(request: HttpRequest, clinic: Clinic) -> bool:
    return request.user.is_authenticated and not removals.has_asked(clinic)


def _show(
    request: HttpRequest, clinic: Clinic, form: RemovalForm, *, notice: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "clinic": clinic,
        "form": form,
        "notice": notice,
        "once": request.POST.get("once", "")[:64] or reports.new_once(),
        "days": reports.kept_days(),
        "may_be_closed": clinic.status in closing.CLOSABLE and clinic.claims.standing().exists(),
        "is_candidate": clinic.status == Clinic.Status.CANDIDATE,
    }
    return render(request, "directory/remove.html", context, status=status)


def _seconds_to_wait(request: HttpRequest, clinic: Clinic) -> int:
    block = limits.address_block(limits.client_address(request))
    limit, seconds = PER_NEIGHBOURHOOD
    if wait := limits.take("removal-from", block, limit=limit, seconds=seconds):
        return wait
    limit, seconds = PER_CLINIC
    return limits.take("removal-about", str(clinic.pk), limit=limit, seconds=seconds)


def _too_many(request: HttpRequest, clinic: Clinic, form: RemovalForm, wait: int) -> HttpResponse:
    """429, with all that was typed still in the form."""
    minutes = max(1, -(-wait // 60))
    notice = (
        "Many of these came from your part of the network, or about this clinic. Yours was not sent. Nothing is lost: "
        f"send it again in {minutes} minute{'' if minutes == 1 else 's'}."
    )
    answer = _show(request, clinic, form, notice=notice, status=429)
    answer["Retry-After"] = str(wait)
    return answer
