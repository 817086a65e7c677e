"""kill -9 of the web server at every step of storing a request: what was answered is there, once."""

import http.client
import os
import subprocess
import sys
import time

import pytest
from django.conf import settings

from accounts import audit
from outbox.models import Delivery
from referrals.models import Referral
from tests import build
from tests.config.site import ROOT, free_port, running
from tests.journeys.person import Person, hidden
from tests.outbox.workers import database_url

pytestmark = pytest.mark.django_db(transaction=True)

FAILPOINTS = [
    "request.before-begin",
    "request.after-eligibility",
    "request.after-referral",
    "request.after-timeline",
    "request.after-deliveries",
    "request.after-audit",
    "request.after-commit",
]
SERVER = [sys.executable, "-m", "gunicorn", "--config", "python:config.server", "config.wsgi"]
READ_FOR = 2.5  # seconds; a quicker post is shown its answers once more


@pytest.fixture
def serve(tmp_path):
    """Starts a real web server on the test database, to be killed at a failpoint or to run on."""
    port = free_port()
    env = {
        "DATABASE_URL": database_url(),
        "SECRET_KEY": settings.SECRET_KEY,
        "PHI_KEYS": settings.PHI_KEYS,
        "SITE_URL": f"http://localhost:{port}",
    }
    data = tmp_path / "data"
    (data / "tmp").mkdir(parents=True)
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "-v0"]
    subprocess.run(collect, cwd=ROOT, env={**os.environ, **env, "DATA_DIR": str(data)}, check=True)

    def start(failpoint: str = ""):
        return running(data, {**env, "FAILPOINT": failpoint}, port=port, command=SERVER)

    start.port = port
    return start


def wait_for(site) -> None:
    deadline = time.monotonic() + 30
    while not site.is_healthy():
        assert time.monotonic() < deadline, site.said
        time.sleep(0.05)


def fill_in(person: Person, slug: str, name: str) -> None:
    steps = [
        {"for_whom": "me", "call_me": name, "adult": "yes"},
        {"phone": "303-555-0142", "language": "en", "best_time": ""},
        {"modality": "iv", "note": ""},
    ]
    for number, fields in enumerate(steps, start=1):
        assert person.submit(f"/clinic/{slug}/ask/{number}/", **fields)[0] == 302


def test_a_killed_web_server_loses_and_doubles_no_request(serve):
    clinic = build.clinic(name="High Plains Example Clinic")
    members = clinic.organization.memberships.count()
    check = f"/clinic/{clinic.slug}/ask/check/"
    people = {point: Person(serve.port) for point in FAILPOINTS}
    with serve() as site:
        wait_for(site)
        for point, person in people.items():
            fill_in(person, clinic.slug, point)
        posts = {point: {**hidden(person.look(check)), "agree": "on"} for point, person in people.items()}
    time.sleep(READ_FOR)

    for point, person in people.items():
        with serve(point) as site:
            wait_for(site)
            with pytest.raises((http.client.HTTPException, ConnectionError)):
                person.ask("POST", check, posts[point])

    # Nobody had an answer. Each sends the same form again, as a browser does on reload.
    stored_before = Referral.objects.count()
    assert stored_before == 1, "only the kill after the commit may have left a request"
    with serve() as site:
        wait_for(site)
        for point, person in people.items():
            status, _, location = person.ask("POST", check, posts[point])
            assert (status, location) == (302, f"/clinic/{clinic.slug}/ask/sent/")
            assert "/r/" in person.look(location)

    assert Referral.objects.count() == len(FAILPOINTS)
    assert Delivery.objects.filter(kind="clinic-new-request").count() == len(FAILPOINTS) * members
    assert audit.verify() == []
