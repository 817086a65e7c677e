"""A process that sends requests by the product's own verb, and writes the key of each once it was answered.

python -m drills.requester COUNT ACKNOWLEDGED_FILE [SYNCHRONOUS]

A line of the file is the stored form of the key, written in one call: a trace of the process shows it in its place.
SYNCHRONOUS (0, 1, 2) overrules the site's own PRAGMA, to show what that one is for.
"""

import os
import sys
from pathlib import Path

import django


def main(count: int, acknowledged: Path, synchronous: str) -> None:
    """Send `count` requests one after the other; ends without closing the database."""
    from django.db import connection

    from tests import build, build_referrals

    clinic = build.clinic()
    if synchronous:
        connection.cursor().execute(f"PRAGMA synchronous={int(synchronous)}")
    file = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number in range(count):
        made = build_referrals.sent(clinic, note="Afternoons suit me. " * (number % 40)).referral
        os.write(file, f"{made.idempotency_digest}\n".encode())
    os._exit(0)


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "")
