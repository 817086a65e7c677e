"""Mails about signing in, as deliveries: a code for an address, a link for a new password, a notice of a change."""

import hashlib
import hmac
from functools import partial
from uuid import uuid4

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from accounts import keyring, limits
from accounts.models import User
from outbox import deliveries, handlers
from outbox.models import Delivery

KIND = "sign-in"
NOBODY = "nobody"
# Whoever types somebody else's address cannot fill their mailbox. Each of these links is as good as the last.
MOST_MAILS, IN_SECONDS = 4, 20 * 60


def promise(*, template: str, user: User | None, asked_for: str = "") -> None:
    """Have a mail sent to `user`, written from `<template>_subject.txt` and `_message.txt`; to nobody, if None.

    An address without an account costs the same work as one with, so that time tells nothing. `asked_for` is the
    address that somebody typed who is not signed in: after a few such mails there is none for a while.
    """
    if asked_for and limits.take(f"mail {template}", asked_for.lower(), limit=MOST_MAILS, seconds=IN_SECONDS):
        return
    _enqueue(template, user, f"{KIND}:{uuid4()}")


def promise_code(*, template: str, user: User) -> str:
    """Have a code mailed to `user`, and the code. No table holds it: it is made again when the mail is written."""
    seed = f"{keyring.current_id()}.{uuid4().hex}"
    _enqueue(template, user, f"{KIND}:{seed}")
    return _code(seed)


def _enqueue(template: str, user: User | None, dedupe_key: str) -> None:
    recipient = str(user.pk) if user else NOBODY
    deliveries.enqueue(kind=KIND, subject=template, recipient=recipient, dedupe_key=dedupe_key)


def _code(seed: str) -> str:
    """Eight digits, in two groups."""
    key = keyring.derived("code for an address", seed.partition(".")[0])
    number = int.from_bytes(hmac.digest(key, seed.encode(), hashlib.sha256)[:8]) % 10**8
    return f"{number // 10**4:04} {number % 10**4:04}"


def compose(delivery: Delivery) -> handlers.Mail | None:
    """The mail, with links to the site's own address, whatever host the request named."""
    if delivery.recipient == NOBODY:
        return None
    user = User.objects.filter(pk=delivery.recipient, is_active=True).first()
    if user is None:
        return None
    context = _context(delivery, user)
    subject = render_to_string(f"{delivery.subject}_subject.txt", context)
    body = render_to_string(f"{delivery.subject}_message.txt", context)
    return handlers.Mail(to=user.email, subject=" ".join(subject.split()), body=body.strip() + "\n")


def _context(delivery: Delivery, user: User) -> dict[str, object]:
    seed = delivery.dedupe_key.removeprefix(f"{KIND}:")
    return {
        "code": partial(_code, seed),
        "password_reset_url": partial(_new_password_link, user),
        "sign_in_url": _address("account_login"),
        "forgotten_url": _address("account_reset_password"),
        "timestamp": delivery.created_at,
    }


def _address(name: str, **parts: str) -> str:
    return f"{settings.SITE_URL}{reverse(name, kwargs=parts)}"


def _new_password_link(user: User) -> str:
    """Opens once, for PASSWORD_RESET_TIMEOUT seconds from now."""
    key = default_token_generator.make_token(user)
    return _address("account_reset_password_from_key", uidb36=user_pk_to_url_str(user), key=key)
