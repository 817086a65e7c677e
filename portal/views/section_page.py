"""What each page of a section of a listing says besides its form, and what it answers to a save."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.models import Membership
from directory import gate, keeping
from directory.deciding import acts_for
from directory.models import Clinic
from portal import task_list
from portal.access import SignedIn
from portal.listing_sections import Section
from portal.views.listing_waiting import waiting_of

SAVED: Final = "Saved."
NOTHING_NEW: Final = "Nothing was changed: it says what it said before."
ASKED: Final = (
    "We have it. The old value stays public until one of us has confirmed the new one. "
    "That usually takes two working days."
)
CLOSED: Final = "This listing is closed. Nothing of it can be changed any more."
NO_CLAIM: Final = "Nobody’s claim on this clinic stands now, so nothing was saved. Claim it first."


def common(request: SignedIn, clinic: Clinic, found: Section) -> dict[str, Any]:
    """What every page of a section says besides its form."""
    is_closed, has_claim = clinic.status == Clinic.Status.CLOSED, task_list.has_claim(clinic)
    is_manager = acts_for(request.user, clinic, Membership.Role.MANAGER)
    return {
        "clinic": clinic,
        "section": found,
        "is_public": clinic.status == Clinic.Status.LISTED,
        "is_candidate": clinic.status == Clinic.Status.CANDIDATE,
        "is_closed": is_closed,
        "may_edit": has_claim and not is_closed and (is_manager or not found.is_checked),
        "is_manager": is_manager,
        "has_claim": has_claim,
        **waiting_of(request.user, clinic, found),
    }


def done(request: SignedIn, found: Section, saved: keeping.Saved, clinic: Clinic) -> HttpResponse:
    """Say what became of it, and go back to the tasks."""
    if saved.waiting:
        messages.info(request, f"{ASKED if found.is_checked else gate.OF_THE_CLINIC}")
    elif saved.written:
        messages.success(request, f"{SAVED} {_where_it_is(clinic)}")
    else:
        messages.info(request, NOTHING_NEW)
    return redirect("manage-clinic", slug=clinic.slug)


def _where_it_is(clinic: Clinic) -> str:
    return "It is public now." if Clinic.objects.shown().filter(pk=clinic.pk).exists() else ""
