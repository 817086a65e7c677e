"""What one registry says about one fact of one clinic."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from directory.models import Case, Clinic, License, RegistryFile
from directory.vocabulary import Fact

Values = dict[str, str]
"""Values by label, for people: {"Name": "High Plains Example Clinic"}."""


@dataclass(frozen=True)
class Difference:
    """What a person must look at. `subject` tells it apart and begins with the registry's word.

    `aside`: further values of the registry that help to judge; a change of them alone makes no new question.
    """

    subject: str
    ours: Values
    theirs: Values
    why: tuple[str, ...]
    aside: Values = field(default_factory=dict)
    kind: str = Case.Kind.CONFLICT
    urgent: bool = False
    blocks: bool = True  # the fact is not renewed before somebody decided


@dataclass(frozen=True)
class Finding:
    """`outcome` is Check.Outcome: does the source say that the fact holds? None: it does not say.

    `cause` names what ends it (an NPI, a license), which many sites may share. `said` goes into the check: source,
    source_url, how, verbatim. `expires_at`: the first instant at which a license no longer holds, as the file has it.

    `seen_on`: the day of the file that says so of every clinic, from which a renewal counts. `newest_on`: that of the
    newest supplement, which may lift what a file had ended.
    """

    clinic: Clinic
    fact: Fact
    outcome: str | None
    seen_on: date
    newest_on: date | None = None
    cause: str = ""
    license: License | None = None
    expires_at: datetime | None = None
    said: Mapping[str, str] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()


def day_of(*registries: str) -> date | None:
    """The day on the newest file of any of these registries that was loaded; None before the first."""
    files = RegistryFile.objects.filter(registry__in=registries, state=RegistryFile.State.LOADED)
    return files.order_by("-source_date").values_list("source_date", flat=True).first()
