"""`manage.py load_examples`: fictional clinics to try the site with. Refused off loopback."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from directory import examples
from directory.examples import index_only, loading
from directory.models import Clinic
from outbox import clock
from referrals import examples as example_requests


def _date(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Command(BaseCommand):
    help = (
        "Load plainly fictional clinics, people and requests, so that a new site can be tried. "
        "The same --clinics, --seed and --as-of give the same directory. Refused off loopback."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--clinics", type=int, default=320, help="how many clinics (default 320, at least 60)"
        )
        parser.add_argument(
            "--seed", type=int, default=1, help="another seed gives another directory (default 1)"
        )
        parser.add_argument(
            "--as-of",
            type=_date,
            metavar="DATE",
            help="the day the facts are dated from, YYYY-MM-DD (default: now)",
        )
        parser.add_argument(
            "--index-only",
            action="store_true",
            help="only fill the search index up to --clinics rows, for benchmarks; needs the examples loaded first",
        )

    def handle(self, **options: Any) -> None:
        if not settings.LOOPBACK:
            raise CommandError("Example data are for this machine alone: HOST is not a loopback address.")
        load = self._fill_index if options["index_only"] else self._load
        try:
            load(options)
        except LookupError as missing:  # the gazetteer, or the examples that an index is copied from
            raise CommandError(str(missing)) from missing

    def _load(self, options: dict[str, Any]) -> None:
        if options["clinics"] < 60:
            raise CommandError(
                "--clinics must be at least 60: one for every state and territory, and some over."
            )
        if Clinic.objects.exists():
            raise CommandError(
                "There are clinics in this database already. Examples are only loaded into an empty one."
            )
        as_of = options["as_of"] or clock.now()
        count = loading.load(clinics=options["clinics"], seed=options["seed"], as_of=as_of, say=self._say)
        requests = example_requests.load(say=self._say) if options["as_of"] is None else 0
        self.stdout.write(
            self.style.SUCCESS(f"{count} example clinics and {requests} example requests are loaded.")
        )
        for who in examples.SIGN_INS:
            self.stdout.write(f"  {who.email}  {who.password}  ({who.what})")

    def _fill_index(self, options: dict[str, Any]) -> None:
        added = index_only.fill(rows=options["clinics"], seed=options["seed"], say=self._say)
        self.stdout.write(self.style.SUCCESS(f"{added} rows were added to the search index."))

    def _say(self, text: str) -> None:
        self.stdout.write(f"  {text}")
        self.stdout.flush()
