"""Candidates from NPPES: organizations whose field and name speak of ketamine care. Hints for a person, no more.

No NUCC code means "ketamine clinic" and no modality follows from one, so a candidate from here has no offerings.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet

from directory.intake import importing as clinic_import
from directory.intake.candidate import Candidate
from directory.intake.candidates import ORGANIZATION
from directory.intake.form import CandidateForm
from directory.intake.importing import Plan, Problem
from directory.models import NppesLocation, NppesOtherName, NppesRecord

MIND_AND_PAIN: Final = (
    "2084P0800X 2084P0802X 2084P0804X 2084P0805X 2084P2900X 207LP2900X 208VP0014X 208VP0000X 207L00000X"
    " 363LP0808X 364SP0808X 367500000X 261QM0801X 261QM0850X 261QP3300X"
).split()
"""NUCC codes of psychiatry, pain and anaesthesia, and of sites for them (NPPES taxonomy codes)."""

MANY_FIELDS: Final = (
    "207P00000X 207Q00000X 207R00000X 363L00000X 363LF0000X 363A00000X 363AM0700X 261Q00000X 261QI0500X"
    " 261QM1300X 261QM2500X 261QA1903X 193200000X 193400000X"
).split()
"""Where such care is given among much else: only a name that says ketamine counts."""

SAYS_KETAMINE: Final = re.compile(r"ketamine|spravato", re.IGNORECASE)
SAYS_LESS: Final = re.compile(r"\bTMS\b|\binfusions?\b|\binterventional psych", re.IGNORECASE)
FOUND_THERE: Final = "Found in NPPES by its field and its name. What it offers has to be asked."
_IN_CAPITALS: Final = frozenset("LLC LLP PLLC PC PA PL TMS IV DBA MD USA II III NW NE SW SE".split())
_SMALL: Final = frozenset("and of the at for in".split())
_BATCH: Final = 500


@dataclass(frozen=True)
class _Site:
    """One place of an organization, as the registry has it."""

    npi: str
    name: str
    legal_name: str
    line1: str
    line2: str
    city: str
    state: str
    zip: str
    phone: str


def plan(*, state: str, taxonomies: Iterable[str] = (), limit: int | None = None) -> Plan:
    """What the registry would add for a state (two letters). Changes nothing.

    `taxonomies` replaces the lists above, then any of the words will do. A problem's line counts the sites found.
    """
    wanted: list[tuple[int, Candidate]] = []
    problems: list[Problem] = []
    for number, site in enumerate(_sites(state, list(taxonomies)), 1):
        if limit is not None and len(wanted) >= limit:
            break
        form = CandidateForm(_cells(site))
        if form.is_valid():
            wanted.append((number, form.candidate(notes=(FOUND_THERE,))))
        else:
            problems += clinic_import.problems_of(number, form)
    made = clinic_import.plan_rows(wanted)
    made.problems = problems
    return made


def _sites(state: str, taxonomies: list[str]) -> Iterator[_Site]:
    records = _records(state).order_by("npi")
    names = _other_names(records)
    for record in records.iterator(chunk_size=_BATCH):
        every = [record.other_name, *names.get(record.npi, []), record.name]
        if record.is_active and _fits(record, " ".join(every), taxonomies):
            yield from _places(record, next(name for name in every if name), state)


def _records(state: str) -> QuerySet[NppesRecord]:
    """Organizations with a place in the state whose legal or other name could fit; the words are looked at later."""
    elsewhere = NppesLocation.objects.filter(state=state).values("npi")
    named = Q()
    for word in ("ketamine", "spravato", "TMS", "infusion", "interventional psych"):
        named |= Q(name__icontains=word) | Q(other_name__icontains=word)
        named |= Q(npi__in=NppesOtherName.objects.filter(name__icontains=word).values("npi"))
    return NppesRecord.objects.filter(Q(state=state) | Q(npi__in=elsewhere), named, entity_type=ORGANIZATION)


def _other_names(records: QuerySet[NppesRecord]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for npi, name in NppesOtherName.objects.filter(npi__in=records.values("npi")).values_list("npi", "name"):
        names.setdefault(npi, []).append(name)
    return names


def _fits(record: NppesRecord, names: str, taxonomies: list[str]) -> bool:
    codes = set(re.findall("[0-9A-Z]{10}", record.taxonomies))
    if taxonomies:
        return bool(codes & set(taxonomies) and (SAYS_KETAMINE.search(names) or SAYS_LESS.search(names)))
    if SAYS_KETAMINE.search(names):
        return bool(codes & {*MIND_AND_PAIN, *MANY_FIELDS})
    return bool(codes & set(MIND_AND_PAIN) and SAYS_LESS.search(names))


def _places(record: NppesRecord, name: str, state: str) -> Iterator[_Site]:
    """The main practice location and the further ones, as far as they are in the state."""
    further = NppesLocation.objects.filter(npi=record.npi, state=state).order_by("key")
    places: list[NppesRecord | NppesLocation] = [record, *further]
    for place in places:
        if place.state == state:
            yield _Site(
                npi=record.npi,
                name=readable(name),
                legal_name=readable(record.name),
                line1=readable(place.line1),
                line2=readable(place.line2),
                city=readable(place.city),
                state=place.state,
                zip=place.zip,
                phone=place.phone or record.phone,
            )


def readable(text: str) -> str:
    """What the registry has in capitals, as people write it: "PEAK TMS LLC" as "Peak TMS LLC"."""
    if text != text.upper():
        return text
    parts = [_readable_word(word, first=place == 0) for place, word in enumerate(text.split())]
    return " ".join(parts)


def _readable_word(word: str, *, first: bool) -> str:
    if word.replace(".", "").strip(",()") in _IN_CAPITALS or any(letter.isdigit() for letter in word):
        return word
    return word.lower() if word.lower() in _SMALL and not first else word.capitalize()


def _cells(site: _Site) -> dict[str, object]:
    return {
        "clinic_name": site.name,
        "organization_name": site.legal_name,
        "organization_npi": site.npi,
        "address": site.line1,
        "address_2": site.line2,
        "city": site.city,
        "state": site.state,
        "zip": site.zip,
        "phone": site.phone,
        "modalities": [],
    }
