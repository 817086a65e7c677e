"""Referrals are opened with two factors: something known, and something held. Who lost the second gets help here."""

from collections.abc import Callable
from typing import Final

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts import audit, sign_in_mails, sign_ins
from accounts.models import Membership, User

RESET_MAIL: Final = "mfa/email/second_factor_reset"
GUARDED = ("/manage/", "/staff/")


class NotAllowed(Exception):
    """A manager resets it for people of the own practice, the operator's staff for others; nobody for themselves."""


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
        return "second-factor-set-up"
    shown = any(record["method"] == "mfa" for record in get_authentication_records(request, user))
    return "" if shown else "mfa_reauthenticate"


def may_reset(*, user: User, by: User) -> bool:
    """Whether `by` may take the second factor of `user` away, after seeing or calling them."""
    if user.pk == by.pk or not by.is_active:
        return False
    if by.is_staff:
        return True
    managed = Membership.objects.active().filter(
        user=by, role=Membership.Role.MANAGER, whole_organization=True
    )
    theirs = Membership.objects.active().filter(user=user)
    return not user.is_staff and theirs.filter(organization__in=managed.values("organization")).exists()


@transaction.atomic
def reset(*, user: User, by: User) -> None:
    """Delete every second factor of `user` and end their sign-ins; at the next they set up a new one. Or NotAllowed.

    Nobody chooses a secret for somebody else, and the password still stands before it. The person hears of it by
    mail. `by` has made sure who asks (NIST SP 800-63B-4, account recovery), and the trail says who that was.
    """
    if not may_reset(user=user, by=by):
        raise NotAllowed
    Authenticator.objects.filter(user=user).delete()
    sign_ins.end_all(user=user)
    sign_in_mails.promise(template=RESET_MAIL, user=user)
    audit.record(
        actor=audit.actor_of(by),
        action="second-factor.reset",
        object_type="user",
        object_id=str(user.pk),
        purpose="staff" if by.is_staff else "manager",
    )
