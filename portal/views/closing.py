"""A clinic's listing taken down for good, or those of a whole practice: by the operator's staff, or by its manager."""

from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from directory import closing, opt_outs
from directory.models import Clinic
from directory.models.clinic import ClinicQuerySet
from directory.refusals import NotAllowed, WrongState
from portal.access import SignedIn, staff_only
from portal.closing_form import ClosingForm
from portal.own_clinic import managed_or_404

_METHODS: Final = ["GET", "HEAD", "POST"]


@never_cache
@require_http_methods(_METHODS)
@staff_only
def by_staff(request: SignedIn, slug: str) -> HttpResponse:
    """The operator's staff closes any clinic that the public knows of."""
    known = Clinic.objects.exclude(status=Clinic.Status.CANDIDATE).select_related("organization")
    return _answer(request, get_object_or_404(known, slug=slug), reverse("staff"))


@never_cache
@require_http_methods(_METHODS)
def by_manager(request: SignedIn, slug: str) -> HttpResponse:
    """A manager closes a clinic of the own practice; to anybody else there is no such page."""
    clinic = managed_or_404(request.user, slug)
    return _answer(request, clinic, reverse("manage-my-checks"))


def _answer(request: SignedIn, clinic: Clinic, onward: str) -> HttpResponse:
    others = _closable_with(clinic).exclude(pk=clinic.pk).count()
    form = ClosingForm(request.POST if request.method == "POST" else None, others=others)
    if clinic.status not in closing.CLOSABLE:
        return _show(request, clinic, None, status=409 if form.is_bound else 200)
    if not form.is_bound:
        return _show(request, clinic, form)
    if not form.is_valid():
        return _show(request, clinic, form, status=422)
    try:
        messages.success(request, _close(clinic, form, request))
    except WrongState:
        clinic.refresh_from_db()
        return _show(request, clinic, None, status=409)
    except NotAllowed as no:
        form.add_error("whole" if form.cleaned_data.get("whole") else "successor", str(no))
        return _show(request, clinic, form, status=422)
    return redirect(onward)


def _close(clinic: Clinic, form: ClosingForm, request: SignedIn) -> str:
    """What was done, in words."""
    given = form.cleaned_data
    if given["never_again"]:
        return _take_down(clinic, request, given["reason"], whole=bool(given.get("whole")))
    if given.get("whole"):
        closed = closing.close_organization(
            organization=clinic.organization, reason=given["reason"], by=request.user
        )
        return f"Closed: {len(closed)} clinics. Their pages say so, and lead to the nearest others."
    closing.close_clinic(clinic=clinic, reason=given["reason"], successor=given["successor"], by=request.user)
    return f"Closed: {clinic.name}. Its page says so, and leads to the nearest others."


def _take_down(clinic: Clinic, request: SignedIn, reason: str, *, whole: bool) -> str:
    closed = closing.take_down(
        clinic=clinic, by=request.user, reason=reason, never_again=True, whole_organization=whole
    )
    what = clinic.name if len(closed) == 1 else f"{len(closed)} clinics"
    return f"Closed: {what}. No file or register brings it back. You can take that back at any time."


@never_cache
@require_POST
def take_back(request: SignedIn, slug: str) -> HttpResponse:
    """ "Do not list us again" no longer holds. Nothing is listed by that."""
    clinic = managed_or_404(request.user, slug)
    standing = clinic.opt_outs.standing().select_related("clinic__organization").order_by("pk")
    try:
        for opt_out in standing:
            opt_outs.lift(opt_out=opt_out, by=request.user)
        messages.success(request, "Taken back. The clinic may be listed again, once it was checked anew.")
    except WrongState:
        messages.info(request, "Somebody was first: this was taken back already.")
    except NotAllowed as no:
        messages.info(request, str(no))
    return redirect("manage-close", slug=slug)


def _closable_with(clinic: Clinic) -> ClinicQuerySet:
    return Clinic.objects.filter(organization=clinic.organization, status__in=closing.CLOSABLE)


def _show(request: SignedIn, clinic: Clinic, form: ClosingForm | None, *, status: int = 200) -> HttpResponse:
    asked = form is None and clinic.opt_outs.standing().exists()
    context = {"clinic": clinic, "form": form, "asked": asked}
    return render(request, "portal/closing.html", context, status=status)
