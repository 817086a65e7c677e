"""How often somebody may do something, and who somebody is."""

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from accounts import limits
from outbox import clock

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


def test_it_allows_so_many_and_then_says_how_long_to_wait():
    with clock.frozen(NOON):
        answers = [limits.take("ask", "203.0.113.0", limit=3, seconds=60) for _ in range(5)]
    assert answers[:3] == [0, 0, 0]
    assert 0 < answers[3] <= 60
    assert answers[3] == answers[4]


def test_it_allows_again_after_exactly_that_wait():
    with clock.frozen(NOON):
        limits.take("ask", "somebody", limit=1, seconds=60)
        wait = limits.take("ask", "somebody", limit=1, seconds=60)
    with clock.frozen(NOON + timedelta(seconds=wait) - timedelta(microseconds=1)):
        assert limits.take("ask", "somebody", limit=1, seconds=60)
    with clock.frozen(NOON + timedelta(seconds=wait)):
        assert limits.take("ask", "somebody", limit=1, seconds=60) == 0


def test_it_counts_each_scope_and_each_person_alone():
    with clock.frozen(NOON):
        assert limits.take("ask", "one", limit=1, seconds=60) == 0
        assert limits.take("ask", "two", limit=1, seconds=60) == 0
        assert limits.take("search", "one", limit=1, seconds=60) == 0
        assert limits.take("ask", "one", limit=1, seconds=60) > 0


def test_it_allows_exactly_so_many_to_threads_that_ask_at_once():
    answers = []

    def ask() -> None:
        with clock.frozen(NOON):
            answers.extend(limits.take("ask", "one", limit=40, seconds=60) for _ in range(10))

    threads = [Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(0) == 40


def test_it_keeps_nobodys_address_in_the_clear():
    with clock.frozen(NOON):
        limits.take("ask", "203.0.113.77", limit=1, seconds=60)
    assert all("203.0" not in key for key in cache._cache)


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:aa:bbcc:1:2:3:4", "2001:db8:aa:bb00::/56"),
        ("not an address", "0.0.0.0/24"),
        ("", "0.0.0.0/24"),
    ],
)
def test_it_counts_neighbourhoods_of_addresses(address, block):
    assert limits.address_block(address) == block


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "198.51.100.1", "192.0.2.10"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "10.9.9.9, 198.51.100.1", "198.51.100.1"),
        (2, "10.9.9.9, 198.51.100.1, 192.0.2.200", "198.51.100.1"),
        (2, "198.51.100.1", "192.0.2.10"),
        (1, "<script>", "192.0.2.10"),
        (1, "", "192.0.2.10"),
    ],
)
def test_it_believes_only_proxies_that_the_operator_named(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="192.0.2.10")
    assert limits.client_address(request) == address


def test_it_cannot_be_evaded_by_inventing_addresses(settings):
    settings.TRUSTED_PROXIES = 1
    requests = [
        RequestFactory().get("/", headers={"X-Forwarded-For": f"10.0.{n // 250}.{n % 250}, 198.51.100.1"})
        for n in range(1000)
    ]
    assert {limits.client_address(request) for request in requests} == {"198.51.100.1"}


def test_it_answers_for_a_connection_without_an_address():
    request = RequestFactory().get("/", REMOTE_ADDR="")
    assert limits.client_address(request) == "0.0.0.0"
