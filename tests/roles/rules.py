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

NO_KEY: Final = "401"

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


def own_account_with_both_factors(principal: str, relation: str) -> str:
    """What a stolen password alone must not change."""
    return NO if principal == "halfway" else own_account(principal, relation)


def nothing_but_own(principal: str, _relation: str) -> str:
    """A link of one's own change of address; nobody here asked for one."""
    return SIGN_IN if principal == "anonymous" else NOTHING


def by_another_way(principal: str, _relation: str) -> str:
    """A step in the middle of signing in: whoever is not there begins at the beginning."""
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


def by_key(_principal: str, _relation: str) -> str:
    """Machines alone: no session opens it."""
    return NO_KEY


def nobody(_principal: str, _relation: str) -> str:
    """Nothing stands at this address with these parameters."""
    return NOTHING


def known_clinic(_principal: str, relation: str) -> str:
    """A clinic that the public knows of."""
    return NOTHING if relation == "absent" else IN


def not_the_operator(principal: str, relation: str) -> str:
    """Whoever may act for a clinic one day; the operator's staff never does."""
    found = signed_in(principal, relation)
    if found == IN and principal in OPERATOR:
        return NO
    return NOTHING if found == IN and relation == "absent" else found


def claimant(principal: str, _relation: str) -> str:
    """Whoever made the claim: nobody of this world."""
    return SIGN_IN if principal in {"anonymous", "halfway"} else NOTHING


def manager_told(principal: str, relation: str) -> str:
    """A manager of the clinic that somebody else claims."""
    return manager(principal, relation)


def any_manager(principal: str, _relation: str) -> str:
    """A manager of anything."""
    if principal in {"anonymous", "halfway"}:
        return SIGN_IN
    return IN if principal in {"manager", "site_manager", "stranger", "referrer"} else NO


_OURS: Final = {"manager", "colleague", "site_manager"}
PRACTICE: Final = {"own": _OURS, "branch": _OURS, "gone": _OURS, "foreign": {"stranger"}}
"""`own`, `branch` and `gone` are sites of one practice."""


def practice(principal: str, relation: str) -> str:
    """Whoever is of the practice."""
    if principal in {"anonymous", "halfway"}:
        return SIGN_IN
    return IN if principal in PRACTICE.get(relation, set()) else NOTHING


def managers_of_all(principal: str, relation: str) -> str:
    """Managers of the whole practice; what is offered for all of it does not exist for a manager of some sites."""
    return NOTHING if principal == "site_manager" else managers_of_practice(principal, relation)


def managers_first(principal: str, relation: str) -> str:
    """A page about one person: a colleague is turned away before anybody is looked for."""
    if principal == "colleague" and relation != "foreign":
        return NO  # an absent person is looked for in the own practice
    return managers_of_practice(principal, relation)


def managers_of_that_person(principal: str, relation: str) -> str:
    """Who manages all that the person acts for; a manager of some sites may look, and not change."""
    found = managers_first(principal, relation)
    return NO if found == IN and principal == "site_manager" else found


def whoever_asked(principal: str, relation: str) -> str:
    """Only who asked for a change may take it back: nobody of this world."""
    found = member(principal, relation)
    return NO if found == IN else found


def managers_of_practice(principal: str, relation: str) -> str:
    """Its managers, those of some sites too; a colleague is told that they may not."""
    found = practice(principal, relation)
    return NO if found == IN and principal == "colleague" else found
