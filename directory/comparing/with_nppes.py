"""NPPES beside clinics: a deactivated NPI ends the fact; name, address and phone there are evidence, not proof.

Providers enter them themselves. https://download.cms.gov/nppes/NPI_Files.html
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from directory import names
from directory.checks import SOLO
from directory.comparing.findings import Difference, Finding, Values, day_of
from directory.comparing.sites import digits, same_site, written
from directory.models import (
    Check,
    Clinic,
    NppesDeactivation,
    NppesLocation,
    NppesOtherName,
    NppesRecord,
    RegistryFile,
)
from directory.registries import nppes
from directory.vocabulary import Fact

WORD: Final = "nppes"
SAID: Final = {
    "source": "NPPES",
    "source_url": "https://npiregistry.cms.hhs.gov/",
    "how": "Compared with the file that NPPES publishes",
}
_TYPES: Final = {1: "1 (a person)", 2: "2 (an organization)"}


_Place = NppesRecord | NppesLocation


@dataclass
class _Known:
    """What NPPES says of some NPIs."""

    records: dict[str, NppesRecord]
    deactivated: dict[str, date]
    locations: dict[str, list[NppesLocation]] = field(default_factory=lambda: defaultdict(list))
    other_names: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def sites(self, record: NppesRecord) -> list[_Place]:
        """Its primary practice location, and the further ones."""
        return [record, *self.locations[record.npi]]

    def ended_on(self, npi: str) -> date | None:
        """The day on which the NPI was deactivated, unless it was reactivated since."""
        record = self.records.get(npi)
        reported = self.deactivated.get(npi)
        if record and record.reactivated_on and (reported is None or record.reactivated_on >= reported):
            reported = None
        return reported or (record.deactivated_on if record and not record.is_active else None)


def findings(clinics: Sequence[Clinic]) -> Iterator[Finding]:
    """One finding for each clinic whose NPI the loaded files know."""
    whole_on = _day_of_full_file()
    newest_on = day_of("nppes", "nppes-deactivated")
    if newest_on is None:
        return
    known = _known({npi for clinic in clinics for npi in _npis_of(clinic)})
    for clinic in clinics:
        number = clinic.organization.npi
        if known.ended_on(number):
            yield _ended(clinic, known, newest_on)
        elif number in known.records and whole_on:
            yield replace(_compared(clinic, known, whole_on), newest_on=newest_on)


def _day_of_full_file() -> date | None:
    """A weekly file or an answer says nothing of the providers it leaves out, so nobody is renewed by it."""
    loaded = RegistryFile.objects.filter(registry="nppes", state=RegistryFile.State.LOADED)
    rows = loaded.order_by("-source_date").values_list("name", "source_date")
    return next(
        (day for name, day in rows if not (nppes.is_weekly(name) or name.lower().endswith(".json"))), None
    )


def _npis_of(clinic: Clinic) -> set[str]:
    responsible = clinic.responsible.npi if clinic.responsible else ""
    return {clinic.organization.npi, responsible} - {""}


def _known(npis: set[str]) -> _Known:
    ended = NppesDeactivation.objects.filter(npi__in=npis).values_list("npi", "deactivated_on")
    known = _Known(NppesRecord.objects.in_bulk(npis), dict(ended))
    for location in NppesLocation.objects.filter(npi__in=npis).order_by("key"):
        known.locations[location.npi].append(location)
    for npi, name in NppesOtherName.objects.filter(npi__in=npis).values_list("npi", "name").order_by("key"):
        known.other_names[npi].append(name)
    return known


def _ended(clinic: Clinic, known: _Known, seen_on: date) -> Finding:
    number = clinic.organization.npi
    ended_on = known.ended_on(number)
    theirs = {"NPI": f"{number}, deactivated on {ended_on}"}
    record = known.records.get(number)
    if record and record.replacement_npi:
        theirs["Replaced by"] = record.replacement_npi
    why = "NPPES says that this NPI was deactivated. The listing is not shown."
    return Finding(
        clinic=clinic,
        fact=Fact.NPI,
        outcome=Check.Outcome.FAILS,
        seen_on=seen_on,
        cause=f"npi {number}",
        said={**SAID, "verbatim": f"Deactivated {ended_on}"},
        differences=(Difference(WORD, {"NPI": number}, theirs, (why,), urgent=True),),
    )


def _compared(clinic: Clinic, known: _Known, seen_on: date) -> Finding:
    record = known.records[clinic.organization.npi]
    why = tuple(_sentences(clinic, record, known))
    differences: tuple[Difference, ...] = ()
    if why:
        ours, theirs = _ours(clinic), _theirs(clinic, record, known)
        # A phone alone is often that of a billing office, and says nothing against the NPI.
        aside = {"Taxonomy": record.taxonomies, "Practice locations": str(len(known.sites(record)))}
        differences = (Difference(WORD, ours, theirs, why, aside, blocks=why != (_PHONE,)),)
    said = {**SAID, "verbatim": "Active"}
    return Finding(clinic, Fact.NPI, Check.Outcome.HOLDS, seen_on, said=said, differences=differences)


_TYPE: Final = "The type of the NPI differs."
_NAME: Final = "The name differs."
_PLACE: Final = "NPPES has no practice location at this address for the NPI."
_PHONE: Final = "The phone number differs."
_CLINICIAN: Final = "The NPI of the responsible clinician belongs to somebody of another name."
_CLINICIAN_ENDED: Final = "The NPI of the responsible clinician was deactivated."


def _sentences(clinic: Clinic, record: NppesRecord, known: _Known) -> Iterator[str]:
    """What differs, in the words of a case."""
    if record.entity_type != clinic.organization.npi_type:
        yield _TYPE
    elif not _same_name(clinic, record, known.other_names[record.npi]):
        yield _NAME
    sites = known.sites(record)
    here = [site for site in sites if same_site(clinic, site)]
    if not here:
        yield _PLACE
    if (phones := _phones(here or sites)) and digits(clinic.phone) not in phones:
        yield _PHONE
    yield from _about_clinician(clinic, known)


def _about_clinician(clinic: Clinic, known: _Known) -> Iterator[str]:
    person = clinic.responsible
    if person is None or not person.npi or person.npi == clinic.organization.npi:
        return
    if known.ended_on(person.npi):
        yield _CLINICIAN_ENDED
    theirs = known.records.get(person.npi)
    if theirs and theirs.is_active and not _same_person(person.last_name, theirs.name):
        yield _CLINICIAN


def _same_name(clinic: Clinic, record: NppesRecord, others: Iterable[str]) -> bool:
    if clinic.organization.npi_type == SOLO:
        return clinic.responsible is not None and _same_person(clinic.responsible.last_name, record.name)
    theirs = {names.business_key(name) for name in (record.name, record.other_name, *others) if name}
    return bool(theirs & {names.business_key(clinic.organization.name), names.business_key(clinic.name)})


def _same_person(ours: str, theirs: str) -> bool:
    return names.person_key(ours, "") == names.person_key(theirs, "")


def _phones(sites: Iterable[_Place]) -> set[str]:
    return {digits(site.phone) for site in sites if site.phone}


def _ours(clinic: Clinic) -> Values:
    person = clinic.responsible
    return {
        "NPI": clinic.organization.npi,
        "Type": _TYPES.get(clinic.organization.npi_type or 0, ""),
        "Name": clinic.organization.name,
        "Address": written(clinic),
        "Phone": digits(clinic.phone),
        "Clinician": f"{person.first_name} {person.last_name}, NPI {person.npi or 'none'}" if person else "",
    }


def _theirs(clinic: Clinic, record: NppesRecord, known: _Known) -> Values:
    sites = known.sites(record)
    site = next((site for site in sites if same_site(clinic, site)), record)
    name = f"{record.first_name} {record.name}".strip()
    found = {
        "NPI": record.npi,
        "Type": _TYPES.get(record.entity_type, ""),
        "Name": " / ".join(filter(None, [name, record.other_name, *known.other_names[record.npi]])),
        "Address": written(site),
        "Phone": digits(site.phone),
        "Clinician": _clinician(clinic, known),
    }
    return {label: value for label, value in found.items() if value}


def _clinician(clinic: Clinic, known: _Known) -> str:
    number = clinic.responsible.npi if clinic.responsible else ""
    record = known.records.get(number)
    if record is None:
        return ""
    ended_on = known.ended_on(number)
    name = f"{record.first_name} {record.name}, NPI {number}"
    return f"{name}, deactivated on {ended_on}" if ended_on else name
