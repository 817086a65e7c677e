"""The forms of django-allauth in this site's words: plain labels, and no placeholder that says the label again."""

from typing import Any

from allauth.account import forms as account
from allauth.account.fields import EmailField, PasswordField
from allauth.mfa.base import forms as second_factor
from allauth.mfa.recovery_codes import forms as recovery_codes
from allauth.mfa.totp import forms as totp
from django import forms
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import User

LONGEST_EMAIL = 254
LONGEST_PASSWORD = 1_000


class PlainFields:
    """Mixed in before a form of django-allauth."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if field.widget.is_hidden:
                continue
            field.widget.attrs.pop("placeholder", None)
            field.label = "E-mail" if isinstance(field, EmailField) else str(field.label).capitalize()
            field.error_messages["required"] = f"{field.label}: type it first."
            if isinstance(field, EmailField):
                field.validators.append(_not_too_long)
            if isinstance(field, PasswordField):
                _limit(field)


def _limit(field: forms.CharField) -> None:
    """A passphrase of any sensible length; a book would only keep the site busy."""
    field.validators.append(_not_a_book)
    if field.widget.attrs.get("autocomplete") == "new-password" and field.help_text:
        field.help_text = _("At least 15 characters. A few words in a row are easy to remember.")


def _not_too_long(value: str) -> None:
    """More would be cut off when it is stored, and be another address."""
    if len(value) > LONGEST_EMAIL:
        raise forms.ValidationError(_("E-mail: at most 254 characters."))


def _not_a_book(value: str) -> None:
    if len(value) > LONGEST_PASSWORD:
        raise forms.ValidationError(_("Password: at most 1,000 characters."))


class LoginForm(PlainFields, account.LoginForm):  # type: ignore[misc]  # allauth ships no types
    """E-mail and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = format_html(
            '<a class="tap" href="{}">{}</a>', reverse("account_reset_password"), _("Forgot your password?")
        )


class SignupForm(PlainFields, account.SignupForm):  # type: ignore[misc]
    """E-mail, name and a password, once. An address that has an account is answered as one that has none."""

    name = forms.CharField(
        max_length=120, label=_("Your name"), widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    field_order = ["email", "name", "password1"]
    account_already_exists: bool

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """The new user, or None and the same answer for an address that is taken."""
        if not self.account_already_exists:
            try:
                return self._save(request), None
            except IntegrityError:  # somebody signed up with this address a moment ago
                self.account_already_exists = True
        make_password(self.cleaned_data["password1"])  # the same work as for a new account
        taken: tuple[User | None, HttpResponse | None] = super().try_save(request)
        return taken

    @transaction.atomic
    def _save(self, request: HttpRequest) -> User:
        user: User = super().save(request)
        audit.record(
            actor=audit.actor_of(user), action="account.made", object_type="user", object_id=str(user.pk)
        )
        return user


class EmailCodeForm(PlainFields, account.ConfirmEmailVerificationCodeForm):  # type: ignore[misc]
    """The code that was mailed, to show that the address is theirs."""


class ResetPasswordForm(PlainFields, account.ResetPasswordForm):  # type: ignore[misc]
    """The e-mail of an account, to get a new password."""


class ResetPasswordKeyForm(PlainFields, account.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, twice, after a link."""


class ChangePasswordForm(PlainFields, account.ChangePasswordForm):  # type: ignore[misc]
    """The old password, and a new one twice."""


class ReauthenticateForm(PlainFields, account.ReauthenticateForm):  # type: ignore[misc]
    """The password once more."""


class CodeForm(PlainFields, second_factor.AuthenticateForm):  # type: ignore[misc]
    """The code of an app, or a recovery code, at sign-in."""


class CodeAgainForm(PlainFields, second_factor.ReauthenticateForm):  # type: ignore[misc]
    """The code once more."""


class ActivateTOTPForm(PlainFields, totp.ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an app that is being set up."""


class RecoveryCodesForm(PlainFields, recovery_codes.GenerateRecoveryCodesForm):  # type: ignore[misc]
    """Only a button: make new recovery codes."""
