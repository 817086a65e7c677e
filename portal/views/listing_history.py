"""What happened to a listing: who changed what and when, what was asked for, when all was confirmed; and undoing it."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Membership
from directory import editing, gate, keeping, listing_edits
from directory.deciding import acts_for
from directory.editing import IDENTITY
from directory.models import Clinic, ListingEdit
from directory.refusals import Refused, WrongState
from outbox import clock
from portal import listing_sections, listing_words
from portal.access import SignedIn
from portal.views.listing import own_clinic_or_404
from portal.views.listing_merge import latest

_SAID_NO = {
    "undone": "This was undone already.",
    "too-late": "A change can be undone for 7 days. Edit the section instead.",
}


@dataclass(frozen=True)
class Line:
    """One entry in words."""

    entry: listing_edits.Entry
    what: str
    changes: list[listing_words.Changed]
    can_be_undone: bool


@never_cache
@require_safe
def history(request: SignedIn, slug: str) -> HttpResponse:
    """The latest first."""
    clinic = own_clinic_or_404(request, slug)
    context = {"clinic": clinic, "lines": _lines(request, clinic)}
    return render(request, "portal/listing_history.html", context)


@never_cache
@require_POST
def undo(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    """Put back what was there before an edit; where somebody changed it since, show both and change nothing."""
    clinic = own_clinic_or_404(request, slug)
    edit = get_object_or_404(ListingEdit, pk=pk, clinic=clinic)
    if set(edit.after) & IDENTITY and not acts_for(request.user, clinic, Membership.Role.MANAGER):
        raise PermissionDenied
    try:
        saved = keeping.undo(edit=edit, by=request.user)
    except keeping.Stale as stale:
        return _overtaken(request, stale, edit)
    except WrongState as no:
        messages.info(
            request, _SAID_NO.get(no.current, "This listing is closed. Nothing of it can be changed.")
        )
    except (Refused, ValidationError):
        messages.info(request, "That could not be undone. Edit the section instead.")
    else:
        if saved.waiting:
            messages.info(request, gate.OF_THE_CLINIC)
        else:
            messages.success(request, "Undone. It says what it said before.")
    return redirect("manage-history", slug=slug)


def _overtaken(request: SignedIn, stale: keeping.Stale, edit: ListingEdit) -> HttpResponse:
    now = editing.standing(stale.clinic, edit.after)
    people = listing_words.people_in([edit.before, now])
    context = {
        "clinic": stale.clinic,
        "changes": listing_words.changes(edit.before, now, people),
        "last": latest(stale),
        "section": listing_sections.of_fields(set(edit.after)),
    }
    return render(request, "portal/listing_overtaken.html", context, status=409)


def _lines(request: SignedIn, clinic: Clinic) -> list[Line]:
    entries = listing_edits.history(clinic)
    people = listing_words.people_in(
        values for entry in entries for values in (_before(entry), _after(entry))
    )
    is_manager = acts_for(request.user, clinic, Membership.Role.MANAGER)
    now = clock.now()
    return [
        Line(
            entry=entry,
            what=_what(entry),
            changes=listing_words.changes(_before(entry), _after(entry), people),
            can_be_undone=entry.edit is not None
            and clinic.status != Clinic.Status.CLOSED
            and listing_edits.can_be_undone(entry.edit, now)
            and (is_manager or not set(entry.edit.after) & IDENTITY),
        )
        for entry in entries
    ]


def _before(entry: listing_edits.Entry) -> dict[str, object]:
    row = entry.edit or entry.change
    return row.before if row else {}


def _after(entry: listing_edits.Entry) -> dict[str, object]:
    if entry.change:
        return dict(entry.change.values)
    return dict(entry.edit.after) if entry.edit else {}


def _what(entry: listing_edits.Entry) -> str:
    """What happened, in a few words."""
    if entry.attestation:
        return "Confirmed that all of it is still true"
    if entry.edit:
        return "Undid an earlier change" if entry.edit.undoes_id else "Changed"
    change = entry.change
    asked = "Asked for a change" if change and change.values else "Sent for checking"
    if change is None or change.decided_at is None:
        return f"{asked}. It waits for one of us"
    if change.accepted:
        return f"{asked}. Accepted {change.decided_at:%b} {change.decided_at.day}"
    if change.decided_by_id == change.made_by_id:
        return f"{asked}, and took it back"
    return f"{asked}. Not accepted" + (f": {change.reason}" if change.reason else "")
