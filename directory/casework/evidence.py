"""Files that were shown for a fact: taken by their content, kept as we wrote them, and handed out only unaltered.

A file is read in a process of its own (directory.casework.evidence_reading), which writes the picture or PDF anew. Both
digests, of what came and of what is kept, enter the audit trail in the transaction that takes the file. Nothing is
ever changed: a new version is a new row. Served to staff only, as a download.
"""

import hashlib
import json
import logging
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction

from accounts import audit
from accounts.models import AuditEvent, User
from directory.casework import cases, evidence_reading
from directory.models import Case, Evidence
from directory.refusals import NotAllowed, Refused
from outbox import clock

log = logging.getLogger(__name__)

MOST_BYTES: Final = 10 * 1024 * 1024
MOST_KEPT: Final = 40 * 1024 * 1024
MOST_SECONDS: Final = 20
SUFFIXES: Final = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}

REFUSALS: Final = {
    "empty": "The file is empty.",
    "too-big": "The file is larger than 10 MB.",
    "not-a-kind": "Use a PDF, PNG or JPEG file.",
    "two-in-one": "The file holds a second file inside. Save it again as a plain PDF, PNG or JPEG.",
    "too-many-pixels": "The picture is larger than 50 million pixels. Save a smaller one.",
    "animated": "The picture moves. Save one picture of it.",
    "encrypted": "The PDF is locked. Save a copy without a password.",
    "active": "The PDF holds a script, an action or an attached file. Print it to a new PDF, or take a picture of it.",
    "too-many-pages": "The PDF has more than 300 pages. Keep only the pages that show the fact.",
    "too-large-inside": "The file is far larger inside than it looks. Save a smaller one.",
    "unreadable": "The file is damaged, so it cannot be read. Save it again.",
}


class NotTaken(Refused):
    """The file was refused, and nothing of it was kept. `code` is one of REFUSALS."""

    def __init__(self, code: str) -> None:
        super().__init__(REFUSALS[code])
        self.code = code


class NotKept(Refused):
    """The disk did not take the file; nothing was stored."""

    def __init__(self) -> None:
        super().__init__("The file could not be stored now. Nothing was lost on your side: try again.")


class Altered(Refused):
    """What is on the disk is not what was received. Staff have been alarmed."""

    def __init__(self) -> None:
        super().__init__("This file is not what was received, so it is not shown. We opened an urgent case.")


def receive(*, case: Case, content: bytes, by: User) -> Evidence:
    """Take a file for a case from somebody of the staff who works on it.

    At most 10 MB; a PDF, PNG or JPEG by its content. Raises NotTaken, NotKept; NotAllowed, WrongState and
    HeldByAnother as directory.casework.cases does.
    """
    if len(content) > MOST_BYTES:
        raise NotTaken("too-big")
    media_type, kept = _read_apart(content)
    name = secrets.token_hex(32)
    _write(name, kept)
    try:
        return _keep(case, by, media_type=media_type, content=content, kept=kept, name=name)
    except BaseException:
        path_of(name).unlink(missing_ok=True)
        raise


@transaction.atomic
def _keep(case: Case, by: User, *, media_type: str, content: bytes, kept: bytes, name: str) -> Evidence:
    found = cases.working(case, by)
    evidence = Evidence.objects.create(
        case=found,
        media_type=media_type,
        size=len(kept),
        sha256=digest_of(kept),
        received_sha256=digest_of(content),
        stored_name=name,
        received_at=clock.now(),
        received_from=by,
    )
    cases.add_step(found, by, "evidence", code=str(evidence.pk))
    for action, digest in (
        ("evidence.received", evidence.received_sha256),
        ("evidence.kept", evidence.sha256),
    ):
        audit.record(
            actor=audit.actor_of(by),
            action=action,
            object_type="evidence",
            object_id=digest,
            purpose=f"evidence {evidence.pk}",
        )
    return evidence


