"""When the mail server was away and is back, nobody waits out the long waits that were meant for its absence.

A success says that the server can be reached. Then what failed for want of a connection is tried within ten minutes,
spread out so that the server is not run down; what was refused, or failed for another reason, keeps its waits.
"""

from datetime import timedelta
from typing import Final

from outbox import clock
from outbox.models import Delivery

WITHIN: Final = timedelta(minutes=10)
MOST_FAILURES_HURRIED: Final = 5
"""An outage of a night is made up for. After more failures the long waits stay, so that a server which comes and goes
cannot use up in an hour the tries that should last three days."""

# Names, because a row keeps the class of its last error alone.
NOT_REACHED: Final = frozenset(
    "ConnectionRefusedError ConnectionResetError ConnectionAbortedError BrokenPipeError TimeoutError SendTimeout"
    " OSError gaierror herror SSLError SSLEOFError SSLZeroReturnError SMTPConnectError SMTPServerDisconnected".split()
)

_suspected = True  # a worker that was just started does not know what happened before


def suspect(error: Exception) -> None:
    """A message could not be sent: was it for want of a connection?"""
    global _suspected  # noqa: PLW0603  (one worker, one mail server)
    _suspected = _suspected or type(error).__name__ in NOT_REACHED


def over() -> int:
    """A message was sent: bring forward what waits for the end of an outage. How many rows that were."""
    global _suspected  # noqa: PLW0603
    if not _suspected:
        return 0
    _suspected = False
    now = clock.now()
    waiting = Delivery.objects.filter(
        state=Delivery.State.PENDING,
        failures__range=(1, MOST_FAILURES_HURRIED),
        last_error__in=NOT_REACHED,
        run_after__gt=now + WITHIN,
    ).order_by("created_at", "pk")
    rows = list(waiting)
    for place, row in enumerate(rows):
        row.run_after = now + WITHIN * place / len(rows)
    return Delivery.objects.bulk_update(rows, ["run_after"], batch_size=500)
