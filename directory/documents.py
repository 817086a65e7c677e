"""What the public reads of one clinic: its document, as the API hands it out, and what our result cards say besides.

Both are written as JSON text when the index row is written, so that a search only passes text on.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import models

from directory import attestation, facts, links
from directory.editing import OFFERING_FIELDS
from directory.models import Clinic
from directory.vocabulary import Access, AgeGroup, Insurance, Language

_NO_DISTANCE: Final = '"distance_miles":null'


class Written(NamedTuple):
    """The public document, its distance null, and the card, both as JSON text."""

    document: str
    card: str


def write(clinic: Clinic, at: datetime, *, accepts: bool) -> Written:
    """What the index keeps of `clinic` as it stands at `at`. `accepts`: whether it can receive a request."""
    return Written(compact(public(clinic, at, accepts=accepts)), compact(card(clinic, at)))


def compact(value: Any) -> str:
    """JSON without spaces, every script as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def with_distance(document: str, miles: float | None) -> str:
    """The text of a document with the distance of this search, to a tenth of a mile.

    No value can hold the words that are replaced: a quotation mark inside a value is written with a backslash.
    """
    return document if miles is None else document.replace(_NO_DISTANCE, f'"distance_miles":{miles:.1f}', 1)


def public(clinic: Clinic, at: datetime, *, accepts: bool) -> dict[str, Any]:
    """The clinic of the public API as it stands at `at`, its keys in the order of the contract, its distance null."""
    organization = clinic.organization
    return {
        "id": clinic.pk,
        "slug": clinic.slug,
        "url": f"{settings.SITE_URL}/clinic/{clinic.slug}/",
        "name": clinic.name,
        "organization": {"id": organization.pk, "name": organization.name},
        "distance_miles": None,
        "address": {name: getattr(clinic, name) for name in ("line1", "line2", "city", "state", "zip")},
        "location": {"latitude": clinic.latitude, "longitude": clinic.longitude},
        "phone": clinic.phone,
        "website": links.shown_website(clinic),
        "modalities": [modality.value for modality in facts.open_modalities(clinic, at)],
        "insurance": _in_order(Insurance, clinic.insurance),
        "accepting_new_patients": facts.accepting_new_patients(clinic, at),
        "accepts_referrals": accepts,
        "checks": [_check(line) for line in facts.lines(clinic, at)],
    }


def clinic_says(clinic: Clinic) -> dict[str, Any]:
    """What the clinic says of hours, prices and supervision, each with the day on which it last changed it.

    Opening hours are wall-clock times at the clinic, days counted from Monday as 0; prices are whole US dollars for one
    visit. null where it says nothing. None of it was checked.
    """
    return {
        "attested_on": _day(clinic.attested_at),
        "attestation_due_on": _day(attestation.due_at(clinic)),
        "stated_on": dict(sorted(clinic.stated_on.items())),
        "opening_hours": clinic.opening_hours,
        "price_low": clinic.price_low,
        "price_high": clinic.price_high,
        "offerings": [
            {name: getattr(offering, name) for name in OFFERING_FIELDS}
            for offering in sorted(clinic.offerings.all(), key=lambda each: each.modality)
        ],
    }


def _in_order(vocabulary: type[models.TextChoices], slugs: Iterable[str]) -> list[str]:
    chosen = set(slugs)
    return [slug for slug in vocabulary.values if slug in chosen]


def _day(instant: datetime | None) -> str | None:
    return instant.date().isoformat() if instant else None


def _check(line: facts.FactLine) -> dict[str, Any]:
    return {
        "fact": line.fact.value,
        "word": line.word.value,
        "source": line.source,
        "checked_on": line.checked_on.isoformat() if line.checked_on else None,
        "due_on": line.due_on.isoformat() if line.due_on else None,
    }


def card(clinic: Clinic, at: datetime) -> dict[str, Any]:
    """What our own result cards say besides; no part of the contract.

    Days are ISO dates; the words are slugs of directory.vocabulary.
    """
    summary = facts.summary(clinic, at)
    open_now = facts.open_modalities(clinic, at)
    return {
        "phone_extension": clinic.phone_extension,
        "psychotherapy": any(
            offering.psychotherapy for offering in clinic.offerings.all() if offering.modality in open_now
        ),
        "weakest_word": summary.word.value,
        "weakest_fact": summary.fact.value,
        "facts": summary.facts,
        "oldest_check_on": summary.oldest_on.isoformat() if summary.oldest_on else None,
        "accepting_stated_on": _day(clinic.accepting_stated_at),
        "attested_on": _day(clinic.attested_at),
        "languages": _in_order(Language, clinic.languages),
        "age_groups": _in_order(AgeGroup, clinic.age_groups),
        "access": _in_order(Access, clinic.access),
    }
