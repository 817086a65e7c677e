from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import (  # noqa: PLC0415  (models are loaded only now)
            addresses,
            audit,
            email_changes,
            ended_sessions,
            sign_in_mails,
            sign_ins,
        )
        from outbox import chores, handlers  # noqa: PLC0415

        handlers.register(sign_in_mails.KIND, sign_in_mails.compose)
        handlers.register(email_changes.KIND, email_changes.compose)
        chores.register("forget changes of addresses", 3600, email_changes.forget)
        chores.register("anchor the audit trail", 60, audit.anchor)
        chores.register("forget ended sessions", 3600, ended_sessions.forget)
        chores.register("forget ended sign-ins", 3600, sign_ins.forget)
        chores.register("forget accounts that nobody proved", 3600, addresses.forget_unproved)
        _listen()


def _listen() -> None:
    """What follows from a sign-in, wherever it happened."""
    from allauth.account import signals  # noqa: PLC0415
    from allauth.mfa.signals import authenticator_added, authenticator_removed  # noqa: PLC0415
    from allauth.usersessions.models import UserSession  # noqa: PLC0415
    from django.contrib.auth.signals import user_logged_in  # noqa: PLC0415
    from django.db.models.signals import pre_save  # noqa: PLC0415

    from accounts import factor_set_up, idle, known_devices, new_passwords, sign_ins  # noqa: PLC0415

    user_logged_in.connect(idle.begin)
    signals.user_logged_in.connect(known_devices.remember_by_signal)
    signals.password_reset.connect(known_devices.remember_by_signal)
    signals.password_reset.connect(new_passwords.after_reset)
    authenticator_added.connect(factor_set_up.note_new)
    authenticator_removed.connect(factor_set_up.note_removal)
    pre_save.connect(sign_ins.keep_little, sender=UserSession)
