"""A directory of some size, served by the shipped web server, and a client that costs next to nothing."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.site import Place, worker_of
from tests.config.site import ROOT, Site, free_port, running

SERVER = [sys.executable, "-m", "gunicorn", "--config", "python:config.server", "config.wsgi"]
SETTINGS = "benchmarks.settings"


def prepared(folder: Path, size: int, database_url: str = "") -> Place:
    """A site whose search index holds `size` rows: made in `folder` if it is not there yet (about 2,500 rows a second).

    database_url: of a PostgreSQL database that exists; SQLite in `folder` without one.
    """
    data_dir = folder / f"{size}{'-postgresql' if database_url else ''}"
    port = free_port()
    extra = {"SITE_URL": "http://localhost:8000", "DJANGO_SETTINGS_MODULE": SETTINGS}
    place = Place(data_dir, port, {**extra, "DATABASE_URL": database_url} if database_url else extra)
    done = data_dir / "filled"
    if not done.exists():
        _fill(place, size)
        done.touch()
    return place


def _fill(place: Place, size: int) -> None:
    (place.data_dir / "tmp").mkdir(parents=True, exist_ok=True)
    manage = [sys.executable, "manage.py"]
    for command in (
        "migrate --no-input -v0",
        "collectstatic --no-input -v0",
        "load_gazetteer",
        "load_examples",
        f"load_examples --index-only --clinics {size}",
    ):
        subprocess.run(
            [*manage, *command.split()], cwd=ROOT, env=place.environment, check=True, stdout=sys.stderr
        )


@contextmanager
def serving(place: Place) -> Iterator[Site]:
    """Its web server, ended with the block. One processor for it, the others for whoever asks."""
    command = ["taskset", "-c", "0", *SERVER]
    with running(place.data_dir, place.extra, port=place.port, command=command) as site:
        while not site.is_healthy():
            if site.process.poll() is not None:
                raise RuntimeError(site.said)
        yield site


def resident_megabytes(site: Site) -> float:
    """Resident memory of the process that answers, in MB of 2^20 bytes."""
    status = Path(f"/proc/{worker_of(site)}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


class Asker:
    """Asks over one kept connection, and reads no more of an answer than its length."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: socket.socket | None = None

    def get(self, path: str) -> bytes:
        """The body. Raises AssertionError for any answer but 200."""
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n".encode()
        try:
            return self._ask(request)
        except ConnectionError:  # a kept connection may be closed by the server between two requests
            self._connection = None
            return self._ask(request)

    def _ask(self, request: bytes) -> bytes:
        if self._connection is None:
            self._connection = socket.create_connection(("127.0.0.1", self._port))
        self._connection.sendall(request)
        head, body = self._head(self._connection)
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += self._received(self._connection)
        if b"connection: close" in head.lower():
            self._connection.close()
            self._connection = None
        return body

    def _head(self, connection: socket.socket) -> tuple[bytes, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._received(connection)
        head, _, body = data.partition(b"\r\n\r\n")
        return head, body

    def _received(self, connection: socket.socket) -> bytes:
        data = connection.recv(262_144)
        if not data:
            raise ConnectionResetError("The server closed the connection.")
        return data
