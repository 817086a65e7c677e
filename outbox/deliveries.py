"""One message to one recipient, from a row in somebody's transaction to the mail server's "250 OK".

A row is claimed with a lease, the mail is written and sent, and only then is the row marked. So a
crash at any point costs at most one repeated mail, never a lost one; a repeat carries the same
Message-ID. Nothing here knows what a message says.
"""

import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest

from outbox import clock, handlers, outage, sending
from outbox.failpoints import failpoint
from outbox.models import Delivery

log = logging.getLogger(__name__)

# How long a worker may hold a row. A send is cut off earlier (sending.TIME_LIMIT).
LEASE = timedelta(seconds=60)

# The wait after each failed try, as in Standard Webhooks: ten tries in about 76 hours.
WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
MOST_FAILURES = len(WAITS) + 1
# A server that says "no such recipient" is believed at the fourth try, after about 35 minutes:
# earlier it may be greylisting, or starting up without its directory.
MOST_REFUSALS = 4
# A row that so many workers took and never came back from is given up: perhaps it is what kills them.
MOST_WORKERS_LOST = 100
LOOK_AHEAD = 8  # due rows read at once, so that workers who meet at one row find the next


class WorkersLost(Exception):
    """Too many workers took this row and never came back."""


def enqueue(
    *, kind: str, subject: str, recipient: str, dedupe_key: str, run_after: datetime | None = None
) -> Delivery:
    """Promise a message, in the caller's transaction. The same `dedupe_key` is the same row, in any state.

    `subject` and `recipient` are opaque ids. Without `run_after` it may go at once.
    """
    now = clock.now()
    delivery, _ = Delivery.objects.get_or_create(
        dedupe_key=dedupe_key,
        defaults={
            "kind": kind,
            "subject": subject,
            "recipient": recipient,
            "run_after": run_after or now,
            "created_at": now,
        },
    )
    return delivery


def enqueue_each(*, kind: str, subject: str, dedupe_keys: Mapping[str, str]) -> None:
    """Promise a message to each of several, as `enqueue` does to one, in one statement.

    `dedupe_keys` holds the key of each recipient.
    """
    # Not `ignore_conflicts`: SQLite then drops a row for any fault in it, and says nothing.
    now = clock.now()
    Delivery.objects.bulk_create(
        [
            Delivery(
                kind=kind, subject=subject, recipient=recipient, dedupe_key=key, run_after=now, created_at=now
            )
            for recipient, key in dedupe_keys.items()
        ],
        update_conflicts=True,
        unique_fields=["dedupe_key"],
        update_fields=["dedupe_key"],
    )


def stop(*, kind: str, subject: str) -> int:
    """Take back what was promised about `subject` and not sent yet; how many rows that were."""
    waiting = Delivery.objects.filter(kind=kind, subject=subject, state=Delivery.State.PENDING)
    return _settle(waiting, Delivery.State.STOPPED)


def dead_letters() -> QuerySet[Delivery]:
    """What could not be delivered and needs a person, the latest first."""
    return Delivery.objects.filter(state=Delivery.State.DEAD).order_by("-settled_at", "pk")


def try_again(*, delivery: Delivery) -> bool:
    """Send a dead letter through the whole schedule once more; False if it was not dead any more.

    The room that offers this to a person writes the audit link, in the same transaction.
    """
    dead = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.DEAD)
    fresh = {"attempts": 0, "failures": 0, "run_after": clock.now(), "settled_at": None}
    return bool(dead.update(state=Delivery.State.PENDING, **fresh))


def deliver_one() -> bool:
    """Take the next due message and send it; False if none was due. Only the database's errors are raised."""
    delivery = _claim()
    if delivery is None:
        return False
    failpoint("worker.after-claim")
    try:
        sent = _send(delivery)
    except Exception as error:  # whatever goes wrong with one message stays with it
        _fail(delivery, error)
        return True
    if sent:
        _mark_delivered(delivery)
        outage.over()
    return True


def _claim() -> Delivery | None:
    """Lease the row that is due longest. Of workers who meet at one row, the compare-and-set lets one win."""
    now = clock.now()
    due = Delivery.objects.filter(state=Delivery.State.PENDING, run_after__lte=now).order_by(
        "run_after", "created_at"
    )
    for delivery in due[:LOOK_AHEAD]:
        seen = Delivery.objects.filter(
            pk=delivery.pk,
            state=Delivery.State.PENDING,
            attempts=delivery.attempts,
            run_after=delivery.run_after,
        )
        if seen.update(attempts=F("attempts") + 1, run_after=now + LEASE):
            delivery.attempts += 1
            delivery.run_after = now + LEASE
            return delivery
    return None


@transaction.atomic
def _compose(delivery: Delivery) -> handlers.Mail | None:
    """The mail as its room writes it now; without one, the row is stopped."""
    mail = handlers.compose(delivery)
    if mail is None:
        _settle(_ours(delivery), Delivery.State.STOPPED)
    return mail


def _send(delivery: Delivery) -> bool:
    """Write the mail and hand it to the server; False if there was nothing to say any more."""
    if delivery.attempts - delivery.failures > MOST_WORKERS_LOST:
        raise WorkersLost
    mail = _compose(delivery)
    if mail is None:
        return False
    failpoint("worker.before-send")
    sending.send(mail, message_id=delivery.pk)
    failpoint("worker.after-send")
    return True


def _mark_delivered(delivery: Delivery) -> None:
    """Sent is sent, even if our lease ran out meanwhile."""
    failpoint("worker.before-mark")
    _settle(Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.PENDING), Delivery.State.DELIVERED)
    failpoint("worker.after-mark")


def _fail(delivery: Delivery, error: Exception) -> None:
    """Plan the next try, or give up. Only the error's class is kept: its text may hold an address."""
    failures = delivery.failures + 1
    outage.suspect(error)
    log.warning("delivery %s failed %d times", delivery.pk, failures, exc_info=error)
    found = {"failures": failures, "last_error": type(error).__name__[:80]}
    if isinstance(error, WorkersLost) or failures >= _most_failures(error):
        _give_up(delivery, found)
    else:
        _ours(delivery).update(run_after=clock.now() + wait_after(delivery.pk, failures), **found)


def _most_failures(error: Exception) -> int:
    return MOST_REFUSALS if sending.is_refusal(error) else MOST_FAILURES


@transaction.atomic
def _give_up(delivery: Delivery, found: dict[str, Any]) -> None:
    """Make it a dead letter, and let its room act on that, together or not at all."""
    if not _settle(_ours(delivery), Delivery.State.DEAD, **found):
        return
    log.error("delivery %s is given up", delivery.pk)
    on_dead = handlers.on_dead_of(delivery.kind)
    if on_dead:
        on_dead(delivery)


def wait_after(delivery_id: UUID, failures: int) -> timedelta:
    """The wait after so many failures: the schedule's, give or take a tenth fixed for each row and try."""
    text = f"{delivery_id} {failures}".encode()
    share = int.from_bytes(hashlib.sha256(text).digest()[:4], "big") / 2**32
    return WAITS[failures - 1] * (0.9 + 0.2 * share)


def _ours(delivery: Delivery) -> QuerySet[Delivery]:
    """The row, as long as nobody settled it or claimed it after us."""
    return Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.PENDING, attempts=delivery.attempts)


def _settle(rows: QuerySet[Delivery], state: Delivery.State, **more: Any) -> int:
    """Settle the rows now; a clock that was set back must not keep them open."""
    return rows.update(state=state, settled_at=Greatest(F("created_at"), clock.now()), **more)
