"""What has to be true before the first request: safe settings, tables, files, places. Each step is quick when done."""

import errno
import fcntl
import hashlib
import io
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core import checks
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from config import context
from config.processes import Refused
from config.progress import say
from directory.examples import SIGN_INS
from directory.gazetteer import loading
from directory.models import Clinic

# Parts of packages that no page of ours uses.
UNUSED_FILES = ["rest_framework", "redoc"]


def prepare() -> None:
    """Everything before the first request."""
    port_is_free()
    settings_are_safe()
    migrate()
    database_is_safe()
    collect_static_files()
    load_places()
    load_examples()


def hold_data_dir() -> IO[str]:
    """Keep DATA_DIR to this supervisor for as long as the returned file stays open."""
    for name in ("tmp", "logs"):
        (settings.DATA_DIR / name).mkdir(parents=True, exist_ok=True)
    lock = (settings.DATA_DIR / "supervisor.lock").open("w")
    os.register_at_fork(after_in_child=lock.close)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refused(f"Cairn already runs with DATA_DIR={settings.DATA_DIR}. End it first.") from None
    return lock


def port_is_free() -> None:
    """Refuse with a sentence instead of a trace from the server."""
    family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.HOST, settings.PORT))
        except OSError as error:
            raise Refused(_why_not_bound(error)) from None


def _why_not_bound(error: OSError) -> str:
    where = f"port {settings.PORT} of {settings.HOST}"
    if error.errno == errno.EADDRINUSE:
        return f"Something else uses {where}. End it, or choose another: PORT={settings.PORT + 1} ./run"
    return (
        f"Cannot listen on {where}: {os.strerror(error.errno) if error.errno else 'the name is not known'}."
    )


def settings_are_safe() -> None:
    """Refuse unsafe settings; the database is asked later, once its tables are there."""
    _refuse_errors(checks.run_checks())


def database_is_safe() -> None:
    """Refuse a database that would lose an answered request, or that holds examples in public."""
    _refuse_errors(checks.run_checks(tags=[checks.Tags.database], databases=["default"]))


def _refuse_errors(found: list[checks.CheckMessage]) -> None:
    errors = [message for message in found if message.level >= checks.ERROR]
    if errors:
        raise Refused("\n".join(f"{error.id}: {error.msg}\n    {error.hint or ''}" for error in errors))


def migrate() -> None:
    """Bring the tables up to date."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Preparing the database")
        call_command("migrate", verbosity=0, interactive=False)


# --- static files --------------------------------------------------------------------------


def collect_static_files() -> None:
    """Copy the files that browsers ask for, when one of them or a package changed."""
    stamp = settings.STATIC_ROOT / ".sources"
    wanted = _fingerprint()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    say("Collecting static files")
    call_command("collectstatic", verbosity=0, interactive=False, clear=True, ignore_patterns=UNUSED_FILES)
    stamp.write_text(wanted)


def _fingerprint() -> str:
    return hashlib.sha256("\n".join(sorted(_sources())).encode()).hexdigest()


def _sources() -> Iterator[str]:
    yield (settings.BASE_DIR / "requirements" / "base.txt").read_text()
    yield Path(__file__).read_text()
    for folder in settings.STATICFILES_DIRS:
        for path in Path(folder).rglob("*"):
            state = path.stat()
            yield f"{path} {state.st_size} {state.st_mtime_ns}"


# --- what the tables hold ------------------------------------------------------------------


def load_places() -> None:
    """ZIP codes and towns, so that a search needs no other machine."""
    if not loading.is_loaded():
        say("Loading ZIP codes and towns")
        call_command("load_gazetteer", verbosity=0, stdout=io.StringIO())


def load_examples() -> None:
    """On loopback, fill an empty directory with made-up clinics, so that there is something to look at."""
    if settings.LOOPBACK and not Clinic.objects.exists():
        say("Loading example clinics")
        call_command("load_examples", verbosity=0, stdout=io.StringIO(), stderr=io.StringIO())


def welcome() -> str:
    """The address, and whom to sign in as while example data are loaded."""
    lines = [f"{settings.SITE_NAME} is ready: {settings.SITE_URL}"]
    if settings.LOOPBACK and context.examples_in_database():
        width = max(len(person.email) for person in SIGN_INS)
        lines.append("Example sign-ins, all made up:")
        lines.extend(f"  {who.email:{width}}  {who.password}  ({who.what})" for who in SIGN_INS)
    lines.append(f"Logs are in {settings.DATA_DIR / 'logs'}. Ctrl-C ends everything.")
    connections.close_all()  # the web server and the worker open their own
    return "\n".join(lines)
