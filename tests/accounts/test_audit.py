"""The audit trail loses nothing, and shows every later change."""

from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError

from accounts import audit, keyring
from accounts.models import AuditEvent, AuditHead, User


def write(count: int = 1, **fields: str) -> None:
    """Add some links, each in a transaction of its own."""
    for number in range(count):
        link = {
            "actor": "user:5",
            "action": "referral.read",
            "object_type": "referral",
            "object_id": f"r-{number}",
        }
        with transaction.atomic():
            audit.record(**{**link, **fields})


@transaction.atomic
def add_a_user(error: Exception | None = None) -> None:
    """Work whose last line is its audit link; `error` comes after."""
    User.objects.create_user("owner@clinic.example")
    audit.record(actor="system", action="a", object_type="t", object_id="1")
    if error:
        raise error


def test_it_finds_nothing_wrong_with_an_empty_trail(db, anchors):
    assert audit.verify() == []


def test_it_says_who_did_what_and_when_and_why(db, anchors):
    user = User.objects.create_user("owner@clinic.example")
    token = audit.request_id.set("request-1")
    write(actor=audit.actor_of(user), purpose="care")
    audit.request_id.reset(token)
    write(actor=audit.PATIENT)

    first, second = AuditEvent.objects.order_by("seq")
    assert (first.seq, first.actor, first.action) == (1, f"user:{user.pk}", "referral.read")
    assert (first.object_type, first.object_id, first.purpose) == ("referral", "r-0", "care")
    assert (first.request_id, second.request_id) == ("request-1", "")
    assert (first.previous, second.previous) == (audit.START, first.digest)
    assert first.key_id == keyring.current_id()
    assert first.at <= second.at
    assert audit.verify() == []


@pytest.mark.django_db(transaction=True)
def test_it_must_stand_inside_a_transaction():
    with pytest.raises(TransactionManagementError):
        audit.record(actor="system", action="a", object_type="t", object_id="1")


@pytest.mark.django_db(transaction=True)
def test_it_leaves_nothing_behind_when_the_transaction_is_undone(anchors):
    write()
    with pytest.raises(RuntimeError):
        add_a_user(RuntimeError())
    assert AuditEvent.objects.count() == AuditHead.objects.get().count == 1
    write()
    assert audit.verify() == []


@pytest.mark.django_db(transaction=True)
def test_it_undoes_the_work_that_cannot_be_recorded(anchors):
    write(2)
    AuditHead.objects.update(count=1)
    with pytest.raises(audit.BrokenTrail):
        add_a_user()
    assert not User.objects.exists()

    AuditHead.objects.all().delete()
    with pytest.raises(IntegrityError):
        write()


def test_it_cannot_be_changed_or_deleted_by_our_own_code(db, anchors):
    write()
    event = AuditEvent.objects.get()
    event.action = "nothing"
    with pytest.raises(IntegrityError), transaction.atomic():
        event.save()
    with pytest.raises(TypeError):
        event.delete()


@pytest.mark.django_db(transaction=True)
def test_it_keeps_one_gapless_chain_under_fifty_writers(anchors):
    failed = []

    def writer(number: int) -> None:
        try:
            write(4, actor=f"user:{number}")
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=writer, args=[number]) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert list(AuditEvent.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, 201))
    assert audit.verify() == []


def test_it_signs_fields_so_that_no_two_lists_read_the_same(db, anchors):
    write(actor="ab", action="c")
    event = AuditEvent.objects.get()
    event.actor, event.action = "a", "bc"
    assert audit._digest(event) != event.digest


def test_it_goes_on_under_a_new_key_and_still_checks_what_an_older_one_signed(db, anchors, settings):
    old = settings.PHI_KEYS
    write(2)
    audit.anchor()
    settings.PHI_KEYS = f"k9:{'A' * 43}=,{old}"
    write(2)
    audit.anchor()
    assert set(AuditEvent.objects.values_list("key_id", flat=True)) == {"k9", old.split(":")[0]}
    assert audit.verify() == []

    settings.PHI_KEYS = f"k9:{'A' * 43}="
    assert "cannot be checked: PHI_KEYS has no key named" in audit.verify()[-1]


# --- anchors --------------------------------------------------------------------------------


def test_it_notes_the_head_outside_the_database_each_time_it_has_moved(db, anchors):
    audit.anchor()
    assert anchors.read_text() == ""
    write(3)
    audit.anchor()
    audit.anchor()
    write()
    audit.anchor()
    lines = [line.split(" ") for line in anchors.read_text().splitlines()]
    assert [line[1] for line in lines] == ["3", "4"]
    assert lines[1][2] == AuditHead.objects.get().digest
    assert anchors.stat().st_mode & 0o077 == 0
    assert audit.verify() == []


def test_it_refuses_to_anchor_a_head_that_is_not_ours_or_was_rolled_back(db, anchors):
    write(3)
    genuine = AuditHead.objects.values().get()
    write()
    audit.anchor()
    AuditHead.objects.update(**genuine)
    with pytest.raises(audit.BrokenTrail):
        audit.anchor()
    AuditHead.objects.update(count=9)
    with pytest.raises(audit.BrokenTrail):
        audit.anchor()


def test_it_mends_a_line_that_a_power_cut_left_unfinished(db, anchors):
    write()
    audit.anchor()
    whole = anchors.read_text()
    anchors.write_text(whole + whole[:40])
    write()
    audit.anchor()
    assert anchors.read_text().startswith(whole)
    assert audit.verify() == []


# --- the command ----------------------------------------------------------------------------


def test_its_command_says_that_the_trail_is_whole(db, anchors, capsys):
    write(3)
    call_command("verify_audit")
    assert "The audit trail is whole: 3 link(s)" in capsys.readouterr().out


def test_its_command_fails_and_names_the_link_that_was_changed(db, anchors, capsys):
    write(3)
    AuditEvent.objects.filter(seq=2).update(actor="user:6")
    with pytest.raises(CommandError) as failure:
        call_command("verify_audit")
    assert failure.value.returncode == 1
    assert "- link 2 was changed" in capsys.readouterr().out


def test_its_command_compares_with_a_copy_of_the_anchors(db, anchors, tmp_path):
    """Somebody with the machine's root put back an older state of database and anchor file as a whole."""
    write(2)
    earlier = AuditHead.objects.values().get()
    write(2)
    audit.anchor()
    copy = tmp_path / "kept-elsewhere"
    copy.write_bytes(anchors.read_bytes())
    AuditEvent.objects.filter(seq__gt=2).delete()
    AuditHead.objects.update(**earlier)
    anchors.unlink()

    call_command("verify_audit")
    with pytest.raises(CommandError):
        call_command("verify_audit", "--anchor", str(copy))
    with pytest.raises(CommandError, match="no such anchor file"):
        call_command("verify_audit", "--anchor", str(tmp_path / "none"))
