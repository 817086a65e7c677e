"""The responsible clinicians of candidates: found among those we know, or added with their license."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from accounts.models import Organization
from directory import sources
from directory.intake.candidate import Candidate
from directory.models import Clinic, License, Practitioner
from directory.time_zones import end_of

NPI_OF_ANOTHER: Final = "The clinician's NPI is on record here with another last name."
LICENSE_OF_ANOTHER: Final = "The license number is on record here with another clinician."


@dataclass
class Found:
    """The clinician of one candidate, if one was named, and what does not fit."""

    practitioner: Practitioner | None
    doubts: tuple[str, ...] = ()


def find_or_add(wanted: Sequence[Candidate], practices: Sequence[Organization]) -> list[Found]:
    """The responsible clinician of each, in their order.

    Found by NPI; without one by the license, or by the name within the same organization; else added. An NPI or a
    license that we know of somebody with another last name is not taken over: it becomes a doubt.
    """
    finder = _Finder(wanted, practices)
    found = [finder.find(one, practice) for one, practice in zip(wanted, practices, strict=True)]
    finder.store()
    return found


def join(clinics: Iterable[Clinic]) -> None:
    """Let the responsible clinician of each be one of those who work there."""
    through = Clinic.practitioners.through
    through.objects.bulk_create(
        through(clinic_id=clinic.pk, practitioner_id=clinic.responsible_id)
        for clinic in clinics
        if clinic.responsible_id
    )


_LicenseKey = tuple[str, str, str]
_NameKey = tuple[int, str, str]


class _Finder:
    """What we know of the people and licenses that some candidates name, and what is to be added."""

    def __init__(self, wanted: Sequence[Candidate], practices: Sequence[Organization]) -> None:
        npis = [one.clinician_npi for one in wanted if one.clinician_npi]
        self.by_npi: dict[str, Practitioner] = {
            person.npi: person for person in Practitioner.objects.filter(npi__in=npis)
        }
        self.licenses = _known_licenses(one.license_number for one in wanted if one.license_number)
        self.by_name = _known_names(practices)
        self.new_people: list[Practitioner] = []
        self.new_licenses: list[License] = []

    def find(self, one: Candidate, practice: Organization) -> Found:
        if not one.clinician_last_name:
            return Found(None)
        held = self.licenses.get(_license_key(one)) if one.license_number else None
        person = (
            self.by_npi.get(one.clinician_npi) if one.clinician_npi else self._by_name(one, practice, held)
        )
        if person is None:
            person = self._add(one, practice)
        elif not _same_last_name(person, one):
            return Found(None, (NPI_OF_ANOTHER,))
        return Found(person, self._license(one, person, held))

    def store(self) -> None:
        """Add the people first: a license names its holder."""
        Practitioner.objects.bulk_create(self.new_people)
        for each in self.new_licenses:
            each.practitioner = each.practitioner  # takes over the key it was just given
        License.objects.bulk_create(self.new_licenses)

    def _by_name(self, one: Candidate, practice: Organization, held: License | None) -> Practitioner | None:
        if held and _same_last_name(held.practitioner, one):
            return held.practitioner
        return self.by_name.get(_name_key(one, practice))

    def _add(self, one: Candidate, practice: Organization) -> Practitioner:
        person = Practitioner(
            first_name=one.clinician_first_name,
            last_name=one.clinician_last_name,
            credential=one.clinician_credential,
            npi=one.clinician_npi,
        )
        person.clean_fields()
        self.new_people.append(person)
        self.by_name.setdefault(_name_key(one, practice), person)
        if person.npi:
            self.by_npi[person.npi] = person
        return person

    def _license(self, one: Candidate, person: Practitioner, held: License | None) -> tuple[str, ...]:
        if not one.license_number or (held and held.practitioner == person):
            return ()
        if held:
            return (LICENSE_OF_ANOTHER,)
        new = License(
            practitioner=person,
            state=one.license_state,
            authority=one.license_board,
            number=one.license_number,
            lookup_url=one.license_lookup if sources.may_be_linked(one.license_lookup) else "",
            expires_at=end_of(one.license_expires, one.license_state) if one.license_expires else None,
        )
        new.clean_fields(exclude=["practitioner"])
        self.new_licenses.append(new)
        self.licenses[_license_key(one)] = new
        return ()


def _known_licenses(numbers: Iterable[str]) -> dict[_LicenseKey, License]:
    found = License.objects.filter(number__in=set(numbers)).select_related("practitioner")
    return {(each.state, each.authority, each.number): each for each in found}


def _known_names(practices: Sequence[Organization]) -> dict[_NameKey, Practitioner]:
    people = Practitioner.objects.filter(clinics__organization__in=set(practices)).distinct()
    rows = people.values_list("clinics__organization", "pk")
    known = people.in_bulk()
    return {
        (practice, known[pk].first_name.casefold(), known[pk].last_name.casefold()): known[pk]
        for practice, pk in rows
    }


def _license_key(one: Candidate) -> _LicenseKey:
    return one.license_state, one.license_board, one.license_number


def _name_key(one: Candidate, practice: Organization) -> _NameKey:
    return practice.pk, one.clinician_first_name.casefold(), one.clinician_last_name.casefold()


def _same_last_name(person: Practitioner, one: Candidate) -> bool:
    return person.last_name.casefold() == one.clinician_last_name.casefold()
