"""One JSON object per line on stderr, made from an allow-list: what is not named here is never written.

A deny-list misses the next new field. So no exception message, no local variable, no path, no query and no
value from a library reaches the log; the file and line of the call tell a maintainer where to read on.
"""

import json
import logging
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import Enum
from logging import LogRecord
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID

BASE_DIR = Path(__file__).resolve().parent.parent
OUR_ROOMS = {"config", "portal", "api", "referrals", "directory", "guide", "accounts", "outbox"}
# Types whose text cannot hold what a person typed: our ids are opaque, our enumerations are code. No float
# and no datetime: they would be a person's point, or the date of an appointment.
SAFE_TYPES = (int, UUID, Enum, type(None))
# Set by our own access line alone, from values that are code: see config.middleware.
ACCESS_FIELDS = ("method", "route", "status", "duration_ms")
_MOST_FRAMES = 12
# Loggers that come with handlers: Django's, among them one that mails errors to people, and the server's.
WITH_THEIR_OWN = ("django", "django.server", "gunicorn.error", "gunicorn.access")
HIDDEN = "[hidden]"


def configure(setup: Mapping[str, Any]) -> None:
    """Set up logging for the process: Django's LOGGING_CONFIG, and the server's before Django is there."""
    root = logging.getLogger()
    root.handlers = [kept for kept in root.handlers if not isinstance(kept, StandardError)] + [
        StandardError()
    ]
    root.setLevel(setup["level"])
    for name in WITH_THEIR_OWN:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # A record that cannot be formatted would be printed with its arguments.
    logging.raiseExceptions = False
    logging.captureWarnings(True)
    if not sys.stderr.isatty():  # a person at a terminal may see what went wrong; a log may not
        hide_uncaught_exceptions()


def hide_uncaught_exceptions() -> None:
    """Let exceptions that end a thread or the process be logged like any other: without their message."""
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda args: _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def _log_uncaught(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    if sys.stderr.isatty():
        sys.__excepthook__(
            kind, error or kind(), trace
        )  # a person at a terminal reads it, and no file keeps it
    elif error is not None and not issubclass(kind, KeyboardInterrupt):
        logging.getLogger("config.uncaught").critical("uncaught exception", exc_info=(kind, error, trace))


class StandardError(logging.StreamHandler[Any]):
    """Writes our lines where the supervisor, or whoever runs the process, collects them."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.setFormatter(JsonLines())


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON with the fields of this module and no others."""

    def format(self, record: LogRecord) -> str:
        return json.dumps(dict(_fields(record)))


def _fields(record: LogRecord) -> Iterator[tuple[str, Any]]:
    yield "time", datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    yield "level", record.levelname
    yield "logger", record.name
    yield "message", _message(record)
    yield "source", f"{short_path(record.pathname)}:{record.lineno}"
    if identifier := _request_id():
        yield "request_id", identifier
    yield from _about_the_request(record)
    if record.exc_info and record.exc_info[1] is not None:
        yield "exception", [_describe(error) for error in _chain(record.exc_info[1])]


def _message(record: LogRecord) -> str:
    """Our own template with its safe arguments; a library's template without them; else nothing.

    A library's message without arguments may be an f-string or an exception's text, so it is left out.
    """
    if not isinstance(record.msg, str):
        return HIDDEN
    if record.name.split(".")[0] in OUR_ROOMS:
        return _fill(record.msg, record.args)
    return record.msg if record.args else HIDDEN


def _fill(template: str, arguments: Any) -> str:
    if not arguments:
        return template
    known = arguments if isinstance(arguments, tuple) else (arguments,)
    try:
        return template % tuple(value if isinstance(value, SAFE_TYPES) else HIDDEN for value in known)
    except (TypeError, ValueError):
        return template


def _request_id() -> str:
    # The server logs before Django is set up, when no room can be imported.
    audit = sys.modules.get("accounts.audit")
    return audit.request_id.get() or "" if audit else ""


def _about_the_request(record: LogRecord) -> Iterator[tuple[str, Any]]:
    if record.name == "config.access":
        yield from ((name, getattr(record, name)) for name in ACCESS_FIELDS if hasattr(record, name))
    elif request := getattr(record, "request", None):
        yield "route", route_of(request)
        if isinstance(status := getattr(record, "status_code", None), int):
            yield "status", status


def route_of(request: Any) -> str:
    """The pattern that matched, `clinic/<slug:slug>/`, never the path: a path may hold a private token."""
    match = getattr(request, "resolver_match", None)
    return str(match.route) if match else "(no route)"


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _describe(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]
    where = [f"{short_path(frame.filename)}:{frame.lineno}" for frame in frames]
    return {"class": f"{type(error).__module__}.{type(error).__qualname__}", "frames": where}


def short_path(name: str) -> str:
    """A file's path from the clone's root, or from the packages' folder."""
    for marker in ("/site-packages/", f"{BASE_DIR}/"):
        if marker in name:
            return name.rsplit(marker, 1)[1]
    return Path(name).name
