"""The forms through which a browser hands over what a passkey signed. Whatever arrives, the answer is a sentence."""

import struct
from typing import Any

from allauth.mfa.webauthn import forms as webauthn
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import PlainFields

LONGEST_NAME = 60
LONGEST_CREDENTIAL = 20_000  # characters; a real one has about 2,000
# What fido2 raises for bytes that no authenticator made.
MALFORMED = (
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    RecursionError,
    AssertionError,
    struct.error,
    InvalidSignature,
    UnsupportedAlgorithm,
)
DID_NOT_WORK = _("That passkey did not work here. Try again, or use another way.")


class CredentialField(forms.JSONField):
    """JSON of a sensible size and depth."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        """The object that was sent; raises ValidationError."""
        try:
            if len(value or "") > LONGEST_CREDENTIAL or not isinstance(
                found := super().to_python(value), dict
            ):
                raise forms.ValidationError(DID_NOT_WORK, code="passkey")
        except (RecursionError, forms.ValidationError):
            raise forms.ValidationError(DID_NOT_WORK, code="passkey") from None
        return found

    def bound_data(self, data: Any, initial: Any) -> str:
        """What was refused is not shown again: a new signature is needed anyway."""
        return ""


class _UsesPasskey(PlainFields):
    """Mixed in before a form in which a passkey signs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"] = CredentialField(error_messages={"required": DID_NOT_WORK})

    def clean_credential(self) -> Any:
        """The authenticator whose signature fits; raises ValidationError."""
        try:
            return super().clean_credential()  # type: ignore[misc]
        except forms.ValidationError as error:
            if error.code != "incorrect_code":
                raise
            raise forms.ValidationError(DID_NOT_WORK, code="passkey") from None
        except MALFORMED:
            raise forms.ValidationError(DID_NOT_WORK, code="passkey") from None


class SignInForm(_UsesPasskey, webauthn.LoginWebAuthnForm):  # type: ignore[misc]  # allauth ships no types
    """A passkey instead of e-mail, password and code."""


class SecondStepForm(_UsesPasskey, webauthn.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey after the password."""


class AgainForm(_UsesPasskey, webauthn.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey once more."""


class AddForm(PlainFields, webauthn.AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey and its name."""

    name = forms.CharField(
        max_length=LONGEST_NAME,
        required=False,
        label=_("A name for it"),
        help_text=_("So that you can tell your passkeys apart."),
    )
    credential = CredentialField(error_messages={"required": DID_NOT_WORK})
    field_order = ["name", "credential"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("passwordless", None)  # every passkey here checks who holds it

    def clean(self) -> dict[str, Any]:
        """What was typed, with a credential whose holder was checked; raises ValidationError."""
        try:
            cleaned: dict[str, Any] = super().clean()
        except forms.ValidationError as error:
            if error.code != "incorrect_code":
                raise
            raise forms.ValidationError(DID_NOT_WORK, code="passkey") from None
        except MALFORMED:
            raise forms.ValidationError(DID_NOT_WORK, code="passkey") from None
        return cleaned


class NameForm(PlainFields, webauthn.EditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""

    name = forms.CharField(max_length=LONGEST_NAME, label=_("Its name"))
