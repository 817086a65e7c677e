"""A PostgreSQL server for one run of the tests: made, started and thrown away."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config import processes


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL server on this machine, in Debian's place or on the PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class Server:
    """A server that a test may crash and start again; its rows are kept."""

    def __init__(self, programs: Path, home: Path, password: str, owner: dict[str, Any]) -> None:
        self.programs, self.home, self.owner = programs, home, owner
        self.port = _free_port()
        self.url = f"postgres://cairn:{password}@127.0.0.1:{self.port}/cairn"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin it, and wait until it answers. Raises RuntimeError after 30 s."""
        place = ["-D", self.home / "data", "-p", self.port, "-c", "listen_addresses=127.0.0.1"]
        quiet = ["-c", "unix_socket_directories=", "-c", "logging_collector=off"]
        command = [str(word) for word in [self.programs / "postgres", *place, *quiet]]
        with (self.home / "log").open("ab") as log:
            self.process = processes.start(command, output=log, **self.owner)
        _wait(self.programs, self.port)

    def crash(self) -> None:
        """Stop at once, as after a crash: what is not in its log of writes is gone."""
        subprocess.run(
            [str(self.programs / "pg_ctl"), "stop", "-m", "immediate", "-s", "-D", str(self.home / "data")],
            check=True,
            cwd=self.home,
            **self.owner,
        )
        if self.process is not None:
            self.process.wait(timeout=10)

    def end(self) -> None:
        """Stop it for good."""
        if self.process is not None:
            processes.end([self.process], patience=10)


@contextmanager
def serving(programs: Path, folder: Path) -> Iterator[Server]:
    """A server with default, durable settings, thrown away afterwards. Its database need not exist."""
    owner = _owner()
    home = Path(tempfile.mkdtemp(prefix="postgres-", dir=_place(folder, owner)))
    password = secrets.token_hex(16)
    try:
        _make(programs, home, password, owner)
        server = Server(programs, home, password, owner)
        try:
            server.start()
            yield server
        finally:
            server.end()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def running(programs: Path, folder: Path) -> Iterator[str]:
    """The same, for who only needs its DATABASE_URL."""
    with serving(programs, folder) as server:
        yield server.url


def _owner() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as Debian's user for it, or as nobody."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres", known["nobody"])
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _place(folder: Path, owner: dict[str, Any]) -> Path:
    """`folder`, unless that other user cannot reach it."""
    folder.mkdir(parents=True, exist_ok=True)
    reach = subprocess.run(["ls", str(folder)], check=False, capture_output=True, **owner)
    return folder if reach.returncode == 0 else Path("/tmp")


def _make(programs: Path, home: Path, password: str, owner: dict[str, Any]) -> None:
    secret = home / "password"
    secret.write_text(password)
    for path in (home, secret) if owner else ():
        os.chown(path, owner["user"], owner["group"])
    options = ["-U", "cairn", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--locale=C.UTF-8"]
    command = [str(programs / "initdb"), "-D", str(home / "data"), *options]
    made = subprocess.run(command, check=False, capture_output=True, text=True, cwd=home, **owner)
    if made.returncode:
        raise RuntimeError(f"initdb failed:\n{made.stderr}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(programs: Path, port: int) -> None:
    """Until it answers. Django makes the tests' database itself."""
    asking = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    deadline = time.monotonic() + 30
    while subprocess.run(asking, check=False).returncode:
        if time.monotonic() > deadline:
            raise RuntimeError("PostgreSQL did not answer within 30 s.")
        time.sleep(0.1)
