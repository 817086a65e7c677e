"""Filled-in request forms of many people, and how one of them is sent to a site over HTTP.

    python -m drills.posting COUNT FILE    in a process of the site: clinics and COUNT forms, written to FILE

For drills that break what lies under the web server, while it lives on.
"""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import django

from tests.config.site import OF_THE_SITE, ROOT, Site

SERVER = [sys.executable, "-m", "gunicorn", "--config", "python:config.server", "config.wsgi"]
FORMS_PER_CLINIC = 12  # a clinic takes 60 tries an hour, and a form may be tried again
SENT, AWAY = 302, 503
CALM = "We will be back soon"
OF_A_TRACE = ("Traceback", "OperationalError", "psycopg", "sqlite3", "/site-packages/")


@dataclass(frozen=True)
class Form:
    """What one person's browser holds; `digest` is how the site keeps the key of this form."""

    number: int
    digest: str
    session: str
    csrf: str
    path: str
    fields: dict[str, str]


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


def prepare(data: Path, port: int, database_url: str, forms: int) -> list[Form]:
    """A site in `data` with its tables and static files, and `forms` people who are about to press Send."""
    (data / "tmp").mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name not in OF_THE_SITE}
    own = {"DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "config.settings"}
    environment = {**kept, **own, **settings(port, database_url)}
    file = data / "forms"
    for arguments in (
        ("manage.py", "migrate", "--no-input", "-v0"),
        ("manage.py", "collectstatic", "--no-input", "-v0"),
        ("-m", "drills.posting", str(forms), str(file)),
    ):
        subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=True)
    return [Form(**json.loads(line)) for line in file.read_text().splitlines()]


def settings(port: int, database_url: str) -> dict[str, str]:
    """Of the site's environment; every person comes from an address of their own."""
    own = {"PORT": str(port), "SITE_URL": f"http://localhost:{port}", "TRUSTED_PROXIES": "1"}
    return {**own, "DATABASE_URL": database_url} if database_url else own


def send(form: Form, port: int) -> Answer:
    """Press Send. A connection that breaks gives status 0."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
    headers = {
        "Host": "localhost",
        "Cookie": f"sid={form.session}; csrf={form.csrf}",
        "X-Forwarded-For": f"10.{form.number // 256 % 256}.{form.number % 256}.1",
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": f"http://localhost:{port}",
    }
    try:
        connection.request("POST", form.path, urlencode(form.fields), headers)
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


# --- in a process of the site -----------------------------------------------------------------------------


def make(count: int) -> Iterator[Form]:
    """Clinics that take requests, and people who have answered everything."""
    from tests import build

    clinic: Any = None
    for number in range(count):
        if number % FORMS_PER_CLINIC == 0:
            clinic = build.clinic()
        yield _form(clinic, number)


def _form(clinic: Any, number: int) -> Form:
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils.crypto import get_random_string

    from referrals import consent, drafts
    from referrals.views import send as page

    session, csrf = SessionStore(), get_random_string(32)
    session.create()
    for step, cleaned in _answered(clinic, number).items():
        drafts.keep(session, step, cleaned)
    key = drafts.key_for(session, clinic)
    session.save()
    answers = drafts.answers(session)
    assert answers is not None
    fields = {
        "csrfmiddlewaretoken": csrf,
        "words": consent.text(clinic).digest,
        "shown": page.shown_now(answers),
        "agree": "on",
    }
    path = f"/clinic/{clinic.slug}/ask/check/"
    return Form(number, _digest(key), str(session.session_key), csrf, path, fields)


def _answered(clinic: Any, number: int) -> dict[int, dict[str, Any]]:
    from referrals import forms

    who = forms.WhoForm({"for_whom": "me", "call_me": f"Person {number}", "adult": "yes"})
    reach = forms.ReachForm({"phone": "303-555-0142", "language": "en"})
    want = forms.WantForm({"modality": "iv", "note": "Afternoons suit me."}, clinic=clinic)
    pages = {1: who, 2: reach, 3: want}
    assert all(page.is_valid() for page in pages.values())
    return {step: page.cleaned_data for step, page in pages.items()}


def _digest(key: str) -> str:
    from accounts import audit
    from referrals import requesting

    return requesting._idempotency_digest(audit.PATIENT, key)


if __name__ == "__main__":
    django.setup()
    from django.db import transaction

    with transaction.atomic():
        lines = [json.dumps(asdict(form)) + "\n" for form in make(int(sys.argv[1]))]
    Path(sys.argv[2]).write_text("".join(lines))
