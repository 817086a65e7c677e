"""A real mail server for tests: it keeps what it takes, and misbehaves on demand.

    def test_it_...(smtp_server):
        smtp_server.answers["gone@clinic.example"] = "550 No such user"
        ...
        assert smtp_server.recipients == ["front-desk@clinic.example"]

Import the fixture into a conftest.py: `from tests.smtp import smtp_server`.
"""

import asyncio
import email
import email.policy
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Received:
    """One mail as the server took it."""

    to: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=email.policy.default)  # type: ignore[return-value]


@dataclass
class MailServer:
    """Listens on 127.0.0.1; every field may be changed while it runs."""

    port: int
    received: list[Received] = field(default_factory=list)
    # The reply to RCPT for an address: "550 No such user", "451 Try later".
    answers: dict[str, str] = field(default_factory=dict)
    # Seconds before the reply to RCPT: a tarpit.
    stall: float = 0
    # Called when a mail's text has arrived, before the server's "250 OK"; its answer, if any, is the reply.
    on_data: Callable[[], str | None] = lambda: None
    # Hang up instead of saying "250 OK", having kept the mail or not.
    drop: bool = False
    keep_dropped: bool = False
    tls: ssl.SSLContext | None = None
    _controller: Controller | None = None

    @property
    def recipients(self) -> list[str]:
        return [address for mail in self.received for address in mail.to]

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def up(self) -> None:
        controller = Controller(
            self, "127.0.0.1", self.port, tls_context=self.tls, require_starttls=bool(self.tls)
        )
        controller.start()
        self._controller = controller

    def down(self) -> None:
        if self._controller:
            self._controller.stop()
            self._controller = None

    async def handle_RCPT(  # noqa: N802  (the name is aiosmtpd's)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        await asyncio.sleep(self.stall)
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mail = Received(list(envelope.rcpt_tos), bytes(envelope.content or b""))
        reply = self.on_data()
        if self.drop:
            if self.keep_dropped:
                self.received.append(mail)
            server.transport.close()
            return "421 Closing"
        if reply:
            return reply
        self.received.append(mail)
        return "250 OK"


@pytest.fixture
def smtp_server(settings: Any) -> Iterator[MailServer]:
    """A mail server that Django sends to, for the length of a test."""
    server = MailServer(port=free_port())
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 5
    server.up()
    yield server
    server.down()


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
