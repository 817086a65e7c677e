"""One clinic's own page. It must stand alone: most people arrive here first."""

from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from django.contrib.auth.decorators import login_not_required
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from directory import attestation, facts, index, links, search
from directory.gazetteer import Spot
from directory.models import Check, Clinic, License, Practitioner
from directory.models.clinic import ClinicQuerySet
from directory.pages import locator, no_requests, offers
from directory.views.gone import gone_page
from guide.caching import public_page
from outbox import clock

MILES_AROUND = 8


@login_not_required
@public_page
def clinic(request: HttpRequest, slug: str) -> HttpResponse:
    """A listed clinic's page. 404 for a candidate; 410 for one that left the list or whose facts lapsed."""
    found = clinic_or_404(slug)
    moment = clock.now()
    if not index.is_shown(found, moment):
        return gone_page(request, found)
    return render(request, "directory/clinic.html", page_context(found, moment))


def page_context(found: Clinic, moment: datetime) -> dict[str, Any]:
    """What the page of a clinic from `with_all` says at an instant, also of one that is not shown."""
    can_ask = Clinic.objects.able_to_receive(moment).filter(pk=found.pk).exists()
    stands_still = None if can_ask else no_requests.of(found, moment)
    return {
        **ways_on(found),
        "lines": facts.lines(found, moment),
        "summary": facts.summary(found, moment),
        "website": links.shown_website(found),
        "can_ask": can_ask,
        "is_claimed": Clinic.objects.claimed().filter(pk=found.pk).exists(),
        "no_requests": stands_still,
        "others": search.alternatives(found, limit=3) if stands_still else [],
        "is_overdue": attestation.is_overdue(found, moment),
        "unconfirmed_since": attestation.unconfirmed_since(found, moment),
        "offers": offers.blocks(found, moment),
        "accepting": facts.accepting_new_patients(found, moment),
        "says": offers.sayings(found),
        "people": _people(found),
        "picture": _picture(found),
    }


def clinic_or_404(slug: str) -> Clinic:
    """A clinic that the public knows of, with its facts and people. One that was never listed is absent."""
    found = get_object_or_404(with_all(), slug=slug)
    if found.status == Clinic.Status.CANDIDATE:
        raise Http404
    return found


def with_all() -> ClinicQuerySet:
    """Clinics with their facts, people and checked licenses."""
    return facts.with_facts(
        Clinic.objects.select_related("responsible").prefetch_related(
            Prefetch("practitioners__licenses", checked_licenses()),
            Prefetch("responsible__licenses", checked_licenses()),
        )
    )


def checked_licenses() -> QuerySet[License]:
    """A license that nobody has looked at yet is not shown: one person alone may have typed it."""
    return License.objects.filter(Exists(Check.objects.current().filter(license=OuterRef("pk"))))


def _picture(clinic: Clinic) -> locator.Layout | None:
    """The clinic among the towns around it."""
    if clinic.latitude is None or clinic.longitude is None:
        return None
    middle = Spot(clinic.name, clinic.zip, clinic.latitude, clinic.longitude)
    return locator.layout([], middle, MILES_AROUND, height=220)


def _people(clinic: Clinic) -> list[Practitioner]:
    """Who treats there, the responsible clinician first."""
    others = [person for person in clinic.practitioners.all() if person.pk != clinic.responsible_id]
    return [*([clinic.responsible] if clinic.responsible else []), *others]


def ways_on(clinic: Clinic) -> dict[str, Any]:
    """The clinic, and where its page leads: to others near it, and to a map."""
    return {
        "clinic": clinic,
        "near_query": urlencode({"near": f"{clinic.city}, {clinic.state}"}),
        "map_query": quote(f"{clinic.line1}, {clinic.city}, {clinic.state} {clinic.zip}"),
    }
