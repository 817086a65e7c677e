"""Where django-allauth asks us: who may sign up, how often a password may be tried, where its mails go."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts import addresses, attempts, known_devices, limits, sign_in_mails
from accounts.models import User
from outbox import clock

FRESH = 5 * 60  # seconds
WAYS = {
    "reauthenticate": _("Use your password"),
    "mfa_reauthenticate": _("Use a code from your app, or a recovery code"),
    "mfa_reauthenticate:webauthn": _("Use your passkey"),
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Sign-in by e-mail and password. Whoever asks cannot learn which addresses have an account."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("That e-mail address and password do not match. Check both."),
        "incorrect_code": _("That code does not fit. Type the one from the latest e-mail."),
        "incorrect_password": _("That password does not fit. Type it again."),
        "enter_current_password": _("That password does not fit. Type it again."),
        "rate_limited": _("Wait a minute, then try again."),
        "too_many_login_attempts": _("Wait a few minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Anybody may have an account. It opens nothing until a claim is approved or a manager invites."""
        return True

    def save_user(self, request: HttpRequest, user: User, form: Form, commit: bool = True) -> User:
        """A new account, with the name that was typed."""
        user.name = form.cleaned_data["name"]
        saved: User = super().save_user(request, user, form, commit)
        return saved

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Before a password is looked at: is it this one's turn?"""
        email = credentials.get("email") or ""
        try:
            self.counted = attempts.begin(
                email=email,
                device=known_devices.device_of(request, email),
                block=limits.address_block(limits.client_address(request)),
            )
        except attempts.Wait as wait:
            raise ValidationError(wait.in_words(), code="wait") from None

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The user, if e-mail and password fit; somebody whose account was ended is told nothing else."""
        user: User | None = super().authenticate(request, **credentials)
        if user is None or not user.is_active:
            return None
        attempts.succeeded(self.counted)
        return user

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Somebody whom the operator's staff entered has nothing to prove."""
        addresses.accept_entered(user=user)
        answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return answer

    def post_login(self, request: HttpRequest, user: User, *, signup: bool, **kwargs: Any) -> HttpResponse:
        """Whoever has just signed up has typed the password they chose, and the code from their mailbox."""
        if signup:
            record_authentication(request, user, method="password", email=user.email)
        answer: HttpResponse = super().post_login(request, user, signup=signup, **kwargs)
        return answer

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not from somebody who signed in just now and sets up their first second factor."""
        return not _just_signed_in(self.request)

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """The ways to show once more who one is, in words that the rest of the site uses."""
        return [
            {**way, "description": WAYS.get(way["id"], way["description"])}
            for way in super().get_reauthentication_methods(user)
        ]

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """allauth's own count is not used: a new password marks the device instead, by a signal."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mails leave through the outbox. One to nobody is promised too, so that the answer takes as long."""
        sign_in_mails.promise(template=template_prefix, user=context.get("user"), asked_for=email)

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation: Any, signup: bool) -> None:
        """A code to type in the browser that asked for it. The mail's text is made when it is sent."""
        template = "email_confirmation_signup" if signup else "email_confirmation"
        user = emailconfirmation.email_address.user
        emailconfirmation.state["code"] = sign_in_mails.promise_code(
            template=f"account/email/{template}", user=user
        )

    def send_account_already_exists_mail(self, email: str) -> None:
        """To the owner of an address with which somebody tried to sign up once more."""
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        sign_in_mails.promise(template="account/email/account_already_exists", user=user, asked_for=email)

    def send_notification_mail(self, template_prefix: str, user: User, *args: Any, **kwargs: Any) -> None:
        """Whoever changes a password or a second factor cannot do so unseen by its owner."""
        sign_in_mails.promise(template=template_prefix, user=user)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The neighbourhood that allauth's own limits count, and that it keeps beside a sign-in."""
        return limits.network_address(limits.client_address(request))


def _just_signed_in(request: HttpRequest) -> bool:
    user = request.user
    if not user.is_authenticated or is_mfa_enabled(user):
        return False
    shown = [record["at"] for record in get_authentication_records(request, user)]
    return bool(shown) and clock.here().timestamp() - shown[-1] < FRESH
