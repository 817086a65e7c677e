"""What a claim that came to nothing need not keep."""

from datetime import timedelta
from typing import Final

from django.db.models import Q

from directory.models import ListingClaim
from outbox import clock

KEPT_FOR: Final = timedelta(days=90)


def forget_old() -> int:
    """The worker's chore: 90 days after a refusal or a withdrawal, forget position and address. How many claims."""
    over = (ListingClaim.Status.REFUSED, ListingClaim.Status.WITHDRAWN)
    old = ListingClaim.objects.filter(status__in=over, decided_at__lt=clock.now() - KEPT_FOR)
    return old.exclude(Q(position="", address="")).update(position="", address="")
