"""The ways to make one referral that benchmarks.referral measures in turns: each a call that takes no argument."""

import http.client
import secrets
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks import people
from benchmarks.raw_rows import RawRows
from benchmarks.site import Place
from referrals import consent, envelope, lifecycle
from referrals.answers import Answers
from referrals.models import Referral
from tests import build
from tests.config.site import Site

PER_CLINIC = 50  # requests from strangers to one clinic, so that no limit (60 an hour) is met
IDLE = 2.0  # seconds after which a kept connection is opened anew: the server closes it after five


def _answers(number: int) -> Answers:
    return Answers(
        for_whom="me",
        call_me=f"Person {number:06d}",
        phone="+13035550142",
        email="person@example.org",
        topics=("depression", "anxiety"),
        modality="iv",
        note="Afternoons suit me. I can come by bus, and I need a chair without arms. " * 6,
    )


class Verb:
    """The product's own verb in this process: eligibility, encryption, idempotency, audit, messages, one commit."""

    def __init__(self) -> None:
        self._clinic = _clinics(1)[0]
        self._consent = consent.text(self._clinic)
        self.acknowledged = 0
        self.last = Referral()

    def __call__(self) -> None:
        receipt = lifecycle.request(
            clinic=self._clinic,
            answers=_answers(self.acknowledged),
            consent=self._consent,
            idempotency_key=secrets.token_urlsafe(16),
        )
        self.last = receipt.referral
        self.acknowledged += 1

    def statements(self) -> int:
        """How many SQL statements one takes, with BEGIN and COMMIT."""
        with CaptureQueriesContext(connection) as captured:
            self()
        return len(captured)


class Sealing:
    """Only what encrypts: a key of its own, the answers, the key under the site's key."""

    def __init__(self) -> None:
        self._payload = {"answers": _answers(0).as_payload(), "token": secrets.token_urlsafe(32)}

    def __call__(self) -> None:
        envelope.seal(uuid.uuid4(), self._payload)


class Posts:
    """A person presses Send: one whole POST over a kept connection to the site's server, until the 302 is read."""

    def __init__(self, place: Place, number: int) -> None:
        clinics = _clinics(-(-number // PER_CLINIC))
        steps = people.answered(clinics[0])
        self._forms = iter([people.filled(clinics[n // PER_CLINIC], steps, n) for n in range(number)])
        self._port = place.port
        self._server = Connection(place.port)
        self.acknowledged = 0

    def __call__(self) -> None:
        form = next(self._forms)
        headers = {
            **people.headers_of(form),
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"http://localhost:{self._port}",
        }
        answer = self._server.ask("POST", form.check_path, urlencode(form.fields), headers)
        where = urlsplit(answer.headers.get("Location", "")).path
        if (answer.status, where) != (302, form.sent_path):
            raise RuntimeError(f"the site answered {answer.status} {where}")
        self.acknowledged += 1

    def statements(self) -> int:
        """How many SQL statements one takes, asked in this process."""
        form, client = next(self._forms), Client(SERVER_NAME="localhost")
        client.cookies["sid"] = form.session
        with CaptureQueriesContext(connection) as captured:
            answer = client.post(form.check_path, form.fields, headers={"X-Forwarded-For": form.address})
        assert answer.status_code == 302, answer.status_code
        self.acknowledged += 1
        return len(captured)


def raw(referral: Referral) -> RawRows:
    """The same rows with plain SQL, in the database "raw"."""
    return RawRows(referral, "raw")


def bare(port: int) -> Callable[[], None]:
    """The page that does nothing, over a kept connection."""
    server = Connection(port)

    def ask() -> None:
        answer = server.ask("GET", "/bare/", "", {"Host": "localhost"})
        if answer.status != 200:
            raise RuntimeError(f"the bare page answered {answer.status}")

    return ask


class Connection:
    """One client's connection, kept open from request to request."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._used = 0.0

    def ask(self, method: str, path: str, body: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        """The answer, read to its end. Raises OSError."""
        if time.monotonic() - self._used > IDLE:
            self._connection.close()  # the next request opens it
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        answer.read()
        self._used = time.monotonic()
        return answer


@contextmanager
def serving(place: Place) -> Iterator[Site]:
    """The site's server, answering; ended with the block."""
    with place.serving() as served:
        deadline = time.monotonic() + 60
        while not served.is_healthy():
            if served.process.poll() is not None or time.monotonic() > deadline:
                print(served.said, file=sys.stderr)
                raise RuntimeError("the server did not start")
            time.sleep(0.1)
        yield served


def _clinics(number: int) -> list[Any]:
    """Clinics that can receive requests; two people act for each."""
    one, other = build.user(), build.user()
    clinics = build.many([{"owner": one} for _ in range(number)])
    for clinic in clinics:
        build.membership(other, clinic.organization)
    return clinics
