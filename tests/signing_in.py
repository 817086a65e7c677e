"""How tests stand in for a browser that signed in: with a fresh proof, and as one of our own pages sends."""

import time

from allauth.account.internal.userkit import user_id_to_str
from django.test import Client

from accounts.models import User

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
FROM_OURS = {"origin": "http://testserver"}
"""What a browser says of a form on a page of ours."""


def signed_in(user: User, *, fresh: bool = True, **options) -> Client:
    """A browser in which `user` has just signed in, or (not fresh) some time ago."""
    client = Client(**options)
    client.force_login(user, BACKEND)
    if fresh:
        prove(client, user)
    return client


def prove(client: Client, user: User, *, seconds_ago: float = 0, method: str = "password") -> None:
    """This browser's session showed who it is, as django-allauth notes it."""
    session = client.session
    session["account_authentication_methods"] = [{"method": method, "at": time.time() - seconds_ago}]
    session["account_authentication_methods_user"] = user_id_to_str(user)
    session.save()
