"""Looks what is due, once and now; the worker does the same every hour."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from directory.lapses import recheck
from directory.lapses.recheck import Done


class Command(BaseCommand):
    help = "Opens cases for facts that are due, mails clinics ahead, sweeps what lapsed. Stops before a mass lapse."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be done, and change nothing"
        )

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Runs, and says what came of it."""
        for sentence in recheck.warnings():
            self.stderr.write(f"Warning: {sentence}")
        for line in _lines(recheck.run(dry_run=dry_run), "would be " if dry_run else ""):
            self.stdout.write(line)


def _lines(done: Done, would: str) -> list[str]:
    kept = (
        "They are kept until a person decides at /staff/."
        if done.held
        else "That is no mass: the rules hold."
    )
    return [
        f"Cases {would}opened: {done.opened}",
        f"Cases {would}closed, because the fact was renewed: {done.closed}",
        f"Listings whose people {would or 'are '}told ahead: {done.told}",
        f"Listings that leave search within a day because checks grew old: {done.leaving}. {kept}",
        f"Listings {would}brought up to date: {done.swept}",
    ]
