"""A clinic says that all it says of itself is still true today. Asked for every 90 days.

    attesting.attest(clinic=clinic, by=user, typed_name="Olive Owner", still_true=attesting.fingerprint(clinic))

When it is due, and what follows where nobody does it, is directory.attestation's.
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from accounts import audit
from accounts.models import User
from directory import editing, index
from directory.attestation import State, due_at, requests_end_at, state_of
from directory.deciding import require_somebody_there
from directory.models import Attestation, Clinic
from directory.refusals import Incomplete, WrongState
from outbox import clock

__all__ = [
    "State",
    "attest",
    "changed_on",
    "due_at",
    "fingerprint",
    "fingerprint_of",
    "requests_end_at",
    "said",
    "state_of",
]

NAME_LIMIT: Final = 120
CHANGED_MEANWHILE: Final = "changed"
"""A colleague changed something between the page and the yes."""

_FIELDS: Final = sorted(editing.SAID | {"offerings"})


def said(clinic: Clinic) -> dict[str, Any]:
    """All that the clinic says of itself now, by field, as it can be kept in JSON."""
    return editing.standing(clinic, _FIELDS)


def fingerprint(clinic: Clinic) -> str:
    """SHA-256 of what it says now, hexadecimal: so that a yes is to what was shown."""
    return fingerprint_of(said(clinic))


def fingerprint_of(values: Mapping[str, Any]) -> str:
    """The same for what `said` has read."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def changed_on(clinic: Clinic) -> dict[str, date]:
    """The day (UTC) on which each field was last changed, where that is known."""
    days = {name: date.fromisoformat(day) for name, day in clinic.stated_on.items()}
    if clinic.accepting_stated_at:
        days["accepting_new_patients"] = clinic.accepting_stated_at.date()
    if at := _offerings_changed_at(clinic):
        days["offerings"] = at.date()
    return days


def _offerings_changed_at(clinic: Clinic) -> datetime | None:
    """They are kept in rows without a date: the last edit or accepted change of them."""
    edited = clinic.edits.filter(after__has_key="offerings").aggregate(last=Max("made_at"))["last"]
    accepted = clinic.changes.filter(accepted=True, values__has_key="offerings")
    decided = accepted.aggregate(last=Max("decided_at"))["last"]
    return max((at for at in (edited, decided) if at), default=None)


@transaction.atomic
def attest(*, clinic: Clinic, by: User, typed_name: str, still_true: str | None = None) -> Attestation:
    """Somebody who acts for the clinic says that all it says is true today, and signs with a typed name.

    `still_true`: the fingerprint of what `by` was shown; None where they look at it as it is this moment. Raises
    NotAllowed, Incomplete(["typed_name"]), ValidationError for a name that cannot be kept, WrongState for a closed
    clinic, or with CHANGED_MEANWHILE.
    """
    require_somebody_there(by, clinic)
    name = _signature(typed_name)
    found = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    if found.status == Clinic.Status.CLOSED:
        raise WrongState(found.status)
    if still_true is not None and still_true != fingerprint(found):
        raise WrongState(CHANGED_MEANWHILE)
    made = Attestation.objects.create(
        clinic=found, made_by=by, typed_name=name, made_at=clock.now(), said=said(found)
    )
    _date(found, made)
    audit.record(
        actor=audit.actor_of(by), action="listing.attested", object_type="clinic", object_id=str(found.pk)
    )
    return made


def _date(clinic: Clinic, made: Attestation) -> None:
    """From now on it is confirmed, and what it says about new patients was said today."""
    clinic.attested_at = made.made_at
    editing.date_acceptance(clinic)
    clinic.save(update_fields=["attested_at", "accepting_stated_at"])
    index.rebuild(clinic)


def _signature(typed: str) -> str:
    name = " ".join(typed.split())
    if not any(letter.isalnum() for letter in name):
        raise Incomplete(["typed_name"])
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        raise ValidationError({"typed_name": "This holds a character that cannot be kept."})
    if len(name) > NAME_LIMIT:
        raise ValidationError({"typed_name": f"At most {NAME_LIMIT} characters."})
    return name
