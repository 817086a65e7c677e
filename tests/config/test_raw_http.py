"""A thousand kinds of malformed HTTP at the real web server: no 5xx, no dead worker, and nothing is repeated."""

import random

import pytest
from gunicorn.http import errors

from config import server
from drills import raw_http
from drills.raw_http_kinds import SENDING, TABLES, kinds

KINDS = 1000
SEED = 20260725

pytestmark = pytest.mark.once


def test_a_thousand_kinds_of_malformed_http_are_refused_and_others_are_served(tmp_path):
    result = raw_http.drill(tmp_path, KINDS, SEED)

    assert result["broken"] == []
    assert result["kinds"] == KINDS
    assert result["answers"]["400"] > KINDS / 3
    assert result["slowest_seconds"] < server.STALLED_AFTER


def test_every_single_fault_is_among_them():
    made = list(kinds(random.Random(SEED), KINDS))
    names = {part for kind in made for part in kind.name.split(" / ")}

    assert len({kind.name for kind in made}) == KINDS
    assert {name for table in TABLES for name in table} <= names
    assert len(SENDING) == 12


def test_the_same_seed_makes_the_same_kinds():
    assert list(kinds(random.Random(SEED), 300)) == list(kinds(random.Random(SEED), 300))


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (errors.InvalidRequestLine("/r/secret/"), 400),
        (errors.UnsupportedTransferCoding("secret"), 400),
        (errors.ConfigurationProblem("secret"), 400),
        (errors.ExpectationFailed("secret"), 417),
        (errors.LimitRequestLine(9000, 8190), 414),
        (errors.LimitRequestHeaders("secret"), 431),
        (errors.InvalidResponseHeader("secret"), 500),
        (ValueError("secret"), 500),
    ],
)
def test_what_the_server_itself_answers_is_locked_and_repeats_nothing(fault, status):
    answer = server.refusal(*server.refusal_of(fault))

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"secret" not in answer
    assert b"Content-Security-Policy: default-src 'none'" in answer
    assert b"Cache-Control: no-store" in answer
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % len(body) in head
