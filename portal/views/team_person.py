"""One person of a team: another role, other sites, a lost second factor, an end."""

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import second_factor, step_up
from accounts.memberships import LastManager
from accounts.models import Membership
from directory import team
from directory.refusals import Incomplete, NotAllowed, WrongState
from directory.team import roster
from directory.team.roster import Viewer
from portal.access import SignedIn
from portal.team_forms import ALL, SOME, OwnSitesForm, PartForm
from portal.views.team import LAST, managers_only, with_second_factor

Form = PartForm | OwnSitesForm
CHANGED: Final = "Saved. It holds from now on."
RESET: Final = "Done. They have a mail, and set up a new second step when they sign in next."
REMOVED: Final = "Removed. They were signed out everywhere, and their keys work no more."


@never_cache
@require_safe
@managers_only
def page(request: SignedIn, seen_by: Viewer, member: int) -> HttpResponse:
    """What a manager knows of somebody, and may change."""
    return _show(request, seen_by, _member(seen_by, member))


@never_cache
@require_POST
@managers_only
@step_up.required
def change(request: SignedIn, seen_by: Viewer, member: int) -> HttpResponse:
    """Role and sites."""
    membership = _member(seen_by, member)
    form = _form(seen_by, membership, request.POST)
    if form is None:
        raise PermissionDenied
    if not form.is_valid():
        return _show(request, seen_by, membership, form, status=422)
    try:
        _keep(request, membership, form)
    except LastManager:
        return _show(request, seen_by, _member(seen_by, member), form, notice=LAST, status=409)
    except (NotAllowed, Incomplete):
        raise PermissionDenied from None
    except WrongState:
        raise Http404 from None
    messages.success(request, CHANGED)
    return redirect("manage-team-of", pk=seen_by.organization.pk)


@never_cache
@require_POST
@managers_only
@step_up.required
def remove(request: SignedIn, seen_by: Viewer, member: int) -> HttpResponse:
    """Off the team, at once."""
    membership = _member(seen_by, member)
    try:
        team.remove(membership=membership, by=request.user)
    except LastManager:
        return _show(request, seen_by, membership, notice=LAST, status=409)
    except NotAllowed:
        raise PermissionDenied from None
    except WrongState:
        raise Http404 from None
    messages.success(request, REMOVED)
    return redirect("manage-team-of", pk=seen_by.organization.pk)


@never_cache
@require_POST
@managers_only
@step_up.required
def reset(request: SignedIn, seen_by: Viewer, member: int) -> HttpResponse:
    """Somebody lost their second factor, and the manager has seen or called them."""
    membership = _member(seen_by, member)
    try:
        second_factor.reset(user=membership.user, by=request.user)
        messages.success(request, RESET)
    except second_factor.NotAllowed:
        raise PermissionDenied from None
    return redirect("manage-member", pk=seen_by.organization.pk, member=member)


def _member(seen_by: Viewer, member: int) -> Membership:
    """Somebody of the team whom the viewer works with; 404 for anybody else."""
    found: Membership | None = with_second_factor(roster.people(seen_by)).filter(pk=member).first()
    if found is None:
        raise Http404
    return found


def _form(seen_by: Viewer, membership: Membership, posted: Any = None) -> Form | None:
    """What the viewer may change of it: role and sites, their own sites alone, or nothing."""
    held = [site.clinic_id for site in membership.sites.all()]
    clinics = list(roster.sites(seen_by))
    if seen_by.may_take_off(membership):
        return OwnSitesForm(posted, clinics=clinics, initial={"sites": held})
    if not seen_by.may_change(membership):
        return None
    reach = ALL if membership.whole_organization else SOME
    initial = {"role": membership.role, "reach": reach, "sites": held}
    return PartForm(posted, viewer=seen_by, clinics=clinics, initial=initial)


def _keep(request: SignedIn, membership: Membership, form: Form) -> None:
    if isinstance(form, PartForm):
        team.change(
            membership=membership,
            role=form.cleaned_data["role"],
            by=request.user,
            clinics=form.chosen,
            whole_organization=form.whole_organization,
        )
    elif form.chosen:
        team.limit_to_sites(membership=membership, clinics=form.chosen, by=request.user)
    else:
        team.take_off_sites(membership=membership, by=request.user)


def _show(
    request: SignedIn,
    seen_by: Viewer,
    membership: Membership,
    form: Form | None = None,
    *,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "viewer": seen_by,
        "membership": membership,
        "sites": roster.words_for(membership, seen_by),
        "form": form or _form(seen_by, membership),
        "may_change": seen_by.may_change(membership),
        "may_reset": membership.has_second_factor  # type: ignore[attr-defined]  # annotated
        and second_factor.may_reset(user=membership.user, by=request.user),
        "is_self": membership.user_id == request.user.pk,
        "notice": notice,
    }
    return render(request, "portal/team_person.html", context, status=status)
