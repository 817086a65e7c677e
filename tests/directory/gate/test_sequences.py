"""No sequence of calls that one person can make makes a seller public (drills/sellers.py tries ten times more)."""

import pytest

from directory import gate, listings, sources
from tests.directory.gate.walking import ACTS, walk_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer"), pytest.mark.once]


@pytest.mark.parametrize("first", [0, 250])
def test_no_sequence_of_one_person_makes_a_seller_public(first):
    """Of 500 sequences; the number of one says which seller, which person and which calls."""
    walks = list(walk_all(range(first, first + 250), pages=20))
    assert [walk for walk in walks if walk.leak] == []
    called = {name for walk in walks for name in walk.done}
    assert len(called & {act.__name__ for act in ACTS}) >= 20  # the walk gets somewhere


def nobody_is_asked(*_args):
    return None


def nothing_is_found(*_args, **_more):
    return gate.Findings()


@pytest.mark.parametrize(
    ("module", "guard", "instead"),
    [
        (listings, "_require_second", nobody_is_asked),
        (listings, "_require_submitted_by_another", nobody_is_asked),
        (listings, "_require_one_may", nobody_is_asked),
        (sources, "require_plain", nobody_is_asked),
        (gate, "look", nothing_is_found),
    ],
)
def test_the_walk_finds_each_door_that_is_left_open(monkeypatch, module, guard, instead):
    monkeypatch.setattr(module, guard, instead)
    assert any(walk.leak for walk in walk_all(range(600), pages=0))
