"""The values of a listing as its clinic reads them: labels in plain words, values as the public would read them.

people = listing_words.people_in([edit.after, edit.before])
listing_words.words("insurance", ["medicaid"], people)    # "Medicaid"
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import TextChoices

from directory import opening
from directory.models import Practitioner
from directory.pages.offers import SUPERVISION
from directory.templatetags.plain_words import phone
from directory.vocabulary import Access, AgeGroup, Fact, Insurance, Language, Modality

LABELS: Final = {
    "name": "Name",
    "line1": "Street address",
    "line2": "Suite or floor",
    "city": "City",
    "state": "State",
    "zip": "ZIP code",
    "phone": "Phone",
    "phone_extension": "Extension",
    "website": "Website",
    "confirmed_domain": "Confirmed website",
    "time_zone": "Time zone",
    "responsible": "Clinician in charge",
    "practitioners": "Clinicians",
    "offerings": "Treatments",
    "states_facts": "What the clinic says of itself",
    "first_visit": "First visit",
    "price_low": "Lowest price of a visit",
    "price_high": "Highest price of a visit",
    "cost": "Cost",
    "insurance": "How to pay",
    "age_groups": "Whom you treat",
    "cannot_treat": "Whom you cannot treat",
    "opening_hours": "Opening hours",
    "hours": "More about hours",
    "languages": "Languages",
    "access": "Getting there and getting in",
    "accepting_new_patients": "New patients",
    "takes_requests": "Requests through this site",
}
NOTHING: Final = "nothing"
_VOCABULARIES: Final[dict[str, type[TextChoices]]] = {
    "insurance": Insurance,
    "languages": Language,
    "age_groups": AgeGroup,
    "access": Access,
    "states_facts": Fact,
}
_NOT_SHOWN: Final = frozenset({"latitude", "longitude"})


@dataclass(frozen=True)
class Changed:
    """One field of a change: its label, the old words and the new ones."""

    name: str
    label: str
    old: str
    new: str

    @property
    def had(self) -> bool:
        """There was something before."""
        return self.old != NOTHING


def people_in(values: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """The names of all clinicians that some frozen values hold, by key, in one statement at most."""
    keys: set[int] = set()
    for each in values:
        keys |= {each["responsible"]} if each.get("responsible") else set()
        keys |= set(each.get("practitioners") or [])
    return {pk: str(person) for pk, person in Practitioner.objects.in_bulk(keys).items()} if keys else {}


def changes(before: Mapping[str, Any], after: Mapping[str, Any], people: Mapping[int, str]) -> list[Changed]:
    """What changed, field by field, in the order of the labels. The point on the map goes with the address."""
    names = [name for name in LABELS if name in after]
    names += [name for name in after if name not in LABELS and name not in _NOT_SHOWN]
    return [
        Changed(name, label(name), words(name, before.get(name), people), words(name, after[name], people))
        for name in names
    ]


def label(name: str) -> str:
    """The name of a field for the clinic."""
    return LABELS.get(name, name.replace("_", " ").capitalize())


def words(name: str, value: Any, people: Mapping[int, str]) -> str:
    """A frozen value as it reads; NOTHING where there is none."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if value in (None, "", []):
        return NOTHING
    if name in _VOCABULARIES:
        return _in_words(_VOCABULARIES[name], value)
    return _SPECIAL[name](value, people) if name in _SPECIAL else str(value)


def _in_words(vocabulary: type[TextChoices], slugs: Iterable[str]) -> str:
    chosen = set(slugs)
    return ", ".join(str(text) for slug, text in vocabulary.choices if slug in chosen)


def _offerings(rows: list[Mapping[str, Any]], people: Mapping[int, str]) -> str:
    return "\n".join(_offering(row) for row in rows)


def _offering(row: Mapping[str, Any]) -> str:
    said = [text for name, text in SUPERVISION if row.get(name)]
    not_so = [f"not: {text}" for name, text in SUPERVISION if row.get(name) is False]
    if row.get("monitoring_minutes"):
        said.append(f"staff watch you for {row['monitoring_minutes']} minutes")
    if row.get("psychotherapy"):
        said.append("can be given together with psychotherapy")
    about = "; ".join([*said, *not_so])
    return f"{Modality(row['modality']).label}{': ' + about if about else ''}"


def _names(keys: list[int], people: Mapping[int, str]) -> str:
    return ", ".join(people.get(key, "somebody we no longer know") for key in keys)


def _hours(spans: list[Mapping[str, Any]], people: Mapping[int, str]) -> str:
    return "\n".join(f"{day}: {' and '.join(times)}" for day, times in opening.by_day(spans))


_SPECIAL: Final[dict[str, Callable[[Any, Mapping[int, str]], str]]] = {
    "offerings": _offerings,
    "practitioners": _names,
    "responsible": lambda key, people: _names([key], people),
    "opening_hours": _hours,
    "phone": lambda number, people: phone(number),
    "price_low": lambda price, people: f"${price:,}",
    "price_high": lambda price, people: f"${price:,}",
}
