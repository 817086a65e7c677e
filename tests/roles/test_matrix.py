"""Every address x method x person x relation: who gets in, who is turned away, and how.

The addresses come from the site itself; one that no line of tests.roles.addresses speaks about fails. What is not
yours is answered, to the byte, like what does not exist.
"""

import pytest

from tests.config.test_every_url import addresses
from tests.roles.addresses import ADDRESSES
from tests.roles.knocking import cells, faults
from tests.roles.world import build_world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer"), pytest.mark.once]

AT_LEAST = 3_000


@pytest.fixture
def world(second_factor_required):
    return build_world()


def test_every_address_has_a_rule():
    assert sorted(addresses()) == sorted(ADDRESSES)


def test_the_matrix_is_large_enough():
    assert sum(len(cells(address)) for address in ADDRESSES.values()) >= AT_LEAST


@pytest.mark.parametrize("route", ADDRESSES)
def test_each_cell_answers_as_its_rule_says(route, world):
    assert list(faults(route, world)) == []
