"""What could hand a clinic to somebody else needs a fresh proof: members, keys, addresses and files of requests.

NIST SP 800-63B-4 calls it reauthentication; security.md P16 sets five minutes. Who has a second factor shows that; a
password alone proves it only for somebody who has none, on a site that is for its own machine alone.

What was posted without a fresh proof stays in the page that asks for it, and goes on with the proof in one press.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts import limits, send_again
from accounts.forms import CodeAgainForm, ReauthenticateForm

SECONDS: Final = 5 * 60
"""How long a proof is fresh."""

TRIES: Final = 10
"""In ten minutes, of one person."""

CODE, PASSWORD = "step_up_code", "step_up_password"
TOO_OFTEN: Final = "That was tried too often. Please wait ten minutes."
SAFE: Final = ("GET", "HEAD", "OPTIONS")

View = Callable[..., HttpResponse]


def required(view: View) -> View:
    """Let a change through with a proof of the last five minutes; else ask for one and keep what was posted.

    Reading is left alone: for a file that leaves the site, see `required_to_read`. Goes around a view for which
    somebody is signed in.
    """
    return _guarded(view, open_methods=SAFE)


def required_to_read(view: View) -> View:
    """The same, where reading already takes something away, as an export does."""
    return _guarded(view, open_methods=("OPTIONS",))


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session showed who it is in the last five minutes, with the second factor if there is one."""
    method = "mfa" if is_mfa_enabled(request.user) else "password"
    records = get_authentication_records(request, request.user)
    since = time.time() - SECONDS
    return any(record["method"] == method and record["at"] > since for record in records)


def _guarded(view: View, open_methods: tuple[str, ...]) -> View:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method in open_methods or is_fresh(request):
            return view(request, *args, **kwargs)
        if request.method in SAFE:
            return redirect_to_login(request.get_full_path(), reverse(_page_of(request.user)))
        error = _prove(request)
        return _ask(request, error) if error is not None else view(request, *args, **kwargs)

    return checked


def _ask(request: HttpRequest, error: str) -> HttpResponse:
    """403, or 422 after a proof that does not fit: one field for it, beside everything that was posted."""
    kinds = set(Authenticator.objects.filter(user_id=request.user.pk).values_list("type", flat=True))
    has_factor = is_mfa_enabled(request.user)
    context = {
        "proof": CODE if has_factor else PASSWORD,
        "with_field": not has_factor or bool(kinds - {Authenticator.Type.WEBAUTHN}),
        "with_passkey": Authenticator.Type.WEBAUTHN in kinds,
        "is_password": not has_factor,
        "error": error,
        "passkey_page": reverse(_page_of(request.user)),
    }
    known = send_again.context(request)
    return render(request, "account/step_up.html", {**known, **context}, status=422 if error else 403)


def _page_of(user: Any) -> str:
    """The name of django-allauth's page that takes the proof."""
    return "mfa_reauthenticate" if is_mfa_enabled(user) else "account_reauthenticate"


def _prove(request: HttpRequest) -> str | None:
    """None if what was sent proves who it is, which the session then remembers; else what is wrong, "" for nothing."""
    has_factor = is_mfa_enabled(request.user)
    sent = request.POST.get(CODE if has_factor else PASSWORD, "")
    if not sent:
        return ""
    if limits.take("step-up", str(request.user.pk), limit=TRIES, seconds=600):
        return TOO_OFTEN
    if has_factor:
        form = CodeAgainForm({"code": sent}, user=request.user)
    else:
        form = ReauthenticateForm({"password": sent}, user=request.user)
    if not form.is_valid():
        return str(next(iter(form.errors.values()))[0])
    form.save() if has_factor else reauthenticate_by_password(request)
    return None
