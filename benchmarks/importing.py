"""How fast a file of NPPES comes in, against the database's own loader, and in how much memory.

    python -m benchmarks.importing [--postgresql] [--rows N] [--rounds N] [--out FILE]

Makes two files of the same rows: `wide` with all 330 columns, as CMS publishes it (1.2 KB a row: 2,000,000 rows are
2.4 GB, and about four times that is needed on the disk), and `narrow` with the columns that are loaded, cut out
beforehand. Each is read by both sides in turns. Ours reads, finds the columns, checks every row and fills the staging
table; the database's own loader (COPY; the shell's .import) takes the file as it is, into a table of all its columns
(`wide`: it cannot choose) or into the typed table of the loaded ones (`narrow`). No side has a key or an index.
Then whole imports by the command, in a process of its own: into an empty table, with no difference, and the same file
again. Exit 1 if rows are missing, or if a file without a difference changed one.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django

from benchmarks import machine, nppes_file, rounds, site
from benchmarks.outcome import keep
from benchmarks.referral import _database, _say
from tests.directory.registries import making

CHUNK = 1 << 20
MOST_MEMORY = 200  # MB
GOALS = {"stage_of_raw": 0.60, "whole_of_raw": 0.45, "no_difference_of_raw": 0.65}
Side = Callable[[], int]
"""Loads once, from nothing; the rows that are then there."""


def measure(place: site.Place, options: argparse.Namespace) -> dict[str, Any]:
    """The whole benchmark, on the empty site `place`. Starts Django in this process, once."""
    os.environ.update(place.environment)
    django.setup()
    _say(f"making {options.rows:,} rows")
    wide, narrow, other = (place.data_dir / name for name in ("wide.csv", "narrow.csv", "other.csv"))
    sizes = {
        "wide": nppes_file.write(wide, options.rows),
        "narrow": nppes_file.write(narrow, options.rows, columns=nppes_file.LOADED),
    }
    raw = _raw_sides(place)
    sides = {
        "raw wide": raw(wide, making.HEADER, False),
        "ours wide": _staging(wide),
        "raw narrow": raw(narrow, nppes_file.LOADED, True),
        "ours narrow": _staging(narrow),
    }
    rates = _in_turns(sides, options)
    _same_rows(wide, other)
    whole = {
        "into an empty table": _command(place, wide, "--date=2026-11-01"),
        "no difference": _command(place, other, "--date=2026-11-02"),
        "the same file again": _command(place, other, "--date=2026-11-03"),
    }
    return {"rows": options.rows, "bytes": sizes, **_figures(rates, whole, options.rows)}


def _same_rows(path: Path, other: Path) -> None:
    """Another file of the same rows: a blank line is none."""
    shutil.copyfile(path, other)
    with other.open("ab") as stream:
        stream.write(b"\n")


def _in_turns(sides: dict[str, Side], options: argparse.Namespace) -> rounds.Rates:
    """Rows a second of each side in each round."""
    rates: rounds.Rates = {name: [] for name in sides}
    names = list(sides)
    for turn in range(options.rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            begun = time.perf_counter()
            count = sides[name]()
            rates[name].append(count / (time.perf_counter() - begun))
            if count != options.rows:
                raise AssertionError(f"{name}: {count} rows instead of {options.rows}")
            _say(f"round {turn + 1}: {name} {rates[name][-1]:,.0f} rows/s")
    return rates


# --- ours -------------------------------------------------------------------------------------------------


def _staging(path: Path) -> Side:
    """All but the swap, in this process: as `load` does it."""
    from directory.registries import loading, nppes
    from directory.registries.progress import SILENT
    from directory.registries.reports import Report
    from directory.registries.staging import Staged

    registry = nppes.registry_of("main", everything=True)

    def stage() -> int:
        with Staged(registry).made() as staged:
            wish = loading.Wish(registry, path, "", False, None, SILENT)
            loading.stage(wish, staged, Report("benchmark"))
            return staged.rows()

    return stage


def _command(place: site.Place, path: Path, day: str) -> dict[str, Any]:
    """`import_nppes` in a process of its own: what it did, in how many seconds and megabytes."""
    from directory.models import RegistryFile

    command = [sys.executable, "manage.py", "import_nppes", str(path), day, "--everything", "-v0"]
    begun = time.perf_counter()
    child = subprocess.Popen(command, cwd=site.ROOT, env=place.environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun
    file = RegistryFile.objects.latest("pk")
    said = {"state": file.state, "rows": file.rows, "bad": file.bad_rows}
    changes = {"added": file.added, "changed": file.changed, "removed": file.removed}
    return {**said, **changes, "seconds": round(seconds, 1), "megabytes": round(usage.ru_maxrss / 1024)}


# --- the databases' own loaders ---------------------------------------------------------------------------


def _raw_sides(place: site.Place) -> Callable[[Path, list[str], bool], Side]:
    from django.db import connection

    return _import if connection.vendor == "sqlite" else _copy


def _table(columns: list[str], typed: bool) -> str:
    days = "date" if typed else "text"
    return ", ".join(
        f'"{name}" {days if name in nppes_file.DATES else "text"}' for name in map(_short, columns)
    )


def _short(name: str) -> str:
    """PostgreSQL cuts names at 63 letters."""
    return name if len(name) < 60 else f"{name[:20]}…{name[-30:]}"


def _copy(path: Path, columns: list[str], typed: bool) -> Side:
    from django.db import connection

    empty_days = ", ".join(f'"{_short(name)}"' for name in nppes_file.DATES)
    null = f", FORCE_NULL ({empty_days})" if typed else ""

    def load() -> int:
        with connection.cursor() as cursor, path.open("rb") as stream:
            cursor.execute("DROP TABLE IF EXISTS raw")
            cursor.execute("SET datestyle = 'ISO, MDY'")
            cursor.execute(f"CREATE UNLOGGED TABLE raw ({_table(columns, typed)})")
            with cursor.copy(f"COPY raw FROM STDIN WITH (FORMAT csv, HEADER{null})") as copy:
                while chunk := stream.read(CHUNK):
                    copy.write(chunk)
            cursor.execute("SELECT count(*) FROM raw")
            return int(cursor.fetchone()[0])

    return load


def _import(path: Path, columns: list[str], typed: bool) -> Side:
    """The shell of SQLite, with the settings of our own staging file."""
    database = path.with_suffix(".raw")

    def load() -> int:
        database.unlink(missing_ok=True)
        script = (
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;\n"
            f"CREATE TABLE raw ({_table(columns, typed)});\n.import --csv --skip 1 {path} raw\n"
            "SELECT count(*) FROM raw;\n"
        )
        shell = [shutil.which("sqlite3") or "sqlite3", str(database)]
        done = subprocess.run(shell, input=script, capture_output=True, text=True, check=True)
        return int(done.stdout.split()[-1])

    return load


# --- the result -------------------------------------------------------------------------------------------


def _figures(rates: rounds.Rates, whole: dict[str, Any], rows: int) -> dict[str, Any]:
    seconds = {name: rows / statistics.median(each) for name, each in rates.items()}
    of_raw = {
        "stage, wide": rounds.ratios(rates, "ours wide", "raw wide"),
        "stage, narrow": rounds.ratios(rates, "ours narrow", "raw narrow"),
        "stage of wide against raw of narrow": rounds.ratios(rates, "ours wide", "raw narrow"),
    }
    return {
        "per_second": {name: round(statistics.median(each)) for name, each in rates.items()},
        "of_raw": {
            name: {key: round(value, 3) for key, value in each.items()} for name, each in of_raw.items()
        },
        "goal": GOALS["stage_of_raw"],
        "whole": whole,
        "whole_of_raw_wide": {
            name: round(seconds["raw wide"] / each["seconds"], 2) for name, each in whole.items()
        },
        "megabytes": max(each["megabytes"] for each in whole.values()),
    }


def is_kept(result: dict[str, Any]) -> bool:
    """Were all rows there, did nothing change without a difference, and was memory within its goal?"""
    whole, rows = result["whole"], result["rows"]
    first, same = whole["into an empty table"], whole["no difference"]
    unchanged = (same["added"], same["changed"], same["removed"]) == (0, 0, 0)
    complete = first["added"] == first["rows"] == same["rows"] == rows
    return complete and unchanged and result["megabytes"] <= MOST_MEMORY


def _shell_version() -> str:
    """Debian's package sqlite3."""
    shell = shutil.which("sqlite3")
    said = (
        subprocess.run([shell, "--version"], capture_output=True, text=True, check=True).stdout
        if shell
        else ""
    )
    return said.partition(" ")[0] or "none"


@contextmanager
def _place(options: argparse.Namespace) -> Iterator[site.Place]:
    with (
        tempfile.TemporaryDirectory(prefix="importing-", dir=options.folder) as folder,
        _database(options, Path(folder)) as url,
    ):
        yield site.prepared(Path(folder), url)
        django.db.connections.close_all()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--postgresql", action="store_true", help="on a server of its own; else SQLite")
    parser.add_argument("--rows", type=int, default=2_000_000, help="default 2,000,000")
    parser.add_argument("--rounds", type=int, default=3, help="default 3")
    parser.add_argument(
        "--folder", type=Path, help="where there is room; default the system's temporary folder"
    )
    parser.add_argument("--out", type=Path, help="keep the result here, too")
    options = parser.parse_args()
    options.database_url = ""
    described = machine.describe()
    with _place(options) as place:
        result = measure(place, options)
    keep(
        {
            "benchmark": "importing",
            "engine": "postgresql" if options.postgresql else "sqlite",
            "machine": described,
            "sqlite_shell": _shell_version(),
            **result,
        },
        options.out,
    )
    return 0 if is_kept(result) else 1


if __name__ == "__main__":
    sys.exit(main())
