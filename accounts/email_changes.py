"""Somebody's address for signing in changes: asked for with a fresh proof, proved at the new one, told to the old one.

From the old mailbox it can be taken back for three days, by a link alone: whoever got into an account and changed its
address is out again, with every sign-in, key and second factor that they had or made.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse

from accounts import addresses, api_keys, audit, keyring, limits, sign_ins
from accounts.models import EmailChange, User
from outbox import clock, deliveries, handlers
from outbox.models import Delivery

KIND: Final = "email-change"
CONFIRM_FOR: Final = timedelta(hours=24)
RETURN_FOR: Final = timedelta(hours=72)
LONGEST_SIGN_IN: Final = timedelta(hours=12)
MOST_A_DAY: Final = 5

CONFIRM, CONFIRMED, RETURNED, RETURNED_TO_NEW = "confirm", "confirmed", "returned", "returned-to-new"
_TO_OLD: Final = (CONFIRMED, RETURNED)


class NoSuchLink(LookupError):
    """No link like this is in force: wrong, used, or too old."""


class TooMany(Exception):
    """Several changes were asked for today already."""


@transaction.atomic
def ask(*, user: User, email: str) -> None:
    """Have a link mailed to a new address; it must be opened within a day by `user`, signed in. Raises TooMany.

    An address that somebody else has is answered in the same way, and no mail leaves: nobody learns who has an account.
    """
    if limits.take("email-change", str(user.pk), limit=MOST_A_DAY, seconds=86_400):
        raise TooMany
    address = email.strip().lower()
    EmailChange.objects.filter(user=user, confirmed_at=None).delete()  # the last one asked for counts
    now = clock.now()
    change = EmailChange(user=user, old_email=user.email, new_email=address, made_at=now)
    change.confirm_digest, change.return_digest = (_digest(_token(change, what)) for what in _LINKS)
    change.save()
    _promise(change, CONFIRM, to_nobody=_is_taken(address, user))
    _audit("email-change.asked", change, audit.actor_of(user))


def waiting(token: str, user: User) -> EmailChange:
    """The change that `user` asked for and confirms with this link; raises NoSuchLink."""
    since = clock.now() - CONFIRM_FOR
    open_ones = EmailChange.objects.filter(confirmed_at=None, made_at__gt=since, user=user)
    return _found(open_ones.filter(confirm_digest=_digest(token)).first())


@transaction.atomic
def confirm(*, token: str, by: User) -> EmailChange:
    """`by` signs in with the new address from now on, and the old one is told. Raises NoSuchLink, AddressTaken."""
    change = waiting(token, by)
    user = User.objects.select_for_update(no_key=True).get(pk=by.pk)
    change = _found(EmailChange.objects.select_for_update().filter(pk=change.pk, confirmed_at=None).first())
    if is_held(change.new_email, but=user):
        raise addresses.AddressTaken
    change.old_email = user.email
    change.confirmed_at = clock.now()
    change.return_until = change.confirmed_at + RETURN_FOR
    change.save()
    _replace(user, change.new_email)
    _promise(change, CONFIRMED)
    _audit("email-change.confirmed", change, audit.actor_of(user))
    return change


def returnable(token: str) -> EmailChange:
    """The change that this link of the old mailbox takes back; raises NoSuchLink."""
    young = EmailChange.objects.filter(returned_at=None, return_until__gt=clock.now())
    return _found(young.filter(return_digest=_digest(token)).first())


@transaction.atomic
def give_back(*, token: str) -> EmailChange:
    """The old address counts again; raises NoSuchLink, AddressTaken.

    Every sign-in and key ends, later changes are void, second factors that were set up in the sign-in that asked for
    the change are gone, and nobody signs in before a new password was chosen by a link to the old mailbox.
    """
    change = returnable(token)
    user = User.objects.select_for_update(no_key=True).get(pk=change.user_id)
    change = _found(EmailChange.objects.select_for_update().filter(pk=change.pk, returned_at=None).first())
    EmailChange.objects.filter(user=user, made_at__gte=change.made_at).exclude(pk=change.pk).delete()
    user.set_unusable_password()
    user.save(update_fields=["password"])
    _replace(user, change.old_email)
    Authenticator.objects.filter(user=user, created_at__gte=change.made_at - LONGEST_SIGN_IN).delete()
    sign_ins.end_all(user=user)
    change.returned_at = clock.now()
    change.save(update_fields=["returned_at"])
    for what in (RETURNED, RETURNED_TO_NEW):
        _promise(change, what)
    api_keys.end_all(user=user, by=audit.SYSTEM)
    _audit("email-change.returned", change, audit.SYSTEM)
    return change


def is_held(email: str, but: User) -> bool:
    """Somebody other than `but` changed from this address less than three days ago, and may have it back."""
    held = EmailChange.objects.filter(returned_at=None, return_until__gt=clock.now())
    return held.filter(old_email__iexact=email).exclude(user=but).exists()


def forget() -> None:
    """Delete changes that nobody can confirm or take back any more, with their addresses."""
    now = clock.now()
    over = Q(confirmed_at=None, made_at__lt=now - CONFIRM_FOR) | Q(return_until__lt=now - CONFIRM_FOR)
    EmailChange.objects.filter(over).delete()


def _is_taken(email: str, user: User) -> bool:
    return User.objects.filter(email__iexact=email).exists() or is_held(email, but=user)


def _replace(user: User, email: str) -> None:
    try:
        with transaction.atomic():
            addresses.replace(user=user, email=email)
    except IntegrityError:  # somebody took it this instant
        raise addresses.AddressTaken from None


# --- mails -----------------------------------------------------------------------------------


def compose(delivery: Delivery) -> handlers.Mail | None:
    """The mail about a change, to its old or its new address."""
    change = EmailChange.objects.select_related("user").filter(pk=delivery.subject).first()
    if change is None or delivery.recipient == _NOBODY:
        return None
    what = delivery.recipient
    body = render_to_string(
        f"account/email/email_change_{what.replace('-', '_')}_message.txt", _links(change)
    )
    return handlers.Mail(
        to=change.old_email if what in _TO_OLD else change.new_email,
        subject=_SUBJECTS[what],
        body=body.strip() + "\n",
    )


_NOBODY: Final = "nobody"
_LINKS: Final = ("account-email-confirm", "account-email-return")
_SUBJECTS: Final = {
    CONFIRM: "Show that this address is yours",
    CONFIRMED: "Your address for signing in was changed",
    RETURNED: "Your old address counts again",
    RETURNED_TO_NEW: "A change of address was taken back",
}


def _promise(change: EmailChange, what: str, *, to_nobody: bool = False) -> None:
    deliveries.enqueue(
        kind=KIND,
        subject=str(change.pk),
        recipient=_NOBODY if to_nobody else what,
        dedupe_key=f"{KIND}:{change.pk}:{change.made_at.isoformat()}:{what}",
    )


def _links(change: EmailChange) -> dict[str, Any]:
    """Made again when a mail is written, so that no table holds them; by the key under which they were made."""
    made = {}
    for what, digest in zip(_LINKS, (change.confirm_digest, change.return_digest), strict=True):
        tokens = (_token(change, what, kid) for kid in keyring.ids())
        token = next((token for token in tokens if _digest(token) == digest), "")
        made[what] = f"{settings.SITE_URL}{reverse(what, args=[token or 'gone'])}"
    return {
        "confirm_url": made[_LINKS[0]],
        "return_url": made[_LINKS[1]],
        "forgotten_url": f"{settings.SITE_URL}{reverse('account_reset_password')}",
        "change": change,
    }


def _token(change: EmailChange, what: str, kid: str | None = None) -> str:
    """256 bits that only a holder of the site's keys can make."""
    key = keyring.derived(f"link {what}", kid)
    text = f"{change.user_id}\0{change.new_email}\0{clock.to_micros(change.made_at)}"
    return urlsafe_b64encode(hmac.digest(key, text.encode(), hashlib.sha256)).decode().rstrip("=")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _found(change: EmailChange | None) -> EmailChange:
    if change is None:
        raise NoSuchLink
    return change


def _audit(action: str, change: EmailChange, actor: str) -> None:
    audit.record(actor=actor, action=action, object_type="user", object_id=str(change.user_id))
