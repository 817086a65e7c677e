"""Looking again on time: what is due becomes work, clinics hear of it ahead, and what lapsed leaves.

A listing needs none of this to lapse or to return: that follows from its facts whenever it is read. Here the people are
told. Every step is harmless to run twice, and by several workers at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Exists, F, Max, OuterRef, Q

from directory import index
from directory.casework import cases
from directory.fact_rules import RULES, FactRule, Needed
from directory.lapses import attest_notices, due_notices, lapse_stops
from directory.models import Case, Check, Clinic, Offering, RegistryFile
from directory.models.case import CaseQuerySet
from directory.models.check import CheckQuerySet
from directory.models.clinic import ClinicQuerySet
from directory.vocabulary import REQUIRED_FACTS, Fact, Modality
from outbox import clock

EVERY_SECONDS: Final = 3600
MOST_CASES_AT_ONCE: Final = 500
"""A run opens so many cases at most, what is longest due first; the next run goes on."""

LATE_FILE: Final = timedelta(days=7)
"""Where a registry's file renews a fact by itself, people look only when the file is so late."""

_CHECKABLE: Final = [rule for rule in RULES.values() if rule.is_checkable]
_OVERDUE_AFTER: Final = {"nppes": 33, "nppes-locations": 33, "nppes-deactivated": 33, "leie": 33}
_OVERDUE_ELSE: Final = 90
"""Days after the last file at which its registry counts as overdue: weeks before any listing lapses for it."""


@dataclass(frozen=True)
class Overdue:
    """A registry whose file is late. `last_on`: the day on the last file that was taken in."""

    registry: str
    last_on: date
    days: int


@dataclass(frozen=True)
class Done:
    """What a run did, or would do: cases opened and closed, mails, listings about to leave by age, and whether
    a stop holds them, rows of the index that were (or without a sweep: are) due."""

    opened: int
    closed: int
    told: int
    leaving: int
    held: bool
    swept: int


@dataclass(frozen=True)
class _Due:
    clinic_id: int
    fact: Fact
    due_at: datetime
    check: Check | None = None


def every_hour() -> Done:
    """The worker's round. The sweep is left to `index.refresh_stale`, which comes every few seconds in small parts."""
    return run(sweep=False)


def run(*, dry_run: bool = False, sweep: bool = True) -> Done:
    """One round: the circuit breaker first, then the queue, the notices, and what lapsed."""
    now = clock.now()
    leaving = lapse_stops.leaving(now) if dry_run else lapse_stops.watch()
    found, moot = _due(now)[:MOST_CASES_AT_ONCE], list(_moot(now))
    if not dry_run:
        _open(found)
        _close(moot)
    return Done(
        opened=len(found),
        closed=len(moot),
        told=_tell(now, dry_run=dry_run),
        leaving=len(leaving.clinic_ids),
        held=lapse_stops.is_open() or leaving.is_a_mass,
        swept=index.count_stale() if dry_run or not sweep else _sweep(),
    )


def _tell(at: datetime, *, dry_run: bool) -> int:
    """Tell those who look after listings; of how many, or of how many it would be."""
    if dry_run:
        return len(due_notices.wanted(at)) + len(attest_notices.wanted(at))
    return due_notices.tell(at) + attest_notices.tell(at)


def _sweep() -> int:
    """Until nothing is left: each listing that lapsed is told of once, in the transaction that takes its row."""
    total = 0
    while swept := index.refresh_stale():
        total += swept
    return total


# --- what is due -------------------------------------------------------------------------------


def _due(at: datetime) -> list[_Due]:
    """What a person must look at, the longest due first; what has an open case already is left out."""
    by_file = set(RegistryFile.objects.filter(state="loaded").values_list("registry", flat=True))
    registries = {name.partition(":")[0] for name in by_file}
    found = [due for rule in _CHECKABLE for due in _due_of(rule, _entered_by(rule, at, registries))]
    found += [due for fact in REQUIRED_FACTS for due in _never_checked(fact, at)]
    return sorted(found, key=lambda due: (due.due_at, due.clinic_id, due.fact))


def _entered_by(rule: FactRule, at: datetime, registries: set[str]) -> datetime:
    """What is due by then has entered the queue at `at`."""
    slack = rule.slack or timedelta(0)
    return at - LATE_FILE if rule.registry in registries else at + slack


def _due_of(rule: FactRule, until: datetime) -> list[_Due]:
    ends = Q(due_at__lte=until) | Q(lapses_at__lte=until)
    checks = _deciding(rule).filter(ends, clinic__status=Clinic.Status.LISTED)
    rows = checks.exclude(Exists(_open_cases("clinic", rule.fact))).select_related("license")
    return [
        _Due(check.clinic_id, rule.fact, min(check.due_at, check.lapses_at or check.due_at), check)
        for check in rows.order_by("due_at", "pk")[:MOST_CASES_AT_ONCE]
    ]


