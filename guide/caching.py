"""How a public page may be kept by a browser: asked again every time, and not sent twice."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import conditional_page, require_safe

View = Callable[..., HttpResponse]


def public_page(view: View) -> View:
    """GET and HEAD only; an ETag of the content; kept, but never used without asking.

    A fact may lapse at any instant, so no copy is good for a while. The page must not read the session.
    """

    @require_safe
    @conditional_page
    @wraps(view)
    def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.setdefault("Cache-Control", "no-cache")
        return response

    return wrapped
