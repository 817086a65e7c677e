"""Plainly fictional clinics, so that a new site can be tried before any real one is listed.

555-01xx phones, `.example` hosts, NPIs that start with 2 (no issued NPI does), names that say "Example".
The site shows a banner while they are loaded, and refuses to start with them off loopback.
"""

from typing import Final, NamedTuple


class SignIn(NamedTuple):
    """An example person who can sign in, on loopback only."""

    email: str
    password: str
    what: str


PASSWORD: Final = "cairn example passphrase"  # noqa: S105  (printed at every start, refused off loopback)
FRONT_DESK: Final = SignIn("frontdesk@clinic.example", PASSWORD, "front desk of a clinic with requests")
MANAGER: Final = SignIn("manager@chain.example", PASSWORD, "manager of a chain of clinics")
STAFF: Final = SignIn("staff@operator.example", PASSWORD, "staff of the operator, who check facts")
SECOND_STAFF: Final = SignIn(
    "second@operator.example", PASSWORD, "staff of the operator, the second person where two are needed"
)
SIGN_INS: Final = (FRONT_DESK, MANAGER, STAFF, SECOND_STAFF)
