"""Lapse against request, at once: nothing is taken or accepted from the instant on. drills/lapse_races.py runs 200."""

import random

import pytest

from drills import lapse_races
from tests import build

pytestmark = pytest.mark.django_db(transaction=True)


def test_in_twenty_races_no_request_is_taken_after_the_instant():
    found = lapse_races.drill(races=20, seed=4)
    assert {name: found[name] for name in lapse_races.BROKEN} == dict.fromkeys(lapse_races.BROKEN, 0)
    assert found["races"] == 20
    assert found["taken"] == found["sent"]
    # A race in which one side never comes first would prove nothing.
    assert found["sent"] > 0
    assert found["not_taking"] > 0


def test_a_race_notices_what_it_is_there_to_notice(monkeypatch):
    from referrals import receiving

    monkeypatch.setattr(receiving, "can_receive", lambda *asked: True)
    owner, verifier, chance = build.user(), build.user(verifier=True), random.Random(4)
    found = sum(
        (lapse_races.race(number, chance, owner, verifier) for number in range(6)),
        start=lapse_races.Counter(),
    )
    assert found["taken_after_the_instant"] > 0
