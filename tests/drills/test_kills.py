"""A tenth of the kills of the web server and of the delivery worker, and each failpoint at least once."""

import json
import subprocess
import sys

import pytest

from benchmarks.site import ROOT

pytestmark = pytest.mark.once


def drilled(tmp_path, *arguments: str) -> dict:
    """What the drill found; it ends with 1 when a promise was broken."""
    command = [sys.executable, "-m", *arguments, "--seed", "1"]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    return json.loads(done.stdout)


def test_200_kills_of_the_web_server_lose_and_double_nothing(tmp_path):
    counts = ("--kills", "200", "--posts", "2000", "--kills-per-failpoint", "1")
    found = drilled(tmp_path, "drills.web_kills", *counts, "--folder", str(tmp_path))
    assert (found["lost"], found["doubled"], found["broken"]) == (0, 0, [])
    assert found["kills"] >= 200
    assert all(found["kills_at_failpoints"].values())


def test_100_kills_of_the_worker_leave_nothing_undelivered(tmp_path):
    found = drilled(tmp_path, "drills.worker_kills", "--kills", "100")
    assert found["undelivered"] == 0
    assert found["repeats"] <= sum(found["killed"].values())
