"""Run every check and test that this machine can run, and say what was left out.

    ./test              everything: style, types, rooms, deployment checks, tests on SQLite and on PostgreSQL
    ./test PATH ...     the tests in PATH on SQLite; every argument goes to pytest

TEST_DATABASE_URL names a PostgreSQL database to use instead of a server made for the run.
With CI=true, what cannot run counts as failed. Everything is written below DATA_DIR/tests (./var/tests).
"""

import base64
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from config import processes
from config.progress import say
from tests import cluster

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
WORK = Path(os.environ.get("DATA_DIR", ROOT / "var")).resolve() / "tests"
IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
WORKERS = "3"  # a third of what a test does is waiting
# What a developer set for their own site must not change the tests.
OF_THE_SITE = (
    "HOST PORT DATABASE_URL EMAIL_URL SECRET_KEY PHI_KEYS SITE_NAME SITE_URL FAILPOINT GEOCODER DEFAULT_FROM_EMAIL "
    "TRUSTED_PROXIES PERSONAL_DATA_DAYS HELP_EMAIL HELP_PHONE "
    "IMPORTS_NEED_TWO_VERIFIERS SOURCE_HOSTS"
).split()


@dataclass
class Score:
    """What the last line of the run says."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def main(arguments: list[str]) -> int:
    """The exit code of `./test`."""
    if arguments in (["--help"], ["-h"]):
        sys.stdout.write(f"{__doc__}\n")
        return 0
    processes.stop_on_signals()
    (WORK / "tmp").mkdir(parents=True, exist_ok=True)
    try:
        if arguments:
            return _pytest("sqlite", arguments).returncode
        return _everything()
    except processes.Stop as stop:
        processes.stop_heard()
        return stop.code


def _everything() -> int:
    score = Score()
    _note_what_is_missing()
    _check(score)
    _test(score, "SQLite", "sqlite", [])
    with _postgresql() as url:
        if url:
            _test(score, "PostgreSQL", "postgresql", ["-m", "not once"], url)
        else:
            score.skipped += 1
    say(f"All done.\n{_left_out(score)}")
    sys.stdout.write(f"{score}\n")
    return 1 if score.failed or (IN_CI and score.skipped) else 0


def _left_out(score: Score) -> str:
    if not score.skipped:
        return "Nothing was left out."
    return "What was left out, and why, is said above." + (" In CI that is a failure." if IN_CI else "")


# --- checks ---------------------------------------------------------------------------------


def _checks() -> dict[str, list[str]]:
    manage = [sys.executable, "manage.py"]
    templates = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*.html"))
    return {
        "ruff check": [f"{BIN}/ruff", "check", "."],
        "ruff format --check": [f"{BIN}/ruff", "format", "--check", "."],
        "djade --check": [f"{BIN}/djade", "--check", "--target-version", "5.2", *templates],
        "lint-imports": [f"{BIN}/lint-imports"],
        "mypy": [f"{BIN}/mypy"],
        "makemigrations --check": [*manage, "makemigrations", "--check", "--dry-run"],
        "check --deploy": [*manage, "check", "--deploy", "--fail-level", "WARNING"],
    }


def _check(score: Score) -> None:
    """All at once; a check's output is shown when it fails."""
    started = {}
    for name, command in _checks().items():
        output = (WORK / f"{name.replace(' ', '-')}.txt").open("w+")
        env = _in_production() if name == "check --deploy" else _environment()
        started[name] = (processes.start(command, env, output), output)
    for name, (child, output) in started.items():
        passed = child.wait() == 0
        output.seek(0)
        say(f"{name}: {'passed' if passed else 'FAILED' + chr(10) + output.read()}")
        output.close()
        score.passed, score.failed = score.passed + passed, score.failed + (not passed)


def _in_production() -> dict[str, str]:
    """Settings as an operator would give them."""
    return {
        **_environment(),
        "HOST": "0.0.0.0",
        "SITE_URL": "https://clinics.example.org",
        "SECRET_KEY": base64.b64encode(os.urandom(48)).decode(),
        "PHI_KEYS": f"k1:{base64.b64encode(os.urandom(32)).decode()}",
        "TRUSTED_PROXIES": "1",
        "EMAIL_URL": "smtp+tls://user:password@mail.example.org:587",
        "DATA_DIR": str(WORK / "production"),
    }


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in OF_THE_SITE}
    return {**kept, "DATA_DIR": str(WORK), "TMPDIR": str(WORK / "tmp"), "PYTHONWARNINGS": "default"}


# --- tests ----------------------------------------------------------------------------------


def _test(score: Score, title: str, name: str, options: list[str], url: str = "") -> None:
    say(f"Tests on {title}")
    report = WORK / f"{name}.xml"
    report.unlink(missing_ok=True)
    result = _pytest(
        name, ["-n", WORKERS, "--dist", "loadfile", "-q", f"--junit-xml={report}", *options], url
    )
    counted = _read(report) if report.exists() else Score()
    if result.returncode and not counted.failed:
        counted.failed = 1  # it did not even get to the tests
    score.passed += counted.passed
    score.failed += counted.failed
    score.skipped += counted.skipped


def _pytest(name: str, arguments: list[str], url: str = "") -> subprocess.CompletedProcess[bytes]:
    env = _environment() | ({"DATABASE_URL": url} if url else {})
    env["PATH"] = os.pathsep.join(
        [str(BIN), *([str(found)] if (found := cluster.binaries()) else []), env["PATH"]]
    )
    child = processes.start([sys.executable, "-m", "pytest", *arguments], env)
    try:
        return subprocess.CompletedProcess(name, child.wait())
    finally:
        processes.end([child], patience=5)


def _read(report: Path) -> Score:
    suites = ET.parse(report).getroot().iter("testsuite")
    total = Score()
    for suite in suites:
        count = {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}
        failed = count["failures"] + count["errors"]
        total.failed += failed
        total.skipped += count["skipped"]
        total.passed += count["tests"] - failed - count["skipped"]
    return total


@contextlib.contextmanager
def _postgresql() -> Iterator[str]:
    """A DATABASE_URL, or nothing where there is no PostgreSQL."""
    if url := os.environ.get("TEST_DATABASE_URL", ""):
        yield url
    elif programs := cluster.binaries():
        with cluster.running(programs, WORK / "tmp") as made:
            yield made
    else:
        say("Skipped: the tests on PostgreSQL. There is no server on this machine: apt install postgresql")
        yield ""


def _note_what_is_missing() -> None:
    if not shutil.which("chromium"):
        say("Skipped: what needs a browser. There is no chromium on this machine: apt install chromium")
    if not (ROOT.parent / "shared").is_dir():
        say("Skipped: comparisons with outside data. There is no ../shared beside this clone.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
