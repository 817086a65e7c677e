"""The fields of a listing: which kind each is, how a new value is read, and what it makes void.

Nothing here asks who may: that is for directory.listings and directory.changes, the only two that write with it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import Model, TextChoices, TextField

from directory import links
from directory.models import Check, Clinic, Offering, Practitioner
from directory.refusals import NotAllowed
from directory.vocabulary import Access, AgeGroup, Fact, Insurance, Language
from outbox import clock

SAID: Final = frozenset(
    "accepting_new_patients insurance languages age_groups access"
    " first_visit cost cannot_treat hours takes_requests".split()
)
"""What a clinic says of itself: shown as its own words, never as checked."""

FREE_TEXT: Final = ("first_visit", "cost", "cannot_treat", "hours")
"""What it says in words of its own."""

CONTACT: Final = frozenset("line1 line2 city state zip latitude longitude phone phone_extension".split())
"""What the contact check vouches for."""

SITE: Final = frozenset({"line1", "city", "state", "zip"})
"""Where it is. Another of these is another building, until somebody has looked."""

ROWS: Final = frozenset({"offerings", "practitioners"})
"""Kept in tables of their own. Offerings are dicts of OFFERING_FIELDS, practitioners are Practitioner rows."""

IDENTITY: Final = CONTACT | ROWS | {"name", "time_zone", "website", "confirmed_domain", "responsible"}
"""What takes two people once a clinic was published."""

OFFERING_FIELDS: Final = (
    "modality",
    "psychotherapy",
    "monitoring_minutes",
    "prescriber_on_site",
    "pulse_oximetry",
)

SOLO: Final = 1
"""The NPI type of a clinician who is the practice."""

_WORDS: Final[dict[str, type[TextChoices]]] = {
    "insurance": Insurance,
    "languages": Language,
    "age_groups": AgeGroup,
    "access": Access,
}


def require_known(names: Iterable[str]) -> None:
    """NotAllowed for a field that nobody edits."""
    if unknown := set(names) - SAID - IDENTITY:
        raise NotAllowed("No such field can be edited: " + ", ".join(sorted(unknown)))


def texts_of(clinic: Clinic) -> dict[str, str]:
    """What of a clinic the gate reads: its name, its website's address, and what it says in its own words."""
    texts = {"name": clinic.name, "organization": clinic.organization.name, "website": clinic.website}
    return texts | {"responsible": str(clinic.responsible or "")} | said_texts(clinic)


def said_texts(clinic: Clinic) -> dict[str, str]:
    """What it says in its own words, by field."""
    return {name: getattr(clinic, name) for name in FREE_TEXT}


def value_of(clinic: Clinic, name: str) -> Any:
    """The value as it stands, in the form in which `write` takes it. Row kinds make a statement."""
    if name == "offerings":
        return list(clinic.offerings.order_by("modality").values(*OFFERING_FIELDS))
    if name == "practitioners":
        return sorted(clinic.practitioners.all(), key=lambda person: person.pk)
    return getattr(clinic, name)


def put(clinic: Clinic, values: Mapping[str, Any]) -> set[str]:
    """Set the fields of a locked clinic, saving nothing; returns the names of those that changed.

    Raises ValidationError for values that do not fit, NotAllowed for a word outside the vocabulary.
    """
    wanted = {name: _in_form(name, value) for name, value in values.items()}
    changed = {name for name, value in wanted.items() if value_of(clinic, name) != value}
    for name in set(wanted) - ROWS:
        setattr(clinic, name, wanted[name])
    if "accepting_new_patients" in values:
        date_acceptance(clinic)
    _require_valid(clinic)
    return changed


def write(clinic: Clinic, values: Mapping[str, Any]) -> set[str]:
    """`put`, and keep it: rows, void checks, and a submission that no longer stands. Returns what changed."""
    changed = put(clinic, values)
    for name in changed & ROWS:
        _write_rows(clinic, name, _in_form(name, values[name]))
    _end_checks_of(clinic, changed)
    if changed & IDENTITY and clinic.status != Clinic.Status.LISTED:
        clinic.submitted_by, clinic.submitted_at = None, None  # what was submitted is no longer what it is
    clinic.save()
    return changed


