from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "directory"

    def ready(self) -> None:
        from directory import upkeep  # noqa: PLC0415  (models are ready only now)
        from directory.casework import asking  # noqa: PLC0415  (models are ready only now)
        from directory.lapses import due_notices  # noqa: PLC0415  (models are ready only now)

        upkeep.register_chores()
        asking.register()
        due_notices.register()
