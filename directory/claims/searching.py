"""Somebody looks for their own clinic: by name, town, ZIP code, phone or NPI, among what we know, shown or not."""

import re
import unicodedata
from typing import Final

from django.db.models import Q

from directory.models import Clinic
from directory.models.clinic import ClinicQuerySet
from directory.states import STATES

MOST: Final = 20
LONGEST: Final = 100
_MOST_WORDS: Final = 6


def claimable() -> ClinicQuerySet:
    """Whatever somebody may act for: not what closed, and no candidate that turned out to be another clinic."""
    return Clinic.objects.exclude(status=Clinic.Status.CLOSED).exclude(
        status=Clinic.Status.CANDIDATE, successor__isnull=False
    )


def find(text: str) -> tuple[list[Clinic], bool]:
    """The clinics that a search for one's own finds, by name, MOST at most, and whether there are more.

    Ten digits are a phone number or an NPI; every other word must stand in the name, the town, the state or the ZIP
    code. One statement.
    """
    rule = _rule(unicodedata.normalize("NFKC", text[:LONGEST]).replace("\x00", " "))
    if rule is None:
        return [], False
    found = list(claimable().filter(rule).select_related("organization").order_by("name", "pk")[: MOST + 1])
    return found[:MOST], len(found) > MOST


def _rule(text: str) -> Q | None:
    digits = re.sub(r"[\s().+-]", "", text)
    if re.fullmatch("1?[0-9]{10}", digits):
        return Q(phone=f"+1{digits[-10:]}") | Q(organization__npi=digits)
    words = re.findall(r"[^\s,;]+", text)[:_MOST_WORDS]
    if not any(character.isalnum() for character in text):
        return None
    rule = Q()
    for word in words:
        rule &= _word(word)
    return rule


def _word(word: str) -> Q:
    rule = Q(name__icontains=word) | Q(city__icontains=word) | Q(organization__name__icontains=word)
    if word.upper() in STATES:
        rule |= Q(state=word.upper())
    return rule | Q(zip=word) if re.fullmatch("[0-9]{5}", word) else rule
