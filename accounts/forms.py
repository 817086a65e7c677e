"""The forms of django-allauth in this site's words: plain labels, and no placeholder that says the label again."""

from typing import Any

from allauth.account import forms as account
from allauth.account.fields import EmailField
from allauth.mfa.base import forms as second_factor
from allauth.mfa.totp import forms as totp


class PlainFields:
    """Mixed in before a form of django-allauth."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.label = "E-mail" if isinstance(field, EmailField) else str(field.label).capitalize()
            field.error_messages["required"] = f"{field.label}: type it first."


class LoginForm(PlainFields, account.LoginForm):  # type: ignore[misc]  # allauth ships no types
    """E-mail and password."""


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
