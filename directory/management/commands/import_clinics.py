"""Adds clinics from a CSV file as candidates."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from directory.intake import importing as clinic_import
from directory.intake import spreadsheet as clinic_csv
from directory.intake.importing import Plan, UnreadableFile
from directory.models import Clinic
from directory.refusals import NotAllowed
from directory.registries.reports import Report

SHOWN_PROBLEMS = 20


class Command(BaseCommand):
    help = (
        "Adds clinics from a CSV file as candidates, each with a case for the staff; nothing is listed. "
        "One bad row stops the file before anything is written, unless --partial leaves such rows out. "
        "A row that is known already changes nothing, so the same file can be read again. "
        "The columns are in docs/clinics-csv.md; --template prints an empty file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path)
        parser.add_argument("--by", metavar="EMAIL", help="who of the staff adds them")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen; change nothing")
        parser.add_argument("--partial", action="store_true", help="leave bad rows out and take the others")
        parser.add_argument("--template", action="store_true", help="print an empty file and stop")

    def handle(self, *args: Any, file: Path | None, template: bool, **options: Any) -> None:
        """Reads, says what it found, and adds."""
        if template:
            self.stdout.write(clinic_csv.template(), ending="")
            return
        if file is None:
            raise CommandError("Name a CSV file, or use --template.")
        by = self._person(options["by"])
        try:
            plan = clinic_import.plan(self._bytes(file), progress=self._progress("Reading"))
            self._say(plan, file)
            if not options["dry_run"]:
                self._add(plan, by, partial=options["partial"])
        except (UnreadableFile, NotAllowed) as problem:
            raise CommandError(str(problem)) from None

    def _add(self, plan: Plan, by: User | None, *, partial: bool) -> None:
        outcome = clinic_import.carry_out(
            plan, by=by, origin=Clinic.Origin.IMPORT, partial=partial, progress=self._progress("Adding")
        )
        left_out = f", {outcome.left_out:,} left out" if outcome.left_out else ""
        opted_out = f", {outcome.opted_out:,} asked not to be listed" if outcome.opted_out else ""
        self.stdout.write(
            f"{outcome.added:,} candidates added, {outcome.known:,} known already{opted_out}{left_out}."
        )

    def _person(self, email: str | None) -> User | None:
        if not email:
            return None
        person = User.objects.filter(email__iexact=email, is_staff=True, is_active=True).first()
        if person is None:
            raise CommandError("--by: nobody of the staff signs in with that address.")
        return person

    def _bytes(self, file: Path) -> bytes:
        try:
            with file.open("rb") as stream:
                return stream.read(clinic_csv.MOST_BYTES + 1)
        except OSError as error:
            raise CommandError(f"The file cannot be opened: {error.strerror}.") from None

    def _say(self, plan: Plan, file: Path) -> None:
        for note in plan.notes:
            self.stderr.write(note)
        report = self._report(plan, file)
        for problem in plan.problems[:SHOWN_PROBLEMS]:
            column = f", {problem.column}" if problem.column else ""
            self.stderr.write(f"Line {problem.line:,}{column}: {problem.text}")
        if len(plan.problems) > SHOWN_PROBLEMS:
            self.stderr.write(f"... and {len(plan.problems) - SHOWN_PROBLEMS:,} more.")
        asked = len(plan.opted_out)
        opted_out = f"{asked:,} asked not to be listed, " if asked else ""
        self.stdout.write(
            f"{len(plan.new):,} new ({len(plan.doubtful):,} may be a clinic that is known), "
            f"{len(plan.known):,} known already, {opted_out}{plan.bad_lines:,} bad rows."
        )
        if report:
            self.stdout.write(f"Report: {report}")

    def _report(self, plan: Plan, file: Path) -> Path | None:
        """Every problem, and every row that is or may be a clinic that is known."""
        report = Report(f"clinics-{file.stem}")
        for problem in plan.problems:
            report.add(problem.line, problem.column, problem.text)
        for row in plan.known:
            report.add(row.line, "", "known already: nothing was done")
        for row in plan.opted_out:
            report.add(row.line, "", "asked not to be listed: left out")
        for row in plan.doubtful:
            for match in row.like:
                report.add(row.line, "", f"may be {_name_of(match.clinic_id)}: {match.reasons}")
        report.close()
        return report.path if report.lines else None

    def _progress(self, what: str) -> clinic_import.Progress:
        began, shown = monotonic(), [0.0]

        def show(done: int, total: int) -> None:
            if not sys.stderr.isatty() or (monotonic() - shown[0] < 0.2 and done < total):
                return
            shown[0] = monotonic()
            rate = done / max(shown[0] - began, 0.001)
            left = (total - done) / max(rate, 0.001)
            self.stderr.write(
                f"{what}: {done:,} of {total:,} rows, {rate:,.0f} a second, {left:,.0f} s left   ",
                ending="\r" if done < total else "\n",
            )

        return show


def _name_of(clinic_id: int) -> str:
    """Negative numbers stand for lines of the same file."""
    return f"clinic {clinic_id}" if clinic_id > 0 else f"line {-clinic_id} of this file"
