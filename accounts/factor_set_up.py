"""Setting up the second factor: one page offers the ways, then come recovery codes, then where one was going."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.models import User

GOING_TO = "after_second_factor"  # in the session
FACTORS = {Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN}


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """A passkey or an app? Somebody who has either is shown what they have."""
    if is_mfa_enabled(request.user, FACTORS):
        return redirect("mfa_index")
    if going_to := get_next_redirect_url(request):
        request.session[GOING_TO] = going_to
    return render(request, "mfa/choose.html", {"demanded": settings.SECOND_FACTOR_REQUIRED})


@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """On to the page that asked for the second factor."""
    return redirect(request.session.pop(GOING_TO, settings.LOGIN_REDIRECT_URL))


def counts_as_shown(request: HttpRequest, kind: str) -> None:
    """Whoever has just set a second factor up has shown it: the code was typed, or the key has signed."""
    made = Authenticator.objects.filter(user=request.user, type=kind).latest("pk")
    record_authentication(
        request, request.user, method="mfa", id=made.pk, type=made.type, reauthenticated=True
    )


def note_new(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Somebody set up a second factor."""
    _audit(user, "second-factor.added", authenticator)


def note_removal(sender: Any, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Somebody took one of their own second factors away."""
    _audit(user, "second-factor.removed", authenticator)


@transaction.atomic
def _audit(user: User, action: str, authenticator: Authenticator) -> None:
    audit.record(
        actor=audit.actor_of(user),
        action=action,
        object_type="user",
        object_id=str(user.pk),
        purpose=authenticator.type,
    )
