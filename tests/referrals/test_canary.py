"""Fifty people with a marker in every personal field: no marker is found where none may be.

Searched in six encodings: the database's files or dumps, the mails, the log and everything printed.
A mail goes to the person's own address, which stands in its envelope and its `To`; nowhere else.
"""

import base64
import gzip
import io
import json
import logging
import random
import zlib
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.urls import reverse

from config.logs import JsonLines
from outbox import clock, deliveries
from outbox.models import Delivery
from referrals import drafts, lifecycle, reading
from referrals.models import Referral
from referrals.vocabulary import CompleteReason
from tests.build_referrals import sent
from tests.referrals import asking, canary
from tests.smtp import smtp_server

__all__ = ["smtp_server"]

PEOPLE = 50


@dataclass
class Person:
    """Somebody whose every word can be told apart from everybody else's."""

    number: int
    name: str = ""
    email: str = ""
    phone: str = ""
    note: str = ""
    answer: str = ""
    question: str = ""
    welcome: str = ""
    referral: Referral | None = None
    token: str = ""
    dates: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = random.Random(self.number)
        self.name = "".join(chance.choices("ЖЩЪФЭЮЯДЛЦ", k=12))
        self.email = f"{_letters(chance)}@patient.example"
        self.phone = f"720{chance.randint(2, 9)}{chance.randrange(10**6):06d}"
        self.note, self.answer, self.question, self.welcome = (_letters(chance) for _ in range(4))

    @property
    def markers(self) -> dict[str, str]:
        return {
            "name": self.name,
            "e-mail": self.email.partition("@")[0],
            "phone": self.phone,
            "note": self.note,
            "answer": self.answer,
            "question": self.question,
            "welcome": self.welcome,
            "token": self.token,
            **{f"date {number}": date for number, date in enumerate(self.dates)},
        }


def _letters(chance: random.Random) -> str:
    return "zq" + "".join(chance.choices("bcdfghjkmnpqrtvwxz", k=14))


@pytest.fixture
def log():
    """What the site's own handler writes to the log, from whatever level."""
    heap, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(heap)
    handler.setFormatter(JsonLines())
    root.addHandler(handler)
    level, _ = root.level, root.setLevel(logging.DEBUG)
    yield heap
    root.removeHandler(handler)
    root.setLevel(level)


def _live(person: Person, clinic, owner) -> None:
    """From the first question to the end. One in five fills in the pages; for all their doors are the same."""
    client = Client(REMOTE_ADDR=f"10.0.{person.number}.1")
    if person.number % 5 == 0:
        link = asking.ask(client, clinic, **_typed(person))
        person.token = link.strip("/").rpartition("/")[2]
    else:
        person.token = sent(clinic, **{**_typed(person), "phone": f"+1{person.phone}"}).token
    made = person.referral = reading.of_token(person.token)
    lifecycle.open(referral=made, by=owner)
    lifecycle.ask(referral=made, question=person.question, by=owner)
    client.get(reverse("status", args=[person.token]))
    lifecycle.answer(referral=made, text=person.answer)
    lifecycle.accept(referral=made, by=owner, note=person.welcome)
    date = clock.now() + timedelta(days=30, microseconds=person.number * 1001 + 123_457)
    person.dates = [date.isoformat(), f"{date:%Y-%m-%d %H:%M:%S.%f}"]
    lifecycle.set_appointment(referral=made, at=date, by=owner)
    _meet_trouble(person, owner)
    if person.number % 2:
        lifecycle.complete(referral=made, reason=CompleteReason.NO_SHOW, by=owner)


def _meet_trouble(person: Person, owner) -> None:
    """Errors with personal values in their frames are logged, and an unfinished request stays behind."""
    reading.read(referral=person.referral, by=owner, purpose="inbox")
    try:
        lifecycle.answer(referral=person.referral, text=person.answer)
    except lifecycle.WrongState:
        logging.getLogger("referrals").exception("a step failed: %s", person.answer)
    try:
        int(person.note)
    except ValueError:
        logging.getLogger("django.request").exception("failed %s", person.email)
    _leave_half(person)


