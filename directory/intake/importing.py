"""A file of clinics becomes candidates: first a plan that changes nothing, then the rows, a few at a time.

Looking and writing are apart, so that a person sees what would happen. By default one bad row stops the whole file
before anything is written: half a file that nobody noticed is worse than a file to mend. Rows are then written in
batches of their own, because one long transaction would keep every other writer waiting; a run that is cut off is
simply run again, for what is already known is not added twice.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from django.db import transaction

from accounts.models import User
from directory import opt_outs
from directory.intake import candidates, duplicates
from directory.intake import spreadsheet as clinic_csv
from directory.intake.candidate import Candidate
from directory.intake.form import CandidateForm
from directory.intake.spreadsheet import Problem, UnreadableFile
from directory.models import Clinic

__all__ = ["Outcome", "Plan", "Planned", "Problem", "UnreadableFile", "carry_out", "plan", "plan_rows"]

BATCH = 200
"""Rows in one transaction: a second or two."""

ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"
"""Around a name in a sentence: letters that turn the reading order round must not turn the rest of it."""

Progress = Callable[[int, int], None]
"""Called with how many of how many rows are done."""


@dataclass(frozen=True)
class Planned:
    """A row that can be taken. `known` is the clinic it is exactly; `like` says which it may be, and why.

    One with `opted_out` asked not to be listed, and is left out.
    """

    line: int
    values: Candidate
    known: int | None = None
    like: tuple[duplicates.Match, ...] = ()
    opted_out: bool = False


@dataclass
class Plan:
    """What a file would do. Lines of other rows of the file stand for clinics as negative numbers."""

    sha256: str = ""
    notes: list[str] = field(default_factory=list)
    rows: list[Planned] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def new(self) -> list[Planned]:
        """Rows that would become candidates."""
        return [row for row in self.rows if row.known is None and not row.opted_out]

    @property
    def known(self) -> list[Planned]:
        """Rows about clinics that we have: nothing is done about them."""
        return [row for row in self.rows if row.known is not None and not row.opted_out]

    @property
    def opted_out(self) -> list[Planned]:
        """Rows about clinics that asked not to be listed: they are left out."""
        return [row for row in self.rows if row.opted_out]

    @property
    def doubtful(self) -> list[Planned]:
        """New rows that may be a clinic that we have."""
        return [row for row in self.new if row.like]

    @property
    def bad_lines(self) -> int:
        """How many rows cannot be taken."""
        return len({problem.line for problem in self.problems})


@dataclass(frozen=True)
class Outcome:
    """What was done. `known` are rows that needed nothing; `opted_out` asked not to be listed."""

    added: int
    known: int
    left_out: int
    opted_out: int = 0


def _quiet(done: int, total: int) -> None:
    """No progress is shown."""


def plan(data: bytes, *, progress: Progress = _quiet) -> Plan:
    """What the file would do now. Changes nothing. Raises UnreadableFile."""
    table = clinic_csv.read(data)
    wanted, problems = [], list(table.problems)
    form = CandidateForm({})  # one for all rows: making it takes longer than reading a row
    for done, row in enumerate(table.rows, 1):
        form.data = row.cells
        form.full_clean()
        if not form.errors:
            wanted.append((row.line, form.candidate()))
        else:
            problems += problems_of(row.line, form)
        progress(done, len(table.rows))
    made = plan_rows(wanted)
    made.sha256, made.notes = hashlib.sha256(data).hexdigest(), table.notes
    made.problems = sorted(problems, key=lambda problem: problem.line)
    return made


def plan_rows(wanted: Sequence[tuple[int, Candidate]]) -> Plan:
    """What these rows, each with its line, would do; each is compared with the directory and with the rows before."""
    register, made = duplicates.Register.everything(), Plan()
    register.learn_points(values.zip for _, values in wanted)
    asked = opt_outs.standing_for([values for _, values in wanted])
    for place, (line, values) in enumerate(wanted):
        planned = _planned(line, values, register, opted_out=place in asked)
        if planned.known is None and not planned.opted_out:
            register.add(values, -line)
        made.rows.append(planned)
    return made


def carry_out(
    made: Plan, *, by: User | None, origin: str, partial: bool = False, progress: Progress = _quiet
) -> Outcome:
    """Add the new rows of a plan as candidates. With bad rows nothing is done, unless `partial` leaves them out.

    Raises NotAllowed as candidates.add does, and UnreadableFile for bad rows without `partial`.
    """
    if made.problems and not partial:
        raise UnreadableFile(f"{made.bad_lines:,} rows cannot be taken, so nothing was added.")
    rows, added, opted_out = made.new, 0, len(made.opted_out)
    for start in range(0, len(rows), BATCH):
        new, asked = _add(rows[start : start + BATCH], by, origin)
        added, opted_out = added + new, opted_out + asked
        progress(min(start + BATCH, len(rows)), len(rows))
    return Outcome(added, len(made.rows) - added - opted_out, made.bad_lines, opted_out)


def _planned(line: int, values: Candidate, register: duplicates.Register, *, opted_out: bool) -> Planned:
    matches = register.matches(values)
    exact = next((match.clinic_id for match in matches if match.exact), None)
    like = () if exact is not None or opted_out else tuple(matches)
    return Planned(line, values, exact, like, opted_out)


def problems_of(line: int, form: CandidateForm) -> list[Problem]:
    """One for each column. What a form says repeats no value."""
    return [
        Problem(line, "" if column == "__all__" else column, " ".join(str(error) for error in errors))
        for column, errors in form.errors.items()
    ]


@transaction.atomic
def _add(rows: Sequence[Planned], by: User | None, origin: str) -> tuple[int, int]:
    """Add a batch, less what has become known or opted out since the plan was made; how many, and opted out."""
    asked = opt_outs.standing_for([row.values for row in rows])
    rows = [row for place, row in enumerate(rows) if place not in asked]
    register = duplicates.Register.at_their_addresses([row.values for row in rows])
    names = _names(rows)
    new = []
    for row in rows:
        if register.exactly(row.values) is None:
            new.append(replace(row.values, notes=(*row.values.notes, *_notes(row, names))))
            register.add(row.values, -row.line)
    if new:
        candidates.add_each(by=by, wanted=new, origin=origin)
    return len(new), len(asked)


def _names(rows: Sequence[Planned]) -> dict[int, str]:
    ids = {match.clinic_id for row in rows for match in row.like if match.clinic_id > 0}
    return dict(Clinic.objects.filter(pk__in=ids).values_list("pk", "name"))


def _notes(row: Planned, names: dict[int, str]) -> list[str]:
    return [
        f"It may be “{ISOLATE}{names[match.clinic_id]}{END_OF_ISOLATE}”: {match.reasons}."
        if match.clinic_id in names
        else f"It may be the clinic of line {-match.clinic_id} of the same file: {match.reasons}."
        for match in row.like
    ]
