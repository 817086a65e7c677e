"""A clinic that somebody who works there tells us of: a candidate like any other, three at a time."""

from dataclasses import replace
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import User
from directory import opt_outs
from directory.casework import cases
from directory.intake import candidates, duplicates
from directory.intake.candidate import Candidate
from directory.models import Case, Clinic, ListingClaim
from directory.models.clinic import ClinicQuerySet
from directory.refusals import NotAllowed, Refused

MOST_OPEN: Final = 3
"""Candidates of one person that no approved claim stands behind yet."""

TAKES_BACK: Final = (
    "This clinic asked not to be listed. Whoever added it here wants to take that back. "
    "Ask the clinic before you lift its opt-out."
)


class TooMany(Refused):
    """This person added as many clinics as may wait at once."""

    def __init__(self) -> None:
        super().__init__(f"You added {MOST_OPEN} clinics that still wait. Claim these first.")


@transaction.atomic
def add(*, by: User, values: Candidate, takes_back: bool = False) -> Clinic:
    """Keep what somebody says of their own clinic as a candidate, which is shown to nobody and never listed by itself.

    The clinic, if we have exactly this one. `takes_back`: an opt-out that stands against it is to be lifted; the staff
    is asked, and nothing is lifted here. Raises NotAllowed for the operator's staff; opt_outs.AskedNotToBeListed,
    TooMany.
    """
    if by.is_staff:
        raise NotAllowed("The operator's staff acts for no clinic.")
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # who presses twice waits for the first
    asked = bool(opt_outs.standing_for([values]))
    if asked and not takes_back:
        raise opt_outs.AskedNotToBeListed
    if known := exactly(duplicates.of(values)):
        if asked:
            cases.open_case(clinic=known, kind=Case.Kind.NEW, why=[TAKES_BACK])
        return known
    if open_of(by).count() >= MOST_OPEN:
        raise TooMany
    wanted = replace(values, notes=(*values.notes, TAKES_BACK)) if asked else values
    return candidates.add(by=by, values=wanted, origin=Clinic.Origin.CLINIC)


def exactly(matches: list[duplicates.Match]) -> Clinic | None:
    """The clinic that a match names beyond doubt, unless it is closed or was another one all along."""
    exact = [match.clinic_id for match in matches if match.exact]
    standing = Clinic.objects.filter(pk__in=exact, successor=None).exclude(status=Clinic.Status.CLOSED)
    return standing.order_by("pk").first()


def open_of(user: User) -> ClinicQuerySet:
    """What this person added that still waits for an approved claim."""
    claimed = ListingClaim.objects.standing().filter(clinic=OuterRef("pk"))
    added = candidates.waiting().filter(added_by=user, origin=Clinic.Origin.CLINIC)
    return added.filter(~Exists(claimed))
