"""What the gate sees of a clinic besides its words: no clinician, no address, a phone that others have.

`domain.md` H, the structure rows, and `security.md` section 5 (hidden letters, names like another clinic's).
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from django.db.models import Q

from directory.gate.findings import REVIEW, Finding
from directory.gate.normalise import plain, skeleton
from directory.models import Clinic
from directory.models.clinic import ClinicQuerySet

_MAIL_DROP: Final = re.compile(
    r"\bp\s*\.?\s*o\s*\.?\s*box\b|\bpost\s*office\s*box\b|\bpo\s*bx\b|\bpmb\b|\bprivate mail ?box\b|\bmail ?drop\b"
    r"|\bmail ?boxes? etc\b|\bups store\b|\bgeneral delivery\b|\bc/o\b|\bmail forwarding\b|\bvirtual "
    r"office\b|\block ?box\b"
    r"|\bbox \d+\s*$"
)
_BIDI: Final = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INSIDE_A_WORD: Final = re.compile(
    r"[^\W_](?:[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2060-\u2064\ufeff\U000e0000-\U000e007f])+[^\W_]"
)
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_LATIN_LIKE: Final = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU")
_USUAL_PHONE: Final = re.compile(r"\+1[2-9]\d{2}[2-9]\d{6}")
_PAID_OR_PERSONAL: Final = re.compile(r"\+1(?:900|500|521|522|533|544|566|577|588|700)")
_FICTIONAL: Final = re.compile(r"\+1\d{3}55501\d{2}")
"""555-0100 to 555-0199 ring nowhere: numbers for examples (NANPA), so that several may have the same."""

_LONG_ENOUGH_TO_BE_COPIED: Final = 120


def hidden_letters(label: str, text: str) -> list[Finding]:
    """Letters that cannot be seen inside a word, marks that turn the direction, scripts mixed inside a word."""
    if text.isascii():
        return []
    codes = ["hidden-letters"] if _BIDI & set(text) or _INSIDE_A_WORD.search(text) else []
    if any(_mixes_scripts(word) for word in _WORD.findall(text)):
        codes.append("mixed-letters")
    return [Finding(code, label, REVIEW) for code in codes]


def _mixes_scripts(word: str) -> bool:
    """Latin letters beside those of a script that has look-alikes; 李Li or "Ñ" do not count."""
    scripts = {_script(letter) for letter in word if not letter.isascii() or letter.isalpha()}
    return len(scripts & set(_LATIN_LIKE)) > 1


def _script(letter: str) -> str:
    return "LATIN" if letter.isascii() else unicodedata.name(letter, "?").split(" ", 1)[0]


def of_clinic(clinic: Clinic) -> list[Finding]:
    """What a clinic lacks, and what it shares with others. Up to five statements."""
    return [
        *(Finding(code, "clinic", REVIEW) for code in _lacking(clinic)),
        *(Finding(code, "clinic", REVIEW) for code in _shared(clinic)),
    ]


def _lacking(clinic: Clinic) -> Iterator[str]:
    if clinic.responsible_id is None:
        yield "no-clinician"
    if not clinic.organization.npi:
        yield "no-npi"
    yield from _address(clinic)
    if not _USUAL_PHONE.fullmatch(clinic.phone) or _PAID_OR_PERSONAL.match(clinic.phone):
        yield "phone-unusual"


def _address(clinic: Clinic) -> Iterator[str]:
    if not (clinic.line1.strip() and clinic.city.strip() and clinic.state and clinic.zip) or not any(
        letter.isdigit() for letter in clinic.line1 + clinic.line2
    ):
        yield "no-address"
    if any(_MAIL_DROP.search(plain(line)) for line in (clinic.line1, clinic.line2)):
        yield "mail-drop"


def _shared(clinic: Clinic) -> Iterator[str]:
    others = Clinic.objects.exclude(organization=clinic.organization_id).exclude(status=Clinic.Status.CLOSED)
    if not _FICTIONAL.fullmatch(clinic.phone) and others.filter(phone=clinic.phone).exists():
        yield "phone-shared"
    if clinic.responsible_id and others.filter(_elsewhere(clinic)).exists():
        yield "clinician-elsewhere"
    copied = _long_statements(clinic)
    if copied and others.filter(copied).exists():
        yield "text-copied"
    if _is_named_like_another(clinic, others):
        yield "name-like-another"


def _elsewhere(clinic: Clinic) -> Q:
    return Q(responsible=clinic.responsible_id) & ~Q(state=clinic.state)


def _long_statements(clinic: Clinic) -> Q:
    """Any of its longer statements, as a condition on other clinics; an empty one if it has none."""
    wanted = Q()
    for name in ("first_visit", "cost", "cannot_treat"):
        if len(getattr(clinic, name)) >= _LONG_ENOUGH_TO_BE_COPIED:
            wanted |= Q(**{name: getattr(clinic, name)})
    return wanted


def _is_named_like_another(clinic: Clinic, others: ClinicQuerySet) -> bool:
    """Another listed clinic of its state reads the same at a glance, yet is written differently."""
    mine = skeleton(clinic.name)
    names = others.filter(status=Clinic.Status.LISTED, state=clinic.state).values_list("name", flat=True)
    return any(
        name.casefold() != clinic.name.casefold() and skeleton(name) == mine for name in names.iterator()
    )
