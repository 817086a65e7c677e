"""Loads directory/data/gazetteer.csv.gz into the Place table."""

from argparse import ArgumentParser
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand

from directory.gazetteer import loading


class Command(BaseCommand):
    help = "Loads the gazetteer (ZIP codes and towns). Does nothing if this version is loaded already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="load it again even so")

    def handle(self, *args: Any, force: bool, **options: Any) -> None:
        """Loads, unless it is loaded."""
        if loading.is_loaded() and not force:
            self.stdout.write("Gazetteer: up to date.")
            return
        start = perf_counter()
        count = loading.load(progress=self._progress if options["verbosity"] else lambda count: None)
        self.stdout.write(f"Gazetteer: {count:,} rows in {perf_counter() - start:.1f} s.")

    def _progress(self, count: int) -> None:
        self.stderr.write(f"Gazetteer: {count:,} rows ...", ending="\r" if self.stderr.isatty() else "\n")
