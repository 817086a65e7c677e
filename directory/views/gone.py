"""The page of a clinic that is no longer listed: it says so, gives a class of reason, and the nearest three."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from directory import search
from directory.cards import cards
from directory.gazetteer import Spot
from directory.models import Clinic

# A person never reads which fact lapsed: it may be a late file, or something about a named clinician.
FACTS_OUT_OF_DATE = "Some facts that we need to see are not up to date"


def gone_page(request: HttpRequest, clinic: Clinic) -> HttpResponse:
    """410, for a clinic that was suspended or closed, or whose facts lapsed."""
    stopped = clinic.status in (Clinic.Status.SUSPENDED, Clinic.Status.CLOSED)
    context = {
        "clinic": clinic,
        "reason": clinic.get_status_reason_display() if stopped else FACTS_OUT_OF_DATE,
        "since": clinic.status_changed_at if stopped else None,
        "cards": cards(_nearest(clinic)),
    }
    return render(request, "directory/gone.html", context, status=410)


def _nearest(clinic: Clinic) -> list[search.Hit]:
    if clinic.latitude is None or clinic.longitude is None:
        return []
    place = f"{clinic.city}, {clinic.state}"
    return search.nearest(Spot(place, clinic.zip, clinic.latitude, clinic.longitude), excluding=(clinic.pk,))
