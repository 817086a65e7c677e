"""How gunicorn serves the site: `gunicorn --config python:config.server config.wsgi`."""

import os
import socket
import struct
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings
from gunicorn.glogging import Logger

from config import logs


class OneLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """The server's own lines, in the site's form. It writes no access log: config.middleware does, without paths."""

    def setup(self, cfg: Any) -> None:
        self.cfg = cfg
        logs.configure(settings.LOGGING)

    def access(self, *args: Any) -> None:
        """Nothing: a line with a path would hold the private link of a referral."""


bind = f"[{settings.HOST}]:{settings.PORT}" if ":" in settings.HOST else f"{settings.HOST}:{settings.PORT}"
# One process: rate limits are kept in its memory, and SQLite has one writer anyway.
workers = 1
worker_class = "gthread"
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
    """Free the thread of a client that stalls. Connections take these times over from the socket they came in on."""
    limit = struct.pack("ll", STALLED_AFTER, 0)
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
