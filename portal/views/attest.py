"""A clinic looks at all that it says of itself, and confirms that it is true today: every 90 days, in a minute."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Membership
from directory import attesting
from directory.deciding import acts_for
from directory.models import Clinic
from directory.refusals import WrongState
from outbox import clock
from portal import listing_sections, listing_words
from portal.access import SignedIn
from portal.attest_forms import AttestForm
from portal.own_clinic import claimed_or_404

CHANGED: Final = (
    "Something on this list changed since you opened it. Nothing was confirmed yet: please look again."
)


@dataclass(frozen=True)
class Said:
    """One thing that the clinic says. `section`: where it can be changed, "" for who may not."""

    label: str
    words: str
    changed_on: date | None
    section: str


@never_cache
@require_safe
def from_mail(request: SignedIn, pk: int) -> HttpResponse:
    """The link of a reminder, which names no clinic."""
    clinic = get_object_or_404(Clinic.objects.acted_for_by(request.user), pk=pk)
    return redirect("manage-attest", slug=clinic.slug)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedIn, slug: str) -> HttpResponse:
    """All of it on one page, one tick, a name."""
    clinic = claimed_or_404(request.user, slug)
    if request.method == "POST":
        return _confirm(request, clinic)
    return _show(request, clinic, AttestForm(initial={"typed_name": request.user.name}))


def _confirm(request: SignedIn, clinic: Clinic) -> HttpResponse:
    form = AttestForm(request.POST)
    if not form.is_valid():
        return _show(request, clinic, form, status=422)
    given = form.cleaned_data
    try:
        made = attesting.attest(
            clinic=clinic, by=request.user, typed_name=given["typed_name"], still_true=given["seen"]
        )
    except WrongState as state:
        clinic.refresh_from_db()
        notice = CHANGED if state.current == attesting.CHANGED_MEANWHILE else ""
        again = AttestForm(initial={"typed_name": given["typed_name"]})
        return _show(request, clinic, again, notice=notice, status=409)
    due = attesting.due_at(made.clinic)
    messages.success(request, f"Thank you. Your listing is confirmed until {due:%B} {due.day}, {due.year}.")
    return redirect("manage-clinic", slug=clinic.slug)


def _show(
    request: SignedIn, clinic: Clinic, form: AttestForm, *, notice: str = "", status: int = 200
) -> HttpResponse:
    said = attesting.said(clinic)
    lines = _in_words(request, clinic, said)
    now = clock.now()
    context = {
        "clinic": clinic,
        "form": form,
        "notice": notice,
        "is_closed": clinic.status == Clinic.Status.CLOSED,
        "seen": attesting.fingerprint_of(said),
        "said": [line for line in lines if line.words],
        "unsaid": [line for line in lines if not line.words],
        "state": attesting.state_of(clinic, now),
        "due_at": attesting.due_at(clinic),
        "requests_end_at": attesting.requests_end_at(clinic),
    }
    return render(request, "portal/attest.html", context, status=status)


def _in_words(request: SignedIn, clinic: Clinic, said: Mapping[str, Any]) -> list[Said]:
    """What it says, in the order of the sections. Only a manager changes what else is checked."""
    is_manager = acts_for(request.user, clinic, Membership.Role.MANAGER)
    changed = attesting.changed_on(clinic)
    names = [name for name in listing_words.LABELS if name in said]
    return [
        Said(
            label=listing_words.label(name),
            words=_words(name, said[name]),
            changed_on=changed.get(name),
            section=_section(name, is_manager=is_manager),
        )
        for name in sorted(names, key=_place)
    ]


def _words(name: str, value: Any) -> str:
    """As it reads; "" where nothing is said."""
    words = listing_words.words(name, value, {})
    return "" if words == listing_words.NOTHING else words


def _place(name: str) -> int:
    slugs = [section.slug for section in listing_sections.SECTIONS]
    slug = listing_sections.of_fields({name})
    return slugs.index(slug) if slug in slugs else len(slugs)


def _section(name: str, *, is_manager: bool) -> str:
    section = listing_sections.named(listing_sections.of_fields({name}))
    return section.slug if section and (is_manager or not section.is_checked) else ""
