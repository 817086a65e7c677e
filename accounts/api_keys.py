"""Keys with which a clinic's own program keeps its listing: made, used and ended.

A key may do what its membership may at that moment, and ends with it. It is shown once and kept as a digest; with 256
random bits in it a plain hash cannot be searched.
"""

import re
import secrets
import string
from datetime import timedelta
from hashlib import sha256
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.models import ApiKey, Membership, User
from outbox import clock

MOST_LIVE: Final = 2
"""Of one membership: the old one works until the program has the new one."""

LONGEST: Final = timedelta(days=365)
LETTERS: Final = string.ascii_lowercase + string.digits
FORM: Final = re.compile(r"cairn_[a-z0-9]{8}_[A-Za-z0-9_-]{43}", re.ASCII)
"""What a key looks like, for programs that look for secrets in code."""

NOTED_EVERY: Final = timedelta(minutes=1)


class NotAllowed(Exception):
    """Keys are made by a manager for the own membership, while it holds."""


class TooMany(Exception):
    """Two keys are in force already. End one first."""


class Ended(Exception):
    """This key has ended already."""


@transaction.atomic
def make(*, membership: Membership, label: str, days: int, by: User) -> tuple[ApiKey, str]:
    """A key in force for `days` (1 to 365), and its secret, which is never seen again. Raises NotAllowed, TooMany."""
    found = Membership.objects.active().select_for_update(of=("self",)).filter(pk=membership.pk).first()
    if found is None or found.user_id != by.pk or found.role != Membership.Role.MANAGER:
        raise NotAllowed
    if ApiKey.objects.live().filter(membership=found).count() >= MOST_LIVE:
        raise TooMany
    now = clock.now()
    prefix, secret = _new_secret()
    key = ApiKey.objects.create(
        membership=found,
        label=label,
        prefix=prefix,
        digest=_digest(secret),
        made_at=now,
        expires_at=now + min(timedelta(days=days), LONGEST),
    )
    _audit("key.made", key, by)
    return key, secret


@transaction.atomic
def end(*, key: ApiKey, by: User) -> None:
    """From the next request on it opens nothing. By its maker or the operator's staff. Raises NotAllowed, Ended."""
    found = ApiKey.objects.select_for_update(of=("self",)).select_related("membership").get(pk=key.pk)
    if by.pk != found.membership.user_id and not by.is_staff:
        raise NotAllowed
    if found.ended_at is not None:
        raise Ended
    found.ended_at = clock.now()
    found.save(update_fields=["ended_at"])
    _audit("key.ended", found, by)


@transaction.atomic
def end_all(*, user: User, by: str) -> None:
    """Every key of a person ends: the account may be in other hands. `by` is an actor as the trail names one."""
    now = clock.now()
    ended = ApiKey.objects.filter(membership__user=user, ended_at__isnull=True)
    keys = [str(pk) for pk in ended.order_by("pk").values_list("pk", flat=True)]
    ended.update(ended_at=now)
    audit.record_each(actor=by, action="key.ended", object_type="key", object_ids=keys)


def of(user: User) -> QuerySet[ApiKey]:
    """The keys in force that a person made, the latest first."""
    made = ApiKey.objects.live().filter(membership__user=user)
    return made.select_related("membership__organization").order_by("-made_at", "-pk")


def used(secret: str) -> ApiKey | None:
    """The key behind a secret, while it is in force and its maker a manager, with membership and user; else None.

    Notes the use, at most once a minute.
    """
    if not FORM.fullmatch(secret):
        return None
    now = clock.now()
    live = ApiKey.objects.live(now).filter(membership__role=Membership.Role.MANAGER)
    live = live.select_related("membership__user", "membership__organization")
    key = live.filter(digest=_digest(secret)).first()
    if key is not None and (key.last_used_at is None or now - key.last_used_at >= NOTED_EVERY):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def _new_secret() -> tuple[str, str]:
    prefix = "".join(secrets.choice(LETTERS) for _ in range(8))
    return prefix, f"cairn_{prefix}_{secrets.token_urlsafe(32)}"


def _digest(secret: str) -> str:
    return sha256(secret.encode("ascii")).hexdigest()


def _audit(action: str, key: ApiKey, by: User) -> None:
    audit.record(actor=audit.actor_of(by), action=action, object_type="key", object_id=str(key.pk))
