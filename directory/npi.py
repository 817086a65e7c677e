"""National Provider Identifiers: ten digits, the last of which checks the others.

Source: CMS, "Requirements for National Provider Identifier (NPI) and NPI Check Digit": Luhn's sum over "80840" and the
number. A right check digit says that nobody mistyped it: not that it was issued, and not that it is active.
"""

import re
from typing import Final

PREFIX: Final = "80840"
"""The United States (840) and health (80), which an issuer's number on a card would begin with."""

_SHAPE: Final = re.compile(r"[12][0-9]{9}")


def is_valid(text: str) -> bool:
    """`text` is ten ASCII digits that begin with 1 or 2 and add up. Nothing around them is forgiven."""
    return bool(_SHAPE.fullmatch(text)) and with_check_digit(text[:9]) == text


def with_check_digit(body: str) -> str:
    """The NPI that begins with these nine digits. No issued one begins with 2, so examples do."""
    return body + str(-_luhn_sum(PREFIX + body) % 10)


def _luhn_sum(digits: str) -> int:
    """The sum of `digits`, every second one doubled, beginning with the last: the check digit comes after it."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return total
