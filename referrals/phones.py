"""Phone numbers as people write them, to E.164."""

import re
import unicodedata

import phonenumbers
from phonenumbers import PhoneNumberType

_EMERGENCY = {"911", "988", "112", "999"}
_NORTH_AMERICA = 1


class EmergencyNumber(ValueError):
    """Somebody left 911 or 988 as their own number."""


class NoPhone(ValueError):
    """Not a number at which a person can be called."""


def read(text: str) -> tuple[str, str]:
    """(E.164, extension) of a number as written; without a country code it is a US one.

    Raises EmergencyNumber for 911, 988 and the like, NoPhone for what cannot be called or
    charges the caller (900 numbers).
    """
    if _digits(text) in _EMERGENCY:
        raise EmergencyNumber
    try:
        number = phonenumbers.parse(text, "US")
    except phonenumbers.NumberParseException:
        raise NoPhone from None
    if not _can_be_called(number):
        raise NoPhone
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), number.extension or ""


def display(e164: str, extension: str = "") -> str:
    """303-555-0142 for a US number, the international form for another."""
    number = phonenumbers.parse(e164, "US")
    if number.country_code == _NORTH_AMERICA:
        national = str(number.national_number)
        text = f"{national[:3]}-{national[3:6]}-{national[6:]}"
    else:
        text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return f"{text} ext. {extension}" if extension else text


def _digits(text: str) -> str:
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", text))
    return digits[1:] if len(digits) == len("1911") and digits[0] == "1" else digits


def _can_be_called(number: phonenumbers.PhoneNumber) -> bool:
    """New ranges abroad may be missing from the library's tables, so there a possible one will do."""
    if phonenumbers.number_type(number) == PhoneNumberType.PREMIUM_RATE:
        return False
    if number.country_code == _NORTH_AMERICA:
        return bool(phonenumbers.is_valid_number(number))
    return bool(phonenumbers.is_possible_number(number))
