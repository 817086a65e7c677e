from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "referrals"

    def ready(self) -> None:
        """Join this room to the outbox, its chores, and the directory's signals."""
        from directory.signals import listing_stopped, nobody_answers  # noqa: PLC0415  (models are ready only now)
        from outbox import chores  # noqa: PLC0415
        from referrals import notices, receivers, retention  # noqa: PLC0415

        notices.register()
        listing_stopped.connect(receivers.listing_stopped, dispatch_uid="referrals")
        nobody_answers.connect(receivers.nobody_answers, dispatch_uid="referrals")
        chores.register("referrals: destroy old personal data", 3600, retention.destroy_due)
