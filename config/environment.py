"""Prepare `.venv` with what a stock machine has, then hand over: `python -m config.environment base COMMAND`.

Standard library alone, because nothing is installed yet. Written inside the clone alone: `.venv`, `.tools`.
Packages come from the index that the user's own pip or uv is set up for, and are checked against the hashes
in requirements/.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from config.processes import Stop, run, stop_heard, stop_on_signals
from config.progress import say

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TOOLS = ROOT / ".tools"  # temporary files of the installer
# What is installed for `./run`, and what `./test` adds.
LISTS = {"base": ["base"], "dev": ["base", "dev"]}


class Missing(Exception):
    """The machine lacks something that only its owner can install. The text names it."""


def main(kind: str, command: list[str]) -> None:
    """Install what `kind` needs, if it is not there already, and become `command` under that Python."""
    stop_on_signals()
    try:
        missing = [name for name in LISTS[kind] if not _is_installed(name)]
        if missing:
            _install(missing)
    except Stop as stop:
        stop_heard()
        sys.exit(stop.code)
    except Missing as what:
        sys.exit(f"Cairn cannot start: {what}")
    os.execv(PYTHON, [str(PYTHON), *command])  # noqa: S606  (our own command)


# --- is it there already? -------------------------------------------------------------------


def _requirements(name: str) -> Path:
    return ROOT / "requirements" / f"{name}.txt"


def _stamp(name: str) -> Path:
    return VENV / f".installed-{name}"


def _wanted(name: str) -> str:
    return hashlib.sha256(_requirements(name).read_bytes()).hexdigest()


def _is_installed(name: str) -> bool:
    return _stamp(name).is_file() and _stamp(name).read_text() == _wanted(name) and _venv_works()


def _venv_works() -> bool:
    if Path(sys.prefix) == VENV:
        return True
    if not PYTHON.exists():
        return False
    return subprocess.run([PYTHON, "-c", ""], check=False, capture_output=True).returncode == 0  # noqa: S603


# --- making it ------------------------------------------------------------------------------


def _install(names: list[str]) -> None:
    """Every step can be repeated after it was cut off: the stamp is written last."""
    (TOOLS / "tmp").mkdir(parents=True, exist_ok=True)
    if not (_venv_works() and _installer()):
        say("Making .venv")
        _make_venv()
    for name in names:
        say(f"Installing requirements/{name}.txt into .venv")
        _do([*_installer(), "--require-hashes", "-r", str(_requirements(name))], "installing")
        _stamp(name).write_text(_wanted(name))
    shutil.rmtree(TOOLS, ignore_errors=True)


def _make_venv() -> None:
    """An empty one, with pip inside only where pip is not outside: that takes seconds."""
    shutil.rmtree(VENV, ignore_errors=True)
    base = _base_python()
    if uv := shutil.which("uv"):
        _do([uv, "venv", "--quiet", "--no-project", "--python", base, str(VENV)], "making .venv")
    elif _can_import("venv") and _can_import("pip"):
        _do([base, "-m", "venv", "--without-pip", str(VENV)], "making .venv")
    elif _can_import("venv") and _can_import("ensurepip"):
        _do([base, "-m", "venv", str(VENV)], "making .venv")
    else:
        raise Missing("this Python has neither uv, pip nor a whole venv. On Debian: apt install python3-venv")


def _base_python() -> str:
    """The machine's own Python, also when `.venv/bin/python` runs this."""
    return str(getattr(sys, "_base_executable", sys.executable))


def _can_import(name: str) -> bool:
    """Whether the machine's own Python has module `name`."""
    if sys.prefix == sys.base_prefix:
        return importlib.util.find_spec(name) is not None
    probe = [_base_python(), "-c", f"import {name}"]
    return subprocess.run(probe, check=False, capture_output=True).returncode == 0  # noqa: S603


def _installer() -> list[str]:
    """What installs into `.venv`; nothing when this machine has nothing for it any more."""
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--python", str(PYTHON)]
    install = ["install", "-qq", "--no-compile", "--no-deps"]  # the lists are complete
    if (VENV / "bin" / "pip").exists():
        return [str(PYTHON), "-m", "pip", *install]
    return [_base_python(), "-m", "pip", "--python", str(PYTHON), *install] if _can_import("pip") else []


def _do(command: list[str], what: str) -> None:
    code = run(command, _environment(), waiting=lambda: say(f"still {what} …"))
    if code:
        raise Missing(f"{what} failed (exit code {code}); its messages are above.")


def _environment() -> dict[str, str]:
    """The user's own, so that their index and proxy hold; but nothing is kept outside the clone unless they say so."""
    env = {**os.environ, "TMPDIR": str(TOOLS / "tmp"), "UV_PYTHON_DOWNLOADS": "never"}
    env.setdefault("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    if not {"UV_CACHE_DIR", "UV_NO_CACHE"} & env.keys():
        env["UV_NO_CACHE"] = "1"
    if not {"PIP_CACHE_DIR", "PIP_NO_CACHE_DIR"} & env.keys():
        env["PIP_NO_CACHE_DIR"] = "1"
    return env


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
