"""The whole site in processes of its own, as `./run` starts it: for tests that end it in every way."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
COMMAND = [sys.executable, "-m", "config.supervisor"]
OF_THE_SITE = {
    "HOST",
    "PORT",
    "TRUSTED_PROXIES",
    "DATABASE_URL",
    "EMAIL_URL",
    "SECRET_KEY",
    "PHI_KEYS",
    "SITE_URL",
    "FAILPOINT",
    "IMPORTS_NEED_TWO_VERIFIERS",
    "SOURCE_HOSTS",
    "SECOND_FACTOR_REQUIRED",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Site:
    """A supervisor and what it began."""

    def __init__(
        self, data_dir: Path, port: int, extra: Mapping[str, str], cwd: Path, command: list[str]
    ) -> None:
        self.port = port
        self.output = data_dir.parent / f"{data_dir.name}-{port}.txt"
        kept = {name: value for name, value in os.environ.items() if name not in OF_THE_SITE}
        env = {**kept, "DATA_DIR": str(data_dir), "PORT": str(port), **extra}
        self.began = time.monotonic()
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    def wait_until_ready(self, seconds: float = 90) -> float:
        """Seconds from its start to the first healthy answer."""
        while not (self.is_healthy() and "is ready" in self.said):
            assert self.process.poll() is None, self.said
            assert time.monotonic() - self.began < seconds, self.said
            time.sleep(0.1)
        return time.monotonic() - self.began

    def is_healthy(self) -> bool:
        return self.get("/healthz")[0] == 200

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body; 0 when nobody answers."""
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            asking.request("GET", path)
            answer = asking.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            asking.close()

    def family(self) -> set[int]:
        """The supervisor and every process below it."""
        return {self.process.pid, *descendants(self.process.pid)}

    def end(self, signum: int = signal.SIGTERM, within: float = 30) -> int:
        """Send a signal to the supervisor alone; its exit code."""
        self.process.send_signal(signum)
        return self.process.wait(within)


@contextlib.contextmanager
def running(
    data_dir: Path,
    extra: Mapping[str, str] | None = None,
    *,
    port: int = 0,
    cwd: Path = ROOT,
    command: list[str] | None = None,
) -> Iterator[Site]:
    """A site that is surely gone afterwards, however the test ends."""
    site = Site(data_dir, port or free_port(), extra or {}, cwd, command or COMMAND)
    began: set[int] = set()
    try:
        yield site
        began = site.family()
    finally:
        began |= site.family()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(site.process.pid, signal.SIGKILL)  # also what was forked a moment ago
        for pid in began:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        site.process.wait(10)


def parents() -> dict[int, int]:
    """Every living process and its parent; what has ended and waits to be collected is left out."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                found[int(path.parent.name)] = int(parent)
    return found


def descendants(pid: int) -> set[int]:
    """Children, their children, and so on."""
    tree = parents()
    below: set[int] = set()
    newest = {pid}
    while newest:
        newest = {child for child, parent in tree.items() if parent in newest} - below
        below |= newest
    return below


def still_there(pids: set[int], seconds: float) -> set[int]:
    """Those of `pids` that live on after `seconds`; returns at once when none does."""
    deadline = time.monotonic() + seconds
    while (left := pids & parents().keys()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left
