"""Loads the federal exclusion list, and compares our clinics with it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from directory.comparing import following
from directory.registries import importing, leie
from directory.registries.files import Unreadable


class Command(BaseCommand):
    help = (
        "Loads the OIG's List of Excluded Individuals and Entities: FILE is the full list (UPDATED.csv), which "
        "replaces the one before, or a monthly supplement. Then compares: an excluded NPI ends a listing at once, a "
        "name that is the same becomes work for a person, all others are renewed from the day of the file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--supplement",
            choices=sorted(leie.SUPPLEMENTS),
            help="FILE holds a month's exclusions or reinstatements; guessed from a name as 2607rein.csv",
        )
        importing.add_arguments(parser)

    def handle(self, *args: Any, file: Path, supplement: str | None, **options: Any) -> None:
        """Loads and compares; exit code 1 if the file was held or refused."""
        asked = importing.read_options(options)
        day = asked.date or leie.day_in(file.name)
        if day is None:
            raise CommandError("The file's name has no date. Give it with --date YYYY-MM-DD.")
        part = supplement or leie.supplement_of(file.name)
        try:
            leie.require_younger(part, day)
        except Unreadable as reason:
            raise CommandError(str(reason)) from None
        loaded = importing.run(self, leie.registry(part), file, source_date=day, options=asked)
        importing.require_loaded([loaded])
        following.compare_after(self, "leie", asked)
