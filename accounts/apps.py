from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import audit, ended_sessions, sign_in_mails  # noqa: PLC0415  (models are loaded only now)
        from outbox import chores, handlers  # noqa: PLC0415

        handlers.register(sign_in_mails.KIND, sign_in_mails.compose)
        chores.register("anchor the audit trail", 60, audit.anchor)
        chores.register("forget ended sessions", 3600, ended_sessions.forget)
