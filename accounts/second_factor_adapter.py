"""Where django-allauth asks us about second factors: how secrets are sealed, and for whom passkeys are made."""

import base64
import os
from typing import Any

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts import devices, keyring
from accounts.models import User


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Keeps the secrets of authenticator apps and recovery codes sealed: "<key id>.<base64>", AES-256-GCM."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("That code does not fit, or its time is over. Type the one your app shows now."),
        "unverified_email": _("Show first that the e-mail address is yours: sign in again to get a code."),
    }

    def encrypt(self, text: str) -> str:
        """Seal a secret under the current key."""
        kid = keyring.current_id()
        nonce = os.urandom(12)
        sealed = AESGCM(_key(kid)).encrypt(nonce, text.encode(), kid.encode())
        return f"{kid}.{base64.b64encode(nonce + sealed).decode()}"

    def decrypt(self, encrypted_text: str) -> str:
        """Open a secret; raises UnknownKey, or InvalidTag if it is not ours."""
        kid, _dot, encoded = encrypted_text.partition(".")
        sealed = base64.b64decode(encoded)
        return AESGCM(_key(kid)).decrypt(sealed[:12], sealed[12:], kid.encode()).decode()

    def get_totp_issuer(self) -> str:
        """The name that an authenticator app shows."""
        return str(settings.SITE_NAME)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """For which host a passkey is made: that of SITE_URL, whatever host the request named."""
        return {"id": settings.SITE_HOST, "name": settings.SITE_NAME}

    def generate_authenticator_name(self, user: User, kind: Any) -> str:
        """A name for a passkey that was given none: the device it was made on."""
        agent = context.request.META.get("HTTP_USER_AGENT", "") if context.request else ""
        return devices.named(agent)


def _key(kid: str) -> bytes:
    return keyring.derived("second factor", kid)
