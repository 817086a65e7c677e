"""The real web server in a folder of its own: its settings, its database, its master and the worker below it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import cluster
from tests.config.site import OF_THE_SITE, ROOT, Site, free_port, running

SERVER = [sys.executable, "-m", "gunicorn", "--config", "python:config.server", "config.wsgi"]


@dataclass(frozen=True)
class Place:
    """Where a site lives: every process of it is started with `environment`."""

    data_dir: Path
    port: int
    extra: Mapping[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """What a command of this site sees; nothing of the caller's own site is left in it."""
        kept = {name: value for name, value in os.environ.items() if name not in OF_THE_SITE}
        own = {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATA_DIR": str(self.data_dir),
            "PORT": str(self.port),
        }
        return {**kept, **own, **self.extra}

    def do(self, *arguments: str) -> str:
        """Run `python ARGUMENTS` in a process of the site; what it printed. Raises CalledProcessError."""
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE)
        return done.stdout.decode()

    @contextmanager
    def serving(self, failpoint: str = "") -> Iterator[Site]:
        """The web server, killed with all it began at the end."""
        extra = {**self.extra, "FAILPOINT": failpoint}
        with running(self.data_dir, extra, port=self.port, command=SERVER) as site:
            yield site


def prepared(folder: Path, database_url: str = "") -> Place:
    """A new site in `folder`, with an empty database that has its tables. One proxy stands before it."""
    data_dir = folder / "data"
    (data_dir / "tmp").mkdir(parents=True)
    port = free_port()
    extra = {"SITE_URL": f"http://localhost:{port}", "TRUSTED_PROXIES": "1"}
    place = Place(data_dir, port, {**extra, "DATABASE_URL": database_url} if database_url else extra)
    place.do("manage.py", "migrate", "--no-input", "-v0")
    place.do("manage.py", "collectstatic", "--no-input", "-v0")
    return place


@contextmanager
def throw_away_postgresql(folder: Path) -> Iterator[str]:
    """The DATABASE_URL of an empty database on a server of its own. Raises LookupError without PostgreSQL."""
    import psycopg

    programs = cluster.binaries()
    if programs is None:
        raise LookupError("There is no PostgreSQL server on this machine.")
    with cluster.running(programs, folder) as url:
        with psycopg.connect(url.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE cairn")
        yield url


def worker_of(site: Site) -> int:
    """The process that answers, a child of gunicorn's master; 0 while there is none."""
    master = site.process.pid
    try:
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    except OSError:
        return 0
    return int(children[-1]) if children else 0


def is_serving(worker: int) -> bool:
    """Has it taken a request? Its first thread beside the main one is begun for that."""
    try:
        status = Path(f"/proc/{worker}/status").read_text()
    except OSError:
        return False
    return int(status.partition("Threads:")[2].split()[0]) > 1
