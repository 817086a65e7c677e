"""The code that somebody types to prove that a mail or a letter reached them: 8 digits, kept as an HMAC alone.

A code follows from the claim, the instant of its end and a key that the database does not hold. So a mail can be
written at the last moment, or once more after a crash, with the same code, and nothing in a dump leads to it.
"""

import base64
import hashlib
import hmac
import re
import unicodedata
from datetime import timedelta
from typing import Final

from accounts import keyring
from directory.claims.refusals import WrongCode
from directory.models import ListingClaim
from outbox import clock

DIGITS: Final = 8
MOST_TRIES: Final = 5
MAIL_LASTS: Final = timedelta(minutes=60)
LETTER_LASTS: Final = timedelta(days=14)

_LONGEST_TYPED: Final = 40  # "1234 5678", however it is spaced
_BETWEEN: Final = re.compile(r"[\s\-‐-―]+")  # dashes as people paste them


def issue(claim: ListingClaim, *, lasts: timedelta) -> str:
    """A new code for a locked claim, in place of any before; saves nothing."""
    kid = keyring.current_id()
    claim.code_expires_at = clock.now() + lasts
    code = _derived(claim, kid)
    claim.code_digest = _digest(claim, code, kid)
    return code


def current(claim: ListingClaim) -> str:
    """The code that waits to be typed; "" if none does. Raises UnknownKey."""
    kid, _, digest = claim.code_digest.rpartition(".")
    return _derived(claim, kid) if digest and claim.code_expires_at else ""


def read(typed: str) -> str:
    """The 8 digits of what was typed or pasted, with blanks or dashes between. Raises WrongCode without a count."""
    short = typed if len(typed) <= _LONGEST_TYPED else ""
    digits = _BETWEEN.sub("", unicodedata.normalize("NFKC", short))
    if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", digits, re.ASCII):
        raise WrongCode(None)
    return digits


def fits(claim: ListingClaim, code: str) -> bool:
    """Is it the one that was issued? Compared in constant time."""
    kid, _, digest = claim.code_digest.rpartition(".")
    if not digest:
        return False
    return hmac.compare_digest(_digest(claim, code, kid).encode(), claim.code_digest.encode())


def forget(claim: ListingClaim) -> None:
    """No code can be typed any more; saves nothing."""
    claim.code_digest, claim.code_expires_at = "", None


def _derived(claim: ListingClaim, kid: str) -> str:
    until = clock.to_micros(claim.code_expires_at) if claim.code_expires_at else 0
    drawn = hmac.digest(keyring.derived("claim code", kid), f"{claim.pk}:{until}".encode(), hashlib.sha256)
    return f"{int.from_bytes(drawn) % 10**DIGITS:0{DIGITS}}"


def _digest(claim: ListingClaim, code: str, kid: str) -> str:
    """ "<key id>.<43 characters>": at most 64."""
    made = hmac.digest(keyring.derived("claim digest", kid), f"{claim.pk}:{code}".encode(), hashlib.sha256)
    return f"{kid}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"
