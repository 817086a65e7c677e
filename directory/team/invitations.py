"""A manager asks somebody to act for an organization too: the offer, the mail with its link, and taking it back.

The token of a link is derived from a number in the promised mail and a key that the database does not hold, and the
offer keeps its digest alone: whoever reads the database can join nothing.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q

from accounts import audit, keyring
from accounts.models import Membership, Organization, User
from directory.models import Clinic, Invitation
from directory.models.team import InvitationQuerySet
from directory.refusals import Incomplete, Refused, WrongState
from directory.team import rules
from directory.team.rules import Sites
from outbox import clock, deliveries, handlers
from outbox.handlers import Mail
from outbox.models import Delivery

KIND: Final = "team-invitation"
LASTS: Final = timedelta(days=7)
MOST_OPEN: Final = 50
MOST_A_DAY: Final = 100
MOST_TO_ONE_A_DAY: Final = 3
KEPT_FOR: Final = timedelta(days=90)
EMAIL_LIMIT: Final = 254

SUBJECT: Final = "You are invited"
_BODY: Final = (
    "Somebody you work with asks you to join their team on {site}.\n\n"
    "See who asks, and join:\n{link}\n\n"
    "The link works once, for {days} days. If you did not expect this, ignore it.\n\n"
    "This address is not read by anybody.\n"
)


class TooManyInvitations(Refused):
    """So many are open, or were sent today, that no more go out. The text says which."""


def register() -> None:
    """Tell the outbox how the mail is written; called once, when the site starts."""
    handlers.register(KIND, compose)


@transaction.atomic
def invite(
    *,
    organization: Organization,
    email: str,
    role: str,
    by: User,
    whole_organization: bool = False,
    clinics: Iterable[Clinic] = (),
) -> Invitation:
    """Offer `email` a part in the team, for the whole organization or for `clinics`; a mail goes out with the link.

    An open invitation to the same address is replaced. Says nothing of whether the address has an account. Raises
    Incomplete (email, role, sites), NotAllowed for more than `by` manages, WrongState("member") for somebody of the
    team, TooManyInvitations.
    """
    to = _address(email)
    if role not in Membership.Role.values:
        raise Incomplete(["role"])
    team = rules.lock(organization.pk)
    offered = rules.chosen(team, clinics, every=whole_organization)
    rules.require_may_offer(by, team, offered)
    _require_new(team, to, by)
    replaced = _replaceable(team, to, by)
    _require_room(team, to, len(replaced))
    return _send(_store(team, to, role, offered, by), replaced, by)


@transaction.atomic
def revoke(*, invitation: Invitation, by: User) -> None:
    """Its link opens nothing from now on. Raises NotAllowed, WrongState for one that is over."""
    rules.lock(invitation.organization_id)
    found = Invitation.objects.select_related("organization").get(pk=invitation.pk)
    rules.require_may_offer(by, found.organization, rules.sites_of(found))
    if not Invitation.objects.open().filter(pk=found.pk).exists():
        raise WrongState("over")
    _take_back([found], by)


def open_of(organization: Organization, managed: Sites) -> list[Invitation]:
    """Open invitations that a manager of these sites may take back, the latest first; in three statements at most."""
    found = Invitation.objects.open().filter(organization=organization).select_related("made_by")
    every = list(found.prefetch_related("clinics").order_by("-made_at", "-pk"))
    return [invitation for invitation in every if managed.covers(rules.sites_of(invitation))]


def forget_old() -> int:
    """The worker's chore: delete invitations that were over 90 days ago, with their addresses. How many."""
    before = clock.now() - KEPT_FOR
    over = Q(used_at__lt=before) | Q(revoked_at__lt=before) | Q(expires_at__lt=before)
    return Invitation.objects.filter(over).delete()[1].get("directory.Invitation", 0)


# --- what may go out ---------------------------------------------------------------------------------