def _typed(person: Person) -> dict[str, str]:
    return {"call_me": person.name, "phone": person.phone, "email": person.email, "note": person.note}


def _leave_half(person: Person) -> None:
    session = SessionStore()
    drafts.keep(session, 1, {"call_me": person.name, "for_whom": "me", "adult": True})
    drafts.keep(session, 2, {"phone": person.phone, "email": person.email})
    session.save()


@pytest.mark.django_db(transaction=True)
def test_no_marker_of_fifty_people_is_found_anywhere(clinic, owner, smtp_server, log, capfd):
    people = [Person(number) for number in range(PEOPLE)]
    refused = {person.email: f"550 no such user {person.email}" for person in people[::10]}
    smtp_server.answers.update(refused)
    for person in people:
        _live(person, clinic, owner)
    while deliveries.deliver_one():
        pass
    printed = "".join(capfd.readouterr())
    texts = {
        **canary.database(),
        "log": log.getvalue().encode(),
        "printed": printed.encode(),
        "mails": b"\n".join(_without_recipient(mail, people) for mail in smtp_server.received),
    }
    assert Referral.objects.filter(sealed__isnull=False).count() == PEOPLE
    assert len(smtp_server.received) > PEOPLE
    assert Delivery.objects.filter(last_error="SMTPRecipientsRefused").count() >= len(refused)
    assert b"a step failed" in texts["log"]
    hits = [
        (where, person.number, name, how)
        for where, heap in ((where, canary.Heap(text)) for where, text in texts.items())
        for person in people
        for name, marker in person.markers.items()
        for how in heap.holds(marker)
        if not (where == "mails" and name == "token")
    ]
    assert hits == []


def _without_recipient(mail, people) -> bytes:
    """The mail as the server took it, less the one address it went to."""
    (to,) = mail.to
    assert mail.raw.count(to.encode()) == 1
    return mail.raw.replace(to.encode(), b"")


@pytest.mark.once
class TestTheSearch:
    """A search that finds nothing proves something only if it can find."""

    WRITINGS = {
        "plain": lambda text: text.encode(),
        "UTF-16": lambda text: text.encode("utf-16"),
        "hex": lambda text: text.encode().hex().encode(),
        "JSON-escaped": lambda text: json.dumps({"a": text}).encode(),
        "gzip": lambda text: gzip.compress(b"x" * 5000 + text.encode() + b"y" * 5000),
    }

    @pytest.mark.parametrize("how", WRITINGS)
    @pytest.mark.parametrize("text", [Person(1).name, Person(1).note, Person(1).phone])
    def test_it_finds_each_writing(self, how, text):
        heap = random.Random(1).randbytes(3000) + self.WRITINGS[how](text) + random.Random(2).randbytes(3000)
        expected = "plain" if how == "JSON-escaped" and text.isascii() else how
        assert expected in canary.Heap(heap).holds(text)

    @pytest.mark.parametrize("before", range(4))
    @pytest.mark.parametrize("after", range(4))
    @pytest.mark.parametrize("text", [Person(1).name, Person(1).note, Person(1).phone])
    def test_it_finds_base64_wherever_the_text_starts(self, before, after, text):
        heap = base64.b64encode(b"x" * before + text.encode() + b"\xff" * after)
        assert "base64" in canary.Heap(heap).holds(text)

    def test_it_finds_what_is_packed_within_a_dump(self):
        text = Person(1).note
        assert canary.Heap(b"PGDMP" + zlib.compress(text.encode(), 9) + b"rest").holds(text) == ["gzip"]

    def test_it_finds_nothing_in_noise(self):
        assert canary.Heap(random.Random(3).randbytes(1_000_000)).holds(Person(1).phone) == []
