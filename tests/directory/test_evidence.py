"""A file is taken by its content, kept as we wrote it, and handed out only while it is what was received."""

import io
import logging
import os
import time
from pathlib import Path

import pikepdf
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from PIL import Image

from accounts import audit
from accounts.models import AuditEvent
from directory.casework import cases, evidence
from directory.models import Case, Evidence
from directory.refusals import NotAllowed, WrongState
from tests.directory import bad_files

pytestmark = pytest.mark.django_db
CORPUS = list(bad_files.corpus())


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path / "evidence"


@pytest.fixture
def case(clinic):
    return cases.open_case(clinic=clinic, kind="due", fact="license")


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.exists() else []


def test_the_corpus_is_large_enough():
    assert len(CORPUS) >= 60


@pytest.mark.once
@pytest.mark.parametrize(("content", "code"), [bad[1:] for bad in CORPUS], ids=[bad[0] for bad in CORPUS])
def test_a_bad_file_is_refused_with_a_plain_word_and_nothing_is_kept(case, verifier, folder, content, code):
    began = time.monotonic()
    with pytest.raises(evidence.NotTaken) as refused:
        evidence.receive(case=case, content=content, by=verifier)
    assert refused.value.code == code
    assert time.monotonic() - began < 15  # one takes a second; the machine may be busy
    assert not files(folder)
    assert not Evidence.objects.exists()
    assert not AuditEvent.objects.filter(object_type="evidence").exists()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (bad_files.picture(), "image/png"),
        (bad_files.picture(mode="RGBA"), "image/png"),
        (bad_files.picture(mode="P"), "image/png"),
        (bad_files.picture(mode="1"), "image/png"),
        (bad_files.picture("JPEG"), "image/jpeg"),
        (bad_files.picture("JPEG", mode="L"), "image/jpeg"),
        (bad_files.picture("JPEG", mode="CMYK"), "image/jpeg"),
        (bad_files.pdf(), "application/pdf"),
    ],
)
def test_an_honest_file_is_kept_by_its_content(case, verifier, content, media_type):
    kept = evidence.receive(case=case, content=content, by=verifier)
    assert kept.media_type == media_type
    assert kept.received_sha256 == evidence.digest_of(content)
    assert evidence.digest_of(evidence.read(evidence=kept, by=verifier)) == kept.sha256


def test_a_picture_is_kept_without_where_and_by_whom_it_was_taken(case, verifier):
    exif = Image.Exif()
    exif[0x010E], exif[0x0112], exif[0x8825] = "of Quillon", 6, {1: "N", 2: (39.0, 44.0, 1.0)}
    content = bad_files.picture("JPEG", exif=exif, comment=b"Quillon", size=(40, 30))
    kept = evidence.read(evidence=evidence.receive(case=case, content=content, by=verifier), by=verifier)
    found = Image.open(io.BytesIO(kept))
    assert not found.getexif()
    assert b"Quillon" not in kept
    assert found.size == (30, 40)  # turned as it was meant to be seen


def test_a_pdf_is_kept_without_its_author_and_with_its_links(case, verifier):
    def change(made):
        made.docinfo["/Author"] = "Quillon"
        made.Root.OpenAction = pikepdf.Array([made.pages[0].obj, pikepdf.Name.Fit])
        link = pikepdf.Dictionary(S=pikepdf.Name.URI, URI="https://board.example/")
        made.pages[0].obj.Annots = pikepdf.Array([pikepdf.Dictionary(Subtype=pikepdf.Name.Link, A=link)])

    content = bad_files.pdf(change)
    kept = evidence.read(evidence=evidence.receive(case=case, content=content, by=verifier), by=verifier)
    found = pikepdf.open(io.BytesIO(kept))
    assert "/Author" not in found.docinfo
    assert "/OpenAction" not in found.Root
    assert str(found.pages[0].Annots[0].A.URI) == "https://board.example/"


def test_it_lies_under_a_random_name_that_nobody_else_may_read(case, verifier, folder):
    first, second = (evidence.receive(case=case, content=bad_files.picture(), by=verifier) for _ in range(2))
    names = {path.name for path in files(folder)}
    assert names == {first.stored_name, second.stored_name}
    assert len(names) == 2
    for path in files(folder):
        assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_both_digests_stand_in_the_trail_at_receipt(case, verifier):
    kept = evidence.receive(case=case, content=bad_files.picture(), by=verifier)
    noted = dict(AuditEvent.objects.filter(object_type="evidence").values_list("action", "object_id"))
    assert noted == {"evidence.received": kept.received_sha256, "evidence.kept": kept.sha256}
    assert audit.verify() == []


