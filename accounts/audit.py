"""The audit trail: who did or read what, when and why, in a chain that shows every later change.

Each link carries the digest of the one before, and its own is an HMAC under a key that the database
does not hold. The head (count and last digest) is sealed in a second table, and `anchor` notes it in
a file outside the database. So an edit, a deletion, an insertion or a new order breaks the chain; a
cut tail disagrees with the head; and a head rolled back with it disagrees with the last anchor.

Whoever holds the database alone can hide nothing but by putting back an older state as a whole, and
of that only what is younger than the last anchor: a minute at most. Whoever holds the file too must
be caught by a copy of it kept elsewhere (`manage.py verify_audit --anchor COPY`).
"""

import fcntl
import hashlib
import heapq
import hmac
import os
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction

from accounts import keyring
from accounts.models import AuditEvent, AuditHead, User
from outbox import clock

PATIENT = "patient"
SYSTEM = "system"
START = "0" * 64  # what the first link names as the one before it
PAGE = 10_000  # links read at a time: no long transaction, so a check disturbs nobody
MOST_PROBLEMS = 100

request_id: ContextVar[str] = ContextVar("request_id", default="")


class BrokenTrail(Exception):
    """The head of the trail is not what we sealed, so nothing may be added. Run `manage.py verify_audit`."""


class TooManyProblems(Exception):
    """A check of the trail has found enough."""


def actor_of(user: User) -> str:
    """How the trail names a signed-in person: "user:5"."""
    return f"user:{user.pk}"


def record(*, actor: str, action: str, object_type: str, object_id: str, purpose: str = "") -> None:
    """Add one link, in the caller's transaction and last in it: until it commits, every other writer waits.

    If the link cannot be written, the caller's work is undone with it: raises BrokenTrail, UnknownKey
    or the database's error. No value may be personal; `object_id` is an opaque id.
    """
    record_each(actor=actor, action=action, object_type=object_type, object_ids=[object_id], purpose=purpose)


def record_each(
    *, actor: str, action: str, object_type: str, object_ids: Iterable[str], purpose: str = ""
) -> None:
    """Add one link for each object, as `record` does for one, in a fixed number of statements."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an audit link belongs into a transaction")
    head = _locked_head()
    common = {
        "at": clock.now(),
        "actor": actor,
        "action": action,
        "object_type": object_type,
        "purpose": purpose,
    }
    events = []
    for object_id in object_ids:
        event = _next_link(head, AuditEvent(**common, object_id=object_id))
        head.count, head.digest, head.key_id = event.seq, event.digest, event.key_id
        events.append(event)
    AuditEvent.objects.bulk_create(events)
    head.seal = _seal(head)
    head.save()


def _next_link(head: AuditHead, event: AuditEvent) -> AuditEvent:
    """`event` as the link after `head`: numbered and signed."""
    event.seq = head.count + 1
    event.request_id = request_id.get()
    event.key_id = keyring.current_id()
    event.previous = head.digest
    event.digest = _digest(event)
    return event


def _locked_head() -> AuditHead:
    """The head, locked until the transaction ends, and proven to be ours."""
    heads = AuditHead.objects.select_for_update()
    head = heads.first()
    if head is None:
        first = AuditHead(count=0, digest=START, key_id=keyring.current_id())
        first.seal = _seal(first)
        AuditHead.objects.bulk_create([first], ignore_conflicts=True)  # somebody else may be first, too
        head = heads.get()
    if not _is_ours(head):
        raise BrokenTrail
    return head


def _is_ours(head: AuditHead) -> bool:
    return hmac.compare_digest(head.seal.encode(), _seal(head).encode())


# --- what is signed --------------------------------------------------------------------------


def _signed(purpose: str, key_id: str, *fields: str | int) -> str:
    """HMAC-SHA-256 over the fields, each with its length in front, so that no two lists read the same."""
    encoded = [str(field).encode() for field in fields]
    text = b"".join(len(field).to_bytes(4, "big") + field for field in encoded)
    return hmac.digest(keyring.derived(f"audit {purpose}", key_id), text, hashlib.sha256).hex()


def _digest(event: AuditEvent) -> str:
    return _signed(
        "link",
        event.key_id,
        event.seq,
        clock.to_micros(event.at),
        event.actor,
        event.action,
        event.object_type,
        event.object_id,
        event.purpose,
        event.request_id,
        event.key_id,
        event.previous,
    )


def _seal(head: AuditHead) -> str:
    return _signed("head", head.key_id, head.count, head.digest, head.key_id)


# --- anchors: the head, noted outside the database --------------------------------------------


class Note(NamedTuple):
    """What others know of the chain: the number of the link that was last, and its digest."""

    link: int
    digest: str
    source: str


def anchor_file() -> Path:
    """Where `anchor` writes. Copies of it elsewhere make the trail safe from this machine's root, too."""
    return Path(settings.DATA_DIR) / "audit.anchor"


def anchor() -> None:
    """Note time, count and digest of the head in the anchor file, signed and on disk, if the head has moved.

    Raises BrokenTrail when the head is not ours, or is behind what was noted last.
    """
    with open(anchor_file(), "a+b", buffering=0, opener=_private) as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)  # several workers, one order
        noted = _last_noted_count(stream)
        head = AuditHead.objects.first()
        if head is None:
            return
        if head.count < noted or not _is_ours(head):
            raise BrokenTrail
        if head.count > noted:
            line = _anchor_line(clock.now().isoformat(), head.count, head.digest, keyring.current_id())
            stream.write(line.encode())
            os.fsync(stream.fileno())


