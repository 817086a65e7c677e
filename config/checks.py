"""What Cairn refuses to start with. Each message has an id and says how to mend it; docs/operations.md lists them.

Most are allowed on loopback, where nobody else can reach the site, and refused anywhere else.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from geopy.exc import GeocoderNotFound
from geopy.geocoders import get_geocoder_for_service

from accounts import keyring
from accounts.models import User
from config import context
from directory.examples import SIGN_INS

Check = Callable[..., list[CheckMessage]]
OWN_MACHINE = {"localhost", "127.0.0.1", "::1"}
MAIL_OVER_SMTP = "django.core.mail.backends.smtp.EmailBackend"
NOT_MAILED = ("filebased", "console", "dummy", "locmem")
SHORTEST_SECRET = 32


def _refusal(number: int, what: str, how: str) -> CheckMessage:
    return checks.Error(what, hint=how, id=f"cairn.E{number:03}")


def _unless_loopback(check: Callable[[], Iterator[CheckMessage]]) -> Check:
    """Register `check` for a site that others can reach."""

    def run(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
        return [] if settings.LOOPBACK else list(check())

    register(run, Tags.security)
    return run


# --- keys ----------------------------------------------------------------------------------


@register(Tags.security)
def phi_keys_are_well_formed(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """PHI_KEYS can be read and its current key derived from, on every machine."""
    try:
        keyring.key(keyring.current_id())
    except (ImproperlyConfigured, KeyError, ValueError):
        how = "Write PHI_KEYS as <key id>:<base64 of 32 random bytes>, the current key first, older ones after a comma."
        return [_refusal(1, "PHI_KEYS cannot be read.", how)]
    return []


@_unless_loopback
def keys_come_from_outside() -> Iterator[CheckMessage]:
    """A copy of DATA_DIR must not hold the keys to what it holds."""
    if not settings.PHI_KEYS_FROM_ENVIRONMENT or _is_kept_in_data_dir(settings.PHI_KEYS):
        how = "Make new keys, keep them outside DATA_DIR and hand them over in PHI_KEYS: see docs/operations.md."
        yield _refusal(2, "PHI_KEYS were made on this machine or lie in DATA_DIR.", how)
    if _is_kept_in_data_dir(settings.SECRET_KEY):
        yield _refusal(
            3, "SECRET_KEY lies in DATA_DIR.", "Set SECRET_KEY to a new random value from outside DATA_DIR."
        )


def _is_kept_in_data_dir(secret: str) -> bool:
    kept = (Path(settings.DATA_DIR) / "keys").glob("*")
    texts = {path.read_text(errors="replace").strip() for path in kept if path.is_file()}
    parts = {part.partition(":")[2] or part for text in texts for part in text.split(",")}
    return any((part.strip().partition(":")[2] or part.strip()) in parts for part in secret.split(","))


@_unless_loopback
def secret_key_is_strong() -> Iterator[CheckMessage]:
    """Sessions and signed links hang on it."""
    secret = settings.SECRET_KEY
    if len(secret) < SHORTEST_SECRET or len(set(secret)) < 10 or secret.startswith("django-insecure"):
        how = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        yield _refusal(4, "SECRET_KEY is short or easy to guess.", how)


# --- how the site is reached ----------------------------------------------------------------


@_unless_loopback
def only_over_tls() -> Iterator[CheckMessage]:
    """Cookies, HSTS and links all follow SITE_URL."""
    if not settings.SITE_URL.startswith("https://"):
        how = "Put a TLS proxy in front and set SITE_URL to its https:// address."
        yield _refusal(5, "SITE_URL is not https.", how)


@_unless_loopback
def proxies_are_counted() -> Iterator[CheckMessage]:
    """TLS ends at a proxy; unless it is counted, all visitors share its address, and one of them locks out all."""
    if settings.TRUSTED_PROXIES < 1:
        how = "Set TRUSTED_PROXIES to the number of your own proxies in front of the site, 1 for one."
        yield _refusal(16, "Visitors cannot be told apart: TRUSTED_PROXIES is 0.", how)


@_unless_loopback
def nothing_is_meant_for_development() -> Iterator[CheckMessage]:
    """Settings that exist for tests and drills."""
    if settings.DEBUG:
        yield _refusal(6, "DEBUG is on: error pages would show what people typed.", "Set DEBUG to False.")
    if settings.FAILPOINT:
        yield _refusal(7, "FAILPOINT is set: the site would end itself on purpose.", "Unset FAILPOINT.")
    if not settings.SECOND_FACTOR_REQUIRED:
        how = "Unset SECOND_FACTOR_REQUIRED: it may be false on loopback alone."
        yield _refusal(8, "People reach referrals without a second factor.", how)


# --- mail ----------------------------------------------------------------------------------


@_unless_loopback
def mail_leaves_over_tls() -> Iterator[CheckMessage]:
    """A link in a mail opens a referral's page, so nobody on the way may read it."""
    backend = settings.EMAIL_BACKEND
    if any(name in backend for name in NOT_MAILED):
        yield _refusal(
            9, "Mail is written to files and reaches nobody.", "Set EMAIL_URL to your mail server."
        )
    elif backend == MAIL_OVER_SMTP and not _smtp_is_private():
        how = "Use smtp+tls://… (STARTTLS) or smtp+ssl://… in EMAIL_URL."
        yield _refusal(10, "Mail would leave this machine without TLS.", how)


