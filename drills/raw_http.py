"""Malformed HTTP against the real web server: every kind is answered or dropped, and the next good request is served.

    python -m drills.raw_http [--kinds 5000] [--seed N] [--out FILE]

Each kind is one request line, one fault in the headers, one in the body and one in how it is sent, drawn by a seed.
All carry a name and a phone number, which must come back in no answer and no line of the log.
"""

import argparse
import random
import re
import secrets
import socket
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import site
from benchmarks.machine import describe
from benchmarks.outcome import keep
from drills.raw_http_kinds import PERSONAL, Kind, kinds
from tests.config.site import Site

PATIENCE = 20  # seconds for one answer; a sender that stops is cut after STALLED_AFTER
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
GOOD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
TRACES = (b"Traceback", b'File "', b"site-packages", b"gunicorn.")
SENDERS_OWN = '"logger": "django.security.'  # Django logs a foreign Host and a body over the limit as errors
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HEADERS = (b"content-security-policy:", b"x-content-type-options: nosniff", b"cache-control:")


@dataclass
class Seen:
    """What came of it. `broken` names each promise that did not hold, with the kind that showed it."""

    answers: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    sent: int = 0
    slowest: float = 0.0


def exchange(port: int, kind: Kind) -> bytes:
    """Send one kind, end it as it says, and return all that came back until the server closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        with suppress(ConnectionError):
            for part in kind.parts:
                connection.sendall(part)
            if kind.ending == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return b""
            connection.shutdown(socket.SHUT_WR)
        return _all_of(connection)


def _all_of(connection: socket.socket) -> bytes:
    came = bytearray()
    with suppress(ConnectionError):  # refused before all was read: what was answered may be lost with it
        while part := connection.recv(65536):
            came += part
    return bytes(came)


def judge(answer: bytes) -> Iterator[str]:
    """Each promise that `answer` breaks."""
    for status in STATUS.findall(answer):
        if status[:1] == b"5":
            yield f"answered {status.decode()}"
    if any(word in answer for word in PERSONAL):
        yield "repeats a personal value"
    if any(word in answer for word in TRACES):
        yield "shows a trace or what serves it"
    head = answer.removeprefix(CONTINUE).partition(b"\r\n\r\n")[0].lower()
    if answer and not all(header in head for header in HEADERS):
        yield "lacks a security header"


def send_all(served: Site, wanted: list[Kind], seen: Seen) -> None:
    """Send every kind, each followed by a good request, by the same worker to the end."""
    worker, began = site.worker_of(served), time.monotonic()
    for kind in wanted:
        started = time.monotonic()
        _send_one(served.port, kind, seen)
        seen.sent += 1
        seen.slowest = max(seen.slowest, time.monotonic() - started)
        if site.worker_of(served) != worker:
            seen.broken.append(f"{kind.name}: the worker died")
            worker = site.worker_of(served)
        if seen.sent % 500 == 0:
            _say(seen.sent, len(wanted), time.monotonic() - began)


def _send_one(port: int, kind: Kind, seen: Seen) -> None:
    try:
        answer = exchange(port, kind)
    except TimeoutError:
        seen.broken.append(f"{kind.name}: was left open for {PATIENCE} s")
        return
    seen.answers.update(status.decode() for status in STATUS.findall(answer))
    seen.answers["dropped"] += not answer
    seen.broken += [f"{kind.name}: {what}" for what in judge(answer)]
    if not _all_of_good(port).startswith(b"HTTP/1.1 200 "):
        seen.broken.append(f"{kind.name}: the next good request was not answered")


def _all_of_good(port: int) -> bytes:
    try:
        return exchange(port, Kind("good", (GOOD,), "end"))
    except OSError:
        return b""


def judge_log(text: str) -> Iterator[str]:
    """Promises that the server's log breaks."""
    for word in PERSONAL:
        if word.decode() in text:
            yield "the log repeats a personal value"
    for line in text.splitlines():
        mistake = '"level": "ERROR"' in line or '"level": "CRITICAL"' in line
        if "Traceback" in line or (mistake and SENDERS_OWN not in line):
            yield f"the log tells of a mistake: {line[:300]}"


def drill(folder: Path, count: int, seed: int) -> dict[str, Any]:
    """Send `count` kinds to a new site in `folder`; counts and what was broken."""
    seen = Seen()
    with site.prepared(folder).serving() as served:
        while not served.is_healthy():
            time.sleep(0.1)
        began = time.monotonic()
        send_all(served, list(kinds(random.Random(seed), count)), seen)
        seconds = time.monotonic() - began
        seen.broken += judge_log(served.said)
    return {
        "kinds": seen.sent,
        "answers": dict(sorted(seen.answers.items())),
        "slowest_seconds": round(seen.slowest, 2),
        "seconds": round(seconds, 1),
        "broken": seen.broken[:50],
        "broken_in_all": len(seen.broken),
        "bound_95": 3 / max(seen.sent, 1),
    }


def _say(done: int, count: int, seconds: float) -> None:
    rate = done / seconds
    text = f"{done} of {count} kinds, {rate:.0f}/s, {(count - done) / rate:.0f} s left"
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Exit code 1 if a promise was broken."""
    parser = argparse.ArgumentParser(
        prog="python -m drills.raw_http", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--kinds", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--out", type=Path, default=None, help="also write the result here")
    options = parser.parse_args()
    print(f"seed {options.seed}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        found = drill(Path(folder), options.kinds, options.seed)
    result = {"drill": "raw_http", "machine": describe(), "seed": options.seed, **found}
    keep(result, options.out)
    return 1 if result["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
