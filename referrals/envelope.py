"""Personal data at rest: AES-256-GCM under a key of each referral, which the site's PHI key wraps.

Every box is `v1`, a random nonce of 12 bytes, and the ciphertext with its tag. What is authenticated
beside it (AAD) names the place it belongs to: application, table, column, row, version, key id. So a
box that was moved, cut, altered or put under another key does not open. Plaintexts are JSON, filled
with spaces to steps of 256 bytes, so that a length says little.
"""

import json
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from accounts import keyring
from referrals.models import Referral, TimelineEntry

VERSION = b"v1"
NONCE_BYTES = 12
STEP = 256


class EnvelopeError(Exception):
    """It does not open: altered, moved, cut, destroyed, or its key is unknown. No part of it is given out."""


@dataclass(frozen=True)
class Sealed:
    """The three columns of a sealed referral."""

    key_id: str
    wrapped_key: bytes
    sealed: bytes


def seal(referral_id: uuid.UUID, payload: dict[str, Any]) -> Sealed:
    """Seal a referral's personal data under a fresh key of its own, wrapped by the current PHI key."""
    key_id = keyring.current_id()
    own_key = AESGCM.generate_key(bit_length=256)
    return Sealed(
        key_id=key_id,
        wrapped_key=lock(_phi_key(key_id), own_key, _place("referral", "wrapped_key", referral_id, key_id)),
        sealed=lock(own_key, padded(payload), _place("referral", "sealed", referral_id, key_id)),
    )


def unseal(referral: Referral) -> dict[str, Any]:
    """The payload of `seal`; raises EnvelopeError."""
    place = _place("referral", "sealed", referral.pk, referral.key_id)
    return _read(unlock(_own_key(referral), referral.sealed, place))


def seal_note(referral: Referral, number: int, payload: dict[str, Any]) -> bytes:
    """Seal what goes with timeline entry `number`, under the referral's own key."""
    return lock(_own_key(referral), padded(payload), _note_place(referral, number))


def unseal_note(entry: TimelineEntry) -> dict[str, Any]:
    """The payload of `seal_note`, {} for an entry without one; raises EnvelopeError."""
    if entry.sealed is None:
        return {}
    referral = entry.referral
    return _read(unlock(_own_key(referral), entry.sealed, _note_place(referral, entry.number)))


def lock(key: bytes, plain: bytes, place: bytes) -> bytes:
    """One box. Nonces are random: each key closes a handful of boxes, far from 2**32."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, plain, place)


def unlock(key: bytes, box: bytes | memoryview | None, place: bytes) -> bytes:
    """The plaintext of `lock`; raises EnvelopeError for anything but that very box in that very place."""
    if box is None:
        raise EnvelopeError("nothing is sealed here")
    box = bytes(box)  # PostgreSQL's driver and SQLite's differ in the type they give
    body = len(VERSION) + NONCE_BYTES
    if box[: len(VERSION)] != VERSION:
        raise EnvelopeError("the box is of no known version")
    try:
        return AESGCM(key).decrypt(box[len(VERSION) : body], box[body:], place)
    except (InvalidTag, ValueError):
        raise EnvelopeError("the box does not open") from None


def place(*parts: str) -> bytes:
    """Parts of an AAD, each with its length before it, so that no two lists read the same."""
    encoded = [part.encode() for part in ("cairn", *parts)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def _place(table: str, column: str, row: object, key_id: str) -> bytes:
    return place("referrals", table, column, str(row), VERSION.decode(), key_id)


def _note_place(referral: Referral, number: int) -> bytes:
    return _place("timelineentry", "sealed", f"{referral.pk}/{number}", referral.key_id)


def _own_key(referral: Referral) -> bytes:
    wrapped_in = _place("referral", "wrapped_key", referral.pk, referral.key_id)
    return unlock(_phi_key(referral.key_id), referral.wrapped_key, wrapped_in)


def _phi_key(key_id: str) -> bytes:
    try:
        return keyring.key(key_id)
    except keyring.UnknownKey:
        raise EnvelopeError(f"no key {key_id!r} in PHI_KEYS") from None


def padded(payload: dict[str, Any]) -> bytes:
    """ASCII JSON; the spaces after it are part of JSON's grammar and need no removal."""
    plain = json.dumps(payload, separators=(",", ":")).encode("ascii")
    return plain.ljust(-(-len(plain) // STEP) * STEP)


def _read(plain: bytes) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(plain)
    return payload
