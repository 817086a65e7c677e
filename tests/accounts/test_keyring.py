"""Keys come from one setting; whatever is wrong with it is said without a byte of it."""

import base64
import traceback

import pytest
from django.core.exceptions import ImproperlyConfigured

from accounts import keyring

OLD = base64.b64encode(b"o" * 32).decode()
NEW = base64.b64encode(b"n" * 32).decode()


def test_it_seals_with_the_first_key_and_still_knows_the_others(settings):
    settings.PHI_KEYS = f"k2:{NEW}, k1:{OLD}"
    assert keyring.current_id() == "k2"
    assert keyring.key("k1") == b"o" * 32
    assert keyring.key("k2") == b"n" * 32


def test_it_derives_another_key_for_each_purpose_and_each_key(settings):
    settings.PHI_KEYS = f"k2:{NEW},k1:{OLD}"
    keys = {keyring.derived(purpose, kid) for purpose in ("audit", "tokens") for kid in ("k1", "k2")}
    assert len(keys) == 4
    assert all(len(key) == 32 for key in keys)
    assert keyring.derived("audit") == keyring.derived("audit", "k2")
    assert not keys & {keyring.key("k1"), keyring.key("k2")}


def test_it_derives_by_hkdf_sha256(settings):
    """RFC 5869 by hand: extract with an empty salt, expand once."""
    import hashlib
    import hmac

    settings.PHI_KEYS = f"k1:{OLD}"
    extracted = hmac.digest(bytes(32), b"o" * 32, hashlib.sha256)
    assert keyring.derived("audit") == hmac.digest(extracted, b"cairn audit\x01", hashlib.sha256)


def test_it_follows_a_changed_setting(settings):
    settings.PHI_KEYS = f"k1:{OLD}"
    before = keyring.derived("audit")
    settings.PHI_KEYS = f"k1:{NEW}"
    assert keyring.derived("audit") != before


def test_it_names_a_key_that_is_missing(settings):
    settings.PHI_KEYS = f"k1:{OLD}"
    with pytest.raises(keyring.UnknownKey, match="PHI_KEYS has no key named 'k7'"):
        keyring.key("k7")
    with pytest.raises(keyring.UnknownKey):
        keyring.derived("audit", "k7")


@pytest.mark.parametrize(
    "text",
    [
        "",
        OLD,
        f"k1:{OLD},",
        f"k 1:{OLD}",
        f"{'k' * 21}:{OLD}",
        "k1:",
        "k1:not base64 at all !",
        f"k1:{OLD[:-4]}",
        f"k1:{OLD}{OLD}",
        f"k1:{OLD},k1:{NEW}",
        f"k1:{OLD}\nk2:{NEW}",
        "k1:päßwörd",
    ],
)
def test_it_names_the_setting_and_shows_nothing_of_it_when_it_cannot_be_read(settings, text):
    settings.PHI_KEYS = text
    with pytest.raises(ImproperlyConfigured) as failure:
        keyring.current_id()
    said = "".join(traceback.format_exception_only(failure.value))
    assert "PHI_KEYS, entry" in said
    assert not any(piece in said for piece in (OLD[:8], NEW[:8], "not base64 at all", "päß"))
    assert failure.value.__cause__ is None
