"""A browser in which somebody has signed in before, told by a signed cookie.

The cookie opens nothing: a password is asked for all the same. It gives its device a budget of tries of its
own, so that strangers who try an account cannot keep its owner waiting (`accounts.attempts`).
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts import keyring
from accounts.models import User

SALT = "accounts.known_devices"
LASTS = 180 * 24 * 60 * 60  # seconds
MOST_ACCOUNTS = 5  # of people who share a front desk


def name_of_cookie() -> str:
    """Over TLS with the prefix that keeps other hosts from writing it."""
    return "__Host-device" if settings.OVER_TLS else "device"


def device_of(request: HttpRequest, email: str) -> str:
    """The id of the device, if somebody has signed in with `email` on it; else ""."""
    return _accounts(request).get(_mark(email), "")


def remember(request: HttpRequest, user: User) -> None:
    """Have the answer to `request` mark its browser as one that `user` has signed in with."""
    request.known_device_of = user  # type: ignore[attr-defined]


def remember_by_signal(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """After a sign-in, and after a new password was chosen by a link that was mailed."""
    remember(request, user)


def known_device(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """The middleware that writes the cookie."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        user = getattr(request, "known_device_of", None)
        if user is not None:
            _mark_browser(request, response, user)
        return response

    return middleware


def _mark_browser(request: HttpRequest, response: HttpResponse, user: User) -> None:
    mark = _mark(user.email)
    others = [(known, device) for known, device in _accounts(request).items() if known != mark]
    kept = [*others[1 - MOST_ACCOUNTS :], (mark, secrets.token_hex(8))]
    response.set_cookie(
        name_of_cookie(),
        signing.dumps(kept, salt=SALT),
        max_age=LASTS,
        secure=settings.OVER_TLS,
        httponly=True,
        samesite="Lax",
    )


def _accounts(request: HttpRequest) -> dict[str, str]:
    """Which accounts a browser is known to, as marks, and the device's id for each."""
    try:
        kept = signing.loads(request.COOKIES.get(name_of_cookie(), ""), salt=SALT, max_age=LASTS)
        return {str(mark): str(device) for mark, device in kept}
    except (signing.BadSignature, ValueError, TypeError):
        return {}


def _mark(email: str) -> str:
    """What stands for an address in the cookie: nobody who reads it learns the address."""
    key = keyring.derived("known device")
    return hmac.digest(key, email.strip().lower().encode(), hashlib.sha256).hex()[:32]
