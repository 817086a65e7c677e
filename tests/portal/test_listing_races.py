"""Two people save one section at the same instant: one is written, the other is told, and nothing is written over."""

import threading
from collections.abc import Callable

import pytest
from django.db import connections

from directory import keeping
from directory.models import Clinic, ListingEdit
from directory.refusals import WrongState
from tests import build

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 5


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Do all of them at the same time; how each ended, as the name of what it raised."""
    gate, ends = threading.Barrier(len(acts)), [""] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        gate.wait()
        try:
            act()
        except keeping.Stale as stale:
            ends[number] = type(stale).__name__
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return ends


@pytest.mark.parametrize("_", range(ROUNDS))
def test_one_of_two_who_save_at_once_is_asked_to_choose(_: int):
    owner = build.user()
    clinic = build.clinic(owner=owner)
    other = build.member(clinic.organization)
    seen = keeping.versions(clinic, ("cost",))
    ends = at_once(
        lambda: keeping.save(clinic=clinic, by=owner, values={"cost": "Mine."}, seen=seen),
        lambda: keeping.save(clinic=clinic, by=other, values={"cost": "Theirs."}, seen=seen),
    )
    assert sorted(ends) == ["", "Stale"]
    (edit,) = ListingEdit.objects.all()
    assert edit.after["cost"] == Clinic.objects.get().cost


def test_one_edit_is_undone_once():
    owner = build.user()
    clinic = build.clinic(owner=owner)
    keeping.save(clinic=clinic, by=owner, values={"cost": "Mine."}, seen=keeping.versions(clinic, ("cost",)))
    edit = ListingEdit.objects.get()

    def undo() -> None:
        try:
            keeping.undo(edit=edit, by=owner)
        except WrongState:
            raise keeping.Stale(clinic, set()) from None

    assert sorted(at_once(undo, undo)) == ["", "Stale"]
    assert ListingEdit.objects.count() == 2
