"""Whose inbox holds which referral."""

from django.db.models import Exists, OuterRef

from accounts.models import User
from directory.models import ListingClaim
from directory.models.team import acting
from referrals.errors import NotYours
from referrals.models import Referral
from referrals.models.referral import ReferralQuerySet


def inbox_of(user: User) -> ReferralQuerySet:
    """Referrals to the clinics for which `user` may act at this instant, made after the clinic was claimed.

    Whoever takes over a clinic sees nothing that was sent to those before. Everything else is absent:
    a page answers a referral that is not in here exactly like one that does not exist.
    """
    here = acting(clinic=OuterRef("clinic"), organization=OuterRef("clinic__organization"))
    claimed_before = ListingClaim.objects.standing().filter(
        clinic=OuterRef("clinic"), decided_at__lte=OuterRef("created_at")
    )
    return Referral.objects.filter(Exists(here.filter(user_id=user.pk)), Exists(claimed_before))


def require(referral: Referral, user: User) -> None:
    """Raises NotYours unless the referral is in the user's inbox now."""
    if not inbox_of(user).filter(pk=referral.pk).exists():
        raise NotYours
