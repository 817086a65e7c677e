"""Preparing `.venv` with what a machine happens to have."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config import environment

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def done(monkeypatch, tmp_path):
    """The commands that would be run, in a clone where nothing is installed."""
    commands = []
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(environment, "TOOLS", tmp_path / ".tools")
    monkeypatch.setattr(
        environment, "_do", lambda command, what: commands.append(" ".join(map(str, command)))
    )
    (tmp_path / ".venv").mkdir()
    return commands


def machine(monkeypatch, *, uv=None, modules=()):
    monkeypatch.setattr(environment.shutil, "which", lambda name: uv)
    monkeypatch.setattr(environment, "_can_import", lambda name: name in modules)


def test_it_uses_uv_where_it_is(done, monkeypatch):
    machine(monkeypatch, uv="/usr/bin/uv", modules={"ensurepip", "venv", "pip"})
    environment._make_venv()
    assert done[0].startswith("/usr/bin/uv venv")
    assert environment._installer()[0] == "/usr/bin/uv"


def test_it_lends_the_machines_pip_to_an_empty_venv(done, monkeypatch):
    """A stock Debian with python3-pip has no ensurepip, and needs none."""
    machine(monkeypatch, modules={"venv", "pip"})
    environment._make_venv()
    assert " -m venv --without-pip " in done[0]
    assert (
        " ".join(environment._installer())
        .partition(" ")[2]
        .startswith(f"-m pip --python {environment.PYTHON}")
    )


def test_it_uses_a_whole_venv_where_pip_is_only_inside(done, monkeypatch):
    machine(monkeypatch, modules={"venv", "ensurepip"})
    environment._make_venv()
    assert done[0].endswith(f" -m venv {environment.VENV}")
    (environment.VENV / "bin").mkdir(parents=True)
    (environment.VENV / "bin" / "pip").touch()
    assert environment._installer()[:3] == [str(environment.PYTHON), "-m", "pip"]


@pytest.mark.parametrize("modules", [(), ("venv",), ("pip",), ("ensurepip",)])
def test_it_names_the_one_package_that_is_missing(done, monkeypatch, modules):
    machine(monkeypatch, modules=modules)
    with pytest.raises(environment.Missing, match="apt install python3-venv"):
        environment._make_venv()


def test_it_makes_a_new_venv_where_nothing_can_install_into_the_old_one(done, monkeypatch):
    """uv made it, without pip, and uv is gone."""
    machine(monkeypatch, modules=())
    monkeypatch.setattr(environment, "_venv_works", lambda: True)
    with pytest.raises(environment.Missing):
        environment._install(["base"])


def test_it_installs_by_hash_alone_and_notes_it_last(done, monkeypatch):
    machine(monkeypatch, uv="/usr/bin/uv")
    monkeypatch.setattr(environment, "_venv_works", lambda: True)
    assert not environment._is_installed("base")
    environment._install(["base"])
    assert "--require-hashes -r" in done[-1]
    assert environment._is_installed("base")
    assert not environment._is_installed("dev")


def test_it_installs_again_when_the_list_changed(done, monkeypatch):
    machine(monkeypatch, uv="/usr/bin/uv")
    monkeypatch.setattr(environment, "_venv_works", lambda: True)
    environment._install(["base"])
    environment._stamp("base").write_text("another list")
    assert not environment._is_installed("base")


def test_it_keeps_nothing_outside_the_clone(monkeypatch):
    for name in ("UV_CACHE_DIR", "UV_NO_CACHE", "PIP_CACHE_DIR", "PIP_NO_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    env = environment._environment()
    assert (env["UV_NO_CACHE"], env["PIP_NO_CACHE_DIR"], env["UV_PYTHON_DOWNLOADS"]) == ("1", "1", "never")
    assert env["TMPDIR"].startswith(str(environment.TOOLS))


def test_it_leaves_the_users_own_settings_alone(monkeypatch):
    theirs = {
        "UV_CACHE_DIR": "/theirs",
        "PIP_CACHE_DIR": "/theirs",
        "PIP_INDEX_URL": "https://mirror.example/simple",
    }
    for name, value in theirs.items():
        monkeypatch.setenv(name, value)
    env = environment._environment()
    assert theirs.items() <= env.items()
    assert "UV_NO_CACHE" not in env


@pytest.mark.parametrize("command", ["run", "test"])
def test_it_says_which_python_it_needs(tmp_path, command):
    shutil.copy(ROOT / command, tmp_path / command)
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("python3", "python3.11"):
        (folder / name).write_text("#!/bin/sh\nexit 1\n")  # as an older Python answers
        (folder / name).chmod(0o755)
    (folder / "dirname").symlink_to(shutil.which("dirname"))
    result = subprocess.run(
        [tmp_path / command], env={"PATH": str(folder)}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "Cairn needs Python 3.11 or newer" in result.stderr


def test_no_list_of_packages_names_a_host():
    for path in (ROOT / "requirements").glob("*.txt"):
        assert "://" not in path.read_text(), path
        assert "--hash=sha256:" in path.read_text()


def test_it_needs_the_standard_library_alone():
    """It runs before anything is installed."""
    isolated = [sys.executable, "-S", "-c", "import config.environment"]
    assert subprocess.run(isolated, cwd=ROOT, check=False).returncode == 0
