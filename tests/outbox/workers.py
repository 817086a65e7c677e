"""Starting real worker processes on the test database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent


def database_url() -> str:
    """The test database as another process names it."""
    place = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{place['NAME']}"
    secret = f":{quote(place['PASSWORD'])}" if place["PASSWORD"] else ""
    host = f"{place['HOST'] or 'localhost'}:{place['PORT'] or 5432}"
    return f"postgres://{quote(place['USER'])}{secret}@{host}/{place['NAME']}"


def start(mail_url: str, data_dir: Path, *arguments: str, failpoint: str = "") -> subprocess.Popen[bytes]:
    """A worker process; without arguments, the one of a_worker.py."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
        "DATABASE_URL": database_url(),
        "EMAIL_URL": mail_url,
        "DATA_DIR": str(data_dir),
        "SECRET_KEY": settings.SECRET_KEY,
        "PHI_KEYS": settings.PHI_KEYS,
        "FAILPOINT": failpoint,
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    command = [sys.executable, *(arguments or ("-m", "tests.outbox.a_worker"))]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)


def finish(process: subprocess.Popen[bytes]) -> int:
    """Ask a worker to stop; its exit code."""
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=20)


def wait_until(true: Callable[[], bool], seconds: float = 30) -> None:
    """Look again and again until something holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
