"""A clinic's own listing: the clinics one acts for, what is left to do on one, sending it for checking, the preview."""

from contextlib import suppress
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Membership
from directory import editing, gate, keeping
from directory.deciding import acts_for
from directory.models import Clinic, Offering, ProposedChange
from directory.refusals import Incomplete, NotAllowed, Refused, WrongState
from directory.views import profile
from outbox import clock
from portal import task_list
from portal.access import SignedIn

SENT: Final = (
    "Sent. One of us calls the clinic and looks up what you filled in. "
    "That usually takes two to five working days. You can go on editing."
)
SENT_IN_REVIEW: Final = f"Sent. {gate.OF_THE_CLINIC}"
STILL_MISSING: Final = "It was not sent: something is still missing. See what needs you below."
NOT_NOW: Final = "It was not sent: it was sent already, or is closed."


@never_cache
@require_safe
def mine(request: SignedIn) -> HttpResponse:
    """The clinics that the user acts for, with what is left to do; with one alone, its own page."""
    clinics = task_list.loaded(Clinic.objects.acted_for_by(request.user)).order_by("name", "pk")
    now = clock.now()
    sheets = [task_list.sheet(clinic, now) for clinic in clinics]
    if len(sheets) == 1:
        return redirect("manage-clinic", slug=sheets[0].clinic.slug)
    return render(request, "portal/listing_mine.html", {"sheets": sheets})


@never_cache
@require_safe
def tasks(request: SignedIn, slug: str) -> HttpResponse:
    """Everything that can be done on one listing, and what is left."""
    return _tasks(request, slug)


@never_cache
@require_POST
def send(request: SignedIn, slug: str) -> HttpResponse:
    """A manager says that the listing is complete: the operator's staff checks it."""
    clinic = clinic_or_404(request, slug)
    sheet = task_list.sheet(clinic)
    if not acts_for(request.user, clinic, Membership.Role.MANAGER):
        raise PermissionDenied
    if clinic.status in (Clinic.Status.CANDIDATE, Clinic.Status.SUSPENDED) and sheet.left:
        return _tasks(request, slug, notice=STILL_MISSING, status=409)
    try:
        is_submitted = keeping.send_for_checking(clinic=clinic, by=request.user)
    except Incomplete:
        return _tasks(request, slug, notice=STILL_MISSING, status=409)
    except WrongState:
        return _tasks(request, slug, notice=NOT_NOW, status=409)
    except NotAllowed:
        raise PermissionDenied from None
    messages.success(request, SENT if is_submitted else SENT_IN_REVIEW)
    return redirect("manage-clinic", slug=slug)


@never_cache
@require_safe
def preview(request: SignedIn, slug: str) -> HttpResponse:
    """The public page as patients would see it, also before it is listed. `?waiting=1`: with what waits for us."""
    clinic_or_404(request, slug)
    found = get_object_or_404(profile.with_all(), slug=slug)
    waiting = list(ProposedChange.objects.open().filter(clinic=found).exclude(values={}).order_by("pk"))
    with_waiting = bool(waiting) and request.GET.get("waiting") == "1"
    if with_waiting:
        for change in waiting:
            with suppress(ValidationError, Refused):  # what no longer fits cannot be shown, nor accepted
                _put_in_memory(found, change)
    context = {
        **profile.page_context(found, clock.now()),
        "preview": True,
        "waiting": len(waiting),
        "with_waiting": with_waiting,
    }
    response = render(request, "portal/listing_preview.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


def clinic_or_404(request: SignedIn, slug: str) -> Clinic:
    """A clinic that the user acts for, as portal.task_list reads it. Any other is answered like none."""
    return get_object_or_404(task_list.loaded(Clinic.objects.acted_for_by(request.user)), slug=slug)


def own_clinic_or_404(request: SignedIn, slug: str) -> Clinic:
    """The same with less: its organization, the clinician in charge, and its standing claim."""
    clinics = Clinic.objects.acted_for_by(request.user).select_related("organization", "responsible")
    return get_object_or_404(task_list.with_claims(clinics), slug=slug)


def _tasks(request: SignedIn, slug: str, *, notice: str = "", status: int = 200) -> HttpResponse:
    clinic = clinic_or_404(request, slug)
    is_manager = acts_for(request.user, clinic, Membership.Role.MANAGER)
    context: dict[str, Any] = {
        "clinic": clinic,
        "sheet": task_list.sheet(clinic),
        "is_manager": is_manager,
        "is_closed": clinic.status == Clinic.Status.CLOSED,
        "is_candidate": clinic.status == Clinic.Status.CANDIDATE,
        "notice": notice,
    }
    return render(request, "portal/listing_tasks.html", context, status=status)


def _put_in_memory(clinic: Clinic, change: ProposedChange) -> None:
    """Let the clinic read as if the change had been accepted. Nothing is kept."""
    values = editing.thawed(change.values)
    editing.put(clinic, values)
    rows: dict[str, list[Any]] = {}
    if "offerings" in values:
        rows["offerings"] = [Offering(clinic=clinic, **row) for row in values["offerings"]]
    if "practitioners" in values:
        prefetch_related_objects(values["practitioners"], Prefetch("licenses", profile.checked_licenses()))
        rows["practitioners"] = values["practitioners"]
    clinic._prefetched_objects_cache.update(rows)  # type: ignore[attr-defined]
