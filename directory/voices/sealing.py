"""What a stranger wrote to us, sealed at rest: AES-256-GCM under a key derived for this purpose alone.

A box is `v1`, a random nonce of 12 bytes, and the ciphertext with its tag. Authenticated beside it is the place it
belongs to, so that a box which was moved to another row does not open. Texts are filled up to steps of 256 bytes.
"""

import json
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from accounts import keyring

VERSION: Final = b"v1"
NONCE_BYTES: Final = 12
STEP: Final = 256


class DoesNotOpen(Exception):
    """Altered, moved, cut, destroyed, or its key is unknown. No part of it is given out."""


def seal(text: str, *, purpose: str, place: str) -> tuple[str, bytes]:
    """The id of the key, and the box. `place` names the row that the box belongs to."""
    key_id = keyring.current_id()
    plain = json.dumps(text).encode("ascii")
    plain = plain.ljust(-(-len(plain) // STEP) * STEP)
    nonce = secrets.token_bytes(NONCE_BYTES)
    box = AESGCM(keyring.derived(purpose, key_id)).encrypt(nonce, plain, _beside(purpose, place, key_id))
    return key_id, VERSION + nonce + box


def unseal(box: bytes | memoryview | None, *, key_id: str, purpose: str, place: str) -> str:
    """The text of `seal`; raises DoesNotOpen for anything but that very box in that very place."""
    whole = bytes(box or b"")  # PostgreSQL's driver and SQLite's differ in the type they give
    start = len(VERSION) + NONCE_BYTES
    if whole[: len(VERSION)] != VERSION:
        raise DoesNotOpen
    try:
        key = AESGCM(keyring.derived(purpose, key_id))
        plain = key.decrypt(whole[len(VERSION) : start], whole[start:], _beside(purpose, place, key_id))
    except (InvalidTag, ValueError, keyring.UnknownKey):
        raise DoesNotOpen from None
    return str(json.loads(plain))


def _beside(*parts: str) -> bytes:
    """Each part with its length before it, so that no two lists read the same."""
    encoded = [part.encode() for part in ("cairn", *parts)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
