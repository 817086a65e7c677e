"""What of a section waits for a person, and what was not accepted lately."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db.models import Q

from accounts.models import User
from directory.models import Clinic, ProposedChange
from outbox import clock
from portal import listing_words
from portal.listing_sections import Section

REFUSED_SHOWN_FOR: Final = timedelta(days=30)
MOST_REFUSED: Final = 3


@dataclass(frozen=True)
class Asked:
    """A change that somebody asked for, field by field. `is_mine`: the reader asked, and may take it back."""

    change: ProposedChange
    lines: list[listing_words.Changed]
    is_mine: bool


def waiting_of(user: User, clinic: Clinic, section: Section) -> dict[str, Any]:
    """`waiting` and `refused` for the page of a section."""
    names, since = set(section.fields), clock.now() - REFUSED_SHOWN_FOR
    lately = Q(decided_at__isnull=True) | Q(accepted=False, decided_at__gte=since)
    known = clinic.changes.filter(lately).select_related("made_by").order_by("-made_at", "-pk")
    here = [change for change in known if names & set(change.values)]
    waiting = [change for change in here if change.decided_at is None]
    refused = [each for each in here if each.decided_at and each.decided_by_id != each.made_by_id]
    return {"waiting": in_words(user, waiting), "refused": in_words(user, refused[:MOST_REFUSED])}


def in_words(user: User, changes: list[ProposedChange]) -> list[Asked]:
    """Each change with the words of its old and new values; one statement for the names of people."""
    people = listing_words.people_in([values for each in changes for values in (each.before, each.values)])
    return [
        Asked(each, listing_words.changes(each.before, each.values, people), each.made_by_id == user.pk)
        for each in changes
    ]
