"""The way of a claim, as whoever made it reads it: what is done, what comes next, and by when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from directory import claims
from directory.models import ListingClaim
from outbox import clock

Status = ListingClaim.Status
Proof = ListingClaim.Proof


@dataclass(frozen=True)
class Step:
    """One line. `at` is when it was done, or until when it goes on; `done` tells them apart."""

    text: str
    done: bool
    at: datetime | None = None


ENDS: Final = {
    Status.APPROVED: "We said yes: you look after this listing",
    Status.JOINED: "You were let in, and look after this listing with your colleagues",
    Status.REFUSED: "We could not say yes",
    Status.WITHDRAWN: "You took your claim back",
}


def steps_of(claim: ListingClaim) -> list[Step]:
    """From the claim to its decision, in the order in which they happen."""
    made = Step("You asked to look after this listing", True, claim.made_at)
    if claim.status != Status.PENDING:
        decided = Step(ENDS[Status(claim.status)], True, claim.decided_at)
        ended = [Step("Your claim ended", True, claim.ended_at)] if claim.ended_at else []
        return [made, decided, *ended]
    if claim.proof == Proof.MANAGER:
        return [made, _admission(claim)]
    return [made, _proof(claim), _call(claim), *_objection(claim), _decision(claim)]


def _admission(claim: ListingClaim) -> Step:
    if claim.clinic.claims.standing().exists():
        return Step("Somebody who looks after it already lets you in. We have written to them", False)
    return Step(
        "Nobody looks after it any more. Take this claim back, and show in another way who you are", False
    )


def _proof(claim: ListingClaim) -> Step:
    if claim.proven_at:
        return Step("You typed the code", True, claim.proven_at)
    if claim.code_tries >= claims.MOST_TRIES:
        return Step("A wrong code was typed five times. A person calls the clinic, or posts a letter", False)
    if claim.proof == Proof.DOMAIN_MAIL:
        return Step("You type the code that we mailed", False, claim.code_expires_at)
    if claim.code_digest:
        return Step("You type the code from our letter", False, claim.code_expires_at)
    return Step(
        "We post a letter to the clinic within 2 working days. It takes 5 to 8 days. You type its code", False
    )


def _call(claim: ListingClaim) -> Step:
    if claim.called_at:
        return Step("We called the clinic, and they know you", True, claim.called_at)
    return Step(
        "We call the clinic, at the phone number that a public registry has, within 2 working days", False
    )


def _objection(claim: ListingClaim) -> list[Step]:
    if claim.objection_until is None:
        return []
    if claim.objected_at:
        return [Step("Somebody of the clinic objected. A person asks both sides", True, claim.objected_at)]
    if claim.objection_until > clock.now():
        return [Step("Whoever looks after the clinic now can object", False, claim.objection_until)]
    return [Step("Nobody objected", True, claim.objection_until)]


def _decision(claim: ListingClaim) -> Step:
    ready = not claims.lacking(claim)
    return Step("A person decides, usually within 2 working days" + ("" if ready else " after that"), False)
