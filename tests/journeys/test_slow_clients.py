"""A tenth of the drill: slow senders and readers hold connections of the shipped proxy, and no honest person waits."""

import random

import pytest

from drills import proxy, slow_clients

SECONDS = 20.0  # twice as long as nginx waits for a head, for a busy machine
SHARE = 0.1

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(proxy.PROGRAM is None, reason="needs nginx (Debian: apt install nginx-light)"),
]


def test_honest_people_are_answered_behind_the_shipped_proxy_while_slow_ones_are_cut(tmp_path):
    figures = slow_clients.behind_nginx(tmp_path / "site", SECONDS, SHARE, random.Random(1))

    # A busy machine may be slower than the drill's half second: what a thread held by a slow one costs is 10 s.
    assert figures["success"] >= slow_clients.SUCCESS, figures
    assert figures["p95_ms"] < 3_000, figures
    assert figures["honest_requests"] > 20
    for name in slow_clients.MUST_BE_CUT:
        assert figures["held_seconds"][name]["cut"] >= slow_clients.SLOW[name][1] * SHARE
        assert figures["held_seconds"][name]["longest"] < slow_clients.CUT_WITHIN
