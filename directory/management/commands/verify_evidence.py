"""Compare every file that was kept as evidence with what was received, and raise the alarm for each that differs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from directory.casework import evidence
from directory.models import Evidence


class Command(BaseCommand):
    help = (
        "Check that no file of evidence was changed, removed or exchanged. Exit code 1 if one was. "
        "Run verify_audit as well: it says whether the digests in the trail are the ones that were written."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        problems = 0
        for found, problem in evidence.verify():
            problems += 1
            evidence.alarm(found)
            self.stdout.write(f"- evidence {found.pk}, case {found.case_id}: {problem}")
        for number in evidence.rows_gone():
            problems += 1
            self.stdout.write(f"- evidence {number}: the trail knows it, and the table does not")
        if problems:
            raise CommandError(f"The evidence is not whole: {problems} problem(s).")
        self.stdout.write(f"The evidence is whole: {Evidence.objects.count()} file(s) are what was received.")
