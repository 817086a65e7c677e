"""Comparing a fact of a clinic with a named source, and what follows from it.

A person looks with `record`. A registry's file may `renew` what a person had established, or end it with
`fail_by_registry`; nothing becomes Checked by a file alone.
"""

import re
from datetime import UTC, date, datetime, time
from typing import Any, Final

from django.db import transaction

from accounts import audit
from accounts.models import User
from directory import facts, index, npi, screening, sources
from directory.deciding import require_verifier
from directory.models import Check, Clinic, License
from directory.refusals import Incomplete, NotAllowed
from directory.vocabulary import CLINIC_ONLY_FACTS, Fact
from outbox import clock

Outcome = Check.Outcome

SOLO: Final = 1
"""The NPI type of a clinician who is the practice."""

_LICENSE_NUMBER: Final = re.compile(r"(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9 ./-]*")


@transaction.atomic
def record(
    *,
    clinic: Clinic,
    fact: Fact,
    outcome: str,
    source: str,
    by: User,
    license: License | None = None,  # noqa: A002  (the word of the model)
    checked_at: datetime | None = None,
    lapses_at: datetime | None = None,
    **said: Any,
) -> Check:
    """Keep what `source` said about `fact`, in place of what was known before.

    `by` is a verifier with no part in the clinic. `checked_at` is now unless the source was read earlier; `lapses_at`
    is a known end, for a license its expiry. `said`: any of `source_url`, `how`, `verbatim`, `source_date`. The index
    follows at once: if a required fact no longer holds, the clinic is gone from search and can receive nothing when
    this commits, and `listing_stopped` is sent.

    Raises NotAllowed for anybody else, a fact that only the clinic can say, a license of somebody who does not work
    there, a look in the future or older than the one on record, words or a link that are no source's, and what cannot
    hold: an NPI or license number that is none, an organization or responsible clinician whose NPI stands on the
    exclusion list. Incomplete without source or license.
    """
    require_verifier(by, clinic)
    _require_checkable(clinic, fact, source, license)
    sources.require_plain({"source": source, **said}, license)
    if outcome == Outcome.HOLDS:
        _require_possible(clinic, fact, license)
    _lock(clinic)  # before the clock is read: no request that waits for us may be younger than the look
    now = clock.now()
    check = Check(
        clinic=clinic,
        fact=fact,
        license=license,
        outcome=Check.Outcome(outcome),
        source=source,
        checked_at=checked_at or now,
        lapses_at=_lapse(license, lapses_at),
        checked_by=by,
        **said,
    )
    return _keep(check, audit.actor_of(by), now)


@transaction.atomic
def renew(
    *,
    clinic: Clinic,
    fact: Fact,
    seen_on: date,
    license: License | None = None,  # noqa: A002
    expires_at: datetime | None = None,
    **said: Any,
) -> Check | None:
    """A registry's file of `seen_on` still says what a person had established: it counts from that day.

    It also lifts what a file had ended. `expires_at`: the end that the board's file gives the license, which becomes
    the license's own. `said`: any of `source`, `source_url`, `how`, `verbatim`. None, and nothing is changed, where no
    person had established the fact, a person's last word was that it fails, or the look on record is as late.
    """
    _lock(clinic)
    known = _current(clinic, fact, license)
    if known is None or not is_established(known):
        return None
    if not _tells_more(known, seen_on):
        return None
    if license and expires_at:
        license.expires_at = expires_at
        license.save(update_fields=["expires_at"])
    # Of other facts no file names an end: one that a person had set stays.
    ends = _lapse(license, None) if license else known.lapses_at
    return _keep(_next(known, Outcome.HOLDS, seen_on, ends, said), audit.SYSTEM, clock.now())


def _tells_more(known: Check, seen_on: date) -> bool:
    """The file is younger than the look on record; to lift what a file had ended, not older than that file."""
    if known.outcome == Outcome.FAILS:
        return seen_on >= (known.source_date or known.checked_at.date())
    return _begin_of(seen_on) > known.checked_at


@transaction.atomic
def fail_by_registry(
    *,
    clinic: Clinic,
    fact: Fact,
    seen_on: date,
    license: License | None = None,  # noqa: A002
    **said: Any,
) -> Check | None:
    """A registry's file of `seen_on` says that a fact does not hold: a known lapse, which acts at once.

    None, and nothing is changed, where nobody had looked at the fact yet or it is on record already. `said` as in
    `renew`. The clinic is gone from search when this commits.
    """
    _lock(clinic)
    known = _current(clinic, fact, license)
    if known is None or known.outcome == Outcome.FAILS:
        return None
    return _keep(_next(known, Outcome.FAILS, seen_on, None, said), audit.SYSTEM, clock.now())


