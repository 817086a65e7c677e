"""For the operator's staff: messages that every try failed to deliver. A person must look."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import audit, email_changes, sign_in_mails
from directory.casework import asking
from directory.claims import mails as claim_mails
from directory.lapses import due_notices
from outbox import deliveries
from outbox.models import Delivery
from portal import zones
from portal.access import SignedIn, staff_only
from referrals import lifecycle, read_alarm, telling
from referrals.models import Referral
from referrals.vocabulary import Status

PER_PAGE = 20
KINDS = {
    telling.NEW_REQUEST: "A new request, to the clinic",
    telling.CLINIC_UPDATE: "An update, to the clinic",
    telling.PATIENT_UPDATE: "An update, to the person who asked",
    sign_in_mails.KIND: "A message about signing in",
    email_changes.KIND: "A message about a change of address",
    asking.KIND: "A question about a listing, to the clinic",
    telling.PATIENT_LISTING_STOPPED: "An update, to the person who was accepted",
    due_notices.FACTS_DUE: "Facts that are due, to the clinic",
    due_notices.LEAVES_SOON: "A listing that leaves soon, to the clinic",
    claim_mails.CODE: "A code, to the clinic that somebody claims",
    claim_mails.MADE: "Somebody claims a listing, to its managers",
    claim_mails.DECIDED: "The answer to a claim, to whoever made it",
    claim_mails.TAKEN: "A listing that somebody else looks after now, to those before",
}


@dataclass(frozen=True)
class Row:
    """A dead letter, and the request it is about: its reference and clinic, nothing personal."""

    delivery: Delivery
    what: str
    referral: Referral | None
    can_give_up: bool

    @property
    def zone(self) -> str:
        """The clinic's time zone; UTC where no clinic is known."""
        return self.referral.clinic.time_zone if self.referral else zones.UTC

    @property
    def zone_name(self) -> str:
        return zones.name(self.zone)


@never_cache
@require_safe
@staff_only
def undelivered(request: SignedIn) -> HttpResponse:
    """The latest first, with the clinic's phone: a call is often the quickest way."""
    page = Paginator(deliveries.dead_letters(), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": _rows(page), "alarms": read_alarm.recent()}
    return render(request, "portal/undelivered.html", context)


@never_cache
@require_POST
@staff_only
@transaction.atomic
def try_again(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """Send it through the whole schedule once more."""
    delivery = get_object_or_404(Delivery, pk=pk)
    if deliveries.try_again(delivery=delivery):
        messages.success(request, "We are trying again. If it fails for three days more, it comes back here.")
        _note(request, "delivery.try-again", delivery)
    else:
        messages.info(request, "Somebody was first: it is being sent already.")
    return redirect("staff-undelivered")


@never_cache
@require_POST
@staff_only
def give_up(request: SignedIn, pk: uuid.UUID) -> HttpResponse:
    """The clinic cannot be reached: close the request, and show the person other clinics."""
    delivery = get_object_or_404(Delivery, pk=pk, kind=telling.NEW_REQUEST, state=Delivery.State.DEAD)
    referral = get_object_or_404(Referral, pk=uuid.UUID(delivery.subject))
    try:
        lifecycle.give_up(referral=referral, by=request.user)
        messages.success(request, "Closed. The person is shown other clinics.")
    except lifecycle.WrongState:
        messages.info(request, "The request has moved on since, so it was left as it is.")
    return redirect("staff-undelivered")


def _rows(page: Page[Delivery]) -> list[Row]:
    """One statement for all requests of the page, however many there are."""
    about = Referral.objects.select_related("clinic").in_bulk(_subjects(page))
    return [_row(delivery, about.get(_uuid(delivery.subject))) for delivery in page]


def _row(delivery: Delivery, referral: Referral | None) -> Row:
    waits = referral is not None and referral.status == Status.REQUESTED
    return Row(
        delivery=delivery,
        what=KINDS.get(delivery.kind, delivery.kind),
        referral=referral,
        can_give_up=waits and delivery.kind == telling.NEW_REQUEST,
    )


def _subjects(page: Page[Delivery]) -> list[Any]:
    return [pk for delivery in page if (pk := _uuid(delivery.subject))]


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _note(request: SignedIn, action: str, delivery: Delivery) -> None:
    audit.record(
        actor=audit.actor_of(request.user), action=action, object_type="delivery", object_id=str(delivery.pk)
    )
