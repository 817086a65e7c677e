"""A process that writes for some seconds from two threads, and prints a line of JSON for each thing it did.

python -m tests.journeys.a_writer SECONDS CLINIC_PK USER_PK
"""

import json
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import django

THREADS = 2


def main(seconds: float, clinic_pk: int, user_pk: int) -> None:
    """Several connections, each acting as a person and as the clinic in turn."""
    from accounts.models import User
    from directory.models import Clinic

    clinic, user = Clinic.objects.get(pk=clinic_pk), User.objects.get(pk=user_pk)
    ends = time.monotonic() + seconds
    with ThreadPoolExecutor(THREADS) as pool:
        for lines in pool.map(lambda _: list(_write(clinic, user, ends)), range(THREADS)):
            for line in lines:
                sys.stdout.write(json.dumps(line) + "\n")


def _write(clinic: Any, user: Any, ends: float) -> Iterator[dict[str, Any]]:
    from referrals import lifecycle
    from tests import build_referrals

    while time.monotonic() < ends:
        send = partial(build_referrals.sent, clinic, key=secrets.token_urlsafe(32))
        line, receipt = _timed("request", send)
        yield line
        if receipt is None:
            continue
        made = receipt.referral
        yield _timed("open", partial(lifecycle.open, referral=made, by=user), made)[0]
        yield _timed("accept", partial(lifecycle.accept, referral=made, by=user, note="Soon"), made)[0]


def _timed(verb: str, act: Callable[[], Any], made: Any = None) -> tuple[dict[str, Any], Any]:
    began, result, error = time.monotonic(), None, ""
    try:
        result = act()
    except Exception as caught:  # whatever it is, a person would have seen it
        error = f"{type(caught).__name__}: {caught}"
    made = made or (result.referral if result else None)
    line = {"verb": verb, "pk": str(made.pk) if made else "", "error": error}
    return {**line, "ms": round((time.monotonic() - began) * 1000, 1)}, result


if __name__ == "__main__":
    django.setup()
    main(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
