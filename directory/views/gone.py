"""The page of a clinic that is no longer listed: it says so, gives a class of reason, and the nearest three."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from directory import search
from directory.gazetteer import Spot
from directory.models import Clinic
from directory.pages.cards import cards
from directory.voices import removals

# A person never reads which fact lapsed: it may be a late file, or something about a named clinician.
FACTS_OUT_OF_DATE: Final = "Some facts that we need to see are not up to date"
FARTHEST: Final = 5
"""Steps from a clinic that moved to where it is now."""


def gone_page(request: HttpRequest, clinic: Clinic) -> HttpResponse:
    """410, for a clinic that was suspended or closed, or whose facts lapsed. One that opted out is not named."""
    stopped = clinic.status in (Clinic.Status.SUSPENDED, Clinic.Status.CLOSED)
    nearest = _nearest(clinic)
    context = {
        "clinic": clinic,
        "is_named": not removals.has_asked(clinic),
        "successor": _successor(clinic),
        "reason": clinic.get_status_reason_display() if stopped else FACTS_OUT_OF_DATE,
        "since": clinic.status_changed_at if stopped else None,
        "nearest": nearest,
        "cards": cards(nearest),
    }
    return render(request, "directory/gone.html", context, status=410)


def _successor(clinic: Clinic) -> Clinic | None:
    """Where a moved or merged clinic went, if the public knows that one; the end of the way, where it has several."""
    found, seen = clinic, {clinic.pk}
    for _ in range(FARTHEST):
        following = found.successor
        if following is None or following.pk in seen or not _may_be_named(following):
            break
        found = following
        seen.add(found.pk)
    return found if found.pk != clinic.pk else None


def _may_be_named(clinic: Clinic) -> bool:
    return clinic.status != Clinic.Status.CANDIDATE and not removals.has_asked(clinic)


def _nearest(clinic: Clinic) -> list[search.Hit]:
    if clinic.latitude is None or clinic.longitude is None:
        return []
    place = f"{clinic.city}, {clinic.state}"
    spot = Spot(place, clinic.zip, clinic.latitude, clinic.longitude)
    return search.nearest(spot, excluding=(clinic.pk,))
