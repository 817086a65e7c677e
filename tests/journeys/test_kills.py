"""kill -9 of the web server at every step of storing a request: what was answered is there, once."""

import http.client
import json
import os
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from accounts import audit
from benchmarks import people
from benchmarks.site import SERVER
from directory.models import Clinic
from drills import web_kills_check
from drills.web_kills import FAILPOINTS
from outbox.models import Delivery
from referrals import consent, drafts, lifecycle
from referrals.answers import Answers
from referrals.models import Referral
from tests import build
from tests.config.site import ROOT, free_port, running
from tests.journeys.person import Person, hidden
from tests.outbox.workers import database_url

pytestmark = pytest.mark.django_db(transaction=True)

AT_A_REPEAT = "request.after-replay"
AT_FIRST = [point for point in FAILPOINTS if point != AT_A_REPEAT]
AFTER_COMMIT = ["request.after-commit", "request.before-answer"]
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
    senders = {point: Person(serve.port) for point in AT_FIRST}
    with serve() as site:
        wait_for(site)
        for point, person in senders.items():
            fill_in(person, clinic.slug, point)
        posts = {point: {**hidden(person.look(check)), "agree": "on"} for point, person in senders.items()}
    time.sleep(READ_FOR)

    def dies_at(failpoint: str, sender: str) -> None:
        with serve(failpoint) as site:
            wait_for(site)
            with pytest.raises((http.client.HTTPException, ConnectionError)):
                senders[sender].ask("POST", check, posts[sender])

    for point in AT_FIRST:
        dies_at(point, sender=point)
    assert Referral.objects.count() == len(AFTER_COMMIT), "a request is stored by its commit alone"
    dies_at(AT_A_REPEAT, sender=AFTER_COMMIT[0])

    # Nobody had an answer. Each sends the same form again, as a browser does on reload.
    with serve() as site:
        wait_for(site)
        for point, person in senders.items():
            status, _, location = person.ask("POST", check, posts[point])
            assert (status, location) == (302, f"/clinic/{clinic.slug}/ask/sent/")
            assert "/r/" in person.look(location)

    assert Referral.objects.count() == len(AT_FIRST)
    assert Delivery.objects.filter(kind="clinic-new-request").count() == len(AT_FIRST) * members
    assert audit.verify() == []


# --- the drill's own eyes ---------------------------------------------------------------------------------


def say_sent(ledger, *numbers: int) -> None:
    lines = [{"event": event, "person": n, "status": 302} for n in numbers for event in ("before", "after")]
    ledger.write_text("".join(json.dumps(line) + "\n" for line in lines))


def store(form, key: str = "") -> Referral:
    """What the page does with a form, sent with its own key or another."""
    session, clinic = SessionStore(form.session), Clinic.objects.get(slug=form.clinic)
    receipt = lifecycle.request(
        clinic=clinic,
        answers=Answers(call_me=form.name, phone="+13035550142"),
        consent=consent.text(clinic),
        idempotency_key=key or form.key,
    )
    drafts.finish(session, clinic, reference=receipt.referral.reference, token=receipt.token)
    session.save()
    return receipt.referral


@pytest.fixture
def forms(tmp_path):
    people.prepare(3, tmp_path / "forms")
    return list(people.read(tmp_path / "forms"))


def broken(tmp_path) -> dict[str, int]:
    found = web_kills_check.compare(tmp_path / "ledger", tmp_path / "forms")
    return {name: found[name] for name in web_kills_check.BROKEN if found[name]}


@pytest.mark.once
def test_the_drill_sees_nothing_wrong_where_nothing_is(forms, tmp_path):
    for form in forms:
        store(form)
    say_sent(tmp_path / "ledger", 0, 1, 2)
    assert broken(tmp_path) == {}


@pytest.mark.once
def test_the_drill_sees_a_lost_a_doubled_and_an_uninvited_request(forms, tmp_path):
    store(forms[0])
    store(forms[0], key="another")
    store(forms[1])
    say_sent(tmp_path / "ledger", 0, 2)
    found = broken(tmp_path)
    assert (found["lost"], found["doubled"], found["nobody_asked"]) == (1, 1, 1)


@pytest.mark.once
def test_the_drill_sees_half_a_request(forms, tmp_path):
    whole, damaged, untold = [store(form) for form in forms]
    Referral.objects.filter(pk=damaged.pk).update(sealed=whole.sealed)
    Delivery.objects.filter(subject=str(untold.pk)).first().delete()
    whole.timeline.all().delete()
    say_sent(tmp_path / "ledger", 0, 2)
    assert broken(tmp_path) == {"does_not_open": 1, "wrong_deliveries": 1, "without_one_first_step": 1}
