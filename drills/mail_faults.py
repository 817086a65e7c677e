"""D1: a mail server that fails in every way a mail server can; no mail may be lost, none may go in plain text.

One worker's turn is taken again and again while the clock is moved to the next due row, so that days of
retries take seconds. The server's ledger is then compared with the database.
"""

import argparse
import ipaddress
import os
import random
import ssl
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from benchmarks.machine import describe
from benchmarks.outcome import keep
from benchmarks.site import prepared
from drills import ledger
from drills.ledger import Ledger
from drills.mail_server import MailServer

OUTAGE = timedelta(hours=1)
# When each phase of the outage ends; tries fall due at about 0 and 5 seconds, 5 minutes and 35 minutes.
PHASES = {
    "down": timedelta(minutes=1),
    "false certificate": timedelta(minutes=20),
    "no STARTTLS": OUTAGE,
}
FAULTS = ("greylist", "stall", "cut", "lie", "hang up")
FAULTY_TRIES = 2  # for each mail, once the outage is over
REFUSED_ONE_IN = 20
TIMEOUT = 0.2  # seconds that a reply may take; a stall is longer
RUN_HOURS = 100  # of the compressed clock


def choice(seed: int) -> Callable[[str, int], str]:
    """What the server does at the numbered try for an address: the same for the same seed."""

    def choose(address: str, number: int) -> str:
        if address.startswith("gone"):
            return "refuse"
        chance = random.Random(f"{seed} {address} {number}")
        # A stall costs real time, so it is the rarest.
        return chance.choices(FAULTS, (8, 1, 4, 4, 4))[0] if number <= FAULTY_TRIES else "take"

    return choose


def certificate(folder: Path, host: str) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS with a certificate of its own for the IP address `host`, and that certificate's file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a drill")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    kind = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = folder / f"{host}.pem"
    public = made.public_bytes(serialization.Encoding.PEM)
    file.write_bytes(public)
    both = folder / f"{host}-key.pem"
    both.write_bytes(key.private_bytes(serialization.Encoding.PEM, *kind) + public)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(both)
    return context, file


def promise(mails: int) -> None:
    """One mail to each of so many; one in REFUSED_ONE_IN has an address that is gone."""
    from outbox import deliveries

    names = [f"{'gone' if number % REFUSED_ONE_IN == 0 else 'desk'}-{number}" for number in range(mails)]
    keys = {name: f"fault {name}" for name in names}
    deliveries.enqueue_each(kind="drill", subject="about", dedupe_keys=keys)


def go_through(server: MailServer, good: ssl.SSLContext, bad: ssl.SSLContext) -> dict[str, Any]:
    """An outage of OUTAGE in all PHASES, then a server that is merely troublesome; how long each mail took."""
    from outbox import clock

    begun = clock.now()
    plans = {"down": None, "no STARTTLS": (None,), "false certificate": (bad,)}
    tries: dict[str, int] = {}
    for phase, end in PHASES.items():
        plan = plans[phase]
        if plan:
            server.tls = plan[0]
            server.up()
        tries[phase] = _work_until(begun + end)
        server.down()
    taken, due = server.did.total(), _last_due()
    server.tls = good
    server.up()
    tries["back"] = _work_until(begun + timedelta(hours=RUN_HOURS))
    server.down()
    late = round((due - begun - OUTAGE).total_seconds() / 60, 1)
    times = {"longest_minutes_to_first_try_after_return": late, **_waits(begun + OUTAGE)}
    return {"tries": tries, "taken_in_outage": taken, **times}


def _last_due() -> datetime:
    from outbox.models import Delivery

    last: datetime = Delivery.objects.filter(kind="drill").latest("run_after").run_after
    return last


def _work_until(end: datetime) -> int:
    """Deliver what falls due before `end`, with the clock moved from one due row to the next; tries made."""
    from outbox import clock, deliveries
    from outbox.models import Delivery

    tries = 0
    waiting = Delivery.objects.filter(state="pending", kind="drill").order_by("run_after")
    while (due := waiting.values_list("run_after", flat=True).first()) and due < end:
        with clock.frozen(due):
            tries += deliveries.deliver_one()
    return tries


