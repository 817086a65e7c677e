"""Mails about claims. They name no clinic and no person, and nothing of any patient.

The one with the code goes to an address that is not proven yet, so it says nothing but the code.
"""

from typing import Final

from django.conf import settings

from accounts.keyring import UnknownKey
from accounts.models import Membership, User
from directory import members
from directory.claims import codes
from directory.models import Clinic, ListingClaim
from outbox import clock, deliveries, handlers
from outbox.handlers import Mail
from outbox.models import Delivery

CODE: Final = "claim-code"
MADE: Final = "claim-made"
DECIDED: Final = "claim-decided"
TAKEN: Final = "claim-taken-over"

_END: Final = "\n\nThis address is not read by anybody.\n"
_CODE: Final = (
    "Your code: {code}\n\nType it on the page where you asked for it. It works for 60 minutes.\n\n"
    "You did not ask for a code? Then do nothing, and give it to nobody."
)
_MADE: Final = (
    "Somebody asks to look after a listing of yours.\n\nSee who, and say whether they work with you:\n{link}\n\n"
    "If you do not know them, say so within 72 hours. A person looks at every request before anything changes."
)
_DECIDED: Final = "There is an answer to your request to look after a listing.\n\nSee it here:\n{link}"
_TAKEN: Final = (
    "A listing that you looked after is now looked after by somebody else. We had written to its managers, and nobody"
    " objected.\n\nIf this is wrong, tell us{how}."
)


def register() -> None:
    """Tell the outbox how these are written; called once, when the site starts."""
    handlers.register(CODE, _compose_code)
    handlers.register(MADE, _compose_made)
    handlers.register(DECIDED, _compose_decided)
    handlers.register(TAKEN, _compose_taken)


# --- what is promised ----------------------------------------------------------------------------


def promise_code(claim: ListingClaim) -> None:
    """The code that was just issued goes to the claim's address."""
    until = clock.to_micros(claim.code_expires_at) if claim.code_expires_at else 0
    deliveries.enqueue(
        kind=CODE,
        subject=str(claim.pk),
        recipient=f"claim:{claim.pk}",
        dedupe_key=f"{CODE}:{claim.pk}:{until}",
    )


def codes_promised(claim: ListingClaim) -> int:
    """How many mails with a code were promised for a claim."""
    return Delivery.objects.filter(kind=CODE, subject=str(claim.pk)).count()


def tell_managers(claim: ListingClaim) -> None:
    """Whoever manages the clinic, or others of its practice where nobody holds this one, hears of it at once."""
    clinic, role = claim.clinic, Membership.Role.MANAGER
    told = members.recipients_of(clinic, role)
    if not claim.clinic.claims.standing().exists():
        told += _managers_of_the_practice(clinic)
    elif not told:
        told = members.recipients_of(clinic)
    occasion = f"{MADE}:{claim.pk}:{claim.objection_until.isoformat() if claim.objection_until else ''}"
    others = set(told) - {f"user:{claim.claimant_id}"}
    keys = {recipient: f"{occasion}:{recipient}" for recipient in sorted(others)}
    deliveries.enqueue_each(kind=MADE, subject=str(claim.pk), dedupe_keys=keys)


def tell_claimant(claim: ListingClaim) -> None:
    """It was decided."""
    deliveries.enqueue(
        kind=DECIDED,
        subject=str(claim.pk),
        recipient=f"user:{claim.claimant_id}",
        dedupe_key=f"{DECIDED}:{claim.pk}",
    )


def tell_it_was_taken(clinic: Clinic, user_id: int) -> None:
    """Somebody who acted for the clinic does so no more, because another's claim was approved."""
    now = clock.to_micros(clock.now())
    deliveries.enqueue(
        kind=TAKEN,
        subject=str(clinic.pk),
        recipient=f"user:{user_id}",
        dedupe_key=f"{TAKEN}:{clinic.pk}:{now}:{user_id}",
    )


def _managers_of_the_practice(clinic: Clinic) -> list[str]:
    managers = Membership.objects.active().filter(
        organization=clinic.organization_id, role=Membership.Role.MANAGER
    )
    return [f"user:{user}" for user in managers.values_list("user_id", flat=True)]


# --- how it is written, at the last moment -------------------------------------------------------


def _compose_code(delivery: Delivery) -> Mail | None:
    claim = _waiting(delivery)
    if claim is None or not claim.address or claim.proof != ListingClaim.Proof.DOMAIN_MAIL:
        return None
    if claim.code_expires_at is None or claim.code_expires_at <= clock.now():
        return None
    try:
        code = codes.current(claim)
    except UnknownKey:
        return None
    return (
        Mail(claim.address, "Your code", _CODE.format(code=f"{code[:4]} {code[4:]}") + _END) if code else None
    )


def _compose_made(delivery: Delivery) -> Mail | None:
    claim, user = _waiting(delivery), _user(delivery)
    if claim is None or user is None:
        return None
    practice = claim.clinic.organization_id
    if not Membership.objects.active().filter(user=user, organization=practice).exists():
        return None
    link = f"{settings.SITE_URL}/manage/claims/{claim.pk}/object/"
    return Mail(user.email, "Somebody asks to look after a listing of yours", _MADE.format(link=link) + _END)


def _compose_decided(delivery: Delivery) -> Mail | None:
    user = _user(delivery)
    if user is None:
        return None
    link = f"{settings.SITE_URL}/manage/claims/{int(delivery.subject)}/"
    return Mail(user.email, "There is an answer to your request", _DECIDED.format(link=link) + _END)


def _compose_taken(delivery: Delivery) -> Mail | None:
    user = _user(delivery)
    if user is None:
        return None
    ways = [settings.HELP_EMAIL and f"write to {settings.HELP_EMAIL}"]
    ways += [settings.HELP_PHONE and f"call {settings.HELP_PHONE}"]
    told = " or ".join(way for way in ways if way)
    return Mail(
        user.email, "A listing that you looked after", _TAKEN.format(how=f": {told}" if told else "") + _END
    )


def _waiting(delivery: Delivery) -> ListingClaim | None:
    return ListingClaim.objects.pending().select_related("clinic").filter(pk=int(delivery.subject)).first()


def _user(delivery: Delivery) -> User | None:
    return User.objects.filter(pk=int(delivery.recipient.removeprefix("user:")), is_active=True).first()
