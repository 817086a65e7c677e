"""nginx with the configuration that is shipped, in a folder and on a port of its own."""

import getpass
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.config.site import ROOT

SHIPPED = ROOT / "deploy" / "nginx.conf"
PROGRAM = which("nginx") or which("nginx", path="/usr/sbin:/usr/local/sbin")
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@contextmanager
def running(folder: Path, port: int, plain_port: int, site_port: int) -> Iterator[Path]:
    """Serve https://localhost:`port` for the site at `site_port`; yields the certificate to trust.

    Raises LookupError without nginx, CalledProcessError when it refuses the configuration.
    """
    if PROGRAM is None:
        raise LookupError("There is no nginx on this machine.")
    folder.mkdir()
    certificate = _certificate(folder)
    config = folder / "nginx.conf"
    config.write_text(rendered(folder, port, plain_port, site_port))
    # Its workers write into a folder that is open to us alone.
    ours = f"daemon off; user {getpass.getuser()};"
    command = [PROGRAM, "-p", str(folder), "-c", str(config), "-g", ours]
    subprocess.run([*command, "-t", "-q"], check=True)
    process = subprocess.Popen(command, start_new_session=True)
    try:
        _wait_for(port)
        yield certificate
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int, seconds: float = 10) -> None:
    """Until something listens. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError("nginx does not listen.")


def rendered(folder: Path, port: int, plain_port: int, site_port: int) -> str:
    """The shipped text with the four things an operator changes, and every file in `folder`."""
    text = SHIPPED.read_text()
    places = "".join(f"    {name}_temp_path {folder}/{name};\n" for name in TEMPORARY)
    changes = {
        "listen 80 ": f"listen 127.0.0.1:{plain_port} ",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "https://cairn.example$request_uri": f"https://localhost:{port}$request_uri",
        "server_name cairn.example": "server_name localhost",
        "/etc/ssl/cairn/": f"{folder}/",
        "http://127.0.0.1:8000": f"http://127.0.0.1:{site_port}",
        "/run/nginx.pid": f"{folder}/nginx.pid",
        "http {\n": f"http {{\n{places}",
    }
    for shipped, here in changes.items():
        if shipped not in text:
            raise LookupError(f"deploy/nginx.conf no longer holds: {shipped}")
        text = text.replace(shipped, here)
    return text


def _certificate(folder: Path) -> Path:
    """Made and signed by itself, for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / "fullchain.pem"
