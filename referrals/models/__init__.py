from referrals.models.referral import Referral
from referrals.models.timeline import TimelineEntry

__all__ = ["Referral", "TimelineEntry"]
