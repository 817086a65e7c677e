"""How fast a durable referral is, against the database alone, the disk alone, and a page that does nothing.

    python -m benchmarks.referral [--postgresql | --database-url URL] [--rounds N] [--seconds S] [--out FILE]

Makes a site of its own in a temporary folder. Without options: SQLite. --postgresql: on a server of its own.
--database-url: an empty database beside which another, named raw, may be made. Exit 1 if a referral that was
acknowledged is not stored, told, on the trail and readable, or if commits are not durable.
"""

import argparse
import contextlib
import os
import secrets
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import django

from benchmarks import machine, rounds, site
from benchmarks.outcome import keep

PAGE = 4096
FLOOR_PAGES = 1000
GOALS = {"sqlite": {"raw": 0.20, "bare": 6}, "postgresql": {"raw": 0.40, "bare": 8}}


def measure(place: site.Place, options: argparse.Namespace) -> dict[str, Any]:
    """The whole benchmark, on the empty site `place`. Starts Django in this process, once."""
    _start_django(place)
    from benchmarks import durable, referral_sides

    read_back = durable.settings()
    first = referral_sides.Verb()
    first()
    _copy_database()
    sides: dict[str, Callable[[], None]] = {"disk": _floor(place.data_dir), "verb": first}
    sides["raw"] = referral_sides.raw(first.last)
    sides["encryption"] = referral_sides.Sealing()
    _say("filling in forms")
    posts = referral_sides.Posts(place, number=_forms_needed(options))
    with referral_sides.serving(place):
        sides |= {"post": posts, "bare": referral_sides.bare(place.port)}
        _say(f"{options.rounds} rounds of {options.seconds:g} s for each of {', '.join(sides)}")
        rates = rounds.interleaved(sides, rounds=options.rounds, seconds=options.seconds)
    statements = {"verb": first.statements(), "post": posts.statements()}
    counted = durable.counts(first.acknowledged + posts.acknowledged)
    return {
        "settings": read_back,
        "counted": counted,
        "broken": durable.broken(counted, read_back),
        "statements": statements,
        **_figures(rates),
    }


def _figures(rates: rounds.Rates) -> dict[str, Any]:
    from django.db import connection

    of_raw, bares = rounds.ratios(rates, "verb", "raw"), rounds.ratios(rates, "bare", "post")
    goal = GOALS[connection.vendor]
    return {
        "per_second": {name: round(statistics.median(each), 1) for name, each in rates.items()},
        "rounds": {name: [round(each, 1) for each in of_side] for name, of_side in rates.items()},
        "verb_of_raw": {**_rounded(of_raw), "goal": goal["raw"], "met": of_raw["median"] >= goal["raw"]},
        "post_in_bares": {**_rounded(bares), "goal": goal["bare"], "met": bares["median"] <= goal["bare"]},
        "encryption_of_verb": _rounded(rounds.ratios(rates, "verb", "encryption")),
    }


def _rounded(ratio: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in ratio.items()}


def _floor(folder: Path) -> Callable[[], None]:
    """Writes one page into a file that is long enough already, and waits for the disk."""
    file = os.open(folder / "floor", os.O_RDWR | os.O_CREAT)
    os.pwrite(file, bytes(PAGE * FLOOR_PAGES), 0)
    os.fsync(file)
    page, number = secrets.token_bytes(PAGE), iter(range(sys.maxsize))

    def write() -> None:
        os.pwrite(file, page, PAGE * (next(number) % FLOOR_PAGES))
        os.fdatasync(file)

    return write


def _forms_needed(options: argparse.Namespace) -> int:
    """Enough for 300 a second. They cannot be filled in while the clock runs."""
    return int(options.rounds * options.seconds * 300) + 10


# --- the two databases ------------------------------------------------------------------------------------


def _start_django(place: site.Place) -> None:
    os.environ.update(place.environment)
    from django.conf import settings

    default = settings.DATABASES["default"]
    raw = str(place.data_dir / "raw.sqlite3") if default["ENGINE"].endswith("sqlite3") else "raw"
    settings.DATABASES["raw"] = {**default, "NAME": raw}
    settings.TRUSTED_PROXIES = 1
    django.setup()


def _copy_database() -> None:
    """The raw rows go into a copy: they are signed by nobody, and would break the trail."""
    from django.db import connection, connections

    if connection.vendor == "sqlite":
        connection.ensure_connection()
        copy = sqlite3.connect(str(connections.settings["raw"]["NAME"]))
        connection.connection.backup(copy)
        copy.close()
        return
    import psycopg

    name, parameters = connection.settings_dict["NAME"], connection.get_connection_params()
    connection.close()
    wanted = ("host", "port", "user", "password")
    server = {key: value for key, value in parameters.items() if key in wanted}
    with psycopg.connect(dbname="postgres", autocommit=True, **server) as other:
        other.execute(f'CREATE DATABASE raw TEMPLATE "{name}"')


# --- the command ------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _database(options: argparse.Namespace, folder: Path) -> Iterator[str]:
    if not options.postgresql:
        yield options.database_url
        return
    with site.throw_away_postgresql(folder) as url:
        yield url


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL database")
    parser.add_argument(
        "--postgresql", action="store_true", help="on a server that is thrown away afterwards"
    )
    parser.add_argument("--rounds", type=int, default=5, help="default 5")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each side in each round, default 2")
    parser.add_argument("--out", type=Path, help="keep the result here, too")
    return parser.parse_args()


def main() -> int:
    """Measure, print the result as JSON, and say by the exit code whether every promise held."""
    options, described = _options(), machine.describe()
    with tempfile.TemporaryDirectory(prefix="referral-") as folder, _database(options, Path(folder)) as url:
        place = site.prepared(Path(folder), url)
        with_bare_page = {**place.extra, "DJANGO_SETTINGS_MODULE": "benchmarks.settings"}
        result = measure(replace(place, extra=with_bare_page), options)
        django.db.connections.close_all()
    keep({"benchmark": "referral", "machine": described, **result}, options.out)
    return 1 if result["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
