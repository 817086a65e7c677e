"""The page behind an invitation's link. Nothing about the team before the link fits; a visit changes nothing."""

from typing import Final

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts import limits
from accounts.addresses import is_taken
from accounts.models import Membership, User
from directory import team
from directory.models import Invitation
from directory.refusals import NotAllowed, WrongState
from directory.team import joining
from portal.access import SignedIn
from portal.team_forms import JoinForm
from referrals.views.addressee import keeps_text, values_in_address
from referrals.views.private_link import TooManyWrongLinks, behind_private_link

WRONG_LINKS: Final = (60, 3600)
"""Wrong links an hour from one block of addresses, before it is asked to wait."""

JOINED: Final = "Welcome to the team."
KEPT: Final = (
    "That was not sent: the page was open for too long. Please type your password again, and send it."
)
ALREADY: Final = {
    joining.ALREADY: "You are on this team already, for all that this invitation is about.",
    joining.OTHER_ROLE: "You are on this team already, in another role. A manager of the team can change it.",
}


def _after_expired_form(request: HttpRequest, reason: str) -> HttpResponse:
    token = values_in_address(request)["token"]
    invitation = _found(request, token)
    if request.user.is_authenticated or is_taken(invitation.email):
        return _show(request, invitation, token, notice=KEPT)
    return _show(
        request, invitation, token, JoinForm(initial={"name": request.POST.get("name", "")}), notice=KEPT
    )


@keeps_text(_after_expired_form)
@behind_private_link
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Who asks and for what; a post joins, with the account that is signed in or a new one."""
    invitation = _found(request, token)
    if request.method != "POST":
        return _show(request, invitation, token)
    if request.user.is_authenticated:
        return _join(request, invitation, token)  # type: ignore[arg-type]  # signed in
    if is_taken(invitation.email):
        return redirect_to_login(request.path)
    return _join_as_new(request, invitation, token)


def _found(request: HttpRequest, token: str) -> Invitation:
    """The open invitation behind the link. Any other link is like any page that does not exist."""
    try:
        return joining.find(token)
    except team.NoInvitation:
        block = limits.address_block(limits.client_address(request))
        limit, seconds = WRONG_LINKS
        if wait := limits.take("wrong-link", block, limit=limit, seconds=seconds):
            raise TooManyWrongLinks(wait) from None
        raise Http404 from None


def _join(request: SignedIn, invitation: Invitation, token: str) -> HttpResponse:
    try:
        team.accept(token=token, user=request.user)
    except team.NoInvitation:
        raise Http404 from None
    except NotAllowed:
        return _show(request, invitation, token, status=403)
    except WrongState as state:
        return _show(request, invitation, token, notice=ALREADY[state.current], status=409)
    messages.success(request, JOINED)
    return redirect("manage-team-of", pk=invitation.organization_id)


def _join_as_new(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    form = JoinForm(request.POST)
    joined = _account(form, token) if form.is_valid() else None
    if joined is None:
        return _show(request, invitation, token, form, status=422)
    messages.success(request, JOINED)
    onward = reverse("manage-team-of", args=[invitation.organization_id])
    login = Login(user=joined.user, email=joined.user.email, redirect_url=onward)
    answer: HttpResponse = perform_password_login(request, {"email": joined.user.email}, login)
    return answer


def _account(form: JoinForm, token: str) -> Membership | None:
    """The membership of the new account; None where the form says what is wrong."""
    given = form.cleaned_data
    try:
        return team.accept_as_new(token=token, name=given["name"], password=given["password"])
    except ValidationError as weak:
        form.add_error("password", weak)
    except (team.NoInvitation, WrongState):
        raise Http404 from None  # it was used a moment ago
    return None


def _show(
    request: HttpRequest,
    invitation: Invitation,
    token: str,
    form: JoinForm | None = None,
    *,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    user = request.user if isinstance(request.user, User) else None
    context = {
        "invitation": invitation,
        "sites": [] if invitation.whole_organization else list(invitation.clinics.all()),
        "is_for_user": bool(user and joining.is_for(invitation, user) and not user.is_staff),
        "has_account": user is not None or is_taken(invitation.email),
        "form": form or JoinForm(),
        "here": reverse("join", args=[token]),
        "notice": notice,
    }
    return render(request, "portal/join.html", context, status=status)
