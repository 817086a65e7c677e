"""A real server on a port of its own, with one clinic in every state."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.smtp import free_port

ROOT = Path(__file__).resolve().parents[2]


def environment(data_dir: Path, port: int) -> dict[str, str]:
    """A site of its own: SQLite in `data_dir`, whatever the tests themselves run on."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "SITE_URL", "EMAIL_URL"}
    }
    return kept | {
        "DATA_DIR": str(data_dir),
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings"),
    }


def _wait_until_ready(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert server.poll() is None, "the server ended before it was ready"
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server was not ready within 20 seconds")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running site with the clinics of tests.journeys.stage."""
    data_dir, port = tmp_path_factory.mktemp("site"), free_port()
    (data_dir / "tmp").mkdir()
    env = environment(data_dir, port)
    subprocess.run([sys.executable, "-m", "tests.journeys.stage"], cwd=ROOT, env=env, check=True)
    command = [sys.executable, "-m", "gunicorn", "--config", "python:config.server", "config.wsgi"]
    with (data_dir / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            address = f"http://localhost:{port}"
            _wait_until_ready(address, server)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=20)
