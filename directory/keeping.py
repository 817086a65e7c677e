"""A clinic keeps its own listing: one save of some fields, whatever kind each is, and never over a newer value.

    seen = keeping.versions(clinic, ("cost", "insurance"))          # goes out with the form
    keeping.save(clinic=clinic, by=user, values={"cost": "Ask us."}, seen=seen)

What a clinic says of itself is public at once, unless the gate holds it. What was checked of a published clinic stays
as it is, and the new value waits for a person. Of a candidate everything is changed at once: nobody sees it yet.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.models import Membership, User
from directory import changes, editing, listing_edits, listings
from directory.casework import cases
from directory.deciding import acts_for
from directory.editing import IDENTITY
from directory.models import Case, Clinic, ListingEdit, Place, ProposedChange
from directory.refusals import Incomplete, NotAllowed, Refused, WrongState
from directory.time_zones import time_zone_of
from outbox import clock


class Stale(Refused):
    """Somebody saved newer values of fields that would be written: `names`. `clinic` is as it is now."""

    def __init__(self, clinic: Clinic, names: set[str]) -> None:
        super().__init__("Somebody changed this after you opened it.")
        self.clinic, self.names = clinic, names


@dataclass(frozen=True)
class Saved:
    """`written`: fields that have their new value now. `waiting`: those whose new value waits for a person."""

    written: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()


def versions(clinic: Clinic, names: Iterable[str]) -> dict[str, str]:
    """A short digest of the value of each field as it stands. Row kinds make a statement."""
    return {name: digest(value) for name, value in editing.standing(clinic, names).items()}


def digest(value: Any) -> str:
    """Sixteen hexadecimal digits for a frozen value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


@transaction.atomic
def save(*, clinic: Clinic, by: User, values: Mapping[str, Any], seen: Mapping[str, str]) -> Saved:
    """Give fields new values, as far as `by` may; `seen` are the `versions` that were shown to `by`.

    Raises Stale, and then nothing was changed; NotAllowed, WrongState for a closed clinic, ValidationError, and
    Incomplete(["point"]) for a ZIP code that we do not know.
    """
    found = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    wanted = editing.differing(found, with_place(found, values))
    _require_fresh(found, set(values) & set(wanted), seen)
    if not wanted:
        return Saved()
    if found.status == Clinic.Status.CANDIDATE or not set(wanted) & IDENTITY:
        listings.edit(clinic=found, by=by, **wanted)
    else:
        _require_one_kind(wanted)
        changes.propose(clinic=found, by=by, values=wanted)
    return _settle(found, by, wanted)


def with_place(clinic: Clinic, values: Mapping[str, Any]) -> dict[str, Any]:
    """`values`, and what follows from a new ZIP code or state: the point on the map and the time zone."""
    wanted = dict(values)
    if values.get("zip", clinic.zip) != clinic.zip and "latitude" not in values:
        place = Place.objects.filter(kind=Place.Kind.ZIP, key=values["zip"], latitude__isnull=False).first()
        if place is None:
            raise Incomplete(["point"])
        wanted |= {"latitude": place.latitude, "longitude": place.longitude}
    if values.get("state", clinic.state) != clinic.state:
        wanted["time_zone"] = time_zone_of(values["state"])
    return wanted


def _require_fresh(clinic: Clinic, names: set[str], seen: Mapping[str, str]) -> None:
    now = versions(clinic, names)
    if stale := {name for name in names if seen.get(name) != now[name]}:
        raise Stale(clinic, stale)


def _require_one_kind(wanted: Mapping[str, Any]) -> None:
    if set(wanted) - IDENTITY:
        raise NotAllowed("What the clinic says and what was checked are saved apart.")


def _settle(clinic: Clinic, by: User, wanted: Mapping[str, Any]) -> Saved:
    """What came of it. Earlier wishes of the same person for these fields are taken back: the latest counts.

    Last of all, because it leaves a trail.
    """
    asked = editing.frozen(wanted)
    standing = editing.standing(Clinic.objects.get(pk=clinic.pk), asked)
    waiting = {name: value for name, value in asked.items() if standing[name] != value}
    for change in ProposedChange.objects.open().filter(clinic=clinic, made_by=by).exclude(values={}):
        if set(change.values) <= set(asked) and change.values != waiting:
            changes.refuse(change=change, by=by)
    return Saved(frozenset(set(asked) - set(waiting)), frozenset(waiting))


@transaction.atomic
def undo(*, edit: ListingEdit, by: User) -> Saved:
    """Put back the values before an edit, within a week, while its fields still hold what it wrote.

    It is an edit like any other: the gate reads it, and what is checked of a published clinic waits for a person.
    Raises Stale if somebody changed them since, WrongState("undone" or "too-late"), and as `save`.
    """
    clinic = Clinic.objects.select_for_update(no_key=True).get(pk=edit.clinic_id)
    found = ListingEdit.objects.get(pk=edit.pk)
    if not listing_edits.can_be_undone(found):
        raise WrongState("undone" if found.undone_at or found.undoes_id else "too-late")
    wrote, now = editing.refrozen(found.after), editing.standing(clinic, found.after)
    if changed_since := {name for name in wrote if now[name] != wrote[name]}:
        raise Stale(clinic, changed_since)
    saved = save(
        clinic=clinic, by=by, values=editing.thawed(found.before), seen=versions(clinic, found.before)
    )
    if saved.written:
        _mark_undone(found)
    return saved


def _mark_undone(edit: ListingEdit) -> None:
    ListingEdit.objects.filter(pk=edit.pk).update(undone_at=clock.now())
    latest = ListingEdit.objects.filter(clinic=edit.clinic_id).latest(
        "pk"
    )  # the clinic is locked: it is this one's
    ListingEdit.objects.filter(pk=latest.pk).update(undoes=edit)


@transaction.atomic
def send_for_checking(*, clinic: Clinic, by: User) -> bool:
    """A manager says that a candidate, or a suspended clinic, is complete: the staff finds it in its queue.

    True if it is submitted by that: the first of the two people who publish. What came from a file takes two verifiers,
    and what the gate holds one more look: then only the case says so. Raises NotAllowed, WrongState, and Incomplete
    without a point, a responsible clinician or an offering.
    """
    _require_manager(clinic, by)
    found = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    if found.status not in (Clinic.Status.CANDIDATE, Clinic.Status.SUSPENDED):
        raise WrongState(found.status)
    if lacking := _lacking(found):
        raise Incomplete(lacking)
    cases.open_case(clinic=found, kind=Case.Kind.NEW, why=["The clinic says that its listing is complete."])
    if listings.is_for_verifiers_alone(found):
        return False
    return listings.submit(clinic=found, by=by).submitted_at is not None


def _require_manager(clinic: Clinic, by: User) -> None:
    if not (acts_for(by, clinic, Membership.Role.MANAGER) and clinic.claims.standing().exists()):
        raise NotAllowed("Only a manager of the clinic may do this.")


def _lacking(clinic: Clinic) -> list[str]:
    there = {
        "point": clinic.latitude is not None,
        "responsible": clinic.responsible_id is not None,
        "offerings": clinic.offerings.exists(),
    }
    return [name for name, is_there in there.items() if not is_there]
