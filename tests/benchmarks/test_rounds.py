"""Interleaved rounds: every side has its turn in every round, and ratios are taken round by round."""

import time

import pytest

from benchmarks import rounds

pytestmark = pytest.mark.once


def test_every_side_has_one_turn_in_every_round_and_another_is_first_each_time() -> None:
    turns: list[str] = []

    def noted(name: str) -> None:
        turns.append(name)

    sides = {"a": lambda: noted("a"), "b": lambda: noted("b")}
    rates = rounds.interleaved(sides, rounds=2, seconds=0.0)
    assert turns == ["a", "b", "a", "b", "b", "a"]  # warm, first round, second round
    assert {name: len(each) for name, each in rates.items()} == {"a": 2, "b": 2}


def test_a_rate_is_calls_per_second() -> None:
    assert rounds.rate(lambda: time.sleep(0.01), 0.1) == pytest.approx(100, rel=0.5)
    assert rounds.rate(lambda: time.sleep(0.01), 0.1) <= 100


def test_ratios_are_taken_within_each_round() -> None:
    rates = {"quick": [10.0, 100.0, 40.0], "slow": [5.0, 25.0, 40.0]}
    assert rounds.ratios(rates, "quick", "slow") == {"median": 2.0, "min": 1.0, "max": 4.0}


def test_an_error_ends_the_measurement() -> None:
    def broken() -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        rounds.interleaved({"broken": broken}, rounds=1, seconds=0.0)
