"""Nobody reads a request outside the time of an approved claim, and no open request is ever without a reader.

drills/custody.py walks ten times as many sequences.
"""

import pytest

from directory import reach
from directory.claims import deciding
from directory.team import rules
from referrals import receivers
from tests.custody.walking import ACTS, walk_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer"), pytest.mark.once]


@pytest.mark.parametrize("first", [0, 250])
def test_no_sequence_lets_a_request_into_other_hands_or_into_nobodys(first):
    walks = list(walk_all(range(first, first + 250)))
    assert [walk for walk in walks if walk.fault] == []
    called = {name for walk in walks for name in walk.done}
    assert {act.__name__ for act in ACTS} - called == set()  # the walk gets everywhere


def nothing(*_args, **_more):
    return None


@pytest.mark.parametrize(
    ("module", "guard"),
    [
        (reach, "tell_if_nobody_answers"),
        (deciding, "_require_ready"),
        (deciding, "require_verifier"),
        (rules, "require_others_manage"),
        (receivers.lifecycle, "end_unanswerable"),
    ],
)
def test_the_walk_finds_each_door_that_is_left_open(monkeypatch, module, guard):
    monkeypatch.setattr(module, guard, nothing)
    assert any(walk.fault for walk in walk_all(range(400)))
