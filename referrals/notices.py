"""The mails: a link, and nothing about whom or what. Composed at the moment of sending, never stored.

A subject or a preview is read on locked screens and shared phones, so neither they nor the body nor a
header holds a clinic, a drug, a condition or a name. The address is read from the sealed referral.
"""

import uuid

from django.conf import settings

from accounts import audit
from directory import members
from outbox import handlers
from outbox.handlers import Mail
from outbox.models import Delivery
from referrals import eligibility, lifecycle, reading, telling
from referrals.models import Referral
from referrals.vocabulary import AGREED, Status

_FOOT = "This address is not read by anybody. In an emergency call 911. In crisis? Call or text 988.\n"
_TO_PATIENT = (
    "There is an update to a request you made.\n\n"
    "Open your private page:\n{link}\n\n"
    "If you did not expect this, ignore it.\n\n" + _FOOT
)
_TO_CLINIC = "{what}\n\nSign in to read it:\n{link}\n\n" + _FOOT
NEW_REQUEST_SUBJECT = "1 new request"
UPDATE_SUBJECT = "There is an update"


def register() -> None:
    """Tell the outbox how these are composed; called once, when the site starts."""
    handlers.register(telling.NEW_REQUEST, new_request)
    handlers.register(telling.CLINIC_UPDATE, clinic_update)
    handlers.register(telling.PATIENT_UPDATE, patient_update)
    handlers.register(telling.PATIENT_LISTING_STOPPED, patient_listing_stopped)


def new_request(delivery: Delivery) -> Mail | None:
    """ "1 new request", unless it was opened or taken back. If the clinic lapsed, the request is stopped."""
    referral = _referral(delivery)
    if referral is None or referral.status != Status.REQUESTED:
        return None
    if not eligibility.still_stands(referral):
        lifecycle.stop(referral=referral)
        return None
    mail = _to_member(delivery, referral, NEW_REQUEST_SUBJECT, "1 new request.")
    reading.note(referral, audit.SYSTEM, "eligibility at delivery")
    return mail


def clinic_update(delivery: Delivery) -> Mail | None:
    """The patient answered, or took the request back."""
    referral = _referral(delivery)
    if referral is None:
        return None
    return _to_member(delivery, referral, UPDATE_SUBJECT, "There is an update to a request.")


def patient_update(delivery: Delivery) -> Mail | None:
    """The clinic took a step, or we did. Carries the private link."""
    referral = _referral(delivery)
    if referral is None or not referral.may_mail_patient or referral.sealed is None:
        return None
    mail = reading.patient_mail(referral=referral, purpose="delivery")
    link = f"{settings.SITE_URL}/r/{mail.token}/"
    return Mail(to=mail.address, subject=UPDATE_SUBJECT, body=_TO_PATIENT.format(link=link))


def patient_listing_stopped(delivery: Delivery) -> Mail | None:
    """The clinic that agreed to see the person is shown no more: the page says so, and whom else to ask.

    The same mail as any update: it names no clinic and no cause. Nothing to say once the clinic is back.
    """
    referral = _referral(delivery)
    if referral is None or referral.status not in AGREED or eligibility.is_shown(referral.clinic):
        return None
    return patient_update(delivery)


def _referral(delivery: Delivery) -> Referral | None:
    """What it is about, as it stands now. A step taken while the mail is written has a notice of its own."""
    return Referral.objects.filter(pk=uuid.UUID(delivery.subject)).first()


def _to_member(delivery: Delivery, referral: Referral, subject: str, what: str) -> Mail | None:
    """To somebody who acts for the clinic still; a member who left since hears nothing."""
    user = members.still_there(delivery.recipient, referral.clinic)
    if user is None:
        return None
    return Mail(user.email, subject, _TO_CLINIC.format(what=what, link=f"{settings.SITE_URL}/manage/"))