def read(*, evidence: Evidence, by: User) -> bytes:
    """The file, after its digest was compared with the row and with the audit trail; the trail notes the reader.

    Raises Altered, with an urgent case, an error in the log and a line in the trail; NotAllowed unless staff.
    """
    if not (by.is_active and by.is_staff):
        raise NotAllowed("Only the operator's staff opens evidence.")
    content = _stored(evidence)
    if content is None or problem_of(evidence, content):
        alarm(evidence)
        raise Altered
    with transaction.atomic():
        _note("evidence.read", evidence, audit.actor_of(by))
    return content


def verify() -> Iterator[tuple[Evidence, str]]:
    """Every piece of evidence that is not what was received, with what is wrong. Raises no alarm."""
    for evidence in Evidence.objects.order_by("pk").iterator(chunk_size=500):
        content = _stored(evidence)
        problem = "its file is gone" if content is None else problem_of(evidence, content)
        if problem:
            yield evidence, problem


def rows_gone() -> list[int]:
    """Numbers of evidence that the trail knows, and the table does not."""
    kept = AuditEvent.objects.filter(object_type="evidence", action="evidence.kept")
    known = {int(purpose.removeprefix("evidence ")) for purpose in kept.values_list("purpose", flat=True)}
    return sorted(known - set(Evidence.objects.values_list("pk", flat=True)))


def problem_of(evidence: Evidence, content: bytes) -> str:
    """What is wrong with `content` as the file of this row; "" if it is what was received."""
    if digest_of(content) != evidence.sha256:
        return "its file was altered"
    noted = AuditEvent.objects.filter(
        object_type="evidence",
        action="evidence.kept",
        object_id=evidence.sha256,
        purpose=f"evidence {evidence.pk}",
    )
    return "" if noted.exists() else "the trail knows it with another digest"


def alarm(evidence: Evidence) -> Case:
    """An urgent case, an error in the log and a line in the trail, all at once. Every further one is the same case."""
    log.error("evidence %d is not what was received", evidence.pk)
    with transaction.atomic():
        case = cases.open_case(
            clinic=evidence.case.clinic,
            kind=Case.Kind.EVIDENCE,
            subject=f"evidence {evidence.pk}",
            why=[
                f"File {evidence.pk} on the disk is not what we received. Do not rely on it; ask for it anew."
            ],
            urgent=True,
        )
        _note("evidence.altered", evidence, audit.SYSTEM)
    return case


def file_name(evidence: Evidence) -> str:
    """What a download is called: nothing of the name that the file came with."""
    return f"evidence-{evidence.pk}.{SUFFIXES.get(evidence.media_type, 'bin')}"


def path_of(name: str) -> Path:
    """Where a file of that random name lies."""
    return Path(settings.DATA_DIR) / "evidence" / name


def digest_of(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def _note(action: str, evidence: Evidence, actor: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_type="evidence",
        object_id=evidence.sha256,
        purpose=f"evidence {evidence.pk}",
    )


def _read_apart(content: bytes) -> tuple[str, bytes]:
    """Media type and the file written anew, by a process that has no keys, little memory and little time."""
    command = [sys.executable, "-I", evidence_reading.__file__]
    try:
        done = subprocess.run(  # noqa: S603  (our own file, no argument of anybody)
            command, input=content, capture_output=True, timeout=MOST_SECONDS, env={}, check=False
        )
    except subprocess.TimeoutExpired:
        raise NotTaken("too-large-inside") from None
    line, _, kept = done.stdout.partition(b"\n")
    if done.returncode or not line:
        raise NotTaken("too-large-inside" if done.returncode < 0 else "unreadable")
    answer = json.loads(line)
    if "refused" in answer:
        raise NotTaken(answer["refused"])
    if len(kept) > MOST_KEPT:
        raise NotTaken("too-large-inside")
    return answer["media_type"], kept


def _write(name: str, content: bytes) -> None:
    """On the disk before the row is: 0600 in a folder that is nobody else's."""
    path = path_of(name)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(path, "xb", opener=_private) as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        _sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        log.error("evidence could not be stored: %s", type(error).__name__)
        raise NotKept from None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _stored(evidence: Evidence) -> bytes | None:
    try:
        return path_of(evidence.stored_name).read_bytes()
    except OSError:
        return None
