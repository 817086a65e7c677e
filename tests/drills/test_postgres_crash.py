"""PostgreSQL crashes under a living web server: what was answered is stored once."""

import pytest

from drills import postgres_crashes
from tests import cluster

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(cluster.binaries() is None, reason="no PostgreSQL server on this machine"),
]


def test_the_site_outlives_crashes_of_its_database(tmp_path):
    found = postgres_crashes.drill(tmp_path, kills=5, seed=1)
    assert {name: found[name] for name in postgres_crashes.BROKEN if found[name]} == {}
    assert found["acknowledged"]
