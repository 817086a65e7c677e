"""Two people saved the same section: what each of them wrote, side by side, and a choice for each field.

The form carries a version of each field as `name:digest`. After a choice it goes out with the versions of that moment,
so a third writer is met in the same way.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render

from directory import editing, keeping, listing_edits
from directory.models import ListingEdit
from portal import listing_words
from portal.access import SignedIn
from portal.listing_forms.section_form import SectionForm
from portal.listing_sections import Section

PICK: Final = "pick-"
MERGED: Final = "merged"
THEIRS, YOURS = "theirs", "yours"
_VERSION: Final = re.compile(r"([a-z_0-9]{1,40}):([0-9a-f]{16})")
_OWN: Final = {"csrfmiddlewaretoken", "version", MERGED}


@dataclass(frozen=True)
class Choice:
    """One field that both wrote. `chosen` is THEIRS where `yours` is what it was before, so that nothing is undone."""

    name: str
    label: str
    theirs: str
    yours: str
    chosen: str


def seen_in(request: SignedIn) -> dict[str, str]:
    """The versions that the form was opened with. What cannot be read counts as not seen."""
    return dict(_VERSION.findall(request.POST.get("version", "")[:2000]))


def chosen(request: SignedIn, values: dict[str, Any]) -> dict[str, Any]:
    """`values` without those for which the other one's were chosen."""
    return {name: value for name, value in values.items() if request.POST.get(PICK + name) != THEIRS}


def merge_page(request: SignedIn, stale: keeping.Stale, section: Section, form: SectionForm) -> HttpResponse:
    """409: for each field that somebody else saved meanwhile, theirs and yours. Nothing was written."""
    clinic, values = stale.clinic, editing.frozen(form.values())
    now = editing.standing(clinic, values)
    people = listing_words.people_in([values, now])
    seen = seen_in(request)
    context = {
        "clinic": clinic,
        "section": section,
        "choices": [
            _choice(name, now[name], values[name], seen, people) for name in values if name in stale.names
        ],
        "kept": _kept(request),
        "versions": keeping.versions(clinic, form.listing),
        "last": latest(stale),
        "asked_again": MERGED in request.POST,
    }
    return render(request, "portal/listing_merge.html", context, status=409)


def latest(stale: keeping.Stale) -> ListingEdit | None:
    """Who was first, where it was somebody of the clinic."""
    return listing_edits.latest_of(stale.clinic, stale.names)


def _choice(name: str, theirs: Any, yours: Any, seen: dict[str, str], people: dict[int, str]) -> Choice:
    untouched = seen.get(name) == keeping.digest(yours)
    return Choice(
        name=name,
        label=listing_words.label(name),
        theirs=listing_words.words(name, theirs, people),
        yours=listing_words.words(name, yours, people),
        chosen=THEIRS if untouched else "",
    )


def _kept(request: SignedIn) -> list[tuple[str, str]]:
    """All that was typed, to be sent along with the choice."""
    return [
        (name, str(value))
        for name, values in request.POST.lists()
        if name not in _OWN and not name.startswith(PICK)
        for value in values
    ]
