"""The fields of a listing: which kind each is, how a new value is read, and what it makes void.

Nothing here asks who may: that is for directory.listings and directory.changes, the only two that write with it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import Model, TextField

from directory import links, opening
from directory.models import Check, Clinic, Offering, Practitioner
from directory.refusals import NotAllowed
from directory.vocabulary import CLINIC_ONLY_FACTS, Access, AgeGroup, Fact, Insurance, Language
from outbox import clock

SAID: Final = frozenset(
    "accepting_new_patients insurance languages age_groups access"
    " first_visit cost cannot_treat hours takes_requests"
    " opening_hours price_low price_high states_facts".split()
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
    "rescue_training",
    "safe_departure",
)

SOLO: Final = 1
"""The NPI type of a clinician who is the practice."""

MOST_DOLLARS: Final = 100_000
"""For one visit. Above it somebody mistyped."""

_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "insurance": tuple(Insurance.values),
    "languages": tuple(Language.values),
    "age_groups": tuple(AgeGroup.values),
    "access": tuple(Access.values),
    "states_facts": tuple(CLINIC_ONLY_FACTS),
}
"""The words that each may hold."""


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
    if name in _WORDS:
        return _in_order(name, getattr(clinic, name))
    return getattr(clinic, name)


def differing(clinic: Clinic, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `values`, in the form in which they are kept, that are not what the clinic has."""
    wanted = {name: _in_form(name, value) for name, value in values.items()}
    return {name: value for name, value in wanted.items() if _is_news(clinic, name, value)}


def _is_news(clinic: Clinic, name: str, value: Any) -> bool:
    """Another value, or one that is said for the first time, or again where only a fresh word counts."""
    if name == "states_facts" and name not in clinic.stated_on:
        return True
    if name == "accepting_new_patients" and value is not None and clinic.stated_on.get(name) != _today():
        return True
    return bool(value_of(clinic, name) != value)


def _today() -> str:
    return clock.now().date().isoformat()


def standing(clinic: Clinic, names: Iterable[str]) -> dict[str, Any]:
    """These fields as they stand now, frozen."""
    return frozen({name: value_of(clinic, name) for name in names})


def put(clinic: Clinic, values: Mapping[str, Any]) -> set[str]:
    """Set the fields of a locked clinic, saving nothing; returns the names of those that changed.

    Raises ValidationError for values that do not fit, NotAllowed for a word outside the vocabulary.
    """
    wanted = {name: _in_form(name, value) for name, value in values.items()}
    changed = {name for name, value in wanted.items() if _is_news(clinic, name, value)}
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
    _date_statements(clinic, changed)
    if changed & IDENTITY and clinic.status != Clinic.Status.LISTED:
        clinic.submitted_by, clinic.submitted_at = None, None  # what was submitted is no longer what it is
    clinic.save()
    return changed


def date_acceptance(clinic: Clinic) -> None:
    """The clinic says today whether it takes new patients."""
    clinic.accepting_stated_at = None if clinic.accepting_new_patients is None else clock.now()


def end_checks_of_name(clinic: Clinic) -> None:
    """Whoever looked up or called this clinic asked for it by another name."""
    _end_checks(clinic, {Fact.CONTACT, Fact.NPI})


def _date_statements(clinic: Clinic, changed: set[str]) -> None:
    """What the clinic says of itself it said today, in UTC."""
    clinic.stated_on = {**clinic.stated_on, **dict.fromkeys(sorted(changed & SAID), _today())}


# --- values as JSON ----------------------------------------------------------------------------


def frozen(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as they can be kept in JSON: a row becomes its key."""
    return {name: _frozen(_in_form(name, value)) for name, value in values.items()}


def refrozen(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Values that an earlier version of the site froze, as this one freezes them."""
    plain = {name for name in kept if name == "offerings" or name in _WORDS}
    return {**kept, **frozen({name: kept[name] for name in plain})}


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
    if name == "opening_hours":
        return "; ".join(f"{day}: {', '.join(times)}" for day, times in opening.by_day(value))
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
    if name == "opening_hours":
        return opening.in_form(value)
    if name in _WORDS:
        return _in_order(name, value)
    return value


def _in_order(name: str, slugs: Iterable[str]) -> list[str]:
    """Each word once, in the order of its vocabulary. NotAllowed for one that is not in it."""
    chosen, words = {str(slug) for slug in slugs}, _WORDS[name]
    if not chosen <= set(words):
        raise NotAllowed(f"{name} holds a word that is not in the vocabulary.")
    return [str(word) for word in words if word in chosen]


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
    for field in clinic._meta.concrete_fields:
        # A TextField's limit is kept by forms alone; a value that comes another way meets it here.
        if (
            isinstance(field, TextField)
            and field.max_length
            and len(getattr(clinic, field.name)) > field.max_length
        ):
            raise ValidationError({field.name: f"At most {field.max_length} characters."})
    clinic.full_clean()
    _require_prices(clinic)


def _require_prices(clinic: Clinic) -> None:
    low, high = clinic.price_low, clinic.price_high
    for name, price in (("price_low", low), ("price_high", high)):
        if price is not None and not 0 <= price <= MOST_DOLLARS:
            raise ValidationError({name: f"Whole dollars, from 0 to {MOST_DOLLARS:,}."})
    if low is not None and high is not None and low > high:
        raise ValidationError({"price_high": "The highest price is below the lowest."})


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
    _end_checks(clinic, void)


def _end_checks(clinic: Clinic, void: set[Fact]) -> None:
    ended = Check.objects.current().filter(clinic=clinic, fact__in=void)
    ended.update(superseded_at=clock.now())
