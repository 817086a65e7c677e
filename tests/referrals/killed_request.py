"""A process that sends requests and says which ones succeeded, to be killed: see test_kills.

python -m tests.referrals.killed_request CLINIC_ID KEY...
"""

import os
import sys

import django

django.setup()

from directory.models import Clinic  # noqa: E402
from tests.build_referrals import sent  # noqa: E402


def main(clinic_id: str, *keys: str) -> None:
    """Send one request per key; each receipt is a line, written before the next begins."""
    clinic = Clinic.objects.get(pk=clinic_id)
    os.write(1, b"ready\n")
    for key in keys:
        receipt = sent(clinic, key=key)
        os.write(1, f"{key} {receipt.referral.pk} {receipt.token}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
