"""What a case page shows of a clinic's wish to be taken down: who asked, whom to call, and the answer to give."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.forms import Form

from accounts.models import User
from directory.claims.calling import Number
from directory.models import Case, Clinic, Removal
from directory.refusals import NotAllowed
from directory.voices import removals, sealing
from portal import case_forms


@dataclass(frozen=True)
class Wish:
    """One request; `asker` is None while the reader does not hold the case, or once it is destroyed."""

    removal: Removal
    asker: removals.Asker | None


@dataclass(frozen=True)
class Sheet:
    """Every request of a case. `form` is None once it was answered, or for whoever may not decide."""

    wishes: list[Wish]
    number: Number
    was_confirmed: bool
    is_hideable: bool
    sites: int
    form: Form | None


def sheet(case: Case, user: User, filled: Mapping[str, Form]) -> Sheet | None:
    """The part of the page for a case of this kind; None for any other. Reading leaves a line in the trail."""
    found = list(case.removals.select_related("clinic__organization").order_by("pk"))
    if case.kind != Case.Kind.REMOVAL or not found:
        return None
    return Sheet(
        wishes=[_wish(case, each, user) for each in found],
        number=removals.number_to_call(found[0]),
        was_confirmed=removals.was_confirmed(case),
        is_hideable=case.clinic.status == Clinic.Status.LISTED,
        sites=Clinic.objects.filter(organization=case.clinic.organization_id, successor=None).count(),
        form=_form(case, found, user, filled),
    )


def _wish(case: Case, removal: Removal, user: User) -> Wish:
    asker = None
    if case.taken_by_id == user.pk and user.is_verifier:
        with suppress(NotAllowed, sealing.DoesNotOpen):
            asker = removals.read(removal=removal, by=user)
    return Wish(removal, asker)


def _form(case: Case, found: list[Removal], user: User, filled: Mapping[str, Form]) -> Form | None:
    if case.closed_at or not user.is_verifier:
        return None
    wanted = {
        "never_again": any(each.never_again for each in found),
        "whole_organization": any(each.whole_organization for each in found),
    }
    return filled.get("removal") or case_forms.RemovalForm(prefix="removal", initial=wanted)


def script(clinic: Clinic) -> list[str]:
    """What to say on the phone, in this order."""
    return [
        f"Hello. I am calling from {settings.SITE_NAME}, a directory of clinics. I have two short questions.",
        f"Is this {clinic.name}?",
        "Somebody asked us to take your listing down. Does the clinic want that?",
        "Thank you. I will note that we spoke today.",
    ]
