"""The site's keys, by id: the current one first, older ones kept so that what they sealed still opens.

They come from `PHI_KEYS` ("<key id>:<base64 of 32 bytes>", separated by commas), never from the
database. Keys for other purposes are derived (RFC 5869), so that one purpose cannot open another.
"""

import base64
import binascii
import re
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,20}")


class UnknownKey(KeyError):
    """Something was sealed under a key that is not in PHI_KEYS. Names the key's id alone."""

    def __str__(self) -> str:
        return f"PHI_KEYS has no key named {self.args[0]!r}"


def current_id() -> str:
    """The id of the key that seals what is new."""
    return next(iter(_keys(settings.PHI_KEYS)))


def ids() -> list[str]:
    """The ids of all keys, the current one first."""
    return list(_keys(settings.PHI_KEYS))


def key(kid: str) -> bytes:
    """The 32 bytes of key `kid`; raises UnknownKey."""
    try:
        return _keys(settings.PHI_KEYS)[kid]
    except KeyError:
        raise UnknownKey(kid) from None


def derived(purpose: str, kid: str | None = None) -> bytes:
    """32 bytes for one purpose alone, from key `kid` (without it, the current one); raises UnknownKey.

    A digest that must still match after the keys were rotated needs its key id stored beside it.
    """
    return _derive(key(kid or current_id()), purpose)


@lru_cache(maxsize=64)
def _derive(secret: bytes, purpose: str) -> bytes:
    hkdf = HKDF(
        algorithm=SHA256(),
        length=KEY_BYTES,
        salt=None,
        info=f"cairn {purpose}".encode(),
    )
    return hkdf.derive(secret)


@lru_cache(maxsize=4)
def _keys(text: str) -> dict[str, bytes]:
    """PHI_KEYS as ids and bytes, in its order. Errors name the place, never what stands there."""
    keys: dict[str, bytes] = {}
    for place, entry in enumerate(text.split(","), start=1):
        kid, _, encoded = entry.strip().partition(":")
        if not _KEY_ID.fullmatch(kid):
            raise ImproperlyConfigured(
                f"PHI_KEYS, entry {place}: not in the form <key id>:<base64 of 32 bytes>."
            )
        if kid in keys:
            raise ImproperlyConfigured(f"PHI_KEYS, entry {place}: its key id was used before.")
        keys[kid] = _decoded(encoded, place)
    return keys


def _decoded(encoded: str, place: int) -> bytes:
    try:
        secret = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES:
        raise ImproperlyConfigured(f"PHI_KEYS, entry {place}: the key is not base64 of 32 bytes.")
    return secret
