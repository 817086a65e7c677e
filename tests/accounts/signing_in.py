"""What a person does to sign in, and what their devices do: an authenticator app, a passkey, a mailbox."""

import hashlib
import json
import os
import re
import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import TestCase
from django.urls import reverse
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from outbox import deliveries, handlers
from outbox.models import Delivery

PASSWORD = "a long enough passphrase"
OTHER = "another long passphrase"
EMAIL = "owner@clinic.example"


def sign_in(client, email=EMAIL, password=PASSWORD, **more):
    return client.post(reverse("account_login"), {"login": email, "password": password}, **more)


def is_signed_in(client) -> bool:
    return "_auth_user_id" in client.session


def sign_up(client, email="new@clinic.example", name="Nora New", password=OTHER, **more):
    answer = {"email": email, "name": name, "password1": password, **more}
    return client.post(reverse("account_signup"), answer)


def mailed(kind: str) -> str:
    """The text of the latest mail about signing in whose template's name ends so, as it would be sent now."""
    delivery = Delivery.objects.filter(subject__endswith=kind).order_by("created_at").last()
    mail = handlers.compose(delivery)
    return mail.body if mail else ""


def mailed_code() -> str:
    """The code of the latest mail that has one."""
    delivery = Delivery.objects.filter(subject__contains="email_confirmation").order_by("created_at").last()
    return re.search(r"^\d{4} \d{4}$", handlers.compose(delivery).body, re.MULTILINE)[0]


def type_code(client, code: str):
    return client.post(reverse("account_email_verification_sent"), {"action": "verify", "code": code})


def choose_new_password(client, email=EMAIL, password=OTHER):
    """Ask for a link, open it from the mailbox and choose a password."""
    client.post(reverse("account_reset_password"), {"email": email})
    (link,) = re.findall(r"http\S+", mailed("password_reset_key"))
    form = client.get(link[link.index("/accounts/") :]).url
    return client.post(form, {"password1": password, "password2": password})


def deliver_all() -> None:
    while deliveries.deliver_one():
        pass


def code_for(secret: str) -> str:
    """What an authenticator app shows now (RFC 6238)."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def set_up_app(client) -> str:
    """Walk through the set-up as a person does; the secret that the app now holds."""
    page = client.get(reverse("mfa_activate_totp"))
    if page.status_code == 302:
        client.post(page.url, {"password": PASSWORD})
        page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)})
    assert answer.status_code == 302
    return secret


class Passkey:
    """An authenticator in software. It signs for `origin`, and says that it checked who holds it."""

    def __init__(self, origin="http://localhost:8000", host="localhost", verifies=True):
        self.origin, self.host = origin, host
        self.flags = AuthenticatorData.FLAG.UP | (AuthenticatorData.FLAG.UV if verifies else 0)
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(16)
        self.user_handle = b""

    def _host_hash(self) -> bytes:
        return hashlib.sha256(self.host.encode()).digest()

    def _credential(self, **response: bytes) -> str:
        return json.dumps(
            {
                "id": websafe_encode(self.id),
                "rawId": websafe_encode(self.id),
                "type": "public-key",
                "response": {name: websafe_encode(value) for name, value in response.items()},
                "clientExtensionResults": {"credProps": {"rk": True}},
            }
        )

    def create(self, options: dict) -> str:
        """What navigator.credentials.create() would give for the options of the page."""
        asked = options["publicKey"]
        self.user_handle = asked["user"]["id"].encode()
        key = AttestedCredentialData.create(
            Aaguid(bytes(16)), self.id, ES256.from_cryptography_key(self.private.public_key())
        )
        data = AuthenticatorData.create(self._host_hash(), self.flags | AuthenticatorData.FLAG.AT, 0, key)
        client = CollectedClientData.create("webauthn.create", asked["challenge"], self.origin)
        return self._credential(
            clientDataJSON=client, attestationObject=AttestationObject.create("none", data, {})
        )

    def get(self, options: dict, challenge: str = "", handle: bytes = b"") -> str:
        """What navigator.credentials.get() would give."""
        client = CollectedClientData.create(
            "webauthn.get", challenge or options["publicKey"]["challenge"], self.origin
        )
        data = AuthenticatorData.create(self._host_hash(), self.flags, 1)
        signature = self.private.sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        return self._credential(
            clientDataJSON=client,
            authenticatorData=data,
            signature=signature,
            userHandle=handle or websafe_decode(self.user_handle.decode()),
        )


def make_passkey(client, name="My phone", **how) -> Passkey:
    """Walk through the page that makes one."""
    key = Passkey(**how)
    page = client.get(reverse("mfa_add_webauthn"))
    credential = key.create(page.context["js_data"]["creation_options"])
    answer = client.post(reverse("mfa_add_webauthn"), {"name": name, "credential": credential})
    assert answer.status_code == 302, answer.content.decode()
    return key


def sign_in_by_passkey(client, key: Passkey, **how):
    asked = client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"}).json()
    return client.post(
        reverse("mfa_login_webauthn"), {"credential": key.get(asked["request_options"], **how)}
    )
