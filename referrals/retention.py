"""Personal data are destroyed some time after a request is closed; what happened and when remains.

The referral's own key goes with them, so a copy of the sealed part elsewhere does not open either
once that copy's key is gone (docs/privacy.md says when).
"""

import uuid
from datetime import timedelta

from django.db import transaction

from accounts import audit
from outbox import clock, write_ahead_log
from referrals.consent import kept_days
from referrals.models import Referral


def destroy_due(limit: int = 200) -> int:
    """Destroy what is due, at most `limit` referrals at a time, oldest first; how many were destroyed."""
    before = clock.now() - timedelta(days=kept_days())
    due = Referral.objects.filter(sealed__isnull=False, closed_at__lte=before).order_by("closed_at")
    destroyed = sum(destroy(pk) for pk in list(due.values_list("pk", flat=True)[:limit]))
    if destroyed:
        write_ahead_log.empty()
    return destroyed


@transaction.atomic
def destroy(pk: uuid.UUID) -> bool:
    """Destroy the personal data of one closed referral; False when another worker was first."""
    row = Referral.objects.filter(pk=pk, sealed__isnull=False, closed_at__isnull=False)
    referral = row.select_for_update(no_key=True).first()
    if referral is None:
        return False
    row.update(sealed=None, wrapped_key=None)
    referral.timeline.update(sealed=None)
    audit.record(actor=audit.SYSTEM, action="referral.destroy", object_type="referral", object_id=str(pk))
    return True
