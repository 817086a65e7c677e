"""Where somebody is signed in: each sign-in told in plain words, ended alone, or all at once.

A session is a row that the browser's cookie names. What is kept beside it says which kind of device and
which neighbourhood of addresses it came from, and no more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare

from accounts import audit, devices, limits
from accounts.models import User
from outbox import clock


@dataclass(frozen=True)
class SignIn:
    """One sign-in that holds now."""

    pk: int
    device: str
    network: str
    began_at: datetime
    seen_at: datetime
    is_here: bool


class NoSuchSignIn(LookupError):
    """This sign-in is not this person's, or it has ended already."""


def end_all(*, user: User) -> None:
    """End every sign-in of `user`, in the caller's transaction.

    A session that is in none of our rows (it began before they were kept, or is just being written) ends too:
    what it holds no longer fits the user. Raises TransactionManagementError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("all sign-ins end together with what they end for")
    User.objects.filter(pk=user.pk).update(sign_ins_ended=F("sign_ins_ended") + 1)
    user.refresh_from_db(fields=["sign_ins_ended"])
    _delete(UserSession.objects.filter(user=user).values_list("session_key", flat=True))


@transaction.atomic
def end_one(*, sign_in: int, by: User) -> None:
    """End one of somebody's own sign-ins; raises NoSuchSignIn."""
    row = UserSession.objects.filter(pk=sign_in, user=by).first()
    if row is None:
        raise NoSuchSignIn
    _delete([row.session_key])
    _audit(by, "sign-in.ended", str(sign_in))


@transaction.atomic
def end_others(*, by: User, but: str) -> None:
    """End all of somebody's own sign-ins but the session with the key `but`."""
    others = UserSession.objects.filter(user=by).exclude(session_key=but)
    _delete(others.values_list("session_key", flat=True))
    _audit(by, "sign-ins.ended", str(by.pk))


def listed(user: User, *, here: str) -> list[SignIn]:
    """The sign-ins of `user` that hold, the last seen first; `here` is the key of the session that asks."""
    rows = {row.session_key: row for row in UserSession.objects.filter(user=user)}
    sessions = Session.objects.filter(pk__in=rows, expire_date__gt=clock.now())
    alive = {session.pk: session.get_decoded() for session in sessions}
    found = [_told(rows[key], data, here) for key, data in alive.items() if _is_of(user, data)]
    return sorted(found, key=lambda sign_in: (sign_in.is_here, sign_in.seen_at), reverse=True)


def forget() -> None:
    """Delete what is kept about sign-ins whose session is gone."""
    alive = Session.objects.filter(expire_date__gt=clock.now())
    UserSession.objects.exclude(session_key__in=alive.values("pk")).delete()


def keep_little(sender: Any, instance: UserSession, **kwargs: Any) -> None:
    """Before a row is written: the device in plain words, and a neighbourhood instead of an address."""
    instance.user_agent = devices.named(instance.user_agent)
    instance.ip = limits.network_address(instance.ip)


def _told(row: UserSession, data: dict[str, Any], here: str) -> SignIn:
    return SignIn(
        pk=row.pk,
        device=row.user_agent,
        network=limits.address_block(row.ip),
        began_at=row.created_at,
        seen_at=max(row.created_at, _seen_at(data) or row.last_seen_at),
        is_here=row.session_key == here,
    )


def _seen_at(data: dict[str, Any]) -> datetime | None:
    """The last request of a session, as `accounts.idle` notes it there."""
    micros = data.get("seen_at")
    return clock.from_micros(micros) if isinstance(micros, int) else None


def _is_of(user: User, data: dict[str, Any]) -> bool:
    """Whether a session would still be taken for `user`'s."""
    held = data.get(HASH_SESSION_KEY, "")
    return data.get(SESSION_KEY) == str(user.pk) and constant_time_compare(held, user.get_session_auth_hash())


def _delete(keys: Iterable[str]) -> None:
    ended = list(keys)
    Session.objects.filter(pk__in=ended).delete()
    UserSession.objects.filter(session_key__in=ended).delete()


def _audit(by: User, action: str, which: str) -> None:
    audit.record(actor=audit.actor_of(by), action=action, object_type="sign-in", object_id=which)
