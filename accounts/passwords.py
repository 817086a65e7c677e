"""Passwords that others would guess. NIST SP 800-63B-4, 3.1.1.2: compare with a list of what is commonly used,
with words of the service and of the person, and with repeated or sequential characters; ask for no special signs.

The list is Django's, of 20,000. Almost all of them are shorter than a password here must be, so a password is
first reduced to what remains when repetitions, runs and digits around it are taken away.
"""

import re
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Rows of keys and of the alphabet; a run of four or more along one of them, either way, is no secret.
ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1q2w3e4r5t6y7u8i9o0p",
)
RUN = 4
SHORTEST_WORD = 4  # of a name that may not be in a password
ENOUGH_LEFT = 8  # signs that must remain when names are taken out


class GuessablePasswordValidator:
    """One of AUTH_PASSWORD_VALIDATORS."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for a password that is common, regular, or made of names that others know."""
        if _is_common(password) or _is_made_of(password, _names(user)):
            raise ValidationError(
                _(
                    "This password is easy to guess. Use four words or more that have nothing to do with each other."
                ),
                code="password_guessable",
            )

    def get_help_text(self) -> str:
        """What a form says before."""
        return _("A few words in a row are easy to remember and hard to guess.")


def _is_common(password: str) -> bool:
    core = _core(password)
    return len(core) < SHORTEST_WORD or core in _common()


def _core(password: str) -> str:
    """What is left of a password without repetitions, runs, signs, and digits around it."""
    plain = _plain(password)
    for _turn in range(3):
        plain = _unit(_without_runs(plain))
    return plain.strip("0123456789") or plain


def _plain(text: str) -> str:
    """In small letters, without the signs between."""
    return re.sub(r"[\W_]+", "", text.lower()) or text.lower()


def _without_runs(text: str) -> str:
    kept, start = "", 0
    while start < len(text):
        length = _run_at(text, start)
        kept += text[start] if length < RUN else ""
        start += 1 if length < RUN else length
    return kept


def _run_at(text: str, start: int) -> int:
    """How many signs from `start` follow one row, or are the same sign."""
    rows = [row for either in ROWS for row in (either, either[::-1])] + [text[start] * len(text)]
    return max(_along(text, start, row) for row in rows)


def _along(text: str, start: int, row: str) -> int:
    place = row.find(text[start])
    length = 0
    while (
        place >= 0
        and text[start + length : start + length + 1] == row[place + length : place + length + 1] != ""
    ):
        length += 1
    return length


def _unit(text: str) -> str:
    """The shortest part of which `text` is a repetition: of "passwordpassword" it is "password"."""
    found = (text + text).find(text, 1)
    return text[:found] if 0 < found < len(text) else text


def _is_made_of(password: str, names: set[str]) -> bool:
    left = _plain(password)
    for name in sorted(names, key=len, reverse=True):
        left = left.replace(name, "")
    return left != _plain(password) and len(left) < ENOUGH_LEFT


def _names(user: Any) -> set[str]:
    """Words of the site, of the person's address and of their name."""
    texts = (settings.SITE_NAME, settings.SITE_HOST, getattr(user, "email", ""), getattr(user, "name", ""))
    words = {word for text in texts for word in re.split(r"[\W_]+", (text or "").lower())}
    return {word for word in words if len(word) >= SHORTEST_WORD}


@cache
def _common() -> frozenset[str]:
    return frozenset(_plain(word) for word in CommonPasswordValidator().passwords)
