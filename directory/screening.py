"""Who of a clinic may be on the federal exclusion list (LEIE): exactly, by NPI, or perhaps, by name.

Only about one entry in ten has an NPI, so names must be compared too. A name is never proof: what it finds is work
for a person and changes nothing in public. The OIG itself confirms by Social Security number, which nobody here holds.
Source of the list: https://oig.hhs.gov/exclusions/exclusions_list.asp
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from itertools import islice
from typing import Final

from django.db.models import F, Q, QuerySet

from accounts.models import Organization
from directory import names
from directory.models import Clinic, LeieEntry, NppesOtherName, NppesRecord, Practitioner
from outbox import clock

_BATCH: Final = 500  # values in one statement

Entries = tuple[LeieEntry, ...]


@dataclass(frozen=True)
class Matches:
    """What the list says. `by_npi` is the very number; the other two are the same name, and no proof."""

    by_npi: Entries = ()
    by_person: Entries = ()
    by_business: Entries = ()

    @property
    def excluded(self) -> bool:
        """The list names this very NPI. A name alone never makes it so."""
        return bool(self.by_npi)

    @property
    def by_name(self) -> Entries:
        """Work for a person."""
        return (*self.by_person, *self.by_business)

    def __or__(self, other: "Matches") -> "Matches":
        return Matches(
            _joined(self.by_npi, other.by_npi),
            _joined(self.by_person, other.by_person),
            _joined(self.by_business, other.by_business),
        )


def _joined(one: Entries, other: Entries) -> Entries:
    return tuple({entry.pk: entry for entry in (*one, *other)}.values())


@dataclass(frozen=True)
class Subject:
    """Somebody who is looked for: a person by NPI and name, or a business by NPI and any of its names.

    `state` is where the clinic is: a waiver lifts an exclusion in one state alone, and business names count in one.
    """

    who: str  # "practitioner 5", "organization 3"
    name: str
    npi: str
    state: str
    person: tuple[str, str] | None = None  # last, first
    business: frozenset[str] = field(default=frozenset())


def of_practitioner(practitioner: Practitioner, state: str = "") -> Subject:
    """A clinician, who works in `state`."""
    name = f"{practitioner.first_name} {practitioner.last_name}"
    person = (practitioner.last_name, practitioner.first_name)
    return Subject(f"practitioner {practitioner.pk}", name, practitioner.npi, state, person=person)


def of_organization(organization: Organization, state: str = "", also: Iterable[str] = ()) -> Subject:
    """A practice, and the names it is `also` known by."""
    known = frozenset({organization.name, *also} - {""})
    return Subject(
        f"organization {organization.pk}", organization.name, organization.npi, state, business=known
    )


# --- questions ---------------------------------------------------------------------------------


@singledispatch
def matches(subject: object, *, state: str = "") -> Matches:
    """What the list says of a practitioner, an organization, or a clinic: its organization and responsible clinician.

    `state`: where a practitioner or organization works; a clinic brings its own.
    """
    raise TypeError(f"nobody screens a {type(subject).__name__}")


@matches.register
def _(subject: Practitioner, *, state: str = "") -> Matches:
    return _matches_of([of_practitioner(subject, state)])


@matches.register
def _(subject: Organization, *, state: str = "") -> Matches:
    return _matches_of([of_organization(subject, state, registered_names([subject.npi])[subject.npi])])


@matches.register
def _(subject: Clinic, *, state: str = "") -> Matches:
    also = registered_names([subject.organization.npi])[subject.organization.npi]
    return _matches_of(required_subjects(subject, also))


def _matches_of(subjects: Sequence[Subject]) -> Matches:
    screen, found = Screen(subjects), Matches()
    for each in subjects:
        found |= screen.of(each)
    return found


def required_subjects(clinic: Clinic, also: Iterable[str] = ()) -> list[Subject]:
    """Who must not be excluded for the clinic to be listed: its organization and its responsible clinician."""
    practice = of_organization(clinic.organization, clinic.state, {clinic.name, *also})
    return [practice, *([of_practitioner(clinic.responsible, clinic.state)] if clinic.responsible else [])]


def registered_names(npis: Iterable[str]) -> dict[str, set[str]]:
    """The names under which NPPES has organizations, by NPI: the legal one and others. Missing ones are empty."""
    wanted, found = {npi for npi in npis if npi}, defaultdict[str, set[str]](set)
    for batch in _batches(wanted):
        records = NppesRecord.objects.filter(npi__in=batch, entity_type=2)
        for npi, name, other in records.values_list("npi", "name", "other_name"):
            found[npi] |= {name, other} - {""}
        for npi, name in NppesOtherName.objects.filter(npi__in=batch).values_list("npi", "name"):
            found[npi].add(name)
    return found


def excluded_npis(npis: Iterable[str]) -> set[str]:
    """Those of `npis` that the list names in every state."""
    found: set[str] = set()
    for batch in _batches({npi for npi in npis if npi}):
        found |= set(current().filter(npi__in=batch, waiver_state="").values_list("npi", flat=True))
    return found


def current() -> "QuerySet[LeieEntry]":
    """Entries that hold today: not reinstated since they were made."""
    today = clock.now().date()
    return LeieEntry.objects.filter(
        Q(reinstated_on__isnull=True) | Q(reinstated_on__gt=today) | Q(reinstated_on__lt=F("excluded_on"))
    )


# --- many subjects in few statements -----------------------------------------------------------


class Screen:
    """The entries that may concern any of `subjects`, read in a few statements for each 500 names."""

    def __init__(self, subjects: Iterable[Subject]) -> None:
        wanted = list(subjects)
        people = [one.person for one in wanted if one.person]
        names_of = {name for one in wanted for name in one.business}
        entries = current()
        self._npis = _found(entries, "npi", {one.npi for one in wanted if one.npi})
        self._people = _found(entries, "person_key", {key for one in people for key in _keys_of(one)})
        keys = {key for name in names_of for key in names.business_keys(name)}
        self._businesses = _found(entries, "business_key", keys)

    def of(self, subject: Subject) -> Matches:
        """What the list says of one of the subjects, entries of the same state first."""
        here = [entry for entry in self._npis[subject.npi] if not _waived(entry, subject.state)]
        return Matches(
            _sorted(here, subject),
            _sorted(self._people_like(subject), subject),
            _sorted(self._businesses_like(subject), subject),
        )

    def _people_like(self, subject: Subject) -> Iterator[LeieEntry]:
        if subject.person is None:
            return
        whole = names.person_keys(*subject.person)
        for key in _keys_of(subject.person):
            for entry in self._people[key]:
                if (key in whole or entry.state == subject.state) and _only_by_name(entry, subject):
                    yield entry

    def _businesses_like(self, subject: Subject) -> Iterator[LeieEntry]:
        for name in subject.business:
            for key in names.business_keys(name):
                for entry in self._businesses[key]:
                    near = not subject.state or entry.state == subject.state
                    if near and names.may_be(entry.business_name, name) and _only_by_name(entry, subject):
                        yield entry


def _found(entries: "QuerySet[LeieEntry]", column: str, keys: set[str]) -> dict[str, list[LeieEntry]]:
    found = defaultdict[str, list[LeieEntry]](list)
    for batch in _batches(keys):
        for entry in entries.filter(**{f"{column}__in": batch}):
            found[getattr(entry, column)].append(entry)
    return found


def _keys_of(person: tuple[str, str]) -> set[str]:
    return names.person_keys(*person) | names.parted_keys(*person)


def _waived(entry: LeieEntry, state: str) -> bool:
    """A waiver lets somebody work in one state though the exclusion stands (columns WAIVERDATE, WVRSTATE)."""
    return bool(entry.waived_on and state) and entry.waiver_state == state


def _only_by_name(entry: LeieEntry, subject: Subject) -> bool:
    same_number = bool(subject.npi) and entry.npi == subject.npi
    return not same_number and not _waived(entry, subject.state)


def _sorted(entries: Iterable[LeieEntry], subject: Subject) -> Entries:
    once = {entry.pk: entry for entry in entries}.values()
    return tuple(sorted(once, key=lambda entry: (entry.state != subject.state, entry.pk)))


def _batches(values: set[str]) -> Iterator[list[str]]:
    rest = iter(sorted(values))
    while batch := list(islice(rest, _BATCH)):
        yield batch
