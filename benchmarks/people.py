"""Many people who have filled in a request and looked at their answers: all that is left is to press Send.

    python -m benchmarks.people COUNT FILE [PER_CLINIC]
        makes clinics (one for all of them, without PER_CLINIC) and COUNT drafts in the site's database, forms in FILE

Each has a session with a sealed draft, made by the doors that the pages use.
"""

import http.client
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import django

CLINIC_NAME = "High Plains Example Clinic"
MEMBERS = 2
PATIENCE = 30  # seconds for one answer


@dataclass(frozen=True)
class Filled:
    """One person's form, as the browser holds it. `key` is the idempotency key in the sealed draft, `digest` how the
    site keeps it."""

    number: int
    name: str
    key: str
    digest: str
    session: str
    csrf: str
    address: str
    clinic: str
    fields: dict[str, str]

    @property
    def check_path(self) -> str:
        return f"/clinic/{self.clinic}/ask/check/"

    @property
    def sent_path(self) -> str:
        return f"/clinic/{self.clinic}/ask/sent/"


def read(path: Path) -> Iterator[Filled]:
    """The forms kept at `path`, in order."""
    with path.open() as lines:
        for line in lines:
            yield Filled(**json.loads(line))


# --- over HTTP --------------------------------------------------------------------------------------------


def press_send(form: Filled, port: int) -> http.client.HTTPConnection:
    """Post the form; the answer is not read yet. Raises OSError."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    headers = {
        **headers_of(form),
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": f"http://localhost:{port}",
    }
    connection.request("POST", form.check_path, urlencode(form.fields), headers)
    return connection


def answer(connection: http.client.HTTPConnection) -> tuple[int, str]:
    """Status and path of the redirect; closes the connection. Raises OSError, HTTPException."""
    try:
        response = connection.getresponse()
        response.read()
        return response.status, urlsplit(response.headers.get("Location", "")).path
    finally:
        connection.close()


def links_on_sent_page(form: Filled, port: int) -> set[str]:
    """The private links it shows: one, or none when it is not shown. Raises OSError, HTTPException."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", form.sent_path, headers=headers_of(form))
        return set(re.findall(r"/r/[\w-]{43}/", connection.getresponse().read().decode()))
    finally:
        connection.close()


def headers_of(form: Filled) -> dict[str, str]:
    """Whose browser it is, and from where."""
    cookies = f"sid={form.session}; csrf={form.csrf}"
    return {"Host": "localhost", "Cookie": cookies, "X-Forwarded-For": form.address}


# --- in a process of the site -----------------------------------------------------------------------------


def prepare(count: int, path: Path, per_clinic: int = 0) -> None:
    """Clinics that take requests, and the forms of `count` people at `path`: `per_clinic` to each, or all to one."""
    from django.db import transaction

    with path.open("w") as file, transaction.atomic():
        for number in range(count):
            if number % (per_clinic or count) == 0:
                clinic = _clinic()
                steps = answered(clinic)
            file.write(json.dumps(asdict(filled(clinic, steps, number))) + "\n")


def _clinic() -> Any:
    from tests import build

    clinic = build.clinic(name=CLINIC_NAME)
    while clinic.organization.memberships.count() < MEMBERS:
        build.member(clinic.organization)
    return clinic


def answered(clinic: Any) -> dict[int, dict[str, Any]]:
    """What the three pages make of one person's answers."""
    from referrals import forms

    who = forms.WhoForm({"for_whom": "me", "call_me": "A person", "adult": "yes"})
    reach = forms.ReachForm({"phone": "303-555-0142", "language": "en", "email": "person@example.org"})
    want = forms.WantForm({"modality": "iv", "note": "Afternoons suit me."}, clinic=clinic)
    pages = {1: who, 2: reach, 3: want}
    assert all(page.is_valid() for page in pages.values()), [page.errors for page in pages.values()]
    return {number: page.cleaned_data for number, page in pages.items()}


def filled(clinic: Any, steps: dict[int, dict[str, Any]], number: int) -> Filled:
    """One person who has answered everything, with the session that their browser holds."""
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils.crypto import get_random_string

    from accounts import audit
    from referrals import consent, drafts, requesting
    from referrals.views import send

    name = f"Person {number:06d}"
    session = SessionStore()
    session.create()
    for step, cleaned in steps.items():
        drafts.keep(session, step, {**cleaned, "call_me": name} if step == 1 else cleaned)
    key = drafts.key_for(session, clinic)
    session.save()
    answers, csrf = drafts.answers(session), get_random_string(32)
    assert answers is not None
    fields = {
        "csrfmiddlewaretoken": csrf,
        "words": consent.text(clinic).digest,
        "shown": send.shown_now(answers),
        "agree": "on",
    }
    digest = requesting.idempotency_digest(audit.PATIENT, key)
    browser = (str(session.session_key), csrf, _address(number))
    return Filled(number, name, key, digest, *browser, str(clinic.slug), fields)


def _address(number: int) -> str:
    """Everybody lives in a neighbourhood of their own: 10.x.y.1."""
    return f"10.{number // 256 % 256}.{number % 256}.1"


if __name__ == "__main__":
    django.setup()
    prepare(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
