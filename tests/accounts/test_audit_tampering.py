"""Whoever holds the database, and not the key, can change nothing unseen. Every change here is made in SQL."""

import random
import secrets
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Max

from accounts import audit, keyring
from accounts.models import AuditEvent, AuditHead
from tests.accounts.test_audit import write

LINKS = 16
COLUMNS = [field.name for field in AuditEvent._meta.concrete_fields]

Chance = random.Random


@pytest.fixture
def trail(db, anchors):
    """A chain of links, anchored at a third of it and at its end. What the head was in between is remembered."""
    heads = []
    for number in range(LINKS):
        write(actor=f"user:{number % 3}", purpose="care" if number % 2 else "")
        heads.append(AuditHead.objects.values().get())
        if number in (LINKS // 3, LINKS - 1):
            audit.anchor()
    return heads


def edit(column: str) -> Callable[[Chance], None]:
    def change(chance: Chance) -> None:
        event = AuditEvent.objects.get(seq=chance.randint(1, LINKS))
        rows = AuditEvent.objects.filter(seq=event.seq)
        if column == "seq":
            rows.update(seq=LINKS + chance.randint(1, 50))
        elif column == "at":
            rows.update(at=event.at + timedelta(microseconds=chance.choice([-1, 1, 1000, 10**9])))
        else:
            rows.update(**{column: altered(chance, getattr(event, column))})

    return change


def altered(chance: Chance, text: str) -> str:
    """The text with one character more, less or other."""
    place = chance.randrange(len(text) + 1)
    short = text[:place] + text[place + 1 :]
    return chance.choice(
        [text[:-1] or "x", short if short != text else "y", text[:place] + "é" + text[place + 1 :]]
    )


def delete(chance: Chance) -> None:
    AuditEvent.objects.filter(seq=chance.randint(1, LINKS)).delete()


def delete_and_close_the_gap(chance: Chance) -> None:
    gone = chance.randint(1, LINKS - 1)
    AuditEvent.objects.filter(seq=gone).delete()
    for seq in range(gone + 1, LINKS + 1):
        AuditEvent.objects.filter(seq=seq).update(seq=F("seq") - 1)


def insert(chance: Chance) -> None:
    """A copy of a genuine link, somewhere else."""
    event = AuditEvent.objects.get(seq=chance.randint(1, LINKS))
    place = chance.choice([0, LINKS + 1, LINKS + 2, chance.randint(1, LINKS)])
    for seq in range(LINKS, place - 1, -1):
        AuditEvent.objects.filter(seq=seq).update(seq=F("seq") + 1)
    event.seq = place
    event.save()


def swap(chance: Chance) -> None:
    first, second = chance.sample(range(1, LINKS + 1), 2)
    AuditEvent.objects.filter(seq=first).update(seq=LINKS + 99)
    AuditEvent.objects.filter(seq=second).update(seq=first)
    AuditEvent.objects.filter(seq=LINKS + 99).update(seq=second)


def cut_the_tail(chance: Chance) -> None:
    AuditEvent.objects.filter(seq__gt=chance.randint(0, LINKS - 1)).delete()


def forge_the_head(chance: Chance) -> None:
    """A cut tail, and a head that counts what is left."""
    left = chance.randint(1, LINKS - 1)
    AuditEvent.objects.filter(seq__gt=left).delete()
    AuditHead.objects.update(count=left, digest=AuditEvent.objects.get(seq=left).digest)


def edit_the_head(chance: Chance) -> None:
    head = AuditHead.objects.get()
    column = chance.choice(["count", "digest", "key_id", "seal"])
    value = (
        head.count + chance.choice([-1, 1]) if column == "count" else altered(chance, getattr(head, column))
    )
    AuditHead.objects.update(**{column: value})


def delete_the_head(chance: Chance) -> None:
    AuditHead.objects.all().delete()


def delete_everything(chance: Chance) -> None:
    AuditEvent.objects.all().delete()
    AuditHead.objects.all().delete()


CHANGES = [
    *(pytest.param(edit(column), id=f"edit {column}") for column in COLUMNS),
    delete,
    delete_and_close_the_gap,
    insert,
    swap,
    cut_the_tail,
    forge_the_head,
    edit_the_head,
    delete_the_head,
    delete_everything,
]


@pytest.mark.parametrize("change", CHANGES)
def test_it_shows_every_change(trail, change):
    assert audit.verify() == []
    for seed in range(12):
        with transaction.atomic():
            change(Chance(seed))
            assert audit.verify() != [], f"seed {seed}"
            transaction.set_rollback(True)
    assert audit.verify() == []


@pytest.mark.parametrize("value", ["'yesterday'", "x'ff'", "12"])
@pytest.mark.parametrize("column", ["at", "actor"])
def test_it_shows_a_value_of_another_type(trail, column, value):
    """SQLite takes any value into any column; PostgreSQL refuses what is no instant."""
    with connection.cursor() as cursor, transaction.atomic():
        try:
            with transaction.atomic():
                cursor.execute(f"UPDATE accounts_auditevent SET {column} = {value} WHERE seq = 5")
        except DatabaseError:
            return
    assert audit.verify() != []


def test_it_shows_an_older_state_put_back_as_a_whole(trail):
    """Rows and a genuine head of the past: only the anchor knows better."""
    for count in range(1, LINKS):
        with transaction.atomic():
            AuditEvent.objects.filter(seq__gt=count).delete()
            AuditHead.objects.update(**trail[count - 1])
            assert any("anchors knows link" in problem for problem in audit.verify())
            transaction.set_rollback(True)


def test_it_shows_a_head_put_back_over_a_longer_chain(trail):
    AuditHead.objects.update(**trail[LINKS - 4])
    assert any("the head counts" in problem for problem in audit.verify())


def test_it_shows_a_chain_that_went_on_from_a_cut(trail):
    """A tail was cut, a genuine head was put back, and the site worked on with its own key."""
    AuditEvent.objects.filter(seq__gt=LINKS - 3).delete()
    AuditHead.objects.update(**trail[LINKS - 4])
    write(6)
    assert AuditEvent.objects.aggregate(last=Max("seq"))["last"] == LINKS + 3
    assert any("anchors knows link" in problem for problem in audit.verify())


def test_it_shows_a_whole_trail_written_anew_without_the_key(trail, monkeypatch):
    AuditEvent.objects.all().delete()
    AuditHead.objects.all().delete()
    forged = secrets.token_bytes(32)
    with monkeypatch.context() as patch:
        patch.setattr(keyring, "derived", lambda purpose, kid=None: forged)
        write(LINKS)
    assert len(audit.verify()) >= LINKS


def test_it_shows_a_changed_anchor(trail, anchors):
    lines = anchors.read_text().splitlines(keepends=True)
    for number, line in enumerate(lines):
        parts = line.split(" ")
        for place in range(len(parts)):
            changed = " ".join([*parts[:place], "7" + parts[place][1:], *parts[place + 1 :]])
            if changed == line:
                continue
            anchors.write_text("".join([*lines[:number], changed, *lines[number + 1 :]]))
            assert audit.verify() == [f"line {number + 1} of the anchors was changed"]
    anchors.write_text("".join(reversed(lines)))
    assert audit.verify() == ["line 2 of the anchors was changed"]
    anchors.write_bytes(b"\xff\n" + b"".join(line.encode() for line in lines))
    assert audit.verify() == ["line 1 of the anchors was changed"]


def test_it_stops_at_a_hundred_problems(trail, monkeypatch):
    monkeypatch.setattr(audit, "MOST_PROBLEMS", 5)
    AuditEvent.objects.update(actor="nobody")
    problems = audit.verify()
    assert len(problems) == 6
    assert problems[-1] == "there may be more: the check stopped here"


def test_it_is_not_alarmed_by_links_that_are_added_while_it_looks(trail, monkeypatch):
    """The chain is read page by page; links come in, and are anchored, after the head was read."""
    pages = audit._links()
    monkeypatch.setattr(audit, "PAGE", 4)

    def busy_site():
        for event in pages:
            if event.seq == LINKS // 2:
                write(3)
                audit.anchor()
            yield event

    monkeypatch.setattr(audit, "_links", busy_site)
    assert audit.verify() == []
