"""How often a password may be tried. Nobody is ever locked out; who is wrong waits, longer each time.

An address without an account waits exactly like one with. Three budgets stand before a password is looked at:
that of the neighbourhood of addresses, that of the whole site, and that of the account, whose delay grows to
a minute, so that an hour holds about 65 looks however many try. A browser in which its owner signed in before
(`accounts.known_devices`) has a budget of its own instead, and strangers cannot use it up. A passkey has none,
because there is nothing to guess. See security.md, T08.
"""

import math
from datetime import timedelta

from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import limits
from outbox import clock

FREE = 3  # tries before the first delay
DELAYS = (5, 10, 20, 40, 60)  # seconds after the third wrong try, the fourth, and so on
MEMORY = 60 * 60  # seconds after the last try at which the delay is forgotten
MOST_AN_HOUR = 90  # even if many threads try at the same instant
MOST_A_MINUTE_BY_BLOCK = 60
MOST_A_MINUTE_BY_ALL = 600


class Wait(Exception):
    """Not yet: the password was not looked at."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds

    def in_words(self) -> str:
        """What a person is told."""
        if self.seconds < 120:
            return ngettext(
                "Wait %(count)d second, then try again.",
                "Wait %(count)d seconds, then try again.",
                self.seconds,
            ) % {"count": self.seconds}
        return _("Wait %(count)d minutes, then try again.") % {"count": math.ceil(self.seconds / 60)}


def begin(*, email: str, device: str, block: str) -> str:
    """Take one try for an account's address; raises Wait. The answer is what `succeeded` wants.

    `device` is the id of a browser in which somebody signed in with this address before, or "".
    """
    who = f"{email.strip().lower()}\0{device}"
    _refuse_while_waiting(who)
    if not device:
        _take("sign-in block", block, MOST_A_MINUTE_BY_BLOCK)
        _take("sign-in site", "", MOST_A_MINUTE_BY_ALL)
    _take_turn(who)
    return who


def succeeded(who: str) -> None:
    """The password fitted: the next try begins anew."""
    cache.delete(_key(who))


def _take(scope: str, who: str, limit: int) -> None:
    if seconds := limits.take(scope, who, limit=limit, seconds=60):
        raise Wait(seconds)


def _refuse_while_waiting(who: str) -> None:
    _, until = _state(who)
    left = until - clock.to_micros(clock.here())
    if left > 0:
        raise Wait(math.ceil(left / 1_000_000))


def _take_turn(who: str) -> None:
    """Count the try before its password is looked at. Of several at one instant, one goes on."""
    tries, until = _state(who)
    turn = f"{_key(who)}:{tries}:{until}"
    if tries >= FREE and not cache.add(turn, 1, timeout=MEMORY):
        raise Wait(DELAYS[0])
    if seconds := limits.take("sign-in account", who, limit=MOST_AN_HOUR, seconds=MEMORY):
        raise Wait(seconds)
    next_try = clock.here() + timedelta(seconds=_delay_after(tries + 1))
    cache.set(_key(who), (tries + 1, clock.to_micros(next_try)), timeout=MEMORY)


def _delay_after(tries: int) -> int:
    """Seconds to wait after so many wrong tries."""
    return 0 if tries < FREE else DELAYS[min(tries - FREE, len(DELAYS) - 1)]


def _state(who: str) -> tuple[int, int]:
    """Tries so far, and the instant before which there is no further one, in microseconds."""
    state: tuple[int, int] = cache.get(_key(who), (0, 0))
    return state


def _key(who: str) -> str:
    return f"tries:{limits.hashed('sign-in account', who)}"