def _waits(back: datetime) -> dict[str, float]:
    from outbox.models import Delivery

    settled = Delivery.objects.filter(state="delivered", kind="drill").values_list("settled_at", flat=True)
    minutes = sorted((each - back).total_seconds() / 60 for each in settled)
    if not minutes:
        return {}
    return {
        "median_minutes_after_return": round(minutes[len(minutes) // 2], 1),
        "longest_minutes_after_return": round(minutes[-1], 1),
    }


def compare(received: Path) -> dict[str, int]:
    """The server's ledger against the database. `lost` counts mails neither received nor a dead letter."""
    from outbox import deliveries
    from outbox.models import Delivery

    lines = list(ledger.read(received)) if received.exists() else []
    mails = Counter(UUID(line["message_id"].strip("<>").partition("@")[0]) for line in lines)
    rows = Delivery.objects.filter(kind="drill")
    dead = set(deliveries.dead_letters().filter(kind="drill").values_list("recipient", flat=True))
    gone = set(rows.filter(recipient__startswith="gone").values_list("recipient", flat=True))
    delivered = set(rows.filter(state="delivered").values_list("pk", flat=True))
    deliverable = set(rows.exclude(recipient__in=gone).values_list("pk", flat=True))
    return {
        "promised": rows.count(),
        "delivered": len(delivered),
        "dead_letters": len(dead),
        "wrongly_dead_or_alive": len(dead ^ gone),
        "lost": len(deliverable - mails.keys()),
        "marked_but_not_received": len(delivered - mails.keys()),
        "still_waiting": rows.filter(state="pending").count(),
        "in_plain_text": sum(not line["tls"] for line in lines),
        "repeats": mails.total() - len(mails),
    }


def is_kept(result: dict[str, Any]) -> bool:
    """Were all promises kept, and every phase tried at all?

    A repeat may only come of a server that took a mail and did not say so.
    """
    if not all(result["tries"].values()):
        return False
    wrong = ("wrongly_dead_or_alive", "lost", "marked_but_not_received", "still_waiting", "in_plain_text")
    broken = sum(result[each] for each in wrong) + result["taken_in_outage"]
    return not broken and result["repeats"] <= result["faults"].get("lie", 0)


def run(mails: int, seed: int, folder: Path, port: int) -> dict[str, Any]:
    """The whole drill, on the database and mail settings of this process."""
    good, trusted = certificate(folder, "127.0.0.1")
    bad, _ = certificate(folder, "127.0.0.2")
    os.environ["SSL_CERT_FILE"] = str(trusted)
    received = folder / "received"
    promise(mails)
    with Ledger(received) as kept:
        server = MailServer(port, kept, choice(seed), stall_seconds=TIMEOUT * 2)
        result = go_through(server, good, bad)
    return {**result, "faults": dict(server.did), **compare(received)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    print(f"seed {options.seed}", file=sys.stderr)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        result = _in_a_site(options, Path(name))
    seconds = round(time.monotonic() - begun, 1)
    facts = {
        "drill": "mail_faults",
        "machine": describe(),
        "seed": options.seed,
        "seconds": seconds,
        **result,
    }
    keep({**facts, "bound_95": 3 / options.mails}, options.out)
    return 0 if is_kept(result) else 1


def _in_a_site(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run the drill in this process, on a new site whose mail must go by TLS."""
    place = prepared(folder)
    os.environ.update({**place.environment, "EMAIL_URL": f"smtp+tls://127.0.0.1:{place.port}"})
    import logging

    import django

    django.setup()
    logging.disable(logging.CRITICAL)
    from django.conf import settings

    from outbox import handlers

    settings.EMAIL_TIMEOUT = TIMEOUT
    handlers.register("drill", lambda row: handlers.Mail(f"{row.recipient}@clinic.example", "News", "News\n"))
    return run(options.mails, options.seed, folder, place.port)


if __name__ == "__main__":
    sys.exit(main())
