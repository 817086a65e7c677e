"""Look the audit trail over and say what contradicts it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import audit
from accounts.models import AuditEvent


class Command(BaseCommand):
    help = (
        "Check that no link of the audit trail was changed, removed, added or moved. Exit code 1 if one was."
    )
    requires_system_checks: list[str] = []  # it must run on a site that is unwell

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchor",
            type=Path,
            metavar="FILE",
            help="a copy of the anchor file that was kept on another machine",
        )

    def handle(self, *args: Any, anchor: Path | None, **options: Any) -> None:
        if anchor and not anchor.is_file():
            raise CommandError("There is no such anchor file.", returncode=2)
        problems = audit.verify(anchor)
        for problem in problems:
            self.stdout.write(f"- {problem}")
        if problems:
            raise CommandError(f"The audit trail is not whole: {len(problems)} problem(s).")
        links = AuditEvent.objects.count()
        self.stdout.write(f"The audit trail is whole: {links} link(s), the head and the anchors agree.")
        if not (anchor or audit.anchor_file()).exists():
            self.stdout.write("There is no anchor yet; the worker writes one each minute.")
