"""A clinic takes no requests for a while: one click, a reason that patients read, and a way back at any time."""

from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from directory import listings
from directory.models import Clinic
from directory.pages import no_requests
from directory.refusals import WrongState
from outbox import clock
from portal.access import SignedIn
from portal.attest_forms import PauseForm
from portal.own_clinic import claimed_or_404

RESUMED: Final = "You take requests again."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedIn, slug: str) -> HttpResponse:
    """Pause, change the pause, or end it."""
    clinic = claimed_or_404(request.user, slug)
    if request.method != "POST":
        return _show(request, clinic, PauseForm(today=_today(clinic)))
    if not _may_be_paused(clinic):
        return _show(request, clinic, PauseForm(today=_today(clinic)), status=409)
    return _resume(request, clinic) if "resume" in request.POST else _pause(request, clinic)


def _pause(request: SignedIn, clinic: Clinic) -> HttpResponse:
    form = PauseForm(request.POST, today=_today(clinic))
    if not form.is_valid():
        return _show(request, clinic, form, status=422)
    until, reason = form.cleaned_data["resumes_on"], form.cleaned_data["reason"]
    try:
        listings.pause_requests(clinic=clinic, until=until, reason=reason, by=request.user)
    except ValidationError as error:  # midnight came between the form and the step
        form.add_error("until", error.message_dict["until"])
        return _show(request, clinic, form, status=422)
    except WrongState:
        clinic.refresh_from_db()
        return _show(request, clinic, form, status=409)
    messages.success(request, f"You take no requests until {until:%B} {until.day}, {until.year}.")
    return redirect("manage-pause", slug=clinic.slug)


def _resume(request: SignedIn, clinic: Clinic) -> HttpResponse:
    try:
        listings.pause_requests(clinic=clinic, until=None, by=request.user)
    except WrongState:
        clinic.refresh_from_db()
        return _show(request, clinic, PauseForm(today=_today(clinic)), status=409)
    messages.success(request, RESUMED)
    return redirect("manage-pause", slug=clinic.slug)


def _may_be_paused(clinic: Clinic) -> bool:
    return clinic.takes_requests and clinic.status != Clinic.Status.CLOSED


def _today(clinic: Clinic) -> date:
    return clock.now().astimezone(ZoneInfo(clinic.time_zone)).date()


def _show(request: SignedIn, clinic: Clinic, form: PauseForm, *, status: int = 200) -> HttpResponse:
    until = clinic.paused_until
    is_paused = until is not None and until > clock.now()
    context = {
        "clinic": clinic,
        "form": form,
        "is_closed": clinic.status == Clinic.Status.CLOSED,
        "may_be_paused": _may_be_paused(clinic),
        "paused_until": no_requests.until_day(until, clinic) if until and is_paused else None,
        "reason": ""
        if clinic.pause_reason == Clinic.PauseReason.OTHER
        else clinic.get_pause_reason_display(),
    }
    return render(request, "portal/pause.html", context, status=status)
