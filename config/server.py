"""How gunicorn serves the site: `gunicorn --config python:config.server config.wsgi`."""

import os
import socket
import struct
from logging import getLogger
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings
from django.urls import reverse
from gunicorn.glogging import Logger
from gunicorn.http import errors as http_errors
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from config import logs

log = getLogger(__name__)


class OneLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """The server's own lines, in the site's form. It writes no access log: config.middleware does, without paths."""

    def setup(self, cfg: Any) -> None:
        self.cfg = cfg
        logs.configure(settings.LOGGING)

    def access(self, *args: Any) -> None:
        """Nothing: a line with a path would hold the private link of a referral."""


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Answers what is no HTTP itself: gunicorn's page quotes the address, and has none of the site's headers."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Called for what never reached the site, and for a mistake of the server's own (500)."""
        status, reason = refusal_of(exc)
        if status == 500:
            log.exception("the server could not answer")
        else:
            log.warning("refused what is not HTTP: %d", status)
        try:
            write_nonblock(client, refusal(status, reason))
        except OSError:
            log.debug("the sender had gone")


# The first that fits; anything else that cannot be parsed is a 400. An unknown transfer coding is the sender's
# mistake too, so it is no 501: a 5xx is what an operator is woken for.
REFUSALS = (
    (http_errors.LimitRequestLine, 414, "URI Too Long"),
    (http_errors.LimitRequestHeaders, 431, "Request Header Fields Too Large"),
    (http_errors.ExpectationFailed, 417, "Expectation Failed"),
    (
        (http_errors.InvalidResponseHeader, http_errors.InvalidResponseHeaderName),
        500,
        "Internal Server Error",
    ),
    (http_errors.ParseException, 400, "Bad Request"),
)
REFUSAL_HEADERS = (
    "Connection: close",
    "Content-Type: text/plain; charset=utf-8",
    "Cache-Control: no-store",
    "Content-Security-Policy: default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy: same-origin",
    "X-Content-Type-Options: nosniff",
    "X-Frame-Options: DENY",
    *(["Strict-Transport-Security: max-age=31536000; includeSubDomains"] if settings.OVER_TLS else []),
)


def refusal_of(exc: Exception) -> tuple[int, str]:
    """Status and reason of the answer to what could not be parsed; 500 if it is no fault of the sender's."""
    for kinds, status, reason in REFUSALS:
        if isinstance(exc, kinds):
            return status, reason
    return 500, "Internal Server Error"


def refusal(status: int, reason: str) -> bytes:
    """A whole answer that repeats nothing of what was sent."""
    body = f"{reason}. Nothing was stored.\n"
    lines = [f"HTTP/1.1 {status} {reason}", *REFUSAL_HEADERS, f"Content-Length: {len(body)}", "", body]
    return "\r\n".join(lines).encode("ascii")


bind = f"[{settings.HOST}]:{settings.PORT}" if ":" in settings.HOST else f"{settings.HOST}:{settings.PORT}"
# One process: rate limits are kept in its memory, and SQLite has one writer anyway.
workers = 1
worker_class = "config.server.Worker"
threads = 8
preload_app = True  # a killed process is replaced in milliseconds
timeout = 30
graceful_timeout = 10
keepalive = 5
limit_request_line = 8190
limit_request_fields = 64
logger_class = "config.server.OneLog"
worker_tmp_dir = str(settings.DATA_DIR / "tmp")
control_socket_disable = True  # it would be made in the home folder

STALLED_AFTER = 10  # seconds in which a sender or reader must move at least one byte


def when_ready(server: Any) -> None:
    """What holds for every worker, before the first is begun."""
    _load_pages()
    _limit_stalls(server)


def _load_pages() -> None:
    """Django imports the pages at the first request: every replaced worker would spend a second on that."""
    reverse("search")


def _limit_stalls(server: Any) -> None:
    """Free the thread of a client that stalls. Connections take these times over from the socket they came in on."""
    limit = struct.pack("ll", STALLED_AFTER, 0)
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
