"""Looks a long audit trail over, as an operator does, and says how long it takes.

    python -m drills.audit_check [--links N] [--files N] [--database-url URL] [--out FILE]

N links in the shape of a busy site's, and so many files of evidence with their digests in the trail. Then the two
commands `verify_audit` and `verify_evidence` run as processes of the site; after that one link, and one byte of one
file, are changed, and both commands must say so.
"""

import argparse
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from benchmarks.outcome import keep
from benchmarks.site import Place, prepared, throw_away_postgresql

MOST_SECONDS = 60
FILL = """
import secrets, sys
import django
django.setup()
from django.db import transaction
from accounts import audit
from directory import cases, evidence
from directory.models import Evidence
from outbox import clock
from tests import build

links, files = int(sys.argv[1]), int(sys.argv[2])
clinic, verifier = build.clinic(), build.user(verifier=True)
case = cases.open_case(clinic=clinic, kind="due", fact="contact")
for _ in range(files):
    kept = secrets.token_bytes(20_000)
    name = secrets.token_hex(32)
    evidence._write(name, kept)
    evidence._keep(case, verifier, media_type="image/png", content=kept, kept=kept, name=name)
left = links - 2 * files
while left > 0:
    with transaction.atomic():
        numbers = [str(n) for n in range(min(left, 2_000))]
        audit.record_each(
            actor=f"user:{verifier.pk}", action="referral.read", object_type="referral", object_ids=numbers,
            purpose="reply",
        )
    left -= len(numbers)
audit.anchor()
"""
CHANGE_A_LINK = "UPDATE accounts_auditevent SET purpose = 'other' WHERE seq = 77"


def drill(site: Place, links: int, files: int, url: str) -> dict[str, Any]:
    """Fill, look over twice, change, look over again. Seconds are of the whole command, start included."""
    site.do("-c", FILL, str(links), str(files))
    trail, whole = _timed(site, "verify_audit")
    kept, files_whole = _timed(site, "verify_evidence")
    _change(site, url)
    changed, found = _timed(site, "verify_audit")
    _, files_found = _timed(site, "verify_evidence")
    return {
        "links": links,
        "files": files,
        "verify_audit_seconds": trail,
        "verify_evidence_seconds": kept,
        "verify_audit_of_a_changed_trail_seconds": changed,
        "at_most_seconds": MOST_SECONDS,
        "not_whole_before": (not whole) + (not files_whole),
        "changes_not_found": found + files_found,
    }


def _timed(site: Place, command: str) -> tuple[float, bool]:
    """Seconds, and whether the command found everything whole."""
    began = time.monotonic()
    try:
        site.do("manage.py", command)
        whole = True
    except subprocess.CalledProcessError:
        whole = False
    return round(time.monotonic() - began, 2), whole


def _change(site: Place, url: str) -> None:
    if url:
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(CHANGE_A_LINK)
    else:
        with closing(sqlite3.connect(site.data_dir / "cairn.sqlite3")) as connection, connection:
            connection.execute(CHANGE_A_LINK)
    path = min((site.data_dir / "evidence").iterdir())
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, default=100_000)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--database-url", default="", help='of an empty database; "postgresql": a new server')
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        server: Any = nullcontext(options.database_url)
        if options.database_url == "postgresql":
            server = throw_away_postgresql(Path(name) / "postgresql")
        with server as url:
            result = drill(prepared(Path(name) / "site", url), options.links, options.files, url)
    return _report(options, result)


def _report(options: argparse.Namespace, result: dict[str, Any]) -> int:
    engine = "postgresql" if options.database_url else "sqlite"
    keep({"drill": "audit_check", "engine": engine, "machine": describe(), **result}, options.out)
    slow = result["verify_audit_seconds"] > MOST_SECONDS
    return 1 if slow or result["not_whole_before"] or result["changes_not_found"] else 0


if __name__ == "__main__":
    sys.exit(main())
