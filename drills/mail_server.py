"""A mail server that misbehaves as it is told, and keeps what it took in a ledger.

`python -m drills.mail_server PORT FILE` runs a well-behaved one in a process of its own until SIGTERM.
"""

import asyncio
import email
import signal
import ssl
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from drills.ledger import Ledger

REPLIES = {"greylist": "450 Greylisted, come again", "refuse": "550 No such user"}


def _take(address: str, number: int) -> str:
    return "take"


@dataclass
class MailServer:
    """Listens on 127.0.0.1. `choose(address, number)` names what happens to the numbered try for an address:

    "take", "greylist" (450), "refuse" (550), "stall" (silence before RCPT's reply), "cut" (hangs up after
    the text, and has not kept it), "lie" (the same, but has kept it), "hang up" (250 OK, but no goodbye).
    """

    port: int
    ledger: Ledger
    choose: Callable[[str, int], str] = _take
    stall_seconds: float = 1.0
    pause_seconds: float = 0.0  # before the reply to a text, so that a kill often falls there
    tls: ssl.SSLContext | None = None
    seen: Counter[str] = field(default_factory=Counter)
    did: Counter[str] = field(default_factory=Counter)
    _controller: Controller | None = None

    def up(self) -> None:
        """Begin to listen, in a thread; `tls` and the absence of it hold from here on."""
        self._controller = Controller(
            self, "127.0.0.1", self.port, tls_context=self.tls, require_starttls=bool(self.tls)
        )
        self._controller.start()

    def down(self) -> None:
        """Refuse connections."""
        if self._controller:
            self._controller.stop()
            self._controller = None

    async def handle_RCPT(  # noqa: N802  (the name is aiosmtpd's)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        self.seen[address] += 1
        fault = self.choose(address, self.seen[address])
        self.did[fault] += 1
        session.fault = fault  # type: ignore[attr-defined]
        if fault == "stall":
            await asyncio.sleep(self.stall_seconds)
        if fault not in REPLIES:
            envelope.rcpt_tos.append(address)
        return REPLIES.get(fault, "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        fault = session.fault  # type: ignore[attr-defined]
        await asyncio.sleep(self.pause_seconds)
        if fault != "cut":
            self._keep(session, envelope)
        if fault in ("cut", "lie"):
            server.transport.close()
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if getattr(session, "fault", "") == "hang up":
            server.transport.close()
        return "221 Bye"

    def _keep(self, session: Session, envelope: Envelope) -> None:
        message = email.message_from_bytes(bytes(envelope.content or b""))
        self.ledger.record(
            message_id=message["Message-ID"], to=envelope.rcpt_tos[0], tls=session.ssl is not None
        )


def _serve(port: int, path: Path) -> None:
    signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    with Ledger(path) as ledger:
        server = MailServer(port, ledger, pause_seconds=0.005)
        server.up()
        print("ready", flush=True)
        signal.sigwait(signals)
        server.down()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), Path(sys.argv[2]))
