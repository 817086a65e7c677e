"""Whom a step must reach. Only ids are written here; what is said is composed when it is sent."""

from collections.abc import Iterable

from directory import members
from outbox import clock, deliveries
from outbox.models import Delivery
from referrals.models import Referral, TimelineEntry

NEW_REQUEST = "clinic-new-request"
CLINIC_UPDATE = "clinic-update"
PATIENT_UPDATE = "patient-update"
PATIENT_LISTING_STOPPED = "patient-listing-stopped"
PATIENT = "patient"


def tell_clinic_of_request(referral: Referral) -> None:
    """One message to each person who can be reached at the clinic's organization."""
    _enqueue(NEW_REQUEST, referral, members.recipients_of(referral.clinic), NEW_REQUEST)


def tell_clinic(referral: Referral, step: TimelineEntry) -> None:
    """The patient did something after the clinic had opened the request."""
    _enqueue(
        CLINIC_UPDATE, referral, members.recipients_of(referral.clinic), f"{CLINIC_UPDATE}:{step.number}"
    )


def tell_patient(referral: Referral, step: TimelineEntry) -> None:
    """Somebody else did something; nothing is sent to a person who left only a phone number."""
    if referral.may_mail_patient:
        _enqueue(PATIENT_UPDATE, referral, [PATIENT], f"{PATIENT_UPDATE}:{step.number}")


def tell_accepted_of_stop(referral: Referral) -> None:
    """The clinic agreed to see the person, and is shown no more. Once a day at most, should it come and go."""
    if referral.may_mail_patient:
        occasion = f"{PATIENT_LISTING_STOPPED}:{clock.now().date().isoformat()}"
        _enqueue(PATIENT_LISTING_STOPPED, referral, [PATIENT], occasion)


def recall_request(referral: Referral) -> None:
    """The request fell away before everybody at the clinic was told of it."""
    deliveries.stop(kind=NEW_REQUEST, subject=str(referral.pk))


def was_told(referral: Referral) -> bool:
    """Has anybody at the clinic been sent "1 new request"?"""
    told = Delivery.objects.filter(kind=NEW_REQUEST, subject=str(referral.pk))
    return told.filter(state=Delivery.State.DELIVERED).exists()


def _enqueue(kind: str, referral: Referral, recipients: Iterable[str], occasion: str) -> None:
    deliveries.enqueue_each(
        kind=kind,
        subject=str(referral.pk),
        dedupe_keys={recipient: f"{occasion}:{referral.pk}:{recipient}" for recipient in recipients},
    )
