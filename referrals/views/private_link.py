"""What every page behind a private link has in common: kept by nobody, named to nobody, changed by no visit."""

from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.decorators import decorator_from_middleware
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from referrals.views.addressee import View, too_many


class _CsrfWithoutReferrer(CsrfViewMiddleware):
    """The usual check of the token, for pages whose `no-referrer` makes a browser send `Origin: null`.

    The Fetch standard blanks the origin of a post from such a page. The token in cookie and form,
    and a secret address that another site cannot know, still have to be right.
    https://fetch.spec.whatwg.org/#append-a-request-origin-header
    """

    def _origin_verified(self, request: HttpRequest) -> bool:
        return request.META["HTTP_ORIGIN"] == "null" or bool(super()._origin_verified(request))  # type: ignore[misc]


class TooManyWrongLinks(Exception):
    """Somebody tries links. `wait` is in seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__("too many wrong links")
        self.wait = wait


_csrf_checked = decorator_from_middleware(_CsrfWithoutReferrer)


def behind_private_link(view: View) -> View:
    """`no-store`, `noindex`, `no-referrer`; a post needs its token, as anywhere."""
    checked = _csrf_checked(never_cache(view))

    @login_not_required
    @csrf_exempt
    @wraps(view)
    def private(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = cast(HttpResponse, checked(request, *args, **kwargs))
        except TooManyWrongLinks as many:
            response = too_many(request, many.wait)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return private
