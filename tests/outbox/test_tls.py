"""With TLS switched on, a mail goes to the server that was meant, or it does not go."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from outbox import deliveries
from outbox.models import Delivery

pytestmark = pytest.mark.django_db

HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
ELSEWHERE = x509.DNSName("mail.elsewhere.example")


@pytest.fixture
def certified(smtp_server, settings, tmp_path, monkeypatch):
    """Restarts the mail server with STARTTLS and a certificate for `name`; the machine trusts it, or not."""

    def restart(name: x509.GeneralName, *, trusted: bool) -> None:
        certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
        private = ec.generate_private_key(ec.SECP256R1())
        key.write_bytes(
            private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        certificate.write_bytes(self_signed(private, name).public_bytes(serialization.Encoding.PEM))
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        smtp_server.down()
        smtp_server.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        smtp_server.tls.load_cert_chain(certificate, key)
        smtp_server.up()

    settings.EMAIL_USE_TLS = True
    return restart


def self_signed(key: ec.EllipticCurvePrivateKey, name: x509.GeneralName) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )


def test_it_delivers_to_a_server_that_proves_its_name(promised, smtp_server, certified):
    certified(HERE, trusted=True)
    promised()
    deliveries.deliver_one()
    assert len(smtp_server.received) == 1


@pytest.mark.parametrize(
    ("name", "trusted"), [(HERE, False), (ELSEWHERE, True)], ids=["nobody vouches", "another name"]
)
def test_it_keeps_the_mail_from_a_server_that_does_not(promised, smtp_server, certified, name, trusted):
    certified(name, trusted=trusted)
    promised()
    deliveries.deliver_one()
    assert not smtp_server.received
    assert Delivery.objects.get().last_error == "SSLCertVerificationError"


def test_it_keeps_the_mail_from_a_server_that_offers_no_tls(promised, smtp_server, settings):
    settings.EMAIL_USE_TLS = True
    promised()
    deliveries.deliver_one()
    assert not smtp_server.received
    assert Delivery.objects.get().last_error == "SMTPNotSupportedError"
