from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "directory"

    def ready(self) -> None:
        from directory import asking, due_notices, upkeep  # noqa: PLC0415  (models are ready only now)

        upkeep.register_chores()
        asking.register()
        due_notices.register()
