"""Loads a state board's list of licenses, and compares those of our clinics with it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from directory.comparing import following
from directory.registries import importing, licenses
from directory.registries.licenses import BadMapping, BoardMapping


class Command(BaseCommand):
    help = (
        "Loads a state board's list of licenses (CSV or XLSX) through a mapping that says where everything stands. "
        "Then compares: a license that the board ended ends at once, one that it limits becomes work for a person, "
        "an active one is renewed from the day of the file. Mappings lie in directory/registries/mappings/."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--board", required=True, metavar="CODE", help="the board's code in the mapping")
        parser.add_argument(
            "--mapping",
            type=Path,
            metavar="TOML",
            help="the mapping; without it the committed one of the board",
        )
        importing.add_arguments(parser)

    def handle(self, *args: Any, file: Path, board: str, mapping: Path | None, **options: Any) -> None:
        """Loads and compares; exit code 1 if the file was held or refused."""
        asked = importing.read_options(options)
        described = _mapping(board, mapping or licenses.FOLDER / f"{board.lower()}.toml")
        day = asked.date or licenses.day_in(file.name)
        if day is None:
            raise CommandError("The file's name has no date. Give it with --date YYYY-MM-DD.")
        loaded = importing.run(self, licenses.registry(described), file, source_date=day, options=asked)
        importing.require_loaded([loaded])
        following.compare_after(self, "license", asked)


def _mapping(board: str, path: Path) -> BoardMapping:
    if not path.is_file():
        raise CommandError(f"There is no mapping for the board {board}. Name its file with --mapping.")
    try:
        found = licenses.read_mapping(path)
    except BadMapping as reason:
        raise CommandError(str(reason)) from None
    if found.board != board:
        raise CommandError(
            f"The mapping is that of the board {found.board}. Give it with --board {found.board}."
        )
    return found
