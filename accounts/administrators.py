"""The first person of the operator's staff: made on the machine itself, with a second factor from the first minute."""

from typing import Final
from urllib.parse import quote, urlencode

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, validate_totp_code
from django.conf import settings
from django.db import transaction

from accounts import audit, joining
from accounts.models import User

ACTION: Final = "administrator.made"


class WrongCode(ValueError):
    """The code does not come from this secret, or its time is over."""


def exists() -> bool:
    """Whether somebody administers the site already."""
    return User.objects.filter(is_superuser=True, is_active=True).exists()


def new_secret() -> str:
    """160 random bits for an authenticator app, in base32."""
    secret: str = generate_totp_secret()
    return secret


def address_for_app(email: str, secret: str) -> str:
    """What an authenticator app reads. https://github.com/google/google-authenticator/wiki/Key-Uri-Format"""
    label = quote(f"{settings.SITE_NAME}:{email}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': settings.SITE_NAME})}"


@transaction.atomic
def make(*, email: str, name: str, password: str, secret: str, code: str) -> tuple[User, list[str]]:
    """An administrator, who is a verifier too, and the recovery codes, which are shown once.

    Raises WrongCode, `addresses.AddressTaken`, and Django's ValidationError for a password that is easy to guess.
    """
    if not validate_totp_code(secret, code.replace(" ", "")):
        raise WrongCode
    user = joining.create_proved(email=email, name=name, password=password, is_staff=True)
    user.is_verifier, user.is_superuser = True, True
    user.save(update_fields=["is_verifier", "is_superuser"])
    TOTP.activate(user, secret)
    codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
    audit.record(actor=audit.SYSTEM, action=ACTION, object_type="user", object_id=str(user.pk))
    return user, codes