def _smtp_is_private() -> bool:
    return settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL or settings.EMAIL_HOST in OWN_MACHINE


# --- places --------------------------------------------------------------------------------


@register(Tags.compatibility)
def geocoder_is_known(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """GEOCODER is ours or one of geopy's."""
    try:
        if settings.GEOCODER != "offline":
            get_geocoder_for_service(settings.GEOCODER)
    except GeocoderNotFound:
        how = "Use offline, or the name of a geopy service such as nominatim or pelias."
        return [_refusal(11, "GEOCODER names no service that geopy knows.", how)]
    return []


# --- database ------------------------------------------------------------------------------


@register(Tags.database)
def database_is_durable(
    app_configs: Any = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """What was answered with success survives a power cut: the settings, as the database reports them."""
    return database_problems() if databases else []


def database_problems() -> list[CheckMessage]:
    """The settings of the open connection that would lose or expose data. Also asked by /readyz."""
    return list({"sqlite": _sqlite_problems, "postgresql": _postgresql_problems}[connection.vendor]())


def _sqlite_problems() -> Iterator[CheckMessage]:
    for name, wanted in settings.SQLITE_PRAGMAS.items():
        found = _ask(f"PRAGMA {name}")
        if str(found).lower() != str(wanted):
            how = "Let config/settings.py open the database, on a local disk that can keep a write-ahead log."
            yield _refusal(12, f"SQLite runs with {name}={found} instead of {wanted}.", how)


# A commit is answered before it is on disk, or a crash may leave half a page.
_UNSAFE_ON_POSTGRESQL = {
    "synchronous_commit": {"off", "local"},
    "fsync": {"off"},
    "full_page_writes": {"off"},
}


def _postgresql_problems() -> Iterator[CheckMessage]:
    for name, unsafe in _UNSAFE_ON_POSTGRESQL.items():
        found = _ask(f"SHOW {name}")
        if found in unsafe:
            how = f"Set {name} to on for this role and server: an answered request would be lost in a crash."
            yield _refusal(13, f"PostgreSQL runs with {name}={found}.", how)


def _ask(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


@register(Tags.database)
def database_is_reached_over_tls(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Between two machines the connection itself must be private."""
    database = settings.DATABASES["default"]
    far = database["ENGINE"].endswith("postgresql") and database.get("HOST", "") not in {"", *OWN_MACHINE}
    if far and not database["HOST"].startswith("/") and database["OPTIONS"].get("sslmode") != "verify-full":
        how = "Add ?sslmode=verify-full (and sslrootcert) to DATABASE_URL."
        what = "PostgreSQL is on another machine and TLS is not verified."
        return [CheckMessage(checks.WARNING, what, hint=how, id="cairn.W001")]
    return []


@register(Tags.database)
def no_examples_in_public(
    app_configs: Any = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Made-up clinics, and sign-ins whose passwords are printed, stay on loopback."""
    if settings.LOOPBACK or not databases:
        return []
    try:
        return list(_example_problems())
    except DatabaseError:
        return []  # before the first migration


def _example_problems() -> Iterator[CheckMessage]:
    if context.examples_in_database():
        how = "Start with a new DATA_DIR or database: examples cannot be told from real clinics afterwards."
        yield _refusal(14, "Example data are loaded.", how)
    emails = [person.email for person in SIGN_INS]
    if User.objects.filter(email__in=emails, is_active=True).exists():
        yield _refusal(15, "Example sign-ins are loaded; their passwords are public.", "Delete those users.")
