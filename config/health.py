"""Is the process alive, and is it ready for work? For a supervisor, a load balancer, and a person at night."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from accounts import keyring
from config.checks import database_problems
from directory.gazetteer import loading
from directory.lapses import recheck
from outbox import heartbeat
from referrals.models import Referral


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as soon as the process serves and the database answers."""
    try:
        _ask_database()
    except DatabaseError:
        return JsonResponse({"status": "database does not answer"}, status=503)
    return JsonResponse({"status": "ok"})


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when every part is in place, else 503; each part with `ok` or its reason."""
    reasons = {name: _reason(ask) for name, ask in PARTS.items()}
    ready = all(reason == "ok" for reason in reasons.values())
    answer = {
        "status": "ready" if ready else "not ready",
        "parts": reasons,
        "worker": _worker(),
        "warnings": _warnings(),
    }
    return JsonResponse(answer, status=200 if ready else 503)


def _reason(ask: Callable[[], str]) -> str:
    try:
        return ask() or "ok"
    except DatabaseError:
        return "database does not answer"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(waiting)} migrations are not applied" if waiting else ""


def _durability() -> str:
    return ", ".join(problem.id or "" for problem in database_problems())


def _keys() -> str:
    """Every key that a stored referral was sealed with can be read; a missing one is named by its id."""
    used = (
        Referral.objects.filter(sealed__isnull=False).order_by().values_list("key_id", flat=True).distinct()
    )
    missing = [kid for kid in (keyring.current_id(), *used) if not _has_key(kid)]
    return f"missing in PHI_KEYS: {', '.join(missing)}" if missing else ""


def _has_key(kid: str) -> bool:
    try:
        keyring.key(kid)
    except keyring.UnknownKey:
        return False
    return True


def _gazetteer() -> str:
    return "" if loading.is_loaded() else "not loaded: manage.py load_gazetteer"


def _worker() -> str:
    # Told, but no reason to take the site away: requests are kept until a worker is back.
    return "no sign of life on this machine" if heartbeat.is_silent() else "ok"


def _warnings() -> list[str]:
    """A late registry file, a stop of lapses: a person must look, and the site serves on."""
    try:
        return recheck.warnings()
    except DatabaseError:
        return []


PARTS: dict[str, Callable[[], str]] = {
    "migrations": _migrations,
    "durability": _durability,
    "keys": _keys,
    "gazetteer": _gazetteer,
}
