"""Where django-allauth asks us: who may sign up, where its mails go, how its secrets are kept."""

import base64
import os
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.http import HttpRequest

from accounts import keyring, limits, sign_in_mails
from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Sign-in by e-mail and password. Whoever asks cannot learn which addresses have an account."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "That e-mail address and password do not match. Check both.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up alone: the operator or a manager adds people."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The user, if e-mail and password fit; somebody whose account was ended is told nothing else."""
        user: User | None = super().authenticate(request, **credentials)
        return user if user is not None and user.is_active else None

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mails leave through the outbox. One to nobody is promised too, so that the answer takes as long."""
        sign_in_mails.promise(template=template_prefix, user=context.get("user"))

    def send_notification_mail(self, template_prefix: str, user: User, *args: Any, **kwargs: Any) -> None:
        """Whoever changes a password or a second factor cannot do so unseen by its owner."""
        sign_in_mails.promise(template=template_prefix, user=user)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that allauth's own limits count."""
        return limits.client_address(request)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps the secrets of authenticator apps and recovery codes sealed: "<key id>.<base64>", AES-256-GCM."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That code does not fit, or its time is over. Type the one your app shows now.",
    }

    def encrypt(self, text: str) -> str:
        """Seal a secret under the current key."""
        kid = keyring.current_id()
        nonce = os.urandom(12)
        sealed = AESGCM(_key(kid)).encrypt(nonce, text.encode(), kid.encode())
        return f"{kid}.{base64.b64encode(nonce + sealed).decode()}"

    def decrypt(self, encrypted_text: str) -> str:
        """Open a secret; raises UnknownKey, or InvalidTag if it is not ours."""
        kid, _, encoded = encrypted_text.partition(".")
        sealed = base64.b64decode(encoded)
        return AESGCM(_key(kid)).decrypt(sealed[:12], sealed[12:], kid.encode()).decode()

    def get_totp_issuer(self) -> str:
        """The name that an authenticator app shows."""
        return str(settings.SITE_NAME)


def _key(kid: str) -> bytes:
    return keyring.derived("second factor", kid)
