"""What can come between a person and a step. No message holds anything personal."""

from django.http import Http404

from directory.models import Clinic


class NotTaking(Exception):
    """The clinic cannot receive a request at this instant. Nothing was stored."""

    def __init__(self, clinic: Clinic) -> None:
        super().__init__(f"clinic {clinic.pk} takes no request now")
        self.clinic = clinic


class KeyReused(Exception):
    """This idempotency key came before with other content. Nothing was stored."""


class ConsentChanged(Exception):
    """The words agreed to are not the words that hold now. Nothing was stored."""


class WrongState(Exception):
    """Somebody was first: the step does not start from `current`. Nothing was changed."""

    def __init__(self, current: str) -> None:
        super().__init__(f"the referral is {current}")
        self.current = current


class ListingStopped(Exception):
    """The clinic's required facts no longer hold: it can neither open a new request nor accept one."""


class NotYours(Http404):
    """The referral is not in this user's inbox. Every page answers it like an address that does not exist."""


class DateOutOfRange(ValueError):
    """An appointment lies in the future and within two years."""


class BadText(ValueError):
    """A message between clinic and patient is empty or too long."""
