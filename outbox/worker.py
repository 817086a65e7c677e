"""The loop that delivers: one message at a time, chores in between, until it is told to stop.

Several may run; rows are leased, chores are harmless when repeated.
"""

import logging
import signal
import time
from types import FrameType

from django.db import connection

from outbox import chores, deliveries, heartbeat

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.5
TROUBLE_SECONDS = 2.0


class Worker:
    """One worker process."""

    def __init__(self) -> None:
        self.stopping = False

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; the message in hand is finished first."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        log.info("worker started")
        while not self.stopping:
            self._turn()
        log.info("worker stopped")

    def _turn(self) -> None:
        """One message, or a short rest. No error ends the worker, least of all a database that is away."""
        try:
            heartbeat.beat()
            chores.run_due()
            if not deliveries.deliver_one():
                time.sleep(IDLE_SECONDS)
        except Exception as error:  # a message in hand comes back when its lease ends
            log.error("the worker is in trouble", exc_info=error)
            connection.close()
            time.sleep(TROUBLE_SECONDS)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True
