"""Several ways to do one thing, measured in turns, so that a busy moment of the machine meets them all alike.

rates = interleaved({"raw": write_raw, "verb": ask}, rounds=5, seconds=2.0)
ratios(rates, "verb", "raw")  # {"median": 0.31, "min": 0.28, "max": 0.33}
"""

import statistics
import time
from collections.abc import Callable

Rates = dict[str, list[float]]


def interleaved(sides: dict[str, Callable[[], None]], *, rounds: int, seconds: float) -> Rates:
    """Calls per second of each side in each round. A round gives every side `seconds`, one after another.

    Each side is called once beforehand, unmeasured, to be warm. The first side of a round is another
    each time, so that none always comes after the same one. What a call raises ends the measurement.
    """
    for call in sides.values():
        call()
    names = list(sides)
    rates: Rates = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            rates[name].append(rate(sides[name], seconds))
    return rates


def rate(call: Callable[[], None], seconds: float) -> float:
    """Calls per second while `call` is repeated for `seconds` (at least once)."""
    calls = 0
    begin = time.perf_counter()
    while True:
        call()
        calls += 1
        passed = time.perf_counter() - begin
        if passed >= seconds:
            return calls / passed


def ratios(rates: Rates, side: str, reference: str) -> dict[str, float]:
    """How many times as fast as `reference` `side` was: median, min and max of the ratios of each round."""
    each = [mine / other for mine, other in zip(rates[side], rates[reference], strict=True)]
    return {"median": statistics.median(each), "min": min(each), "max": max(each)}