def test_a_digest_changed_in_the_trail_shows_in_a_check_of_the_trail(case, verifier):
    kept = evidence.receive(case=case, content=bad_files.picture(), by=verifier)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_auditevent SET object_id = %s WHERE object_id = %s", ["0" * 64, kept.sha256]
        )
    assert any("was changed" in problem for problem in audit.verify())


@pytest.mark.parametrize("place", [0, 20, -1])
def test_one_byte_changed_on_the_disk_is_refused_and_alarmed(case, verifier, folder, place, caplog):
    kept = evidence.receive(case=case, content=bad_files.picture(), by=verifier)
    (path,) = files(folder)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with caplog.at_level(logging.ERROR), pytest.raises(evidence.Altered):
        evidence.read(evidence=kept, by=verifier)
    alarmed = Case.objects.open().get(kind=Case.Kind.EVIDENCE)
    assert alarmed.urgent
    assert any(record.levelno == logging.ERROR for record in caplog.records)
    assert AuditEvent.objects.filter(action="evidence.altered", object_id=kept.sha256).exists()
    assert not AuditEvent.objects.filter(action="evidence.read").exists()


def test_a_file_exchanged_together_with_its_row_does_not_agree_with_the_trail(case, verifier, folder):
    kept = evidence.receive(case=case, content=bad_files.picture(), by=verifier)
    (path,) = files(folder)
    path.write_bytes(b"another")
    Evidence.objects.filter(pk=kept.pk).update(sha256=evidence.digest_of(b"another"))
    kept.refresh_from_db()
    with pytest.raises(evidence.Altered):
        evidence.read(evidence=kept, by=verifier)


def test_a_file_that_is_gone_is_alarmed_too(case, verifier, folder):
    kept = evidence.receive(case=case, content=bad_files.picture(), by=verifier)
    os.unlink(evidence.path_of(kept.stored_name))
    with pytest.raises(evidence.Altered):
        evidence.read(evidence=kept, by=verifier)


def test_the_command_finds_what_was_altered_gone_or_removed(case, verifier, capsys):
    first, second, third, _ = (
        evidence.receive(case=case, content=bad_files.picture(size=(9, n)), by=verifier) for n in (5, 6, 7, 8)
    )
    call_command("verify_evidence")
    assert "4 file(s) are what was received" in capsys.readouterr().out
    evidence.path_of(first.stored_name).write_bytes(b"")
    evidence.path_of(second.stored_name).unlink()
    Evidence.objects.filter(pk=third.pk).delete()
    with pytest.raises(CommandError, match="3 problem"):
        call_command("verify_evidence")
    assert Case.objects.open().filter(kind=Case.Kind.EVIDENCE, urgent=True).count() == 2


def test_only_the_staff_keeps_and_opens_files(case, verifier, owner, folder):
    with pytest.raises(NotAllowed):
        evidence.receive(case=case, content=bad_files.picture(), by=owner)
    assert not files(folder)
    kept = evidence.receive(case=case, content=bad_files.picture(), by=verifier)
    with pytest.raises(NotAllowed):
        evidence.read(evidence=kept, by=owner)


def test_nothing_is_added_to_a_closed_case(case, verifier, folder):
    cases.close(case=case, outcome="passed", by=verifier)
    with pytest.raises(WrongState):
        evidence.receive(case=case, content=bad_files.picture(), by=verifier)
    assert not files(folder)


def test_when_the_disk_does_not_take_it_nothing_is_stored(case, verifier, folder, settings):
    settings.DATA_DIR.joinpath("evidence").write_text("a file where the folder should be")
    with pytest.raises(evidence.NotKept):
        evidence.receive(case=case, content=bad_files.picture(), by=verifier)
    assert not Evidence.objects.exists()


@pytest.mark.once
def test_the_largest_picture_costs_the_site_no_memory_and_little_time(case, verifier):
    content = bad_files.picture(size=(10_000, 5_000), mode="RGBA")
    began, before = time.monotonic(), _resident_bytes()
    evidence.receive(case=case, content=content, by=verifier)
    assert time.monotonic() - began < 15
    assert _resident_bytes() - before < 150 * 1024 * 1024


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