def _deciding(rule: FactRule) -> CheckQuerySet:
    """The current checks of a fact that matter: of licenses the responsible clinician's, of REMS a site's that
    offers esketamine."""
    checks = Check.objects.current().filter(fact=rule.fact)
    if rule.fact == Fact.LICENSE:
        checks = checks.filter(
            license__practitioner=F("clinic__responsible"), license__state=F("clinic__state")
        )
    if rule.needed == Needed.ESKETAMINE:
        offered = Offering.objects.filter(clinic=OuterRef("clinic"), modality=Modality.ESKETAMINE)
        checks = checks.filter(Exists(offered))
    return checks


def _never_checked(fact: Fact, at: datetime) -> list[_Due]:
    """Listed, and a required fact has no look on record: what was checked of an old value ended with it."""
    looked = _deciding(RULES[fact]).filter(clinic=OuterRef("pk"))
    rows: ClinicQuerySet = Clinic.objects.listed().exclude(Exists(looked))
    rows = rows.exclude(Exists(_open_cases("pk", fact)))
    return [
        _Due(pk, fact, at) for pk in rows.order_by("pk").values_list("pk", flat=True)[:MOST_CASES_AT_ONCE]
    ]


def _open_cases(clinic: str, fact: Fact) -> CaseQuerySet:
    return Case.objects.open().filter(clinic=OuterRef(clinic), kind=Case.Kind.DUE, fact=fact)


def _open(found: Iterable[_Due]) -> None:
    wanted = list(found)
    clinics = Clinic.objects.in_bulk({due.clinic_id for due in wanted})
    for due in wanted:
        cases.open_case(
            clinic=clinics[due.clinic_id],
            kind=Case.Kind.DUE,
            fact=due.fact,
            license=due.check.license if due.check else None,
            ours=_ours(due.check),
            why=[_why(due)],
            due_at=due.due_at,
        )


def _ours(check: Check | None) -> dict[str, str]:
    if check is None:
        return {}
    kept = {"Source": check.source, "Checked": f"{check.checked_at:%Y-%m-%d}", "Their words": check.verbatim}
    return {label: value for label, value in kept.items() if value}


def _why(due: _Due) -> str:
    if due.check is None:
        return "Nobody has checked this since it was changed. The listing is not shown until somebody does."
    if due.check.lapses_at and due.check.lapses_at <= due.check.due_at:
        return "It ends on the day it is due. After that instant it does not count."
    return "It is time to look again."


# --- what is due no more -----------------------------------------------------------------------


def _moot(at: datetime) -> Iterable[Case]:
    """Open cases whose fact somebody, or a registry's file, has renewed; one that a person works on is left alone."""
    waiting = Case.objects.open().filter(kind=Case.Kind.DUE)
    waiting = waiting.filter(Q(taken_until=None) | Q(taken_until__lte=at)).select_related("clinic")
    for rule in _CHECKABLE:
        ahead = at + (rule.slack or timedelta(0))
        fresh = _deciding(rule).filter(
            Q(lapses_at=None) | Q(lapses_at__gt=ahead),
            clinic=OuterRef("clinic"),
            outcome=Check.Outcome.HOLDS,
            due_at__gt=ahead,
        )
        yield from waiting.filter(Exists(fresh), fact=rule.fact)


def _close(moot: Iterable[Case]) -> None:
    for case in moot:
        cases.close_open(clinic=case.clinic, kind=Case.Kind.DUE, fact=case.fact, outcome="renewed", by=None)


# --- late files --------------------------------------------------------------------------------


def overdue_registries(at: datetime | None = None) -> list[Overdue]:
    """Registries that were imported once and whose next file is late, the latest first. Long before anything lapses.

    A registry that was never imported is looked up by hand, and is not named.
    """
    today = (at or clock.now()).date()
    taken = RegistryFile.objects.filter(state__in=["loaded", "unchanged"])
    newest = taken.values_list("registry").annotate(last_on=Max("source_date"))
    ages = [Overdue(name, last_on, (today - last_on).days) for name, last_on in newest.order_by("registry")]
    late = [each for each in ages if each.days > _OVERDUE_AFTER.get(each.registry, _OVERDUE_ELSE)]
    return sorted(late, key=lambda each: -each.days)


def held_files() -> list[RegistryFile]:
    """The newest file of each registry, if it was held, or loaded while what it would end was held."""
    newest = RegistryFile.objects.exclude(state="running").values("registry").annotate(last=Max("pk"))
    found = RegistryFile.objects.filter(
        pk__in=newest.values("last"), state__in=["held", "loaded"], confirmed_by=None
    )
    return [file for file in found.order_by("registry") if file.stops]


def warnings(at: datetime | None = None) -> list[str]:
    """Sentences for whoever keeps the site running. They hold no name but a registry's."""
    late = [f"The last file of {each.registry} is {each.days} days old." for each in overdue_registries(at)]
    stopped = "So many listings would leave search that a person must decide at /staff/."
    return [*late, *([stopped] if lapse_stops.is_open() else [])]
