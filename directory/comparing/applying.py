"""What follows from findings: renewed, ended, or a case; and nothing at all where one file would end too much."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from accounts import audit
from accounts.models import User
from directory import checks
from directory.casework import cases
from directory.comparing import with_leie, with_licenses, with_nppes, with_rems
from directory.comparing.findings import Difference, Finding
from directory.models import Case, Check, Clinic, RegistryFile
from directory.models.clinic import ClinicQuerySet
from directory.refusals import NotAllowed
from directory.vocabulary import Fact

log = logging.getLogger(__name__)

MOST_ENDED: Final = 0.02
"""Share of listed clinics that one file may end without a person's word."""

ALWAYS_BELIEVED: Final = 3
"""So many licenses or NPIs may end at once however small the directory is: one true revocation waits for nobody."""

GONE: Final = "no-longer-differs"
_BATCH: Final = 500

Findings = Callable[[Sequence[Clinic]], Iterator[Finding]]

SOURCES: Final[dict[str, Findings]] = {
    with_nppes.WORD: with_nppes.findings,
    with_leie.WORD: with_leie.findings,
    with_licenses.WORD: with_licenses.findings,
    with_rems.WORD: with_rems.findings,
}


@dataclass
class Outcome:
    """How many facts were renewed and ended and how many cases were opened; `held` says why nothing was done."""

    clinics: int = 0
    renewed: int = 0
    ended: int = 0
    opened: int = 0
    held: str = ""


def compare(
    registry: str, clinics: ClinicQuerySet | None = None, *, confirmed_by: User | None = None
) -> Outcome:
    """Compare our clinics (all that are not closed) with what was loaded of `registry`: nppes, leie, license or rems.

    It may run again at any time: what was done is not done twice. Each clinic is its own transaction, so a run that was
    killed goes on. `confirmed_by`: a verifier who has seen that it ends facts of more than MOST_ENDED of the listed
    clinics; without one nothing at all is done then. Raises NotAllowed for anybody else.
    """
    findings = SOURCES[registry]
    wanted = Clinic.objects.all() if clinics is None else clinics
    wanted = wanted.exclude(status=Clinic.Status.CLOSED)
    outcome = Outcome()
    if (too_much := _too_much(findings, wanted)) and not _confirmed(registry, confirmed_by):
        _say_held(registry, too_much)
        return Outcome(held=too_much)
    for batch in _batches(wanted):
        outcome.clinics += len(batch)
        found = list(findings(batch))
        known = _Known(found)
        for finding in found:
            _apply(finding, known, outcome)
    return outcome


def _batches(clinics: ClinicQuerySet) -> Iterator[list[Clinic]]:
    """All of them, some hundred at a time, in the order of their numbers."""
    ready = clinics.select_related("organization", "responsible").prefetch_related("practitioners")
    last = 0
    while batch := list(ready.filter(pk__gt=last).order_by("pk")[:_BATCH]):
        yield batch
        last = batch[-1].pk


def _too_much(findings: Findings, clinics: ClinicQuerySet) -> str:
    """Why a person must look first; empty where the file ends no more than a file may."""
    ended: set[int] = set()
    causes: set[str] = set()
    for batch in _batches(clinics.listed()):
        failing = [one for one in findings(batch) if one.outcome == Check.Outcome.FAILS]
        known = _Known(failing)
        for finding in failing:
            current = known.check(finding)
            if current and current.outcome == Check.Outcome.HOLDS:
                ended.add(finding.clinic.pk)
                causes.add(finding.cause)
    listed = clinics.listed().count()
    if len(causes) <= ALWAYS_BELIEVED or len(ended) <= MOST_ENDED * listed:
        return ""
    return (
        f"The file would end facts of {len(ended):,} of {listed:,} listed clinics. Nothing was changed by it."
    )


@transaction.atomic
def _confirmed(registry: str, by: User | None) -> bool:
    """A verifier takes it on themselves, and the trail says so."""
    if by is None:
        return False
    if not (by.is_active and by.is_verifier):
        raise NotAllowed("Only a verifier may confirm a file that was held.")
    if file := _last_file(registry):
        file.confirmed_by = by
        file.save(update_fields=["confirmed_by"])
    audit.record(
        actor=audit.actor_of(by), action="comparing.confirmed", object_type="registry", object_id=registry
    )
    return True


def _say_held(registry: str, why: str) -> None:
    """In the log, and beside the file for the staff."""
    log.error("What a registry's file would end is held until a person confirms it.")
    file = _last_file(registry)
    if file and why not in file.stops:
        file.stops = [*file.stops, why]
        file.save(update_fields=["stops"])


def _last_file(registry: str) -> RegistryFile | None:
    loaded = RegistryFile.objects.filter(registry__startswith=registry, state=RegistryFile.State.LOADED)
    return loaded.order_by("pk").last()


