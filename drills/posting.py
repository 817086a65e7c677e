"""A site of its own, people who are about to press Send, and what each of them is answered.

For drills that break what lies under the web server, while it lives on.
"""

import http.client
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import people
from benchmarks.people import Filled
from tests.config.site import OF_THE_SITE, ROOT, Site

SERVER = [sys.executable, "-m", "gunicorn", "--config", "python:config.server", "config.wsgi"]
FORMS_PER_CLINIC = 12  # a clinic takes 60 tries an hour, and a form may be tried again
SENT, AWAY = 302, 503
CALM = "We will be back soon"
OF_A_TRACE = ("Traceback", "OperationalError", "psycopg", "sqlite3", "/site-packages/")


@dataclass(frozen=True)
class Answer:
    """Status, or 0 when there was none, and the page."""

    status: int
    page: str

    @property
    def is_calm(self) -> bool:
        """A success, or the page that says we will be back: nothing else may be seen in an outage."""
        told = not any(word in self.page for word in OF_A_TRACE)
        return told and (self.status == SENT or (self.status == AWAY and CALM in self.page))


def prepare(data: Path, port: int, database_url: str, forms: int) -> list[Filled]:
    """A site in `data` with its tables and static files, and `forms` people who are about to press Send."""
    (data / "tmp").mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name not in OF_THE_SITE}
    own = {"DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "config.settings"}
    environment = {**kept, **own, **settings(port, database_url)}
    file = data / "forms"
    for arguments in (
        ("manage.py", "migrate", "--no-input", "-v0"),
        ("manage.py", "collectstatic", "--no-input", "-v0"),
        ("-m", "benchmarks.people", str(forms), str(file), str(FORMS_PER_CLINIC)),
    ):
        subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=True)
    return list(people.read(file))


def settings(port: int, database_url: str) -> dict[str, str]:
    """Of the site's environment; every person comes from an address of their own."""
    own = {"PORT": str(port), "SITE_URL": f"http://localhost:{port}", "TRUSTED_PROXIES": "1"}
    return {**own, "DATABASE_URL": database_url} if database_url else own


def send(form: Filled, port: int) -> Answer:
    """Press Send. A connection that breaks gives status 0."""
    try:
        connection = people.press_send(form, port)
    except OSError:
        return Answer(0, "")
    try:
        response = connection.getresponse()
        return Answer(response.status, response.read().decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException):
        return Answer(0, "")
    finally:
        connection.close()


def wait_for(site: Site) -> None:
    """Until the web server answers. Raises RuntimeError after 60 s."""
    deadline = time.monotonic() + 60
    while not site.is_healthy():
        if time.monotonic() > deadline:
            raise RuntimeError("The web server did not answer within 60 s.")
        time.sleep(0.1)
