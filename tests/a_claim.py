"""Claims at the steps between the sentence and the decision."""

from typing import Any

from accounts.models import User
from directory.claims import codes
from directory.models import Clinic, ListingClaim, NppesRecord
from outbox import clock
from tests import build

REGISTRY_PHONE = "+13035550177"


def ready(clinic: Clinic, by: User, verifier: User, **overrides: Any) -> ListingClaim:
    """Proof shown, call made: a verifier could approve it now."""
    now = clock.now()
    shown = {"proof": ListingClaim.Proof.LETTER, "proven_at": now, "called_at": now, "called_by": verifier}
    return build.claim(clinic, by, **{**shown, **overrides})


def in_registry(clinic: Clinic, **overrides: Any) -> NppesRecord:
    """NPPES knows the clinic's practice at the same address, with REGISTRY_PHONE."""
    plain = {
        "npi": clinic.organization.npi,
        "entity_type": 2,
        "name": clinic.organization.name.upper(),
        "line1": clinic.line1.upper(),
        "city": clinic.city.upper(),
        "state": clinic.state,
        "zip": f"{clinic.zip}1234",
        "phone": REGISTRY_PHONE[2:],
    }
    return NppesRecord.objects.create(**{**plain, **overrides})


def code_of(claim: ListingClaim) -> str:
    """The code that was sent for it last."""
    claim.refresh_from_db()
    return codes.current(claim)


def wrong(code: str) -> str:
    """Another one of the same length."""
    return f"{(int(code) + 1) % 10**8:08}"
