"""The people of a team: who is there, who was invited, and what a manager changes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import step_up
from accounts.memberships import LastManager, organizations_of
from accounts.models import Membership
from directory import team
from directory.models import Invitation
from directory.refusals import NotAllowed, Refused, WrongState
from directory.team import roster
from directory.team.roster import Viewer
from portal.access import SignedIn
from portal.team_forms import InviteForm

PER_PAGE: Final = 20
METHODS: Final = ["GET", "HEAD", "POST"]
SENT: Final = "The invitation is on its way. Its link works for 7 days."
MEMBER: Final = (
    "This person is on your team already. You find them in the list, and can change their part there."
)
TAKEN_BACK: Final = "That invitation is taken back. Its link opens nothing any more."
OVER: Final = "That invitation was over already: used, taken back, or too old."
LEFT: Final = "You have left the team."
LAST: Final = "Somebody has to manage the team, and each site. Make somebody else a manager first."

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Row:
    """One person, or one invitation, with its sites in words."""

    row: Membership | Invitation
    sites: str


def on_the_team(view: View) -> View:
    """Hand the team to `view` as the user sees it; to anybody else there is no such page."""

    @wraps(view)
    def checked(request: SignedIn, pk: int, **kwargs: Any) -> HttpResponse:
        seen_by = roster.viewer(request.user, pk)
        if seen_by is None:
            raise Http404
        return view(request, seen_by, **kwargs)

    return checked


def managers_only(view: View) -> View:
    """The same for who manages people of it; 403 for the rest of the team."""

    @wraps(view)
    def checked(request: SignedIn, seen_by: Viewer, **kwargs: Any) -> HttpResponse:
        if not seen_by.manages:
            raise PermissionDenied
        return view(request, seen_by, **kwargs)

    return on_the_team(checked)


def with_second_factor(people: Any) -> Any:
    """Whether each has set one up, as `has_second_factor`."""
    held = Authenticator.objects.filter(user=OuterRef("user")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return people.annotate(has_second_factor=Exists(held))


@never_cache
@require_safe
def index(request: SignedIn) -> HttpResponse:
    """The teams that the user is on; of one alone, its own page."""
    found = list(organizations_of(request.user).order_by("name", "pk"))
    if len(found) == 1:
        return redirect("manage-team-of", pk=found[0].pk)
    return render(request, "portal/teams.html", {"organizations": found})


@never_cache
@require_safe
@on_the_team
def page(request: SignedIn, seen_by: Viewer) -> HttpResponse:
    """Who is on the team, and who was asked to join."""
    words = " ".join(request.GET.get("q", "").replace("\0", " ").split())[:80]
    found = Paginator(with_second_factor(roster.people(seen_by, words)), PER_PAGE)
    people = found.get_page(request.GET.get("page"))
    context = {
        "viewer": seen_by,
        "page": people,
        "rows": [Row(each, roster.words_for(each, seen_by)) for each in people],
        "invitations": [
            Row(each, roster.words_for(each, seen_by)) for each in roster.open_invitations(seen_by)
        ],
        "words": words,
        "query": f"{urlencode({'q': words})}&" if words else "",
        "offers_search": bool(words) or found.count > PER_PAGE,
    }
    return render(request, "portal/team.html", context)


@never_cache
@require_http_methods(METHODS)
@managers_only
@step_up.required
def invite(request: SignedIn, seen_by: Viewer) -> HttpResponse:
    """Ask somebody to join. `?clinic=<slug>` ticks a site."""
    clinics = list(roster.sites(seen_by))
    if request.method != "POST":
        first = [each.pk for each in clinics if each.slug == request.GET.get("clinic")]
        initial = {"reach": "some", "sites": first} if first else {}
        return _ask(request, seen_by, InviteForm(viewer=seen_by, clinics=clinics, initial=initial))
    form = InviteForm(request.POST, viewer=seen_by, clinics=clinics)
    if not form.is_valid() or not _invited(request, seen_by, form):
        return _ask(request, seen_by, form, status=422)
    messages.success(request, SENT)
    return redirect("manage-team-of", pk=seen_by.organization.pk)


def _invited(request: SignedIn, seen_by: Viewer, form: InviteForm) -> bool:
    """Whether it went out; what stood against it is said in the form."""
    try:
        team.invite(
            organization=seen_by.organization,
            email=form.cleaned_data["email"],
            role=form.cleaned_data["role"],
            by=request.user,
            whole_organization=form.whole_organization,
            clinics=form.chosen,
        )
    except WrongState:
        form.add_error("email", MEMBER)
    except NotAllowed:
        raise PermissionDenied from None
    except Refused as refusal:
        form.add_error(None, str(refusal))
    return not form.errors


def _ask(request: SignedIn, seen_by: Viewer, form: InviteForm, status: int = 200) -> HttpResponse:
    return render(request, "portal/team_invite.html", {"viewer": seen_by, "form": form}, status=status)


@never_cache
@require_POST
@managers_only
@step_up.required
def take_back(request: SignedIn, seen_by: Viewer, invitation: int) -> HttpResponse:
    """An invitation opens nothing any more."""
    found = get_object_or_404(Invitation, pk=invitation, organization=seen_by.organization)
    try:
        team.revoke(invitation=found, by=request.user)
        messages.success(request, TAKEN_BACK)
    except NotAllowed:
        raise Http404 from None  # of a site that is not theirs
    except WrongState:
        messages.info(request, OVER)
    return redirect("manage-team-of", pk=seen_by.organization.pk)


@never_cache
@require_http_methods(METHODS)
@on_the_team
def leave(request: SignedIn, seen_by: Viewer) -> HttpResponse:
    """Go for good."""
    if request.method != "POST":
        return render(request, "portal/team_leave.html", {"viewer": seen_by})
    try:
        team.leave(organization=seen_by.organization, by=request.user)
    except LastManager:
        return render(request, "portal/team_leave.html", {"viewer": seen_by, "notice": LAST}, status=409)
    except WrongState:
        raise Http404 from None
    messages.success(request, LEFT)
    return redirect("manage-team")
