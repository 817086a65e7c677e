"""Who may see which signed-in page. What is not yours is answered like what does not exist."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

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


def require_staff(user: User) -> None:
    """Raises PermissionDenied for anybody who does not work for the operator."""
    if not user.is_staff:
        raise PermissionDenied


def staff_only(view: View) -> View:
    """403 for anybody who does not work for the operator."""

    @wraps(view)
    def checked(request: SignedIn, *args: Any, **kwargs: Any) -> HttpResponse:
        require_staff(request.user)
        return view(request, *args, **kwargs)

    return checked
