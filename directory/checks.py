"""Comparing a fact of a clinic with a named source, and what follows from it."""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from directory import facts, index
from directory.deciding import require_verifier
from directory.models import Check, Clinic, License
from directory.refusals import Incomplete, NotAllowed
from directory.vocabulary import CLINIC_ONLY_FACTS, Fact
from outbox import clock


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
    source_url: str = "",
    how: str = "",
) -> Check:
    """Keep what `source` said about `fact`, in place of what was known before.

    `by` is a verifier with no part in the clinic. `checked_at` is now unless the source was read earlier; `lapses_at`
    is a known end, for a license its expiry. The index follows at once: if a required fact no longer holds, the clinic
    is gone from search and can receive nothing when this commits, and `listing_stopped` is sent.

    Raises NotAllowed for anybody else, a fact that only the clinic can say, a license of somebody who does not work
    there, a look in the future or older than the one on record; Incomplete without source or license.
    """
    require_verifier(by, clinic)
    _require_checkable(clinic, fact, source, license)
    # Requests to the clinic take the same lock, so each comes wholly before this check or wholly after it.
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    now = clock.now()
    looked = checked_at or now
    _supersede(clinic, fact, license, looked, now)
    due_at = looked + facts.HOLDS_FOR[fact]
    lapse = _lapse(license, lapses_at)
    check = Check.objects.create(
        clinic=clinic,
        fact=fact,
        license=license,
        outcome=Check.Outcome(outcome),
        source=source,
        source_url=source_url,
        how=how,
        checked_at=looked,
        due_at=due_at,
        lapses_at=lapse,
        holds_until=facts.holds_until(due_at, lapse),
        checked_by=by,
    )
    index.rebuild(clinic)
    audit.record(
        actor=audit.actor_of(by),
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


def _works_at(clinic: Clinic, licensed: License) -> bool:
    holder = licensed.practitioner_id
    return holder == clinic.responsible_id or clinic.practitioners.filter(pk=holder).exists()


def _supersede(clinic: Clinic, fact: Fact, licensed: License | None, looked: datetime, now: datetime) -> None:
    if looked > now:
        raise NotAllowed("A check cannot have been made in the future.")
    earlier = Check.objects.current().filter(clinic=clinic, fact=fact, license=licensed)
    if earlier.filter(checked_at__gt=looked).exists():
        raise NotAllowed("A later look at this fact is on record.")
    earlier.update(superseded_at=now)


def _lapse(licensed: License | None, lapses_at: datetime | None) -> datetime | None:
    ends = [end for end in (lapses_at, licensed.expires_at if licensed else None) if end]
    return min(ends, default=None)
