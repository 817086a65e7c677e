"""What this room does when the directory says that a clinic is shown no more, or that nobody is there."""

from collections.abc import Sequence
from typing import Any

from directory.models import Clinic
from referrals import lifecycle


def listing_stopped(*, clinic: Clinic, **_: Any) -> None:
    """Runs inside the transaction that stopped the listing: both happen, or neither."""
    lifecycle.tell_accepted(clinic)
    lifecycle.stop_undelivered(clinic)


def nobody_answers(*, clinics: Sequence[Clinic], **_: Any) -> None:
    """Likewise: nobody can open these requests again, so each of them ends, and the person is told."""
    lifecycle.end_unanswerable(clinics)
