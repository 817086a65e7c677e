"""What every import command asks for, does and says: import_nppes and its neighbours differ in their registry alone."""

from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from directory.models import RegistryFile
from directory.refusals import Refused
from directory.registries import loading, progress
from directory.registries.shape import Registry

State = RegistryFile.State


@dataclass(frozen=True)
class Options:
    """What the caller of a command wants. `date` is the source's; `confirm_by` lets a held file through."""

    date: date | None
    dry_run: bool
    confirm_by: User | None
    again: bool
    quiet: bool


def add_arguments(parser: ArgumentParser) -> None:
    """The options that all imports share."""
    parser.add_argument(
        "--date",
        type=_day,
        metavar="YYYY-MM-DD",
        help="the day the registry put on FILE, if its name has none",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="read and compare, say what would change, write nothing"
    )
    parser.add_argument(
        "--confirm",
        default="",
        metavar="EMAIL",
        help="load FILE though it was held: a verifier who has seen why",
    )
    parser.add_argument(
        "--again", action="store_true", help="compare again, even if this very file was loaded last"
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("a day is written YYYY-MM-DD") from None


def read_options(options: dict[str, Any]) -> Options:
    """The shared options of a command; raises CommandError for somebody who may not confirm."""
    email = options["confirm"]
    person = (
        User.objects.filter(email__iexact=email, is_active=True, is_verifier=True).first() if email else None
    )
    if email and person is None:
        raise CommandError("--confirm needs the e-mail address of a verifier.")
    quiet = options["verbosity"] == 0
    return Options(options["date"], options["dry_run"], person, options["again"], quiet)


def run(
    command: BaseCommand,
    registry: Registry,
    path: Path,
    *,
    source_date: date,
    options: Options,
    member: str = "",
) -> RegistryFile:
    """Load one file and say what became of it, in one line and a line for each stop."""
    shown = progress.SILENT if options.quiet else progress.on_stderr(f"{registry.name}: ")
    try:
        file = loading.load(
            registry,
            path,
            source_date=source_date,
            member=member,
            dry_run=options.dry_run,
            confirm_by=options.confirm_by,
            again=options.again,
            progress=shown,
        )
    except Refused as reason:
        raise CommandError(str(reason)) from None
    shown.end()
    for line in sentences(file, dry_run=options.dry_run):
        command.stdout.write(line)
    return file


def require_loaded(files: list[RegistryFile]) -> None:
    """Raises CommandError, for an exit code other than 0, if one of the files was held or refused."""
    wrong = [file.registry for file in files if file.state in {State.HELD, State.REFUSED}]
    if wrong:
        raise CommandError(f"Nothing was changed by: {', '.join(wrong)}.")


def sentences(file: RegistryFile, *, dry_run: bool = False) -> list[str]:
    """What became of a file, for a person."""
    would = "would be " if dry_run else ""
    head = f"{file.registry} of {file.source_date}: {would}{file.get_state_display().lower()}"
    counts = f"{file.rows:,} rows: {file.added:,} new, {file.changed:,} changed, {file.removed:,} gone"
    lines = [f"{head}. {counts}." if file.state == State.LOADED else f"{head}."]
    lines += [f"  {stop}" for stop in file.stops]
    if file.bad_rows:
        lines.append(f"  {file.bad_rows:,} bad rows are left out; see {file.report} in the data folder.")
    if file.state == State.HELD:
        lines.append(
            "  If that is right, run the command again with --confirm and a verifier's e-mail address."
        )
    return lines
