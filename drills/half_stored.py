"""Questions to either database that are answered 0 when every request was stored whole."""

QUESTIONS = (
    """SELECT count(*) FROM referrals_referral AS r
       WHERE 1 != (SELECT count(*) FROM referrals_timelineentry AS t WHERE t.referral_id = r.id)""",
    """SELECT abs((SELECT count(*) FROM referrals_referral)
       - (SELECT count(*) FROM accounts_auditevent WHERE action = 'referral.request'))""",
    """SELECT abs((SELECT count(*) FROM referrals_referral)
       - (SELECT count(DISTINCT subject) FROM outbox_delivery))""",
)
"""Requests without their one first step, without their line in the trail, without a message to the clinic."""