class _Known:
    """What we have on record about the facts of some findings: current checks, and cases open or decided."""

    def __init__(self, found: Sequence[Finding]) -> None:
        clinics = {finding.clinic.pk for finding in found}
        facts = {finding.fact for finding in found}
        current = Check.objects.current().filter(clinic__in=clinics, fact__in=facts)
        self._checks = {(check.clinic_id, check.fact, check.license_id): check for check in current}
        self._cases: dict[tuple[int, str], list[Case]] = defaultdict(list)
        ours = Case.objects.filter(clinic__in=clinics, fact__in=facts, kind__in=_OURS)
        for case in ours.exclude(subject=""):
            self._cases[case.clinic_id, case.fact].append(case)

    def check(self, finding: Finding) -> Check | None:
        licensed = finding.license.pk if finding.license else None
        return self._checks.get((finding.clinic.pk, finding.fact, licensed))

    def settled(self, finding: Finding, difference: Difference) -> bool:
        """A person has decided about these very values."""
        return any(
            case.closed_by_id is not None
            and (case.kind, case.subject) == (difference.kind, difference.subject)
            and case.ours == difference.ours
            and difference.theirs == {k: v for k, v in case.theirs.items() if k not in difference.aside}
            for case in self._cases[finding.clinic.pk, finding.fact]
        )

    def open_cases(self, finding: Finding) -> list[Case]:
        return [case for case in self._cases[finding.clinic.pk, finding.fact] if case.closed_at is None]


_OURS: Final = (Case.Kind.CONFLICT, Case.Kind.MATCH)


def _apply(finding: Finding, known: _Known, outcome: Outcome) -> None:
    if finding.outcome == Check.Outcome.FAILS:
        _end(finding, known, outcome)
        return
    new = [one for one in finding.differences if not known.settled(finding, one)]
    _close_gone(finding, known, new)
    if known.check(finding) is None:
        return  # nobody has looked yet: whoever does sees the registry's values beside ours
    outcome.opened += _open(finding, new, known)
    if finding.outcome == Check.Outcome.HOLDS and not any(one.blocks for one in new):
        outcome.renewed += _renewed(finding, known)


def _end(finding: Finding, known: _Known, outcome: Outcome) -> None:
    """At once, and staff hear of it; a second file that says the same makes no more work."""
    current = known.check(finding)
    if current and current.outcome == Check.Outcome.FAILS:
        return
    if current and _looked_later(finding, current):
        outcome.opened += _open(finding, finding.differences, known)
        return
    ended = current is not None and checks.fail_by_registry(
        clinic=finding.clinic,
        fact=finding.fact,
        seen_on=finding.seen_on,
        license=finding.license,
        **finding.said,
    )
    outcome.ended += bool(ended)
    new = [one for one in finding.differences if not known.settled(finding, one)]
    outcome.opened += _open(finding, new, known)


def _looked_later(finding: Finding, current: Check) -> bool:
    """A person asked the source itself after the file was made. The exclusion list has no other source: it stands."""
    if finding.fact == Fact.EXCLUSION or current.checked_by_id is None:
        return False
    return current.outcome == Check.Outcome.HOLDS and current.checked_at.date() > finding.seen_on


def _renewed(finding: Finding, known: _Known) -> bool:
    current = known.check(finding)
    lifts = current is not None and current.outcome == Check.Outcome.FAILS
    # Spares the lock of a clinic for which the file says nothing new.
    if current is None or not (lifts or current.checked_at.date() < finding.seen_on):
        return False
    renewed = checks.renew(
        clinic=finding.clinic,
        fact=finding.fact,
        seen_on=(finding.newest_on or finding.seen_on) if lifts else finding.seen_on,
        license=finding.license,
        expires_at=finding.expires_at,
        **finding.said,
    )
    return renewed is not None


def _open(finding: Finding, differences: Iterable[Difference], known: _Known) -> int:
    """Opens a case for each, or brings the open one up to date; how many are new."""
    waiting = {(case.kind, case.subject) for case in known.open_cases(finding)}
    new = 0
    for one in differences:
        cases.open_case(
            clinic=finding.clinic,
            kind=one.kind,
            fact=finding.fact,
            license=finding.license,
            subject=one.subject,
            ours=one.ours,
            theirs=one.theirs | one.aside,
            why=one.why,
            urgent=one.urgent,
        )
        new += (one.kind, one.subject) not in waiting
    return new


def _close_gone(finding: Finding, known: _Known, still: Sequence[Difference]) -> None:
    """Cases about what differs no more. One that somebody works on is theirs to close."""
    kept = {(one.kind, one.subject) for one in still}
    for case in known.open_cases(finding):
        about_this = case.license_id == (finding.license.pk if finding.license else None)
        if about_this and case.taken_by_id is None and (case.kind, case.subject) not in kept:
            cases.close(case=case, outcome=GONE)
