"""What the rooms above registered: how each kind of delivery becomes a mail, or is given up."""

from collections.abc import Callable
from dataclasses import dataclass

from outbox.models import Delivery


@dataclass(frozen=True)
class Mail:
    """One plain-text mail. It is written at the last moment and never stored."""

    to: str
    subject: str
    body: str


class UnknownKind(LookupError):
    """No room registered this kind of delivery."""


Compose = Callable[[Delivery], Mail | None]
OnDead = Callable[[Delivery], None]
_handlers: dict[str, tuple[Compose, OnDead | None]] = {}


def register(kind: str, compose: Compose, on_dead: OnDead | None = None) -> None:
    """Say how deliveries of `kind` are written; called once, from the room's AppConfig.ready().

    `compose` writes the mail when it is about to be sent, in a transaction of its own, and may be asked
    again after a failure or a crash; None says that there is nothing to say any more. `on_dead` reacts
    to the last failure, in the transaction that makes the row a dead letter.
    """
    _handlers[kind] = (compose, on_dead)


def compose(delivery: Delivery) -> Mail | None:
    """The mail for a delivery, or None; raises UnknownKind."""
    if delivery.kind not in _handlers:
        raise UnknownKind
    return _handlers[delivery.kind][0](delivery)


def on_dead_of(kind: str) -> OnDead | None:
    """What its room does about a dead letter of this kind, if anything."""
    return _handlers.get(kind, (None, None))[1]
