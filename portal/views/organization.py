"""For managers of several sites: all of them in one list, and what is done to many at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Membership, Organization, User
from directory import attestation, closing, many_sites, many_sites_file
from directory.models import Clinic
from directory.models.clinic import ClinicQuerySet
from directory.refusals import Refused, WrongState
from outbox import clock
from portal import listing_words, task_list, waiting
from portal.access import SignedIn
from portal.organization_forms import CloseForm, PauseForm, SharedForm, SitesForm
from referrals.access import inbox_of

PER_PAGE: Final = 20
SHOWN_SITES: Final = 200
"""Sites whose differences a page shows in full."""

METHODS: Final = ["GET", "HEAD", "POST"]
MEANWHILE: Final = "Somebody changed a site meanwhile. Choose again."
NO_SITE: Final = "Tick at least one site first."
CHANGED: Final = (
    "Somebody changed a site after you looked. Nothing was saved. Look again at what would change now."
)


@dataclass(frozen=True)
class Row:
    """A site of the list. `waiting`: requests that wait for the clinic."""

    clinic: Clinic
    sheet: task_list.Sheet
    waiting: int
    is_paused: bool


@dataclass(frozen=True)
class Chosen:
    """The sites that something is done to. `left_out`: how many of those ticked it cannot be done to."""

    sites: list[Clinic]
    every: bool
    left_out: int

    @property
    def too_many(self) -> bool:
        return len(self.sites) > many_sites.MOST_AT_ONCE


def managed_or_404(user: User, pk: int) -> Organization:
    """A practice that `user` manages, or sites of it. 403 for its other members; 404 for everybody else."""
    mine = Membership.objects.active().filter(user=user, organization__kind=Organization.Kind.PRACTICE)
    membership = get_object_or_404(mine.select_related("organization"), organization=pk)
    if membership.role != Membership.Role.MANAGER:
        raise PermissionDenied
    return membership.organization


@never_cache
@require_safe
def choose(request: SignedIn) -> HttpResponse:
    """The practices that the user manages; with one alone, its own page."""
    mine = Membership.objects.active().filter(
        user=request.user, role=Membership.Role.MANAGER, organization__kind=Organization.Kind.PRACTICE
    )
    found = list(mine.select_related("organization").order_by("organization__name", "pk"))
    if len(found) == 1:
        return redirect("manage-organization-sites", pk=found[0].organization_id)
    context = {"organizations": [membership.organization for membership in found]}
    return render(request, "portal/organization_choose.html", context)


@never_cache
@require_safe
def page(request: SignedIn, pk: int) -> HttpResponse:
    """The sites, by name, with what each waits for."""
    organization = managed_or_404(request.user, pk)
    form = SitesForm(request.GET)
    chosen = form.chosen()
    now = clock.now()
    sites = _filtered(many_sites.managed_by(request.user, organization), chosen, now)
    listed = Paginator(task_list.loaded(sites).order_by("name", "pk"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "organization": organization,
        "form": SitesForm(initial=chosen),
        "page": listed,
        "rows": _rows(request.user, list(listed), now),
        "filtered": bool(chosen),
        "query": f"{urlencode(chosen)}&" if chosen else "",
    }
    return render(request, "portal/organization.html", context)


def _filtered(sites: ClinicQuerySet, chosen: dict[str, str], now: datetime) -> ClinicQuerySet:
    if text := chosen.get("q"):
        sites = sites.filter(
            Q(name__icontains=text)
            | Q(city__icontains=text)
            | Q(zip__startswith=text)
            | Q(state__iexact=text)
        )
    state = chosen.get("state", "")
    if state == "closed":
        return sites.filter(status=Clinic.Status.CLOSED)
    sites = sites.exclude(status=Clinic.Status.CLOSED)
    if state == "shown":
        return sites.shown(now)
    if state == "hidden":
        return sites.exclude(pk__in=Clinic.objects.shown(now).values("pk"))
    if state == "paused":
        return sites.filter(paused_until__gt=now)
    if state == "due":
        return _due(sites, now)
    return sites


def _due(sites: ClinicQuerySet, now: datetime) -> ClinicQuerySet:
    asked = now - attestation.EVERY + attestation.ASKED_AHEAD
    return sites.annotate(counted_from=Coalesce("attested_at", "status_changed_at")).filter(
        counted_from__lte=asked
    )


def _rows(user: User, sites: list[Clinic], now: datetime) -> list[Row]:
    requests = _waiting_at(user, sites)
    return [
        Row(
            clinic=site,
            sheet=task_list.sheet(site, now),
            waiting=requests.get(site.pk, 0),
            is_paused=site.paused_until is not None and site.paused_until > now,
        )
        for site in sites
    ]


def _waiting_at(user: User, sites: list[Clinic]) -> dict[int, int]:
    """How many requests wait for the clinic at each of these sites."""
    ours = [status for tab in waiting.TABS if tab.ours for status in tab.statuses]
    mine = inbox_of(user).filter(clinic__in=sites, status__in=ours)
    return dict(mine.order_by().values_list("clinic").annotate(Count("pk")))


# --- several at once -----------------------------------------------------------------------------


def _chosen(request: SignedIn, sites: ClinicQuerySet) -> Chosen:
    """Those of `sites` that were ticked, or all. Sites of others are as if they did not exist."""
    given = request.POST if request.method == "POST" else request.GET
    if given.get("all"):
        return Chosen(list(sites.order_by("name", "pk")), True, 0)
    slugs = set(given.getlist("site"))
    found = list(sites.filter(slug__in=slugs).order_by("name", "pk")) if slugs else []
    return Chosen(found, False, len(slugs) - len(found))


def _without_sites(request: SignedIn, pk: int, chosen: Chosen) -> HttpResponse:
    words = "These sites are closed, or nobody's claim to them was approved." if chosen.left_out else NO_SITE
    if chosen.too_many:
        words = f"Tick at most {many_sites.MOST_AT_ONCE} sites at once."
    messages.info(request, words)
    return redirect("manage-organization-sites", pk=pk)


@never_cache
@require_http_methods(METHODS)
def shared(request: SignedIn, pk: int) -> HttpResponse:
    """What the sites say of themselves: the fields to change, then what would differ where, then saving."""
    organization = managed_or_404(request.user, pk)
    chosen = _chosen(request, many_sites.editable(many_sites.managed_by(request.user, organization)))
    if not chosen.sites or chosen.too_many:
        return _without_sites(request, pk, chosen)
    form = SharedForm(request.POST if request.method == "POST" else None)
    context = {"organization": organization, "chosen": chosen, "form": form}
    if not form.is_bound or "back" in request.POST:
        return render(request, "portal/organization_shared.html", context)
    if not form.is_valid() or not _prices_fit(form, chosen.sites):
        return render(request, "portal/organization_shared.html", context, status=422)
    if "seen" not in request.POST:
        return _preview(request, context)
    return _share(request, context)


def _prices_fit(form: SharedForm, sites: list[Clinic]) -> bool:
    reversed_at = many_sites.with_prices_reversed(many_sites.differences(sites, form.values()))
    if reversed_at:
        names = ", ".join(site.name for site in reversed_at[:3])
        field = "price_high" if "price_high" in form.values() else "price_low"
        form.add_error(field, f"The highest price would be below the lowest at: {names}")
    return not reversed_at


def _preview(request: SignedIn, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    form, sites = context["form"], context["chosen"].sites
    found = many_sites.differences(sites, form.values())
    context |= {
        "differences": shown_differences(found),
        "changed_sites": len({each.clinic.pk for each in found}),
        "seen": many_sites.fingerprint(found),
        "says_again": "accepting_new_patients" in form.values(),
        "notice": CHANGED if status == 409 else "",
    }
    return render(request, "portal/organization_shared_preview.html", context, status=status)


def _share(request: SignedIn, context: dict[str, Any]) -> HttpResponse:
    form, organization, sites = context["form"], context["organization"], context["chosen"].sites
    try:
        edited = many_sites.edit_shared(
            organization=organization,
            clinics=sites,
            by=request.user,
            values=form.values(),
            seen=request.POST["seen"],
        )
    except WrongState:
        return _preview(request, context, status=409)
    except ValidationError as wrong:
        form.add_error(None, wrong.messages)
        return render(request, "portal/organization_shared.html", context, status=422)
    except Refused:
        messages.info(request, MEANWHILE)
        return redirect("manage-organization-sites", pk=organization.pk)
    messages.success(request, _saved_words(len(edited.changed), len(edited.held)))
    return redirect("manage-organization-sites", pk=organization.pk)


def _saved_words(changed: int, held: int) -> str:
    words = f"Changed at {counted(changed)}."
    if held:
        words += f" At {counted(held)} a person looks at it first; the old words stay until then."
    return words


def counted(sites: int) -> str:
    """ "1 site", "12 sites"."""
    return f"{sites} site{'' if sites == 1 else 's'}"


@dataclass(frozen=True)
class Shown:
    """One field of a site that would change, as people read it. `waits`: a person looks at it first."""

    label: str
    old: str
    new: str
    waits: bool


def shown_differences(found: list[many_sites.Difference]) -> list[tuple[list[Clinic], list[Shown]]]:
    """What would change, for all sites where the same would; of the first SHOWN_SITES."""
    of_each: dict[int, tuple[Clinic, list[Shown]]] = {}
    for each in found:
        of_each.setdefault(each.clinic.pk, (each.clinic, []))[1].append(_shown(each))
    alike: dict[tuple[Shown, ...], list[Clinic]] = {}
    for clinic, changes in list(of_each.values())[:SHOWN_SITES]:
        alike.setdefault(tuple(changes), []).append(clinic)
    return [(clinics, list(changes)) for changes, clinics in alike.items()]


def _shown(each: many_sites.Difference) -> Shown:
    old, new = (listing_words.words(each.name, value, {}) for value in (each.before, each.after))
    return Shown(listing_words.label(each.name), old, new, many_sites_file.waits(each))


@never_cache
@require_http_methods(METHODS)
def pause(request: SignedIn, pk: int) -> HttpResponse:
    """No requests until a day, or again at once."""
    organization = managed_or_404(request.user, pk)
    chosen = _chosen(request, many_sites.editable(many_sites.managed_by(request.user, organization)))
    if not chosen.sites or chosen.too_many:
        return _without_sites(request, pk, chosen)
    form = PauseForm(request.POST if request.method == "POST" and "verb" not in request.POST else None)
    try:
        done = _pause_or_resume(request, organization, chosen.sites, form)
    except Refused:
        done = MEANWHILE
    if done:
        messages.success(request, done)
        return redirect("manage-organization-sites", pk=pk)
    now = clock.now()
    paused = [site for site in chosen.sites if site.paused_until and site.paused_until > now]
    context = {"organization": organization, "chosen": chosen, "form": form, "paused": paused}
    return render(request, "portal/organization_pause.html", context, status=422 if form.errors else 200)


def _pause_or_resume(
    request: SignedIn, organization: Organization, sites: list[Clinic], form: PauseForm
) -> str:
    """What was done, in words; "" where the page is to be shown, with what is wrong in the form."""
    if request.POST.get("verb") == "resume":
        resumed = many_sites.resume(organization=organization, clinics=sites, by=request.user)
        return f"The pause is over at {counted(len(resumed))}."
    if not form.is_bound or not form.is_valid():
        return ""
    until, reason = form.cleaned_data["until"], form.cleaned_data["reason"]
    try:
        many_sites.pause(
            organization=organization, clinics=sites, by=request.user, until=until, reason=reason
        )
    except ValidationError as wrong:
        form.add_error("until", wrong.messages)
        return ""
    return f"Paused: {counted(len(sites))}."


@never_cache
@require_http_methods(METHODS)
def close(request: SignedIn, pk: int) -> HttpResponse:
    """Sites closed for good."""
    organization = managed_or_404(request.user, pk)
    closable = many_sites.managed_by(request.user, organization).filter(status__in=closing.CLOSABLE)
    chosen = _chosen(request, closable)
    if not chosen.sites or chosen.too_many:
        return _without_sites(request, pk, chosen)
    form = CloseForm(request.POST if request.method == "POST" else None, sites=len(chosen.sites))
    context = {"organization": organization, "chosen": chosen, "form": form}
    if form.is_bound and form.is_valid():
        return _close(request, context)
    context["open_requests"] = inbox_of(request.user).open().filter(clinic__in=chosen.sites).count()
    return render(request, "portal/organization_close.html", context, status=422 if form.errors else 200)


def _close(request: SignedIn, context: dict[str, Any]) -> HttpResponse:
    organization, form = context["organization"], context["form"]
    try:
        closed = many_sites.close(
            organization=organization,
            clinics=context["chosen"].sites,
            reason=form.cleaned_data["reason"],
            by=request.user,
        )
    except Refused:
        messages.info(request, f"{MEANWHILE} None was closed.")
    else:
        messages.success(request, f"Closed: {counted(len(closed))}. Their pages say so.")
    return redirect("manage-organization-sites", pk=organization.pk)
