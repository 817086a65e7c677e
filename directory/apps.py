from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "directory"

    def ready(self) -> None:
        from directory import upkeep  # noqa: PLC0415  (models are ready only now)

        upkeep.register_chores()
