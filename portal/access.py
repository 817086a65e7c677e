"""Who may see which signed-in page. What is not yours is answered like what does not exist."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from accounts.models import User
from referrals.access import inbox_of
from referrals.models import Referral

View = Callable[..., HttpResponse]


class SignedIn(HttpRequest):
    """A request that the login middleware let through to a page of this room."""

    user: User


def referral_or_404(user: User, pk: uuid.UUID) -> Referral:
    """A referral of the user's inbox at this moment, with its clinic."""
    return get_object_or_404(inbox_of(user).select_related("clinic"), pk=pk)


def staff_only(view: View) -> View:
    """403 for anybody who does not work for the operator."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_staff:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return checked


def keeps_text_when_signed_out(view: View) -> View:
    """For what is posted about a referral: a session that ended must not cost the words, nor lead nowhere.

    Somebody who is not signed in sees their own words again, and signs in to the referral's page.
    """

    @login_not_required
    @wraps(view)
    def checked(request: HttpRequest, pk: uuid.UUID, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, pk=pk, **kwargs)
        return signed_out(request, pk)

    return checked


def signed_out(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The way to sign in, with the words that were posted, if any."""
    texts = [str(text) for name, text in request.POST.items() if name.endswith(("-note", "-question"))]
    typed = "\n".join(text for text in texts if text.strip())
    page = reverse("inbox-referral", kwargs={"pk": pk})
    if not typed:
        return redirect_to_login(page)
    return render(request, "portal/signed_out.html", {"typed": typed, "next": page}, status=403)
