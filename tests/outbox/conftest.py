"""What the tests of this room share: a mail server, and a kind of delivery that always has something to say."""

from collections.abc import Callable

import pytest

from outbox import deliveries, handlers
from outbox.models import Delivery
from tests.smtp import smtp_server

__all__ = ["smtp_server"]


@pytest.fixture
def kind(monkeypatch):
    """The name of a kind of delivery that mails `<recipient>@clinic.example`. Handlers made here end with the test."""
    monkeypatch.setattr(handlers, "_handlers", dict(handlers._handlers))
    handlers.register("test", compose)
    return "test"


def compose(delivery: Delivery) -> handlers.Mail:
    return handlers.Mail(
        f"{delivery.recipient}@clinic.example", "There is an update", f"{delivery.subject}\n"
    )


@pytest.fixture
def promised(kind) -> Callable[..., Delivery]:
    """Makes a delivery that is due."""

    def make(recipient: str = "front-desk", **fields) -> Delivery:
        return deliveries.enqueue(
            **{
                "kind": kind,
                "subject": "about",
                "recipient": recipient,
                "dedupe_key": f"key {recipient}",
                **fields,
            }
        )

    return make
