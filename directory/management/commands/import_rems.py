"""Loads an operator's list of sites certified under the Spravato REMS, and compares our clinics with it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from directory.comparing import following
from directory.registries import importing, licenses, rems


class Command(BaseCommand):
    help = (
        "Loads a list of certified sites that your staff made from the manufacturer's locator or from certificates "
        "(CSV; --template prints an empty one). A site that is on it is renewed from the day it was seen; one that is "
        "missing proves nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", nargs="?")
        parser.add_argument(
            "--template", action="store_true", help="print the columns and an example, and stop"
        )
        importing.add_arguments(parser)

    def handle(self, *args: Any, file: Path | None, template: bool, **options: Any) -> None:
        """Loads and compares; exit code 1 if the file was held or refused."""
        if template:
            self.stdout.write(rems.TEMPLATE, ending="")
            return
        if file is None:
            raise CommandError("Name the FILE, or ask for the --template.")
        asked = importing.read_options(options)
        day = asked.date or licenses.day_in(file.name)
        if day is None:
            raise CommandError("The file's name has no date. Give it with --date YYYY-MM-DD.")
        loaded = importing.run(self, rems.REMS, file, source_date=day, options=asked)
        importing.require_loaded([loaded])
        following.compare_after(self, "rems", asked)
