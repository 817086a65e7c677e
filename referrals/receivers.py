"""What this room does when the directory says that a clinic is shown no more."""

from typing import Any

from directory.models import Clinic
from referrals import lifecycle


def listing_stopped(*, clinic: Clinic, **_: Any) -> None:
    """Runs inside the transaction that stopped the listing: both happen, or neither."""
    lifecycle.stop_undelivered(clinic)
