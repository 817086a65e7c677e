"""New accounts for people whose address is known to be theirs: invited, or entered by the operator."""

from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction

from accounts import addresses, audit
from accounts.models import User


@transaction.atomic
def create_proved(*, email: str, name: str, password: str, is_staff: bool = False) -> User:
    """An account that needs no mailed code, in the caller's transaction.

    Raises `addresses.AddressTaken`, and Django's ValidationError for a password that is too easy to guess.
    The caller must know that the address belongs to this person, as after a link that was mailed there.
    """
    address = email.strip().lower()
    user = User(email=address, name=name.strip(), is_staff=is_staff)
    validate_password(password, user)
    addresses.let_go(address)
    user.set_password(password)
    _store(user)
    addresses.prove(user=user)
    audit.record(
        actor=audit.actor_of(user), action="account.made", object_type="user", object_id=str(user.pk)
    )
    return user


def _store(user: User) -> None:
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise addresses.AddressTaken from None