def is_established(check: Check) -> bool:
    """The last person who looked at this fact, with this license, found that it holds."""
    looks = Check.objects.filter(clinic=check.clinic_id, fact=check.fact, license=check.license_id)
    latest = looks.filter(checked_by__isnull=False).order_by("checked_at", "pk").last()
    return latest is not None and latest.outcome == Outcome.HOLDS


def _current(clinic: Clinic, fact: Fact, licensed: License | None) -> Check | None:
    return Check.objects.current().filter(clinic=clinic, fact=fact, license=licensed).first()


def _next(
    known: Check, outcome: str, seen_on: date, lapses_at: datetime | None, said: dict[str, Any]
) -> Check:
    """The system's look after `known`. The source and its address stay what they were unless said."""
    kept = {"source": known.source, "source_url": known.source_url}
    return Check(
        clinic=known.clinic,
        fact=known.fact,
        license=known.license,
        outcome=outcome,
        source_date=seen_on,
        checked_at=max(_begin_of(seen_on), known.checked_at),
        lapses_at=lapses_at,
        **kept | said,
    )


def _begin_of(day: date) -> datetime:
    """The instant from which a file of `day` counts: its first, so that nothing holds longer than it should."""
    return datetime.combine(day, time(), UTC)


def _lock(clinic: Clinic) -> None:
    # Requests to the clinic take the same lock, so each comes wholly before this check or wholly after it.
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)


def _keep(check: Check, actor: str, now: datetime) -> Check:
    """The one way in for every look, whoever looked: it takes the place of the look before."""
    _lock(check.clinic)
    _supersede(check, now)
    check.due_at = check.checked_at + facts.HOLDS_FOR[Fact(check.fact)]
    check.holds_until = facts.holds_until(check.due_at, check.lapses_at)
    check.save()
    index.rebuild(check.clinic)
    audit.record(
        actor=actor,
        action="check.recorded",
        object_type="check",
        object_id=str(check.pk),
        purpose=f"{check.fact} {check.outcome}",
    )
    return check


def _require_checkable(clinic: Clinic, fact: Fact, source: str, licensed: License | None) -> None:
    if fact in CLINIC_ONLY_FACTS:
        raise NotAllowed("Only the clinic can say this; there is no source to compare it with.")
    if not source.strip():
        raise Incomplete(["source"])
    if (fact == Fact.LICENSE) != (licensed is not None):
        raise (
            Incomplete(["license"])
            if licensed is None
            else NotAllowed("Only the license fact names a license.")
        )
    if licensed and not _works_at(clinic, licensed):
        raise NotAllowed("This license belongs to nobody who works at the clinic.")


def _require_possible(clinic: Clinic, fact: Fact, licensed: License | None) -> None:
    """What no source can have said: it would be a look at somebody else."""
    if fact == Fact.NPI:
        _require_fitting_npi(clinic)
    if licensed and not _LICENSE_NUMBER.fullmatch(licensed.number.strip()):
        raise NotAllowed("This is no license number: it has no digit, or signs that no board uses.")
    if fact == Fact.EXCLUSION and screening.matches(clinic).excluded:
        raise NotAllowed(
            "The exclusion list names the NPI of the organization or of its responsible clinician."
        )


def _require_fitting_npi(clinic: Clinic) -> None:
    """An organization's number, which the sites of a chain share, or that of the clinician who is the practice."""
    practice = clinic.organization
    if not npi.is_valid(practice.npi):
        raise NotAllowed("The organization has no NPI, or its check digit is wrong.")
    solo = practice.npi_type == SOLO
    if solo and clinic.responsible and clinic.responsible.npi not in ("", practice.npi):
        raise NotAllowed("A solo practice has the NPI of its responsible clinician.")


def _works_at(clinic: Clinic, licensed: License) -> bool:
    holder = licensed.practitioner_id
    return holder == clinic.responsible_id or clinic.practitioners.filter(pk=holder).exists()


def _supersede(check: Check, now: datetime) -> None:
    if check.checked_at > now:
        raise NotAllowed("A check cannot have been made in the future.")
    earlier = Check.objects.current().filter(clinic=check.clinic, fact=check.fact, license=check.license)
    if earlier.filter(checked_at__gt=check.checked_at).exists():
        raise NotAllowed("A later look at this fact is on record.")
    earlier.update(superseded_at=now)


def _lapse(licensed: License | None, lapses_at: datetime | None) -> datetime | None:
    ends = [end for end in (lapses_at, licensed.expires_at if licensed else None) if end]
    return min(ends, default=None)
