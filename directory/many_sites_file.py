"""All sites of an organization as a table: written for its managers, read back, compared, and then carried out.

    data = many_sites_file.written(organization=organization, by=user)
    plan = many_sites_file.plan(data, organization=organization, by=user)     # changes nothing
    many_sites_file.carry_out(data, organization=organization, by=user, seen=plan.fingerprint)

One bad row stops the whole file. What a clinic says of itself changes at once; what was checked of a published one
waits for a person, as when it is edited by hand.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from accounts.models import Organization, User
from directory import editing, keeping, many_sites
from directory.intake import csv_file
from directory.intake.csv_file import Problem, UnreadableFile
from directory.many_sites import Difference
from directory.many_sites_cells import (
    BY_FIELD,
    BY_NAME,
    COLUMNS,
    SITE,
    Column,
    as_meant,
    cell_of,
    is_as_written,
)
from directory.models import Clinic, ListingClaim, Place

__all__ = ["Difference", "Problem", "UnreadableFile"]

MOST_BYTES: Final = 5 * 2**20
MOST_ROWS: Final = 2_000
EXAMPLE_SITE: Final = "example (this row is left out)"
_EXAMPLE: Final = {
    SITE: EXAMPLE_SITE,
    "name": "Example Clinic",
    "address": "12 Example Street",
    "address_2": "Suite 4",
    "city": "Denver",
    "state": "CO",
    "zip": "80202",
    "phone": "303-555-0142",
    "website": "https://clinic.example/",
    "accepting_new_patients": "yes",
    "insurance": "commercial | self-pay",
    "languages": "en | es",
    "age_groups": "adult | older-adult",
    "access": "step-free | evening",
    "first_visit": "You talk with a clinician for an hour.",
    "cost": "Ask us before the first visit.",
    "price_low": "300",
    "price_high": "600",
    "hours": "By appointment.",
    "opening_hours": "mon 09:00-12:00 13:00-17:00; tue 09:00-17:00",
}


@dataclass
class Plan:
    """What a file would do now. `differences` in the order of the file's rows; `problems` name a line and a column."""

    notes: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    rows: int = 0

    @property
    def fingerprint(self) -> str:
        """So that a yes is to what was shown."""
        return many_sites.fingerprint(self.differences)

    @property
    def sites(self) -> list[tuple[Clinic, list[Difference]]]:
        """The differences of each site that has some."""
        found: dict[int, tuple[Clinic, list[Difference]]] = {}
        for each in self.differences:
            found.setdefault(each.clinic.pk, (each.clinic, []))[1].append(each)
        return list(found.values())


def waits(difference: Difference) -> bool:
    """A person looks at it first: it was checked, and the clinic was published."""
    published = difference.clinic.status != Clinic.Status.CANDIDATE
    return published and BY_FIELD[difference.name].waits


# --- writing -----------------------------------------------------------------------------------


def columns() -> list[str]:
    """The first line of the file."""
    return [SITE, *BY_NAME]


def written(*, organization: Organization, by: User) -> bytes:
    """The sites that `by` manages, as CSV in UTF-8 with the mark that spreadsheets want. No closed ones."""
    sites = many_sites.managed_by(by, organization).exclude(status=Clinic.Status.CLOSED)
    return _table(_row_of(clinic) for clinic in sites.order_by("name", "pk"))


def template() -> bytes:
    """A file with every column, and one row that shows them."""
    return _table([[_EXAMPLE.get(name, "") for name in columns()]])


@transaction.atomic
def export(*, organization: Organization, by: User) -> bytes:
    """`written`, and on record."""
    data = written(organization=organization, by=by)
    audit.record(
        actor=audit.actor_of(by),
        action="organization.exported",
        object_type="organization",
        object_id=str(organization.pk),
    )
    return data


def _row_of(clinic: Clinic) -> list[str]:
    return [clinic.slug, *(cell_of(clinic, column) for column in COLUMNS)]


