"""Publishes the operator's terms for receiving requests."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from directory import terms

MOST_BYTES: Final = 4 * terms.LONGEST


class Command(BaseCommand):
    help = (
        "Publishes the terms that a clinic agrees to before it takes requests: a text of the operator, in UTF-8, "
        "with an empty line between paragraphs. Each version is kept and shown at /about/terms/. "
        "A version that was published is never changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--version", required=True, help="a short name, like 2027-01", dest="terms_version"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen; change nothing")

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Django's own --version, which prints its number, stands in the way of ours."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def handle(self, *args: Any, file: Path, terms_version: str, dry_run: bool, **options: Any) -> None:
        """Reads, looks, and publishes."""
        text = self._text(file)
        try:
            found = terms.look(version=terms_version, text=text)
            what = "was published before, with this text" if found.pk else "would be published"
            if not found.pk and not dry_run:
                terms.publish(version=terms_version, text=text)
                what = "is published"
        except terms.NotPublishable as problem:
            raise CommandError(str(problem)) from None
        paragraphs = sum(bool(part.strip()) for part in found.text.split("\n\n"))
        self.stdout.write(
            f"Version {terms_version} {what}: {len(found.text):,} characters, {paragraphs} paragraphs."
        )

    def _text(self, file: Path) -> str:
        try:
            with file.open("rb") as stream:
                data = stream.read(MOST_BYTES + 1)
        except OSError as error:
            raise CommandError(f"The file cannot be opened: {error.strerror}.") from None
        if len(data) > MOST_BYTES:
            raise CommandError("The file is too large for a text that people read.")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise CommandError("The file is not UTF-8. Save it as plain text in UTF-8.") from None
