"""The worker process."""

from typing import Any

from django.core.management.base import BaseCommand

from outbox.worker import Worker


class Command(BaseCommand):
    help = "Deliver messages and run chores until SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        Worker().run()
