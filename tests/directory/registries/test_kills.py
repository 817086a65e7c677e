"""An import killed at any place: the table is the old one or the new one, and the same command again makes it new."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from directory.models import NppesRecord, RegistryFile
from directory.registries import loading
from tests.directory.registries import making

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

ROWS = 9_000
PLACES = ("import.staging", "import.staging:3", "import.removed", "import.changed", "import.swapped")


@pytest.fixture(autouse=True)
def _no_row_is_left():
    """Tests with transactions of their own clear what is known to be there; the processes wrote more."""
    yield
    NppesRecord.objects.all().delete()


def start(path, day, *, failpoint="", again=False):
    environment = {
        **os.environ,
        "DATABASE_URL": _address(),
        "DATA_DIR": str(settings.DATA_DIR),
        "PHI_KEYS": settings.PHI_KEYS,
        "SECRET_KEY": settings.SECRET_KEY,
        "FAILPOINT": failpoint,
    }
    command = [
        sys.executable,
        "manage.py",
        "import_nppes",
        str(path),
        f"--date=2026-11-{day:02}",
        "--everything",
    ]
    return subprocess.Popen(
        command + ["--again"] * again,
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _address():
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    where = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return f"postgres://{database['USER']}:{database['PASSWORD']}@{where}"


def table():
    return list(NppesRecord.objects.order_by("npi").values_list())


_of_the_second: list[tuple] = []


@pytest.fixture
def tables(tmp_path):
    """The files of two months, and the tables that they make: the second gains, changes and loses rows.

    What the second makes is the same for every test, and found once.
    """
    first = making.csv_file(tmp_path, making.rows(ROWS), name="first.csv")
    rows = (making.row(number, Provider_First_Name="NEW") for number in range(500, ROWS + 200))
    second = making.csv_file(tmp_path, rows, name="second.csv")
    if not _of_the_second:
        _of_the_second.extend(_table_of(second))
    before = _table_of(first)
    RegistryFile.objects.all().delete()
    return second, before, _of_the_second


def _table_of(path):
    loaded = start(path, 1, again=True)
    _, said = loaded.communicate()
    assert loaded.returncode == 0, said
    return table()


@pytest.mark.parametrize("place", PLACES)
def test_after_a_kill_anywhere_a_second_run_gives_the_table(tables, place):
    path, before, after = tables
    killed = start(path, 2, failpoint=place)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert table() == before
    _run_again(path, after)


def test_after_kills_at_any_instant_a_second_run_gives_the_table(tables):
    path, before, after = tables
    chance = random.Random(4)
    for _ in range(5):
        killed = start(path, 2)
        time.sleep(chance.uniform(0.3, 1.5))
        killed.kill()
        killed.communicate()
        assert table() in (before, after)
    _run_again(path, after)


def _run_again(path, after):
    again = start(path, 2)
    _, said = again.communicate()
    assert again.returncode == 0, said
    assert table() == after
    files = list(RegistryFile.objects.order_by("pk"))
    assert files[-1].state in {"loaded", "unchanged"}
    assert all(file.stops == [loading.INTERRUPTED] for file in files if file.state == "refused")
    assert {file.state for file in files} <= {"loaded", "unchanged", "refused"}
    assert not list(Path(settings.DATA_DIR, "imports").glob("*.sqlite3"))
