from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "directory"

    def ready(self) -> None:
        from directory import upkeep  # noqa: PLC0415  (models are ready only now)
        from directory.casework import asking  # noqa: PLC0415  (models are ready only now)
        from directory.claims import mails as claim_mails  # noqa: PLC0415  (models are ready only now)
        from directory.lapses import attest_notices, due_notices  # noqa: PLC0415  (models are ready only now)
        from directory.team import invitations  # noqa: PLC0415  (models are ready only now)

        upkeep.register_chores()
        asking.register()
        claim_mails.register()
        due_notices.register()
        invitations.register()
        attest_notices.register()
