"""`./run`: everything starts, and nothing outlives it. The real processes, their real ends."""

import os
import shutil
import signal
import socket
import sqlite3
import time

import pytest

from directory.examples import SIGN_INS
from tests.config import site

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A DATA_DIR after a first start, and what that start said."""
    data_dir = tmp_path_factory.mktemp("first") / "data"
    with site.running(data_dir) as first:
        first.wait_until_ready()
        family = first.family()
        code = first.end(signal.SIGINT)
    return data_dir, first.said, family, code


@pytest.fixture
def data_dir(filled, tmp_path):
    """A copy of it, so that a test starts the site for the second time, in seconds."""
    return shutil.copytree(filled[0], tmp_path / "data")


@pytest.fixture
def started(data_dir):
    with site.running(data_dir) as running:
        running.wait_until_ready()
        yield running


def test_it_says_where_it_is_and_who_can_sign_in(filled):
    said = filled[1]
    assert "Cairn is ready: http://localhost:" in said
    assert all(person.email in said and person.password in said for person in SIGN_INS)
    assert "Traceback" not in said


def test_it_ends_everything_on_ctrl_c(filled):
    family, code = filled[2], filled[3]
    assert len(family) == 4  # supervisor, server, the server's process, worker
    assert site.still_there(family, seconds=0) == set()
    assert code == 0


def test_it_keeps_its_files_to_their_owner(filled):
    """All but the static files, which are public, and lie in a folder that is not."""
    private = [path for path in filled[0].rglob("*") if filled[0] / "static" not in path.parents]
    assert len(private) > 10
    assert [path for path in private if path.stat().st_mode & 0o077] == []


def test_it_keeps_the_data_when_it_starts_again(started, data_dir):
    with sqlite3.connect(data_dir / "cairn.sqlite3") as database:
        (clinics,) = database.execute("SELECT count(*) FROM directory_clinic").fetchone()
    assert clinics == 320
    assert "Loading" not in started.said
    assert "Collecting" not in started.said


def test_it_serves_its_stylesheet(started):
    status, page = started.get("/crisis/")
    assert status == 200
    address = page.partition(b'href="/static/site.')[2].partition(b'"')[0].decode()
    assert started.get(f"/static/site.{address}")[0] == 200


def test_it_ends_everything_on_sigterm(started):
    family = started.family()
    assert started.end(signal.SIGTERM) == 0
    assert site.still_there(family, seconds=0) == set()


def test_nothing_outlives_it_when_it_is_killed(started):
    family = started.family()
    started.end(signal.SIGKILL)
    assert site.still_there(family, seconds=15) == set()


def test_it_ends_with_an_error_when_the_server_dies(started):
    family = started.family()
    server = next(
        pid for pid in site.descendants(os.getpid()) & family if _children(pid) and pid != started.process.pid
    )
    os.kill(server, signal.SIGKILL)
    assert started.process.wait(30) == 1
    assert "The web server ended" in started.said
    assert site.still_there(family, seconds=5) == set()


def test_it_starts_a_dead_worker_again(started):
    before = started.family()
    worker = next(
        pid
        for pid in before - {started.process.pid}
        if not _children(pid) and _parent(pid) == started.process.pid
    )
    os.kill(worker, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while not started.family() - before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(started.family() - before) == 1
    assert "The worker ended; starting it again" in started.said
    assert started.is_healthy()


def test_it_answers_again_soon_after_its_web_process_was_killed(started):
    web = next(pid for pid in started.family() if _parent(_parent(pid)) == started.process.pid)
    os.kill(web, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while not started.is_healthy():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_says_that_another_one_uses_its_data(started, data_dir):
    with site.running(data_dir) as second:
        assert second.process.wait(30) == 1
        assert f"Cairn already runs with DATA_DIR={data_dir}" in second.said
    assert started.is_healthy()


def test_it_says_that_its_port_is_taken(data_dir):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with site.running(data_dir, port=other.getsockname()[1]) as refused:
            assert refused.process.wait(30) == 1
        assert "Something else uses port" in refused.said
        assert "Traceback" not in refused.said


@pytest.mark.parametrize("after", [0.3, 1.5, 4.0])
def test_it_can_be_ended_in_the_middle_of_its_first_start(tmp_path, after):
    with site.running(tmp_path / "data") as starting:
        time.sleep(after)
        family = starting.family()
        starting.end(signal.SIGTERM)
        assert site.still_there(family, seconds=1) == set()


def test_it_refuses_to_be_reached_by_others_as_it_is(data_dir):
    public = {
        "HOST": "0.0.0.0",
        "SECRET_KEY": (data_dir / "keys" / "secret_key").read_text(),
        "PHI_KEYS": (data_dir / "keys" / "phi_keys").read_text(),
        "FAILPOINT": "anywhere",
    }
    with site.running(data_dir, public) as refused:
        assert refused.process.wait(60) == 1
    for number in (2, 3, 5, 7, 9):
        assert f"cairn.E{number:03}" in refused.said
    assert "Traceback" not in refused.said


def test_it_refuses_to_show_examples_to_others(data_dir):
    public = {
        "HOST": "127.0.0.2",
        "SITE_URL": "https://clinics.example.org",
        "SECRET_KEY": "Vd2mQ8xT1kJ5rN9pW3sY7zB4cF6gH0aLeUiOqRtPnMxKjGvD",
        "PHI_KEYS": "k2:" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU=",
        "EMAIL_URL": "smtp+tls://user:password@mail.example.org:587",
        "TRUSTED_PROXIES": "1",
    }
    with site.running(data_dir, public) as refused:
        assert refused.process.wait(60) == 1
    assert "cairn.E014" in refused.said
    assert "cairn.E015" in refused.said


def test_it_names_the_key_that_is_missing(tmp_path):
    with site.running(tmp_path / "data", {"HOST": "0.0.0.0"}) as refused:
        assert refused.process.wait(30) == 1
    assert "SECRET_KEY is not set" in refused.said
    assert "Traceback" not in refused.said


def _parent(pid):
    return site.parents().get(pid, 0)


def _children(pid):
    return site.descendants(pid)
