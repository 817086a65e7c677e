"""Mails to those who look after a listing: look at it again, and say that all it says is still true.

14, 7 and 1 days before it is due, on the day it became overdue, and when requests stopped for it. No health data, no
name of the clinic (not even in the link), and nothing of any patient.
"""

from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models.functions import Coalesce

from directory import attestation, members
from directory.attestation import State
from directory.lapses import occasions
from directory.lapses.occasions import Notice
from directory.models import Clinic
from directory.models.clinic import REQUESTS_END_AFTER, ClinicQuerySet
from outbox import clock, handlers
from outbox.handlers import Mail
from outbox.models import Delivery

DUE: Final = "listing-attest-due"
OVERDUE: Final = "listing-attest-overdue"
REQUESTS_OFF: Final = "listing-requests-off"

_AFTER: Final = {
    DUE: attestation.EVERY,
    OVERDUE: attestation.EVERY,
    REQUESTS_OFF: REQUESTS_END_AFTER,
}
STAGES: Final = ((REQUESTS_OFF, 0), (OVERDUE, 0), (DUE, 1), (DUE, 7), (DUE, 14))
"""Days ahead, what is most pressing first."""

SUBJECTS: Final = {
    DUE: "Please look at your listing again",
    OVERDUE: "Your listing was not confirmed in time",
    REQUESTS_OFF: "Your listing takes no new requests now",
}
_WHAT: Final = {
    DUE: "It is time to say that what a listing of yours says is still true. Please do so by {day}.",
    OVERDUE: "What a listing of yours says was not confirmed by {day}. It is now shown as not confirmed. "
    "It takes new requests until {end}.",
    REQUESTS_OFF: "What a listing of yours says was not confirmed by {day}. It takes no new requests since {end}. "
    "Requests that you have already go on as before.",
}
_BODY: Final = (
    "{what}\n\nSign in, look and confirm. It takes about a minute:\n{link}\n\n"
    "If something has changed, you can change it there.\n\n"
    "This address is not read by anybody.\n"
)


def register() -> None:
    """Tell the outbox how these are composed; called once, when the site starts."""
    for kind in SUBJECTS:
        handlers.register(kind, compose)


def tell(at: datetime) -> int:
    """Promise the mails that are wanted at `at`; about how many listings."""
    return occasions.promise(wanted(at))


def wanted(at: datetime) -> list[Notice]:
    """At most one notice for each claimed listing, which was not said."""
    found: dict[int, Notice] = {}
    for kind, days in STAGES:
        for notice in _of_stage(kind, days, at):
            found.setdefault(notice.clinic_id, notice)
    return occasions.not_said(list(found.values()), at)


def _of_stage(kind: str, days: int, at: datetime) -> list[Notice]:
    first, last = occasions.window(days, at)
    after = _AFTER[kind]
    clinics = _looked_after(kind).annotate(since=Coalesce("attested_at", "status_changed_at"))
    rows = clinics.filter(since__gt=first - after, since__lte=last - after).order_by("pk")
    return [
        Notice(kind, days, pk, (since + after).date().isoformat())
        for pk, since in rows.values_list("pk", "since")
    ]


def _looked_after(kind: str) -> ClinicQuerySet:
    """Who takes no requests anyway need not hear that they stopped."""
    clinics = Clinic.objects.listed().claimed()
    return clinics.filter(takes_requests=True) if kind == REQUESTS_OFF else clinics


def compose(delivery: Delivery) -> Mail | None:
    """The mail, unless somebody confirmed meanwhile, the listing has gone, or this person left."""
    clinic = _looked_after(delivery.kind).filter(pk=int(delivery.subject)).first()
    user = members.still_there(delivery.recipient, clinic) if clinic else None
    if not (clinic and user and _is_still_so(delivery.kind, clinic)):
        return None
    days = {"day": attestation.due_at(clinic), "end": attestation.requests_end_at(clinic)}
    what = _WHAT[delivery.kind].format(**{name: _words(instant) for name, instant in days.items()})
    link = f"{settings.SITE_URL}/manage/attest/{clinic.pk}/"
    return Mail(user.email, SUBJECTS[delivery.kind], _BODY.format(what=what, link=link))


def _is_still_so(kind: str, clinic: Clinic) -> bool:
    """A mail that could not be sent for days must not say what is no longer true."""
    state = attestation.state_of(clinic, clock.now())
    return state == {DUE: State.DUE, OVERDUE: State.OVERDUE, REQUESTS_OFF: State.REQUESTS_OFF}[kind]


def _words(instant: datetime) -> str:
    return f"{instant:%B} {instant.day}, {instant.year}"
