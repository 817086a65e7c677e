"""What is answered when a request cannot be: a calm page, or problem+json under /api/. Never a trace."""

import sys
from logging import getLogger
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from accounts import send_again
from api import problems

log = getLogger(__name__)

TITLES = {
    400: "Something in this address or form could not be read",
    403: "This page is not open to you",
    404: "Page not found",
    429: "Too many tries: please wait a minute",
    413: "That was too much to send at once",
    500: "Something went wrong here",
    503: "The site is busy or being looked after",
}
# Without template, database, session or stylesheet: the last thing that can still be said.
_BARE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title></head>
<body><h1>{title}</h1>
<p>Please go back and try again, or start from the <a href="/">home page</a>.</p>
<p>If you are thinking about harming yourself, call or text <a href="tel:988">988</a> in the US, at any hour.
In an emergency call <a href="tel:911">911</a>.</p></body></html>
"""


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400 for what cannot be read; 413 for a body that is too large."""
    if _database_is_away(exception):  # Django tells a session that cannot be kept as a bad request
        return _try_again(request)
    return answer(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 for a person who is signed in and asks for somebody else's page."""
    return answer(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, the same for what is not there and for what is not yours."""
    return answer(request, 404)


def broken(request: HttpRequest) -> HttpResponse:
    """500 for a mistake of ours; 503 when the database did not answer, and trying again will help."""
    return _try_again(request) if _database_is_away(sys.exc_info()[1]) else answer(request, 500)


def _database_is_away(error: BaseException | None) -> bool:
    """Whether that is the error, or the cause of it however far back."""
    while error is not None and not isinstance(error, OperationalError | InterfaceError):
        error = error.__cause__ or error.__context__
    return error is not None


def _try_again(request: HttpRequest) -> HttpResponse:
    response = answer(request, 503)
    response["Retry-After"] = "30"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 that keeps what was typed: a session that ended overnight must not cost a person the letter they wrote.

    Where the view says how, its attribute `on_csrf_failure(request, reason)` answers; on the signed-in pages, and
    there for everybody who is not signed in, accounts.send_again does.
    """
    view = request.resolver_match.func if request.resolver_match else None
    keep = getattr(view, "on_csrf_failure", None)
    if send_again.can_keep(request) and (keep is None or not request.user.is_authenticated):
        return send_again.page(request)
    if keep is None:
        return answer(request, 403, form_expired=True)
    response: HttpResponse = keep(request, reason)
    response.status_code = 403
    return response


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429 for a sign-in that was tried too often: django-allauth looks for this handler beside Django's."""
    response = answer(request, 429)
    response["Retry-After"] = "60"
    return response


def answer(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    """The page or, for a machine, the problem document of `status`."""
    if problems.is_api(request):
        return problems.for_status(status)
    return HttpResponse(_page(request, status, context), status=status)


def _page(request: HttpRequest, status: int, context: dict[str, Any]) -> str:
    template = f"errors/{400 if status == 413 else status}.html"
    known = {"SITE_NAME": settings.SITE_NAME, "SITE_URL": settings.SITE_URL, **context}
    # A page about our own failure is drawn without the request: no database, no session.
    for scope in (request, None) if status < 500 else (None,):
        try:
            return render_to_string(template, known, request=scope)
        except Exception:
            log.exception("error page %d could not be drawn", status)
    return _BARE.format(title=TITLES[status])
