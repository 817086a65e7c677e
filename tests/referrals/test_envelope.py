"""Personal data at rest: what is sealed opens in its own place, whole, or not at all."""

import base64
import itertools
import json
import os
import random
import uuid

import pytest

from accounts import keyring
from referrals import envelope
from referrals.envelope import EnvelopeError
from referrals.models import Referral, TimelineEntry

PAYLOAD = {"answers": {"call_me": "李 Nuñez", "note": "Mornings"}, "token": "t" * 43}


def _row(payload=PAYLOAD) -> Referral:
    row = uuid.uuid4()
    box = envelope.seal(row, payload)
    return Referral(id=row, key_id=box.key_id, wrapped_key=box.wrapped_key, sealed=box.sealed)


def _note(referral: Referral, number: int, words: str = "Which mornings?") -> TimelineEntry:
    sealed = envelope.seal_note(referral, number, {"text": words})
    return TimelineEntry(referral=referral, number=number, sealed=sealed)


def test_what_was_sealed_opens_unchanged():
    assert envelope.unseal(_row()) == PAYLOAD


def test_a_note_opens_unchanged():
    referral = _row()
    assert envelope.unseal_note(_note(referral, 2, "¿Qué mañanas?")) == {"text": "¿Qué mañanas?"}


def test_an_entry_without_a_note_is_empty():
    assert envelope.unseal_note(TimelineEntry(referral=_row(), number=1)) == {}


def test_lone_surrogates_and_nul_survive():
    payload = {"answers": {"note": "a\x00b\ud800c"}}
    assert envelope.unseal(_row(payload)) == payload


def test_each_referral_has_a_key_of_its_own_and_no_text_in_the_clear():
    first, second = _row(), _row()
    assert first.sealed != second.sealed
    assert first.wrapped_key != second.wrapped_key
    assert b"Mornings" not in first.sealed


def test_a_box_says_its_version_first():
    row = _row()
    assert row.sealed[:2] == row.wrapped_key[:2] == b"v1"


def test_a_length_says_little():
    lengths = {len(_row({"note": "x" * size}).sealed) for size in range(200)}
    assert len(lengths) == 1
    assert len(_row({"note": "x" * 300}).sealed) - lengths.pop() == 256


def test_boxes_swapped_between_rows_do_not_open():
    rows = [_row({"call_me": f"person {number}"}) for number in range(20)]
    for one, other in itertools.permutations(rows, 2):
        for column in ("sealed", "wrapped_key"):
            moved = Referral(id=one.id, key_id=one.key_id, wrapped_key=one.wrapped_key, sealed=one.sealed)
            setattr(moved, column, getattr(other, column))
            _refused(moved)
        _refused(Referral(id=one.id, key_id=one.key_id, wrapped_key=other.wrapped_key, sealed=other.sealed))


def test_boxes_swapped_between_columns_do_not_open():
    row = _row()
    row.sealed, row.wrapped_key = row.wrapped_key, row.sealed
    _refused(row)
    referral = _row()
    entry = _note(referral, 1)
    entry.sealed, referral.sealed = referral.sealed, entry.sealed
    _refused(referral)
    with pytest.raises(EnvelopeError):
        envelope.unseal_note(entry)


def test_notes_swapped_between_entries_or_referrals_do_not_open():
    rows = [_row() for _ in range(5)]
    entries = [_note(row, number, f"{row.pk} {number}") for row in rows for number in (1, 2, 3)]
    for one, other in itertools.permutations(entries, 2):
        moved = TimelineEntry(referral=one.referral, number=one.number, sealed=other.sealed)
        with pytest.raises(EnvelopeError):
            envelope.unseal_note(moved)


def test_every_single_bit_counts():
    row, chance = _row(), random.Random(1)
    for column in ("sealed", "wrapped_key"):
        box = getattr(row, column)
        for place in range(len(box)):
            changed = bytearray(box)
            changed[place] ^= 1 << chance.randrange(8)
            _refused(_with(row, column, bytes(changed)))


@pytest.mark.parametrize("column", ["sealed", "wrapped_key"])
def test_a_cut_box_does_not_open(column):
    row = _row()
    box = getattr(row, column)
    for length in range(len(box)):
        _refused(_with(row, column, box[:length]))
    _refused(_with(row, column, box + b"\0"))
    _refused(_with(row, column, box + box))


def test_random_damage_is_always_the_same_error():
    row, chance = _row(), random.Random(2)
    for _ in range(10_000):
        column = chance.choice(["sealed", "wrapped_key"])
        box = bytearray(getattr(row, column))
        for _ in range(chance.randint(1, 5)):
            box[chance.randrange(len(box))] ^= chance.randint(1, 255)
        if bytes(box) != getattr(row, column):
            _refused(_with(row, column, bytes(box)))


def test_another_version_does_not_open():
    row = _row()
    _refused(_with(row, "sealed", b"v2" + row.sealed[2:]))
    _refused(_with(row, "sealed", b"v0" + row.sealed[2:]))


def test_a_destroyed_row_does_not_open():
    row = _row()
    row.sealed = row.wrapped_key = None
    _refused(row)


def test_an_older_key_still_opens_and_another_key_does_not(settings):
    row = _row()
    new = "new:" + _encoded(os.urandom(32))
    settings.PHI_KEYS = f"{new},{settings.PHI_KEYS}"
    assert envelope.unseal(row) == PAYLOAD
    assert _row().key_id == "new"
    row.key_id = "new"
    _refused(row)


def test_a_missing_key_is_named_by_its_id_alone(settings):
    row = _row()
    old = settings.PHI_KEYS
    settings.PHI_KEYS = "new:" + _encoded(os.urandom(32))
    with pytest.raises(EnvelopeError) as caught:
        envelope.unseal(row)
    assert row.key_id in str(caught.value)
    assert old.split(":")[1] not in repr(caught.value)


def test_another_key_of_the_same_name_does_not_open(settings):
    row = _row()
    settings.PHI_KEYS = f"{keyring.current_id()}:" + _encoded(os.urandom(32))
    _refused(row)


def test_nonces_do_not_repeat():
    key = os.urandom(32)
    nonces = {envelope.lock(key, b"", b"")[2:14] for _ in range(100_000)}
    assert len(nonces) == 100_000


def test_places_are_told_apart_however_they_are_cut():
    assert envelope.place("ab", "c") != envelope.place("a", "bc")
    assert envelope.place("ab", "") != envelope.place("ab")


def test_an_error_holds_no_part_of_what_was_sealed():
    row = _row()
    row.sealed = row.sealed[:-1]
    with pytest.raises(EnvelopeError) as caught:
        envelope.unseal(row)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert "Mornings" not in repr(caught.value)
    assert json.dumps(PAYLOAD) not in str(caught.value)


def _refused(row: Referral) -> None:
    with pytest.raises(EnvelopeError):
        envelope.unseal(row)


def _with(row: Referral, column: str, box: bytes) -> Referral:
    plain = {"id": row.id, "key_id": row.key_id, "wrapped_key": row.wrapped_key, "sealed": row.sealed}
    return Referral(**{**plain, column: box})


def _encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()
