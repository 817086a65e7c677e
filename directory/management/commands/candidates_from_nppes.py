"""Adds organizations of NPPES that may give ketamine care as candidates."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from directory.intake import from_nppes as nppes_candidates
from directory.intake import importing as clinic_import
from directory.models import Clinic, NppesRecord
from directory.states import STATES


class Command(BaseCommand):
    help = (
        "Looks in the imported NPPES for active organizations of a state whose field and name speak of ketamine "
        "care, and adds them as candidates, each with a case for the staff. Nothing is listed. "
        "Run import_nppes first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--state", required=True, help="two letters, like CO")
        parser.add_argument(
            "--taxonomy",
            action="append",
            default=[],
            metavar="CODE",
            help="a NUCC code of ten characters, in place of the usual ones; may be given again",
        )
        parser.add_argument("--limit", type=int, help="add this many at most")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen; change nothing")

    def handle(self, *args: Any, state: str, limit: int | None, dry_run: bool, **options: Any) -> None:
        """Looks, says what it found, and adds."""
        code = state.upper()
        if code not in STATES:
            raise CommandError("--state: enter two letters of a state, like CO.")
        if limit is not None and limit < 1:
            raise CommandError("--limit: enter a number from 1.")
        if not NppesRecord.objects.exists():
            raise CommandError("No NPPES file was imported yet. Run import_nppes first.")
        plan = nppes_candidates.plan(state=code, taxonomies=options["taxonomy"], limit=limit)
        self._say(plan)
        if not dry_run:
            outcome = clinic_import.carry_out(plan, by=None, origin=Clinic.Origin.NPPES, partial=True)
            opted_out = f", {outcome.opted_out:,} asked not to be listed" if outcome.opted_out else ""
            self.stdout.write(
                f"{outcome.added:,} candidates added, {outcome.known:,} known already{opted_out}."
            )

    def _say(self, plan: clinic_import.Plan) -> None:
        asked = len(plan.opted_out)
        opted_out = f"{asked:,} asked not to be listed, " if asked else ""
        self.stdout.write(
            f"{len(plan.new):,} new ({len(plan.doubtful):,} may be a clinic that is known), "
            f"{len(plan.known):,} known already, {opted_out}{plan.bad_lines:,} without what a candidate needs."
        )
