"""The address with which somebody signs in, and whether its mailbox has been shown to be theirs.

It stands in two tables: `User.email`, which the site reads, and django-allauth's EmailAddress, which says
whether it was proved. These functions keep them the same. Somebody without a row there was entered by the
operator's staff, and needs no proof; only whoever signs up alone begins with a row that is not proved.
"""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from outbox import clock

# How long an account that nobody proved keeps its address from its owner's other plans.
UNPROVED_FOR = timedelta(days=7)


class AddressTaken(Exception):
    """Another account signs in with this address."""


def accept_entered(*, user: User) -> None:
    """At sign-in: whom the operator's staff entered has nothing to prove."""
    if not EmailAddress.objects.filter(user=user).exists():
        prove(user=user)


@transaction.atomic
def prove(*, user: User) -> None:
    """The address of `user` is theirs: it is the one row of EmailAddress, and verified."""
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )


@transaction.atomic
def replace(*, user: User, email: str) -> None:
    """`user` signs in with `email` from now on, whose mailbox was shown to be theirs; raises AddressTaken."""
    address = email.strip().lower()
    let_go(address)
    if User.objects.filter(email__iexact=address).exclude(pk=user.pk).exists():
        raise AddressTaken
    user.email = address
    user.save(update_fields=["email"])
    prove(user=user)


def is_taken(email: str) -> bool:
    """An account has this address, and not one that nobody proved. Told only to who has shown that it is theirs."""
    return User.objects.filter(email__iexact=email).exclude(pk__in=_never_proved().values("pk")).exists()


def let_go(email: str) -> None:
    """Delete the account that somebody made with this address and never proved: it must not stand in the way."""
    _never_proved().filter(email__iexact=email).delete()


def forget_unproved() -> None:
    """Delete accounts that were made a week ago, and whose address nobody proved."""
    _never_proved().filter(date_joined__lt=clock.now() - UNPROVED_FOR).delete()


def _never_proved() -> QuerySet[User]:
    never = User.objects.filter(last_login=None, is_staff=False, memberships=None)
    proved = EmailAddress.objects.filter(verified=True)
    return never.filter(emailaddress__verified=False).exclude(pk__in=proved.values("user_id"))