def _private(path: str, flags: int) -> int:
    """Opens a file that is nobody else's to read."""
    return os.open(path, flags, 0o600)


def _last_noted_count(stream: FileIO) -> int:
    """The count on the last line, 0 without one; raises BrokenTrail if we did not write that line."""
    end = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, end - 1000))
    lines = stream.read().splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):  # what a power cut or a full disk left of a line
        stream.truncate(end - len(lines.pop()))
    if not lines:
        return 0
    note = _read_anchor(lines[-1])
    if note is None:
        raise BrokenTrail
    return note.link


def _anchor_line(at: str, count: int | str, digest: str, key_id: str) -> str:
    return f"{at} {count} {digest} {key_id} {_signed('anchor', key_id, at, count, digest, key_id)}\n"


def _read_anchor(line: bytes, source: str = "") -> Note | None:
    """The note on one line of the anchor file; None if we did not write it so."""
    try:
        at, count, digest, key_id, _ = line.decode("ascii").split(" ")
        if hmac.compare_digest(_anchor_line(at, count, digest, key_id).encode().strip(), line.strip()):
            return Note(int(count), digest, source)
    except (ValueError, keyring.UnknownKey):
        pass
    return None


# --- looking the trail over -------------------------------------------------------------------


def verify(anchors: Path | None = None) -> list[str]:
    """Every contradiction in the trail, in words; an empty list says that it is whole.

    Compares the chain with itself, with the head and with the anchor file (or a copy of it, `anchors`).
    Runs beside a working site: what is appended meanwhile is no contradiction. Stops at 100 problems.
    """
    problems: list[str] = []
    try:
        _look_over(anchors or anchor_file(), problems)
    except TooManyProblems:
        problems.append("there may be more: the check stopped here")
    except Exception as error:  # a value of the wrong type is a change, too
        problems.append(f"the trail cannot be read to its end: {type(error).__name__}")
    return problems


def _look_over(anchors: Path, problems: list[str]) -> None:
    # In this order: whatever a note knows of was committed before the chain is read.
    notes = _notes(anchors, problems)
    head = _note_of_head(AuditHead.objects.first(), problems)
    last = _walk(heapq.merge(notes, head), problems)
    _compare_with_head(last, problems)


def _walk(known: Iterator[Note], problems: list[str]) -> int:
    """Follow the chain from its start, meeting the notes in their order. The last link's number."""
    last, digest = 0, START
    note = next(known, None)
    for event in _links():
        problems += _problems_of(event, last, digest)
        last, digest = event.seq, event.digest
        while note and note.link <= last:
            if note[:2] != (last, digest):
                problems.append(f"{note.source} knows link {note.link} otherwise")
            note = next(known, None)
        if len(problems) >= MOST_PROBLEMS:
            raise TooManyProblems
    if note:
        problems.append(f"{note.source} knows link {note.link}, which is gone")
    return last


def _links() -> Iterator[AuditEvent]:
    """The links in their order, page by page."""
    links = AuditEvent.objects.order_by("seq")
    page = list(links[:PAGE])
    while page:
        yield from page
        page = list(links.filter(seq__gt=page[-1].seq)[:PAGE])


def _problems_of(event: AuditEvent, last: int, digest: str) -> Iterator[str]:
    """What is wrong with a link that should follow link `last`."""
    if event.seq != last + 1:
        yield f"link {last + 1} is missing: link {event.seq} comes after link {last}"
    elif event.previous != digest:
        yield f"link {event.seq} does not follow from link {last}"
    try:
        if event.digest != _digest(event):
            yield f"link {event.seq} was changed"
    except keyring.UnknownKey as error:
        yield f"link {event.seq} cannot be checked: {error}"


def _note_of_head(head: AuditHead | None, problems: list[str]) -> list[Note]:
    if head is None:
        return []
    try:
        if not _is_ours(head):
            problems.append("the head was changed")
    except keyring.UnknownKey as error:
        problems.append(f"the head cannot be checked: {error}")
    return [Note(head.count, head.digest, "the head")] if head.count else []


def _compare_with_head(last: int, problems: list[str]) -> None:
    """The head as it is after the walk cannot know fewer links than the walk met."""
    head = AuditHead.objects.first()
    if head is None and last:
        problems.append("the head is missing")
    if head is not None and head.count < last:
        problems.append(f"the head counts {head.count} links, but link {last} is there")


def _notes(path: Path, problems: list[str]) -> Iterator[Note]:
    """The notes of an anchor file up to its present end, in their order."""
    end = path.stat().st_size if path.exists() else 0
    return _read_notes(path, end, problems)


def _read_notes(path: Path, end: int, problems: list[str]) -> Iterator[Note]:
    if not end:
        return
    highest = line_number = 0
    with path.open("rb") as stream:
        while stream.tell() < end:
            line_number += 1
            note = _read_anchor(stream.readline(), f"line {line_number} of the anchors")
            if note is None or note.link < highest:
                problems.append(f"line {line_number} of the anchors was changed")
                continue
            highest = note.link
            yield note
