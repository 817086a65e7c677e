"""What a clinic changed of its own listing: kept with the values before and after, so that it can be read and undone.

    listing_edits.record(clinic=clinic, by=user, before={"cost": ""}, after={"cost": "Ask us."})

Only what took effect is an edit. What waits for a person is a ProposedChange, what was confirmed an Attestation; the
history shows all three.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from accounts.models import User
from directory.models import Attestation, Clinic, ListingEdit, ProposedChange
from outbox import clock

UNDO_FOR: Final = timedelta(days=7)
"""How long an edit can be undone."""

SHOWN: Final = 100
"""Entries of each kind that the history shows, the latest first."""


@dataclass(frozen=True)
class Entry:
    """One thing that happened. Exactly one of the three is set; `by` is None where the account is gone."""

    at: datetime
    by: User | None
    edit: ListingEdit | None = None
    change: ProposedChange | None = None
    attestation: Attestation | None = None


def record(*, clinic: Clinic, by: User, before: Mapping[str, Any], after: Mapping[str, Any]) -> ListingEdit:
    """Keep an edit: values by field, as `editing.frozen` has them. Inside the transaction that changed the clinic."""
    return ListingEdit.objects.create(
        clinic=clinic, before=dict(before), after=dict(after), made_by=by, made_at=clock.now()
    )


def can_be_undone(edit: ListingEdit, at: datetime | None = None) -> bool:
    """It changed something, was not undone already, is no undoing itself, and at most a week old."""
    moment = at or clock.now()
    is_done_with = edit.undone_at is not None or edit.undoes_id is not None
    return edit.before != edit.after and not is_done_with and moment < edit.made_at + UNDO_FOR


def history(clinic: Clinic) -> list[Entry]:
    """Edits, asked-for changes and attestations of a clinic, the latest first, in three statements."""
    edits = clinic.edits.select_related("made_by").order_by("-made_at", "-pk")[:SHOWN]
    changes = clinic.changes.select_related("made_by", "decided_by").order_by("-made_at", "-pk")[:SHOWN]
    attested = clinic.attestations.select_related("made_by").order_by("-made_at", "-pk")[:SHOWN]
    entries = [
        *(Entry(each.made_at, each.made_by, edit=each) for each in edits),
        *(Entry(each.made_at, each.made_by, change=each) for each in changes),
        *(Entry(each.made_at, each.made_by, attestation=each) for each in attested),
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def latest_of(clinic: Clinic, names: Iterable[str]) -> ListingEdit | None:
    """The last edit that changed any of these fields: who was first, where two edit at once."""
    wanted = set(names)
    recent = clinic.edits.select_related("made_by").order_by("-made_at", "-pk")[:SHOWN]
    return next((edit for edit in recent if wanted & set(edit.after)), None)