def _table(rows: Iterable[list[str]]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerow(columns())
    writer.writerows(rows)
    return stream.getvalue().encode("utf-8-sig")


# --- reading -----------------------------------------------------------------------------------


def plan(data: bytes, *, organization: Organization, by: User) -> Plan:
    """What the file would do to the sites that `by` manages. Changes nothing. Raises UnreadableFile."""
    return _plan(data, list(many_sites.managed_by(by, organization).order_by("pk")))


def _plan(data: bytes, sites: Iterable[Clinic]) -> Plan:
    text, notes = csv_file.text_of(data, most_bytes=MOST_BYTES)
    lines = csv_file.lines_of(text, csv_file.delimiter_of(text, lambda cell: _named(cell) in columns()))
    _, header = next(lines, (1, []))
    made = Plan(notes=notes)
    reader = _Reader({clinic.slug: clinic for clinic in sites}, _header(header), made)
    for line, cells in lines:
        reader.read(line, cells)
        made.rows += 1
        if made.rows > MOST_ROWS:
            raise UnreadableFile(f"The file has more than {MOST_ROWS:,} rows. Cut it into several.")
    if not made.rows:
        raise UnreadableFile("The file has a header and no rows.")
    _look_across(made, reader.lines)
    made.problems.sort(key=lambda problem: problem.line)
    return made


def _named(cell: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", cell.removeprefix("\ufeff").strip().casefold()).strip("_")


def _header(header: list[str]) -> list[str]:
    """The name of each column; raises UnreadableFile for one that is not known, by its name."""
    while header and not header[-1].strip():
        header = header[:-1]
    names = [_named(cell) for cell in header]
    if SITE not in names:
        raise UnreadableFile(f"The first line must name the column {SITE}. Download the file and change it.")
    for number, name in enumerate(names, 1):
        if name not in columns():
            raise UnreadableFile(_unknown_column(number, name))
        if name in names[: number - 1]:
            raise UnreadableFile(f"Two columns are named {name}. Keep one.")
    return names


def _unknown_column(number: int, name: str) -> str:
    near = get_close_matches(name, columns(), n=1)
    hint = f"Is it {near[0]}?" if near else "Take it out."
    shown = f" ({name[:40]})" if name else ""
    return f"Column {number} of the first line{shown} is not known. {hint}"


class _Reader:
    """Adds what the lines say to a plan."""

    def __init__(self, sites: Mapping[str, Clinic], header: list[str], made: Plan) -> None:
        self.sites, self.header, self.plan = sites, header, made
        claimed = ListingClaim.objects.standing().filter(clinic__in=list(sites.values()))
        self.claimed = set(claimed.values_list("clinic", flat=True))
        self.lines: dict[int, int] = {}
        """The line of each site, by its key."""

    def read(self, line: int, cells: list[str]) -> None:
        """The differences of one line, or its problems."""
        if problem := csv_file.wrong_length(line, cells, self.header):
            self.plan.problems.append(problem)
            return
        row = dict(zip(self.header, cells, strict=False))
        slug = row.pop(SITE).strip()
        if slug == EXAMPLE_SITE:
            return
        clinic = self._site(line, slug)
        if clinic is None:
            return
        self.lines[clinic.pk] = line
        changed = {name: cell for name, cell in row.items() if self._is_changed(clinic, name, cell)}
        if changed and (words := self._closed_to_edits(clinic)):
            self.plan.problems.append(Problem(line, "", words))
            return
        values = dict(self._values(line, changed))
        self.plan.differences += many_sites.differences([clinic], values)

    def _site(self, line: int, slug: str) -> Clinic | None:
        clinic = self.sites.get(slug)
        words = ""
        if clinic is None:
            words = "You manage no site of this name here"
        elif clinic.pk in self.lines:
            words = f"Line {self.lines[clinic.pk]} is about this site already"
        if words:
            self.plan.problems.append(Problem(line, SITE, words))
            return None
        return clinic

    def _closed_to_edits(self, clinic: Clinic) -> str:
        if clinic.status == Clinic.Status.CLOSED:
            return "This site is closed: nothing of it can be changed"
        if clinic.pk not in self.claimed:
            return "Nobody's claim to this site was approved yet: claim it first"
        return ""

    def _is_changed(self, clinic: Clinic, name: str, cell: str) -> bool:
        return not is_as_written(cell, cell_of(clinic, BY_NAME[name]))

    def _values(self, line: int, changed: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
        for name, cell in changed.items():
            column = BY_NAME[name]
            try:
                yield column.field, _read(column, cell)
            except ValidationError as wrong:
                self.plan.problems.append(Problem(line, name, " ".join(wrong.messages)))


def _read(column: Column, cell: str) -> Any:
    """ValidationError for a value that does not fit."""
    return column.read(as_meant(cell.replace("\r\n", "\n").strip()))


def _look_across(made: Plan, lines: Mapping[int, int]) -> None:
    """What no cell shows alone: too many sites, two prices in the wrong order, a ZIP code that is on no map."""
    if rest := made.sites[many_sites.MOST_AT_ONCE :]:
        words = (
            f"A file changes at most {many_sites.MOST_AT_ONCE} sites at once. Send the rest in another one"
        )
        made.problems.append(Problem(lines[rest[0][0].pk], "", words))
    for clinic in many_sites.with_prices_reversed(made.differences):
        words = "The highest price is below the lowest"
        made.problems.append(Problem(lines[clinic.pk], "price_high", words))
    moved = [each for each in made.differences if each.name == "zip"]
    wanted = {each.after for each in moved}
    places = Place.objects.filter(kind=Place.Kind.ZIP, key__in=wanted, latitude__isnull=False)
    known = set(places.values_list("key", flat=True)) if wanted else set()
    made.problems += [
        Problem(lines[each.clinic.pk], "zip", "We do not know this ZIP code. Check it")
        for each in moved
        if each.after not in known
    ]


# --- carrying out ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """How many sites have new values now, and at how many something waits for a person. A site may be among both."""

    changed: int
    waiting: int


@transaction.atomic
def carry_out(data: bytes, *, organization: Organization, by: User, seen: str) -> Outcome:
    """Do what the file says: all of it, or nothing. `seen`: the fingerprint of the plan that `by` was shown.

    Raises UnreadableFile where it cannot be read or a row is bad, WrongState(CHANGED_MEANWHILE) where a site is not
    as it was shown, NotAllowed, and Incomplete and ValidationError as `keeping.save`.
    """
    made = _plan(data, many_sites.locked_managed(organization, by))
    if made.problems:
        raise UnreadableFile("The file has bad rows, so nothing was changed.")
    many_sites.require_seen(made.differences, seen)
    changed, waiting = set(), set()
    for clinic, differences in made.sites:
        for values in _by_kind(differences):
            saved = keeping.save(clinic=clinic, by=by, values=values, seen=keeping.versions(clinic, values))
            changed |= {clinic.pk} if saved.written else set()
            waiting |= {clinic.pk} if saved.waiting else set()
    return Outcome(len(changed), len(waiting))


def _by_kind(differences: Iterable[Difference]) -> list[dict[str, Any]]:
    """What the clinic says and what was checked of it are saved apart."""
    values = {each.name: each.after for each in differences}
    said = {name: value for name, value in values.items() if name in editing.SAID}
    checked = {name: value for name, value in values.items() if name not in editing.SAID}
    return [part for part in (said, checked) if part]
