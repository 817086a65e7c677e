"""Which clinic is asked, and the page for one that cannot take a request at this moment."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from directory import search
from directory.models import Clinic
from directory.pages import no_requests
from directory.views.gone import gone_page
from outbox import clock
from referrals import drafts, receiving

View = Callable[..., HttpResponse]


def values_in_address(request: HttpRequest) -> dict[str, Any]:
    """What the address holds beside its fixed words: slug, step, token."""
    match = request.resolver_match
    return match.kwargs if match else {}


def clinic_or_404(slug: str) -> Clinic:
    """A clinic that the public knows of. One that was never listed is absent."""
    return get_object_or_404(Clinic.objects.exclude(status=Clinic.Status.CANDIDATE), slug=slug)


def takes_requests(clinic: Clinic) -> bool:
    """Shown, claimed and taking requests at this instant."""
    return receiving.can_receive(clinic.pk, "", clock.now())


def to_a_clinic(view: View) -> View:
    """Hand the clinic of the address to `view`, or answer that it takes no requests now."""

    @wraps(view)
    def asked(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
        clinic = clinic_or_404(slug)
        if not takes_requests(clinic):
            return not_taking(request, clinic)
        return view(request, clinic, **kwargs)

    return asked


def keeps_text(handler: View) -> Callable[[View], View]:
    """Let `handler` answer, with what was typed, a post whose form had expired (config.errors.csrf_failure)."""

    def mark(view: View) -> View:
        view.on_csrf_failure = handler  # type: ignore[attr-defined]
        return view

    return mark


def not_taking(request: HttpRequest, clinic: Clinic) -> HttpResponse:
    """409: nothing was stored; other clinics, and the answers go along.

    A visit to a clinic that is no longer shown, by somebody without answers, is told so with 410 as on its page.
    """
    answers = drafts.answers(request.session)
    shown = Clinic.objects.shown().filter(pk=clinic.pk).exists()
    if request.method != "POST" and not shown and answers is None:
        return gone_page(request, clinic)
    context = {
        "clinic": clinic,
        "is_shown": shown,
        "no_requests": no_requests.of(clinic, clock.now()) if shown else None,
        "has_answers": answers is not None,
        "hits": search.alternatives(clinic, limit=3, modality=answers.modality if answers else ""),
    }
    return render(request, "referrals/not_taking.html", context, status=409)


def too_many(request: HttpRequest, wait: int, clinic: Clinic | None = None) -> HttpResponse:
    """429: when to try again (`wait` is in seconds), and the clinic's phone for who cannot wait."""
    context = {"clinic": clinic, "minutes": max(1, -(-wait // 60))}
    response = render(request, "referrals/too_many.html", context, status=429)
    response["Retry-After"] = str(wait)
    return response
