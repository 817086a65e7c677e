"""A verifier calls the clinic at a number that the claimant did not give."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import phonenumbers
from django.db import transaction
from django.db.models import TextChoices

from accounts.models import User
from directory.casework import cases
from directory.claims import rows
from directory.comparing.sites import digits, same_site
from directory.deciding import require_verifier
from directory.models import Check, Clinic, ListingClaim, NppesLocation, NppesRecord
from directory.refusals import Incomplete, NotAllowed, WrongState
from directory.vocabulary import Fact
from outbox import clock

REGISTRY: Final = "NPPES"
OUR_CHECK: Final = "Our own check"
SOURCE_LIMIT: Final = 60


class CallOutcome(TextChoices):
    """How the call ended. Only the first one counts for the claim."""

    CONFIRMED = "confirmed", "They know this person, and want them to look after the listing"
    NOT_KNOWN = "not-known", "They do not know this person, or do not want it"
    NO_ANSWER = "no-answer", "Nobody answered"
    WRONG_NUMBER = "wrong-number", "The number belongs to somebody else"


@dataclass(frozen=True)
class Number:
    """A phone number in E.164, and who says that it is the clinic's."""

    e164: str
    source: str


def registry_places(clinic: Clinic) -> Iterator[tuple[NppesRecord | NppesLocation, str]]:
    """The places of the clinic's NPI as NPPES has them (https://download.cms.gov/nppes/NPI_Files.html).

    This very site first, then the practice's main place. Nothing for an NPI that is not active.
    """
    npi = clinic.organization.npi
    record = NppesRecord.objects.filter(npi=npi).first() if npi else None
    if record is None or not record.is_active:
        return
    further = NppesLocation.objects.filter(npi=npi).order_by("key")
    places: list[NppesRecord | NppesLocation] = [record, *further]
    here = [place for place in places if same_site(clinic, place)]
    for place in here or [record]:
        yield place, REGISTRY if here else f"{REGISTRY}, the practice's main place"


def numbers_to_call(claim: ListingClaim) -> list[Number]:
    """The numbers at which a call counts, the best first; none if no source has one.

    From the registry, or the listing's own where staff had confirmed it before the claim was made. What somebody
    typed who added the clinic here counts for nothing, whoever looked at it since.
    """
    clinic = claim.clinic
    found = [
        Number(e164, source) for place, source in registry_places(clinic) if (e164 := _e164(place.phone))
    ]
    confirmed = Check.objects.current().filter(
        clinic=clinic,
        fact=Fact.CONTACT,
        outcome=Check.Outcome.HOLDS,
        checked_by__isnull=False,
        checked_at__lt=claim.made_at,
    )
    if clinic.origin != Clinic.Origin.CLINIC and confirmed.exists():
        found.append(Number(clinic.phone, OUR_CHECK))
    return list({number.e164: number for number in reversed(found)}.values())[::-1]


@transaction.atomic
def record_call(
    *, claim: ListingClaim, by: User, outcome: str, number: str = "", source: str = ""
) -> ListingClaim:
    """How a call ended; `outcome` is a CallOutcome. Every call is kept in the case, the last one decides.

    `number` is one of `numbers_to_call` (the first, if left out). Where there is none, the verifier says which number
    was called and where it was found (`source`, at most 60 characters); never the number that the claimant gave.
    By a verifier with no part in the clinic. Raises NotAllowed, WrongState, Incomplete.
    """
    found = rows.pending(claim)
    person = rows.as_now(by)
    require_verifier(person, found.clinic)
    if found.proof == ListingClaim.Proof.MANAGER:
        raise WrongState(found.proof)
    if outcome not in CallOutcome.values:
        raise Incomplete(["outcome"])
    called = _called(found, number, source)
    confirmed = outcome == CallOutcome.CONFIRMED
    found.called_at, found.called_by = (clock.now(), person) if confirmed else (None, None)
    found.called_number, found.called_source = (called.e164, called.source) if confirmed else ("", "")
    found.save()
    if case := rows.open_case(found):
        cases.add_step(case, person, "called", code=outcome, text=f"{called.e164} ({called.source})")
    rows.note("claim.called", found, person, purpose=outcome)
    return found


def _called(claim: ListingClaim, number: str, source: str) -> Number:
    known = numbers_to_call(claim)
    if known:
        chosen = [each for each in known if not number or digits(each.e164) == digits(number)]
        if not chosen:
            raise NotAllowed("Call the number of the registry, or the one that we had confirmed before.")
        return chosen[0]
    e164, where = _e164(number), " ".join(source.split())
    missing = [] if e164 else ["number"]
    missing += [] if where and len(where) <= SOURCE_LIMIT and where.isprintable() else ["source"]
    if missing:
        raise Incomplete(missing)
    if claim.clinic.origin == Clinic.Origin.CLINIC and digits(e164) == digits(claim.clinic.phone):
        raise NotAllowed("This number was given by whoever added the clinic. Find it in another place.")
    return Number(e164, where)


def _e164(text: str) -> str:
    """A US number in E.164, "" for what is none."""
    try:
        number = phonenumbers.parse(text[:40], "US")
    except phonenumbers.NumberParseException:
        return ""
    if number.country_code != 1 or not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
