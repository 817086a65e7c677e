"""Accounts that the operator ends. What they did stays on record; they open nothing any more."""

from django.db import transaction

from accounts import api_keys, audit, sign_ins
from accounts.models import User


class NotAllowed(Exception):
    """By the operator's staff, never the own account; an account of the staff by an administrator."""


@transaction.atomic
def end(*, user: User, by: User) -> None:
    """`user` signs in no more; sign-ins and keys end with the account. Raises NotAllowed.

    A clinic that only this person acted for cannot be reached any more, and takes no requests until somebody does.
    """
    found = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not by.is_staff or found.pk == by.pk or (found.is_staff and not by.is_superuser):
        raise NotAllowed
    if not found.is_active:
        return
    found.is_active = False
    found.save(update_fields=["is_active"])
    sign_ins.end_all(user=found)
    api_keys.end_all(user=found, by=audit.actor_of(by))
    audit.record(
        actor=audit.actor_of(by), action="account.ended", object_type="user", object_id=str(found.pk)
    )
