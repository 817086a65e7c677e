"""Referrals are opened with two factors: something known, and something held."""

from collections.abc import Callable

from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

GUARDED = ("/manage/", "/staff/")


class SecondFactorMiddleware:
    """Keeps the signed-in pages shut for a session that has not shown a second factor.

    allauth asks for one at sign-in from those who have set it up; it does not ask anybody to set it up,
    and a session that is older than the set-up never showed it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        guarded = settings.SECOND_FACTOR_REQUIRED and request.path_info.startswith(GUARDED)
        if guarded and (page := _where_to_show_it(request)):
            return redirect(f"{reverse(page)}?{urlencode({'next': request.get_full_path()})}")
        return self.get_response(request)


def _where_to_show_it(request: HttpRequest) -> str:
    """The name of the page that this session must pass first; "" for none, or when nobody is signed in."""
    user = request.user
    if not user.is_authenticated:
        return ""  # the view sends them to sign in
    if not is_mfa_enabled(user):
        return "mfa_activate_totp"
    shown = any(record["method"] == "mfa" for record in get_authentication_records(request, user))
    return "" if shown else "mfa_reauthenticate"
