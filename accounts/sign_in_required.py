"""Pages are closed unless their view says otherwise."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase

from accounts import send_again


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Django's own, but it asks who is there only where a page is closed.

    Django 5.2 looks at the session first and at the view second, so every public page would vary by cookie.
    A form that comes after its session ended keeps what was typed.
    """

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if not getattr(view_func, "login_required", True):
            return None
        if request.method == "POST" and not request.user.is_authenticated:
            return send_again.page(request) if send_again.can_keep(request) else _sign_in(request)
        return super().process_view(request, view_func, view_args, view_kwargs)


def _sign_in(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in page, and from there to a page that can be visited: the address of a form often cannot."""
    return redirect_to_login(send_again.page_before(request))
