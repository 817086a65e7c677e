"""For somebody who works at a clinic: add it, unless we have it, and go on to the claim."""

from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import limits
from directory import opt_outs
from directory.intake import by_clinics, duplicates
from directory.intake.candidate import Candidate
from directory.models import Clinic, OptOut
from portal.access import SignedIn
from portal.add_clinic_form import CLINICIAN, GROUPS, AddClinicForm

PER_NEIGHBOURHOOD: Final = (20, 3600)
"""Posts an hour from one block of addresses."""

OF_THE_STAFF: Final = "You work for the operator, so it becomes a candidate here."


@dataclass(frozen=True)
class Alike:
    """A clinic that it may be, and what they have in common."""

    clinic: Clinic
    reasons: str
    is_closed: bool


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: SignedIn) -> HttpResponse:
    """The form; a clinic that we may have is shown first. What was added goes on to its claim."""
    if request.user.is_staff:
        messages.info(request, OF_THE_STAFF)
        return redirect("staff-candidates-add")
    form = AddClinicForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return _show(request, form)
    if not form.is_valid():
        return _show(request, form, status=422)
    if wait := _seconds_to_wait(request):
        return _too_many(request, form, wait)
    return _add(request, form)


def _add(request: SignedIn, form: AddClinicForm) -> HttpResponse:
    values, given = form.candidate(), form.cleaned_data
    matches = duplicates.of(values)
    asked = bool(opt_outs.standing_for([values]))
    alike = _alike(matches)
    must_claim = by_clinics.exactly(matches) is not None and not asked
    if must_claim or (alike and not given["none_of_these"]) or (asked and not given["take_back"]):
        return _show(request, form, alike=alike, must_claim=must_claim, asked=asked)
    return _keep(request, form, values)


def _keep(request: SignedIn, form: AddClinicForm, values: Candidate) -> HttpResponse:
    try:
        clinic = by_clinics.add(by=request.user, values=values, takes_back=form.cleaned_data["take_back"])
    except opt_outs.AskedNotToBeListed:
        return _show(request, form, asked=True)
    except by_clinics.TooMany as no:
        return _show(request, form, notice=str(no), status=409)
    messages.success(request, "We have it. Nothing is shown to anybody yet. Now show us that you work there.")
    return redirect("manage-claim-clinic", slug=clinic.slug)


def _alike(matches: list[duplicates.Match]) -> list[Alike]:
    """Those that may be claimed, or were closed: not what asked us not to list it, nor what was another one."""
    asked = OptOut.objects.standing().filter(clinic=OuterRef("pk"))
    known = Clinic.objects.filter(~Exists(asked), successor=None)
    clinics = known.in_bulk([match.clinic_id for match in matches])
    return [
        Alike(clinic, match.reasons, clinic.status == Clinic.Status.CLOSED)
        for match in matches
        if (clinic := clinics.get(match.clinic_id))
    ]


def _seconds_to_wait(request: SignedIn) -> int:
    block = limits.address_block(limits.client_address(request))
    limit, seconds = PER_NEIGHBOURHOOD
    return limits.take("add-clinic", block, limit=limit, seconds=seconds)


def _too_many(request: SignedIn, form: AddClinicForm, wait: int) -> HttpResponse:
    """429, with all that was typed still in the form."""
    minutes = max(1, -(-wait // 60))
    again = f"{minutes} minute{'' if minutes == 1 else 's'}"
    notice = (
        f"Many clinics were added from your part of the network. Nothing is lost: send it again in {again}."
    )
    answer = _show(request, form, notice=notice, status=429)
    answer["Retry-After"] = str(wait)
    return answer


def _show(
    request: SignedIn,
    form: AddClinicForm,
    *,
    alike: list[Alike] | None = None,
    must_claim: bool = False,
    asked: bool = False,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "groups": [(title, [form[name] for name in names.split()]) for title, names in GROUPS],
        "clinician": [form[name] for name in CLINICIAN],
        "clinician_is_open": any(form[name].value() or form[name].errors for name in CLINICIAN),
        "alike": alike or [],
        "must_claim": must_claim,
        "asked": asked,
        "notice": notice,
        "waiting": list(by_clinics.open_of(request.user).order_by("pk")),
        "most": by_clinics.MOST_OPEN,
    }
    return render(request, "portal/add_clinic.html", context, status=status)
