"""Loads files of NPPES into the tables that checks and candidates are compared with."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from directory.comparing import following
from directory.registries import importing, nppes
from directory.registries.files import Unreadable


class Command(BaseCommand):
    help = (
        "Loads NPPES: FILE is the monthly or weekly ZIP archive as downloaded, or one of the files in it, the "
        "deactivation report (ZIP or XLSX), or an answer of the NPI registry's API. Providers that matter here are "
        "kept, and those already known. Only what differs is written; the same command again goes on after a stop."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--kind", choices=list(nppes.KINDS), help="what FILE is, if its name does not say it as CMS does"
        )
        parser.add_argument(
            "--weekly", action="store_true", help="FILE holds changes only; guessed from its name"
        )
        parser.add_argument(
            "--everything", action="store_true", help="keep every provider in it (about 9 million)"
        )
        importing.add_arguments(parser)

    def handle(self, *args: Any, file: Path, kind: str | None, weekly: bool, **options: Any) -> None:
        """Loads each part; exit code 1 if one was held or refused."""
        try:
            found = {kind: ""} if kind else nppes.parts(file)
        except Unreadable as reason:
            raise CommandError(str(reason)) from None
        asked = importing.read_options(options)
        loaded = []
        for part, member in found.items():
            name = f"{file.name} {member}"
            asks = nppes.registry_of(
                part,
                weekly=weekly or nppes.is_weekly(name) or _is_answer(file),
                everything=options["everything"],
            )
            day = self._date(asked, name)
            loaded.append(importing.run(self, asks, file, member=member, source_date=day, options=asked))
        importing.require_loaded(loaded)
        following.compare_after(self, "nppes", asked)

    def _date(self, asked: importing.Options, name: str) -> date:
        day = asked.date or nppes.source_date(name)
        if day is None:
            raise CommandError("The file's name has no date. Give it with --date YYYY-MM-DD.")
        return day


def _is_answer(file: Path) -> bool:
    return file.suffix == ".json"
