"""More senders than threads stop in the middle of their request: others are served again within seconds."""

import socket
import time
from contextlib import ExitStack

import pytest

from config.server import STALLED_AFTER, threads
from tests.journeys.test_kills import serve, wait_for

__all__ = ["serve"]

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

HALF = (
    b"POST /nope HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nhalf"
)


def test_stalled_senders_do_not_keep_the_threads(serve):
    with serve() as site, ExitStack() as open_sockets:
        wait_for(site)
        for _ in range(threads + 2):
            stalled = open_sockets.enter_context(socket.create_connection(("127.0.0.1", site.port)))
            stalled.sendall(HALF)
        time.sleep(0.5)
        began = time.monotonic()
        while not site.is_healthy():
            assert time.monotonic() - began < 3 * STALLED_AFTER
