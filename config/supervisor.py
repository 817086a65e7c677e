"""Runs the site: prepares it, starts one web server and one worker, and ends both with itself.

`./run` becomes this process. If the web server ends, so does the site, with an error; a worker that dies is
started again a few times. Their log lines go to DATA_DIR/logs.
"""

import http.client
import os
import sys
import tempfile
import time
from typing import IO

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from gunicorn.app import wsgiapp

from config import processes
from config.progress import say

READY_WITHIN = 60.0
PATIENCE = 12.0  # a little longer than the server gives a request to finish
LOOK_EVERY = 0.2
# How long to wait before a worker that died is started again; then the site gives up.
BACK_OFF = (1.0, 2.0, 4.0, 8.0, 16.0)
STEADY_AFTER = 60.0
LARGEST_LOG = 20 * 1024 * 1024


class Ended(Exception):
    """A part of the site ended by itself. The text says which, and where to read on."""


def main() -> int:
    """The exit code of `./run`."""
    os.umask(0o077)  # database, mail and logs are for their owner alone
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    processes.stop_on_signals()
    try:
        django.setup()
        from config import startup  # noqa: PLC0415  (it reads models, which setup() has just loaded)

        with startup.hold_data_dir():
            tempfile.tempdir = str(settings.DATA_DIR / "tmp")
            startup.prepare()
            serve(startup.welcome())
    except processes.Stop:
        processes.stop_heard()
        say("Ended.")
        return 0
    except (processes.Refused, ImproperlyConfigured, Ended) as reason:
        sys.stderr.write(f"Cairn does not run:\n{reason}\n")
    return 1


def serve(welcome: str) -> None:
    """Start both processes, say `welcome` when they are ready, and stay until one ends or a signal comes."""
    say("Starting the web server and the worker")
    with open_log("web") as web_log, open_log("worker") as worker_log:
        web = processes.fork(run_server, web_log)
        worker = Worker(worker_log)
        try:
            worker.start()
            wait_until_ready(web)
            say(welcome)
            watch(web, worker)
        finally:
            processes.end([worker.process, web], PATIENCE)


def run_server() -> None:
    """Become gunicorn, as `gunicorn --config python:config.server config.wsgi` would."""
    sys.argv = ["gunicorn", "--config", "python:config.server", "config.wsgi"]
    wsgiapp.run()


def open_log(name: str) -> IO[bytes]:
    """DATA_DIR/logs/<name>.log for appending; at 20 MB the file before is kept once."""
    path = settings.DATA_DIR / "logs" / f"{name}.log"
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab", buffering=0)


class Worker:
    """The delivery worker, started again when it dies, more and more slowly."""

    def __init__(self, log: IO[bytes]) -> None:
        self.log = log
        self.failures = 0
        self.restart_at = 0.0

    def start(self) -> None:
        self.started = time.monotonic()
        self.restart_at = 0.0
        self.process = processes.fork(lambda: call_command("worker"), self.log)

    def look_after(self) -> None:
        """Restart it when it is due; raise Ended when it dies again and again."""
        if self.process.poll() is None:
            return
        if not self.restart_at:
            self._plan_restart()
        elif time.monotonic() >= self.restart_at:
            self.start()

    def _plan_restart(self) -> None:
        if time.monotonic() - self.started > STEADY_AFTER:
            self.failures = 0
        if self.failures == len(BACK_OFF):
            raise Ended(f"The worker ended {self.failures + 1} times in a row. {see_log('worker')}")
        delay = BACK_OFF[self.failures]
        self.failures += 1
        self.restart_at = time.monotonic() + delay
        say(f"The worker ended; starting it again in {delay:.0f} s. {see_log('worker')}")


def see_log(name: str) -> str:
    """Where to read on."""
    return f"See {settings.DATA_DIR / 'logs' / name}.log"


def wait_until_ready(web: processes.Forked) -> None:
    """Return when GET /healthz is answered with 200."""
    deadline = time.monotonic() + READY_WITHIN
    while not is_healthy():
        if web.poll() is not None:
            raise Ended(f"The web server ended. {see_log('web')}")
        if time.monotonic() > deadline:
            raise Ended(f"The web server did not answer within {READY_WITHIN:.0f} s. {see_log('web')}")
        time.sleep(0.05)


def is_healthy() -> bool:
    """Whether the site answers at the address it listens on."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HOST, settings.HOST)  # noqa: S104
    asking = http.client.HTTPConnection(host, settings.PORT, timeout=2)
    try:
        asking.request("GET", "/healthz", headers={"Host": settings.SITE_HOST})
        return asking.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()


def watch(web: processes.Forked, worker: Worker) -> None:
    """Until a signal comes: raise Ended when the web server ends, look after the worker."""
    while True:
        if web.poll() is not None:
            raise Ended(f"The web server ended with exit code {web.returncode}. {see_log('web')}")
        worker.look_after()
        time.sleep(LOOK_EVERY)


if __name__ == "__main__":
    sys.exit(main())
