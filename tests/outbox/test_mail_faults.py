"""A tenth of drills/mail_faults.py: an hour without the mail server, then one that fails in every way."""

import logging

import pytest

from drills import mail_faults
from outbox import handlers
from tests.outbox.conftest import compose
from tests.smtp import free_port

pytestmark = pytest.mark.django_db


def test_no_mail_is_lost_and_none_goes_in_plain_text(settings, monkeypatch, tmp_path):
    port = free_port()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = True, False
    settings.EMAIL_TIMEOUT = mail_faults.TIMEOUT
    monkeypatch.setenv("SSL_CERT_FILE", "set by the drill, and taken back here")
    monkeypatch.setattr(handlers, "_handlers", {**handlers._handlers, "drill": (compose, None)})
    monkeypatch.setattr(logging.getLogger("outbox"), "disabled", True)
    result = mail_faults.run(mails=100, seed=1, folder=tmp_path, port=port)
    assert mail_faults.is_kept(result), result