def _address(email: str) -> str:
    to = email.strip().lower()
    try:
        validate_email(to)
    except ValidationError:
        raise Incomplete(["email"]) from None
    if len(to) > EMAIL_LIMIT:
        raise Incomplete(["email"])
    return to


def _require_new(team: Organization, email: str, by: User) -> None:
    """Somebody whom `by` sees on the team page already is changed there, not invited again."""
    theirs = Membership.objects.active().filter(organization=team, user__email__iexact=email).first()
    if theirs and rules.may_change(by, theirs):
        raise WrongState("member")


def _replaceable(team: Organization, email: str, by: User) -> list[Invitation]:
    found = Invitation.objects.open().filter(organization=team, email=email).prefetch_related("clinics")
    managed = rules.managed_by(by, team)
    return [invitation for invitation in found if managed.covers(rules.sites_of(invitation))]


def _require_room(team: Organization, email: str, replaced: int) -> None:
    made = Invitation.objects.filter(organization=team)
    today = made.filter(made_at__gt=clock.now() - timedelta(days=1))
    if made.open().count() - replaced >= MOST_OPEN:
        raise TooManyInvitations(
            f"{MOST_OPEN} invitations are open. Take one back, or wait until one is used."
        )
    if today.count() >= MOST_A_DAY or today.filter(email=email).count() >= MOST_TO_ONE_A_DAY:
        raise TooManyInvitations("You have sent many invitations today. Try again tomorrow.")


# --- storing, sending, taking back -------------------------------------------------------------------


def _store(team: Organization, email: str, role: str, offered: Sites, by: User) -> tuple[Invitation, str]:
    """The offer, and the number from which its token is derived."""
    number = f"{keyring.current_id()}.{uuid4().hex}"
    now = clock.now()
    invitation = Invitation.objects.create(
        organization=team,
        email=email,
        role=role,
        whole_organization=offered.every,
        token_digest=digest(_token(number)),
        made_by=by,
        made_at=now,
        expires_at=now + LASTS,
    )
    invitation.clinics.set(offered.keys)
    return invitation, number


def _send(stored: tuple[Invitation, str], replaced: list[Invitation], by: User) -> Invitation:
    invitation, number = stored
    _end(replaced)
    deliveries.enqueue(
        kind=KIND, subject=number, recipient=f"invitation:{invitation.pk}", dedupe_key=f"{KIND}:{number}"
    )
    _audit("invitation.revoked", replaced, by)
    _audit("invitation.made", [invitation], by)
    return invitation


def _take_back(invitations: list[Invitation], by: User) -> None:
    _end(invitations)
    _audit("invitation.revoked", invitations, by)


def _end(invitations: list[Invitation]) -> None:
    rows: InvitationQuerySet = Invitation.objects.filter(pk__in=[each.pk for each in invitations])
    rows.update(revoked_at=clock.now())


def _audit(action: str, invitations: list[Invitation], by: User) -> None:
    if invitations:
        audit.record_each(
            actor=audit.actor_of(by),
            action=action,
            object_type="invitation",
            object_ids=[str(each.pk) for each in invitations],
        )


# --- the link ----------------------------------------------------------------------------------------


def digest(token: str) -> str:
    """What is kept of a link's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _token(number: str) -> str:
    """256 bits that follow from the number and the site's key of that name; raises UnknownKey."""
    secret = keyring.derived("team invitation", number.partition(".")[0])
    return (
        base64.urlsafe_b64encode(hmac.digest(secret, number.encode(), hashlib.sha256)).rstrip(b"=").decode()
    )


def compose(delivery: Delivery) -> Mail | None:
    """The mail, the same for an address with and without an account; None once the invitation is over."""
    token = _token(delivery.subject)
    invitation = Invitation.objects.open().filter(token_digest=digest(token)).first()
    if invitation is None:
        return None
    link = f"{settings.SITE_URL}/join/{token}/"
    return Mail(invitation.email, SUBJECT, _BODY.format(site=settings.SITE_NAME, link=link, days=LASTS.days))
