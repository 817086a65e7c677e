"""Handing one mail to the mail server, within a time limit."""

import signal
import smtplib
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.utils import parseaddr
from types import FrameType
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from outbox.handlers import Mail

TIME_LIMIT = 45  # seconds for a whole send; shorter than a lease
AND_THEN_EVERY = 3  # seconds, should saying goodbye to a slow server take long, too


class SendTimeout(TimeoutError):
    """The mail server took longer than TIME_LIMIT, perhaps a byte at a time. smtplib then hangs up."""


def send(mail: Mail, *, message_id: UUID) -> None:
    """Send `mail` as plain text; raises whatever the mail backend raises. Repeats carry the same Message-ID.

    No header says more than the sender's address does. `Auto-Submitted` keeps holiday notes away
    (RFC 3834). With TLS on, Django's backend checks the server's certificate and name.
    """
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    message = EmailMessage(
        subject=mail.subject,
        body=mail.body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[mail.to],
        headers={"Message-ID": f"<{message_id}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    with _time_limit(), closing(get_connection()) as server:
        server.send_messages([message])


def is_refusal(error: Exception) -> bool:
    """Whether the server refused this recipient for good (a 5xx reply to RCPT)."""
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return False
    return all(500 <= code < 600 for code, _ in error.recipients.values())


@contextmanager
def _time_limit() -> Iterator[None]:
    """Interrupt the block after TIME_LIMIT. Socket timeouts alone let a slow server drip on for ever.

    Only a main thread can be interrupted; the worker is one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _interrupt)
    signal.setitimer(signal.ITIMER_REAL, TIME_LIMIT, AND_THEN_EVERY)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise SendTimeout
