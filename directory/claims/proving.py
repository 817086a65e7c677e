"""The code of a claim: mailed or posted, and typed by whom it reached."""

from dataclasses import dataclass
from typing import Final

from django.db import transaction

from accounts.keyring import UnknownKey
from accounts.models import User
from directory.casework import cases
from directory.claims import codes, mails, rows
from directory.claims.calling import registry_places
from directory.claims.refusals import WrongCode
from directory.deciding import require_verifier
from directory.models import Check, Clinic, ListingClaim
from directory.refusals import Incomplete, WrongState
from directory.vocabulary import Fact
from outbox import clock

Proof = ListingClaim.Proof

MOST_MAILS: Final = 5
"""How often the code of one claim can be mailed."""

FOUND_AT_LIMIT: Final = 120


@dataclass(frozen=True)
class Letter:
    """What is printed: to which place, and the code, which nobody can read again. `source`: who knows the address."""

    lines: list[str]
    code: str
    source: str


@transaction.atomic
def send_again(*, claim: ListingClaim, by: User) -> ListingClaim:
    """Mail a new code to the same address; the one before stops working. By whoever made the claim.

    Raises NotAllowed, or WrongState: not by mail, proven, too many wrong codes ("no-tries") or mails ("mails").
    """
    found = rows.own_pending(claim, by)
    _require_code_wanted(found)
    if found.proof != Proof.DOMAIN_MAIL:
        raise WrongState(found.proof)
    if mails.codes_promised(found) >= MOST_MAILS:
        raise WrongState("mails")
    codes.issue(found, lasts=codes.MAIL_LASTS)
    found.save()
    mails.promise_code(found)
    rows.note("claim.code-sent", found, by)
    return found


def prove(*, claim: ListingClaim, code: str, by: User) -> ListingClaim:
    """The code came back from where it was sent. By whoever made the claim.

    Raises WrongCode, which counts unless it could not be a code at all; WrongState ("proven", "no-code", "expired",
    "no-tries": after five wrong ones only people help); NotAllowed.
    """
    found = _typed(claim, codes.read(code), by)
    if found.proven_at is None:
        raise WrongCode(codes.MOST_TRIES - found.code_tries)
    return found


@transaction.atomic
def _typed(claim: ListingClaim, code: str, by: User) -> ListingClaim:
    """A wrong one is counted and kept, so it must not be undone with an exception."""
    found = rows.own_pending(claim, by)
    _require_code_wanted(found)
    if not found.code_digest or found.code_expires_at is None:
        raise WrongState("no-code")
    if found.code_expires_at <= clock.now():
        raise WrongState("expired")
    if _fits(found, code):
        found.proven_at = clock.now()
        codes.forget(found)
        rows.say_in_case(found, "The code came back: the proof is shown.")
    else:
        _count_wrong(found)
    found.save()
    rows.note("claim.proven" if found.proven_at else "claim.code-wrong", found, by)
    return found


def _fits(claim: ListingClaim, code: str) -> bool:
    try:
        return codes.fits(claim, code)
    except UnknownKey:  # its key was taken away since
        raise WrongState("expired") from None


def _count_wrong(claim: ListingClaim) -> None:
    claim.code_tries += 1
    if claim.code_tries >= codes.MOST_TRIES:
        codes.forget(claim)
        rows.say_in_case(claim, "A wrong code was typed five times. Call the clinic, or post a new letter.")


def _require_code_wanted(claim: ListingClaim) -> None:
    if claim.proven_at:
        raise WrongState("proven")
    if claim.code_tries >= codes.MOST_TRIES:
        raise WrongState("no-tries")


# --- the letter ----------------------------------------------------------------------------------


def address_to_write(claim: ListingClaim) -> tuple[list[str], str] | None:
    """The lines of an address that the claimant did not type, and whose they are; None if we know of none.

    The registry's practice address, else the clinic's own where staff had confirmed it before the claim.
    """
    clinic = claim.clinic
    for place, source in registry_places(clinic):
        if place.line1 and place.city:
            return _lines(clinic, place), source
    confirmed = Check.objects.current().filter(
        clinic=clinic,
        fact=Fact.CONTACT,
        outcome=Check.Outcome.HOLDS,
        checked_by__isnull=False,
        checked_at__lt=claim.made_at,
    )
    if clinic.origin != Clinic.Origin.CLINIC and confirmed.exists():
        return _lines(clinic, clinic), "Our own check"
    return None


@transaction.atomic
def print_letter(*, claim: ListingClaim, by: User, found_at: str = "") -> Letter:
    """A letter with a new code, made now and shown this once. Five more tries, because a person decided so.

    Where neither the registry nor a check of ours has the address, `found_at` says where the verifier saw that the
    clinic's address is right (1 to 120 characters). By a verifier with no part in the clinic.
    Raises NotAllowed, WrongState, Incomplete(["found_at"]).
    """
    found = rows.pending(claim)
    person = rows.as_now(by)
    require_verifier(person, found.clinic)
    if found.proven_at or found.proof == Proof.MANAGER:
        raise WrongState("proven" if found.proven_at else found.proof)
    known = address_to_write(found)
    seen = " ".join(found_at.split())
    if known is None and not (seen and len(seen) <= FOUND_AT_LIMIT and seen.isprintable()):
        raise Incomplete(["found_at"])
    lines, source = known or (_lines(found.clinic, found.clinic), seen)
    found.proof, found.code_tries = Proof.LETTER, 0
    code = codes.issue(found, lasts=codes.LETTER_LASTS)
    found.save()
    _write_down(found, person, source)
    rows.note("claim.letter", found, person)
    return Letter(lines, code, source)


def _write_down(claim: ListingClaim, by: User, source: str) -> None:
    if case := rows.open_case(claim):
        cases.add_step(case, by, "letter", text=f"Address from: {source}")


def _lines(clinic: Clinic, place: "Clinic | object") -> list[str]:
    """An envelope's lines. No name of the person who claims: whoever opens the post must know of them."""
    line1, line2, city, state, code = (
        str(getattr(place, name)) for name in ("line1", "line2", "city", "state", "zip")
    )
    code = code if len(code) <= len("12345") or "-" in code else f"{code[:5]}-{code[5:]}"
    return [line for line in (clinic.name, line1, line2, f"{city}, {state} {code}") if line.strip()]