def date_acceptance(clinic: Clinic) -> None:
    """The clinic says today whether it takes new patients."""
    clinic.accepting_stated_at = None if clinic.accepting_new_patients is None else clock.now()


# --- values as JSON ----------------------------------------------------------------------------


def frozen(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as they can be kept in JSON: a row becomes its key."""
    return {name: _frozen(_in_form(name, value)) for name, value in values.items()}


def thawed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The opposite of `frozen`. Raises ValidationError for somebody who is no longer known."""
    read = dict(values)
    if read.get("responsible") is not None:
        read["responsible"] = _people([read["responsible"]])[0]
    if "practitioners" in read:
        read["practitioners"] = _people(read["practitioners"])
    return read


def shown(name: str, value: Any) -> str:
    """A value as the staff read it beside another one."""
    if name == "offerings":
        return "; ".join(
            ", ".join(f"{key}: {part}" for key, part in row.items() if part not in (None, False))
            for row in value
        )
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return "" if value is None else str(value)


def label(name: str) -> str:
    """The name of a field as the staff read it."""
    return (
        name.replace("_", " ").replace("line1", "street").replace("line2", "street, second line").capitalize()
    )


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return [_frozen(each) for each in value]
    return value.pk if isinstance(value, Model) else value


def _people(keys: list[int]) -> list[Practitioner]:
    found = Practitioner.objects.in_bulk(keys)
    if len(found) != len(set(keys)):
        raise ValidationError("This clinician is no longer known.")
    return [found[key] for key in sorted(set(keys))]


# --- what a value has to be --------------------------------------------------------------------


def _in_form(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return _storable(name, links.bare(value) if name == "confirmed_domain" else value)
    if name == "offerings":
        return sorted((_offering(each) for each in value), key=lambda row: str(row["modality"]))
    if name == "practitioners":
        return sorted(set(value), key=lambda person: person.pk)
    return value


def _storable(name: str, text: str) -> str:
    """ValidationError for what no database takes: a NUL, half a surrogate pair."""
    if "\x00" in text or (not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)):
        raise ValidationError({name: "This holds a character that cannot be kept."})
    return text


def _offering(given: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(given) - set(OFFERING_FIELDS):
        raise NotAllowed("No such field of an offering: " + ", ".join(sorted(unknown)))
    row = {name: given.get(name) for name in OFFERING_FIELDS} | {
        "psychotherapy": bool(given.get("psychotherapy"))
    }
    Offering(**row).full_clean(exclude=["clinic"], validate_constraints=False)
    return row


def _require_valid(clinic: Clinic) -> None:
    for name, vocabulary in _WORDS.items():
        if not set(getattr(clinic, name)) <= set(vocabulary.values):
            raise NotAllowed(f"{name} holds a word that is not in the vocabulary.")
    for field in clinic._meta.concrete_fields:
        # A TextField's limit is kept by forms alone; a value that comes another way meets it here.
        if (
            isinstance(field, TextField)
            and field.max_length
            and len(getattr(clinic, field.name)) > field.max_length
        ):
            raise ValidationError({field.name: f"At most {field.max_length} characters."})
    clinic.full_clean()


def _write_rows(clinic: Clinic, name: str, rows: list[Any]) -> None:
    if name == "practitioners":
        clinic.practitioners.set(rows)
        return
    clinic.offerings.all().delete()
    Offering.objects.bulk_create([Offering(clinic=clinic, **row) for row in rows])


def _end_checks_of(clinic: Clinic, changed: set[str]) -> None:
    """A new address or phone was not confirmed; a new responsible clinician was not looked for on any list.

    REMS certifies one building, and so does whoever accredits: neither moves with the clinic.
    """
    void = {Fact.CONTACT} if changed & CONTACT else set()
    if changed & SITE:
        void |= {Fact.REMS, Fact.ACCREDITATION}
    if "responsible" in changed:
        solo = clinic.organization.npi_type == SOLO
        void |= {Fact.EXCLUSION, Fact.DISCIPLINE} | ({Fact.NPI} if solo else set())
    ended = Check.objects.current().filter(clinic=clinic, fact__in=void)
    ended.update(superseded_at=clock.now())
