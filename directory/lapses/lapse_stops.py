"""The circuit breaker: a late registry file must not empty the directory.

If more than a tenth of the listings that are shown would leave search within a day because checks merely grew old,
those checks are kept a day ahead of the clock until a person decides. A known lapse (a license that ends, a number
turned off, an exclusion that was confirmed) is never held: it acts at its instant.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q

from accounts import audit
from accounts.models import User
from directory import facts
from directory.models import Check, Clinic, IndexRow, LapseStop
from directory.models.check import CheckQuerySet
from directory.refusals import NotAllowed, WrongState
from directory.vocabulary import REQUIRED_FACTS, Fact
from outbox import clock

log = logging.getLogger(__name__)

AHEAD: Final = timedelta(days=1)
"""How far ahead we look. The watch must run more often than this."""

HELD_FOR: Final = 2 * AHEAD
"""Until when a check that would lapse within AHEAD is kept: so each one is written about once a day."""

PUT_OFF_FOR: Final = timedelta(days=7)
"""How long nothing grows out of search when a person decided to wait."""

ONE_IN: Final = 10
FEWEST: Final = 2
"""One listing alone is no mass, however small the directory is."""

_BATCH: Final = 500


@dataclass(frozen=True)
class Leaving:
    """The listings that would go within a day because checks grew old, of how many shown; `fact`: most often why."""

    clinic_ids: Sequence[int]
    of_listed: int
    fact: str

    @property
    def is_a_mass(self) -> bool:
        """More than a tenth, and more than one."""
        return len(self.clinic_ids) >= FEWEST and len(self.clinic_ids) * ONE_IN > self.of_listed


def leaving(at: datetime) -> Leaving:
    """What would leave search within a day of `at`, or has and was not swept yet (a worker that was down).

    What a person let lapse is not asked about again.
    """
    undecided = _growing_out(at + AHEAD).filter(holds_until__gt=_decided_until())
    pairs = list(undecided.order_by("clinic_id").values_list("clinic_id", "fact"))
    most = Counter(fact for _, fact in pairs).most_common(1)
    return Leaving(
        clinic_ids=list(dict.fromkeys(clinic for clinic, _ in pairs)),
        of_listed=IndexRow.objects.count(),
        fact=most[0][0] if most else "",
    )


def _decided_until() -> datetime:
    """A decision to let them lapse is about all that would have gone within a day of it."""
    last = LapseStop.objects.filter(let_lapse=True, closed_at__isnull=False).order_by("-closed_at").first()
    return last.closed_at + AHEAD if last and last.closed_at else clock.EPOCH


def is_open() -> bool:
    """Does a stop wait for a person?"""
    return LapseStop.objects.filter(closed_at=None).exists()


def watch() -> Leaving:
    """Look a day ahead. If too many would go, open a stop; while one is open, hold what would go.

    Harmless to run twice, and by several workers at once. Runs before anything is swept.
    """
    found = leaving(clock.now())
    if found.is_a_mass and _open(found):
        # No name, no number of anybody: counts alone.
        log.error(
            "%d of %d listings would leave search because checks grew old; a person must decide at /staff/",
            len(found.clinic_ids),
            found.of_listed,
        )
    if is_open():
        _hold(found.clinic_ids)
    return found


@transaction.atomic
def _open(found: Leaving) -> bool:
    """One stop at a time; True if it is new."""
    if is_open():
        return False
    counts = {"listings": len(found.clinic_ids), "of_listed": found.of_listed}
    _, is_new = LapseStop.objects.get_or_create(
        fact=found.fact, closed_at=None, defaults={"opened_at": clock.now(), **counts}
    )
    return is_new


@transaction.atomic
def decide(*, stop: LapseStop, let_lapse: bool, by: User) -> LapseStop:
    """A verifier decides about an open stop. `let_lapse`: what grew old leaves search now, as the rules have it.

    Otherwise nothing grows out of search for seven days more; then the question is asked again. Raises NotAllowed,
    WrongState if somebody decided before.
    """
    if not (by.is_active and by.is_verifier):
        raise NotAllowed("Only a verifier may do this.")
    found = LapseStop.objects.select_for_update(no_key=True).get(pk=stop.pk)
    if found.closed_at:
        raise WrongState("decided")
    _let_go() if let_lapse else _put_off()
    found.closed_at, found.closed_by, found.let_lapse = clock.now(), by, let_lapse
    found.save()
    audit.record(
        actor=audit.actor_of(by),
        action="lapses.let" if let_lapse else "lapses.put-off",
        object_type="lapse_stop",
        object_id=str(found.pk),
    )
    return found


def _growing_out(until: datetime) -> CheckQuerySet:
    """Checks of shown listings that end by `until` because of their age alone, and decide what is shown."""
    micros = clock.to_micros(until)
    whole = Q(clinic__index_row__listed_until__lte=micros)
    esketamine = Q(
        fact=Fact.REMS,
        clinic__index_row__esketamine_until__gt=0,
        clinic__index_row__esketamine_until__lte=micros,
    )
    theirs = ~Q(fact=Fact.LICENSE) | Q(
        license__practitioner=F("clinic__responsible"), license__state=F("clinic__state")
    )
    return _aging().filter(theirs, whole | esketamine, holds_until__lte=until)


def _aging() -> CheckQuerySet:
    """What would end by its age, before any end that is known."""
    known = Q(lapses_at__isnull=True) | Q(lapses_at__gt=F("holds_until"))
    checks = Check.objects.current().filter(known, outcome=Check.Outcome.HOLDS)
    return checks.filter(fact__in=[*REQUIRED_FACTS, Fact.REMS], clinic__status=Clinic.Status.LISTED)


def _hold(ids: Sequence[int]) -> None:
    for start in range(0, len(ids), _BATCH):
        _hold_batch(ids[start : start + _BATCH])


@transaction.atomic
def _hold_batch(ids: Sequence[int]) -> None:
    _lock(ids)
    now = clock.now()
    _keep(_growing_out(now + AHEAD).filter(clinic__in=ids), now + HELD_FOR)


def _put_off() -> None:
    """Nothing grows out of search for a while, and what was held already neither."""
    until = clock.now() + PUT_OFF_FOR
    rows = _aging().filter(holds_until__lte=until, clinic__index_row__isnull=False)
    _lock(list(rows.values_list("clinic_id", flat=True)))
    _keep(rows, until)


def _keep(rows: CheckQuerySet, until: datetime) -> None:
    """Let these checks count until then, and no longer than what is known of their end."""
    checks = list(rows)
    for check in checks:
        check.holds_until = min(until, check.lapses_at or until)
    _write(checks)


def _let_go() -> None:
    """Give back to every check that was held the end that the rules gave it."""
    held = list(_aging().filter(holds_until__gt=F("due_at") + facts.GRACE))
    _lock([check.clinic_id for check in held])
    for check in held:
        check.holds_until = facts.holds_until(check.due_at, check.lapses_at)
    _write(held)


def _write(checks: Sequence[Check]) -> None:
    """Their rows of the index are due to be written anew: the worker does that within seconds, a few at a time."""
    Check.objects.bulk_update(checks, ["holds_until"], batch_size=_BATCH)
    ids = sorted({check.clinic_id for check in checks})
    now = clock.to_micros(clock.now())
    for start in range(0, len(ids), _BATCH):
        IndexRow.objects.filter(pk__in=ids[start : start + _BATCH]).update(next_change_at=now)


def _lock(ids: Sequence[int]) -> None:
    """Clinics before everything else, in one order, as all who rebuild the index take them."""
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), _BATCH):
        rows = Clinic.objects.filter(pk__in=wanted[start : start + _BATCH]).order_by("pk")
        list(rows.select_for_update(no_key=True).values_list("pk", flat=True))
