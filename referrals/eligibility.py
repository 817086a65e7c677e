"""May this clinic receive this request at this instant? Asked with the clinic's row locked.

Whoever suspends a clinic or records that a fact fails changes or locks the same row, so a request
and a lapse come one after the other, by the database's clock.
"""

from datetime import datetime

from directory.models import Clinic
from outbox import clock
from referrals import reading
from referrals.models import Referral


def lock(clinic_id: int) -> Clinic:
    """The clinic's row, held until the caller's transaction ends (SQLite has one writer anyway)."""
    return Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)


def is_shown(clinic: Clinic) -> bool:
    """Is it shown at this instant, as the public sees it?"""
    return Clinic.objects.filter(pk=clinic.pk).shown().exists()


def still_stands(referral: Referral) -> bool:
    """Do the facts still hold on which the request was made? See `stands_at`."""
    return stands_at(referral) is not None


def stands_at(referral: Referral) -> datetime | None:
    """The instant at which the facts were asked and still hold on which the request was made; None if they do not.

    A step that rests on the answer is dated with it: else a lapse could come between the question and the step.
    A pause for new requests is no lapse. Looks into the sealed request for the treatment that was asked for: the
    caller audits its own step.
    """
    clinic = lock(referral.clinic_id)
    at = clock.now()
    modality = reading.modality_of(referral)
    shown = Clinic.objects.filter(pk=clinic.pk).shown(at).claimed()
    return at if (shown.offering(modality, at) if modality else shown).exists() else None
