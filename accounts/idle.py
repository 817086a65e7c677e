"""A sign-in ends by itself: fifteen minutes after its last use, and twelve hours after it began, whatever is done.

45 CFR 164.312(a)(2)(iii) asks for automatic logoff; security.md P16 gives the times. Only the signed-in pages count as
use, and only they are asked: a public page neither extends a sign-in nor reads it.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts import send_again
from outbox import clock

PLACES: Final = ("/manage/", "/staff/", "/accounts/", "/join/")
"""Where somebody may be signed in."""

BEGAN, SEEN = "signed_in_at", "seen_at"
"""What a session keeps, in microseconds since 1970. Many requests in a row are one write a minute."""

MINUTE: Final = 60 * 1_000_000


class IdleMiddleware:
    """Signs out who was away for too long, before a page is shown, and notes that somebody is here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(PLACES) and request.user.is_authenticated:
            left = seconds_left(request.session)
            if left <= 0:
                logout(request)
            elif not _only_asks(request):
                left = note_use(request.session)
            request.seconds_signed_in = left  # type: ignore[attr-defined]  # what the page tells its reader
        return self.get_response(request)


def begin(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    """Somebody signed in: the twelve hours and the fifteen minutes run from now."""
    now = clock.to_micros(clock.here())
    request.session[BEGAN], request.session[SEEN] = now, now


def note_use(session: SessionBase) -> int:
    """The sign-in is in use now. Returns the seconds that it lasts if nothing more happens."""
    now = clock.to_micros(clock.here())
    if now - session[SEEN] >= MINUTE:
        session[SEEN] = now
    return seconds_left(session)


def seconds_left(session: SessionBase) -> int:
    """Seconds until the sign-in ends by itself; 0 or less when it has, and for one that began before we counted."""
    if BEGAN not in session or SEEN not in session:
        return 0
    ends_idle = clock.from_micros(session[SEEN]) + timedelta(seconds=settings.SESSION_IDLE_SECONDS)
    ends_anyway = clock.from_micros(session[BEGAN]) + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return int((min(ends_idle, ends_anyway) - clock.here()).total_seconds())


@never_cache
@csrf_exempt  # a page that is older than the sign-in may ask too; the browser's word that it is ours is enough
@login_not_required
@require_http_methods(["GET", "POST"])
def keep(request: HttpRequest) -> JsonResponse:
    """GET: how many seconds are left, without using any. POST: "Stay signed in". 0 for nobody."""
    if request.method == "POST" and not send_again.is_proven_ours(request):
        raise PermissionDenied
    signed_in = request.user.is_authenticated
    return JsonResponse({"seconds": seconds_left(request.session) if signed_in else 0})


def _only_asks(request: HttpRequest) -> bool:
    return request.method == "GET" and request.path_info == reverse("account_keep")
