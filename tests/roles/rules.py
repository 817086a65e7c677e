"""What each address asks of whoever comes: one line each, in the order of the site.

A rule answers who gets in, by principal and relation. `IN` is any answer of the page itself, good or bad ("422: tell
us which"); all others are turned away: `SIGN_IN` (302), `NO` (403), `NOTHING` (404, as if it did not exist).
"""

from collections.abc import Callable
from typing import Final

IN: Final = "in"
SIGN_IN: Final = "sign in"
NO: Final = "403"
NOTHING: Final = "404"

Rule = Callable[[str, str], str]

OPERATOR: Final = {"verifier", "staff", "superuser"}
HERE: Final = {
    "own": {"manager", "colleague"},
    "branch": {"manager", "colleague", "site_manager"},
    "gone": {"manager", "colleague"},
    "foreign": {"stranger"},
    "absent": set(),
}
MANAGES: Final = {relation: people - {"colleague"} for relation, people in HERE.items()}


def anybody(_principal: str, relation: str) -> str:
    """A public page."""
    return NOTHING if relation == "absent" else IN


def everybody(_principal: str, _relation: str) -> str:
    """A page that asks nothing, not even that its object exists."""
    return IN


def signed_in(principal: str, _relation: str) -> str:
    """Somebody's own pages, whoever they are; on pages that may show requests, with both factors."""
    return SIGN_IN if principal in {"anonymous", "halfway"} else IN


def own_account(principal: str, _relation: str) -> str:
    """Signing in and what belongs to it: also before a second factor was shown."""
    return SIGN_IN if principal == "anonymous" else IN


def operator(principal: str, relation: str) -> str:
    """The operator's staff."""
    if principal in {"anonymous", "halfway"}:
        return SIGN_IN
    if principal not in OPERATOR:
        return NO
    return NOTHING if relation == "absent" else IN


def member(principal: str, relation: str) -> str:
    """Whoever acts for the clinic; to all others it does not exist."""
    if principal in {"anonymous", "halfway"}:
        return SIGN_IN
    return IN if principal in HERE[relation] else NOTHING


def manager(principal: str, relation: str) -> str:
    """Whoever manages the clinic; a colleague who may not is told so."""
    found = member(principal, relation)
    return NO if found == IN and principal not in MANAGES[relation] else found


def bearer(_principal: str, relation: str) -> str:
    """Whoever holds the token, signed in or not."""
    return NOTHING if relation in {"absent", "gone"} else IN


def nobody(_principal: str, _relation: str) -> str:
    """Nothing stands at this address with these parameters."""
    return NOTHING
