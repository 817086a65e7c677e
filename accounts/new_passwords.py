"""After a new password was chosen by a link that was mailed."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest

from accounts import addresses, audit, sign_ins
from accounts.models import User


@transaction.atomic
def after_reset(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Every sign-in ends, and the address is proved. Nobody is signed in by it: the second factor comes after."""
    sign_ins.end_all(user=user)
    addresses.prove(user=user)
    audit.record(
        actor=audit.actor_of(user), action="password.reset", object_type="user", object_id=str(user.pk)
    )
