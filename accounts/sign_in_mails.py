"""Mails about signing in, as deliveries: a link for a new password, a notice that something was changed."""

from functools import partial
from uuid import uuid4

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from outbox import deliveries, handlers
from outbox.models import Delivery

KIND = "sign-in"
NOBODY = "nobody"


def promise(*, template: str, user: User | None) -> None:
    """Have a mail sent to `user`, written from `<template>_subject.txt` and `_message.txt`; to nobody, if None.

    An address without an account costs the same work as one with, so that time tells nothing.
    """
    deliveries.enqueue(
        kind=KIND,
        subject=template,
        recipient=str(user.pk) if user else NOBODY,
        dedupe_key=f"{KIND}:{uuid4()}",
    )


def compose(delivery: Delivery) -> handlers.Mail | None:
    """The mail, with links to the site's own address, whatever host the request named."""
    if delivery.recipient == NOBODY:
        return None
    user = User.objects.filter(pk=delivery.recipient, is_active=True).first()
    if user is None:
        return None
    context = {"password_reset_url": partial(_new_password_link, user), "timestamp": delivery.created_at}
    subject = render_to_string(f"{delivery.subject}_subject.txt", context)
    body = render_to_string(f"{delivery.subject}_message.txt", context)
    return handlers.Mail(to=user.email, subject=" ".join(subject.split()), body=body.strip() + "\n")


def _new_password_link(user: User) -> str:
    """Opens once, for PASSWORD_RESET_TIMEOUT seconds from now."""
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return f"{settings.SITE_URL}{reverse('account_reset_password_from_key', kwargs=key)}"
