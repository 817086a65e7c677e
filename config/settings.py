"""Every setting of the site, read from the environment. docs/operations.md explains each one."""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from config import local_keys

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- where the site runs -------------------------------------------------------------------

HOST = env.str("HOST", "127.0.0.1")
PORT = env.int("PORT", 8000)
DATA_DIR = Path(env.str("DATA_DIR", str(BASE_DIR / "var"))).resolve()
SITE_NAME = env.str("SITE_NAME", "Cairn")
SITE_URL = env.str("SITE_URL", f"http://localhost:{PORT}").rstrip("/")
# Where a visitor finds a person, on every page. Empty: the footer names none.
HELP_EMAIL = env.str("HELP_EMAIL", "")
HELP_PHONE = env.str("HELP_PHONE", "")
DEBUG = False
OVER_TLS = SITE_URL.startswith("https://")
SITE_HOST = environ.urlparse(SITE_URL).hostname or "localhost"
# For this machine alone: a proxy on the same machine makes a site public too, and then SITE_URL says so.
LOOPBACK = {HOST, SITE_HOST} <= {"127.0.0.1", "::1", "localhost"}
ALLOWED_HOSTS = [SITE_HOST, *(["localhost", "127.0.0.1", "[::1]"] if LOOPBACK else [])]

# Read by tests and drills only; config.checks refuses it off loopback.
FAILPOINT = env.str("FAILPOINT", "")


def _required_or_local(name: str, make: str) -> str:
    """A secret from the environment, or on loopback one that is made once and kept."""
    if value := env.str(name, ""):
        return str(value)
    if not LOOPBACK:
        raise ImproperlyConfigured(f"{name} is not set. Off loopback it must come from the environment.")
    return local_keys.read_or_make(DATA_DIR / "keys" / name.lower(), make)


SECRET_KEY = _required_or_local("SECRET_KEY", local_keys.new_secret_key())
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# "<key id>:<base64 of 32 bytes>", the current one first, older ones after a comma.
PHI_KEYS = _required_or_local("PHI_KEYS", local_keys.new_phi_keys())
PHI_KEYS_FROM_ENVIRONMENT = bool(env.str("PHI_KEYS", ""))

# --- the rooms -----------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "portal",
    "api",
    "referrals",
    "directory",
    "guide",
    "accounts",
    "outbox",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "config.middleware.request_id",
    "config.middleware.private_by_default",  # outside SecurityMiddleware: its redirects need headers too
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "config.middleware.refuse_unreadable_input",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.idle.IdleMiddleware",
    "accounts.sign_in_required.SignInRequiredMiddleware",
    "accounts.second_factor.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.known_devices.known_device",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
            ],
        },
    }
]

# --- database ------------------------------------------------------------------------------

# WAL with synchronous=FULL: with NORMAL, a commit that was answered is lost on a power cut.
# trusted_schema=OFF would be a further lock, but SQLite before 3.41 then refuses the JSON_VALID that Django
# puts into every table with a JSONField.
SQLITE_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "secure_delete": 1,
    "foreign_keys": 1,
}
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'cairn.sqlite3'}")}
_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": ";".join(f"PRAGMA {name}={value}" for name, value in SQLITE_PRAGMAS.items()),
    }
    # Tests use a file too: an in-memory database has neither WAL nor two connections.
    _database["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    _database.setdefault("OPTIONS", {})
    _database["CONN_HEALTH_CHECKS"] = True
_database["CONN_MAX_AGE"] = None

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "cairn",
        # Rate limits are counted here: with few entries, many addresses would push each other out.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # Where the tag {% cache %} keeps parts of pages, each under all that it was made of: nothing in it can be stale.
    "template_fragments": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "fragments",
        "OPTIONS": {"MAX_ENTRIES": 1_500},
    },
}
# How many proxies of the operator's own stand before the site: whose word on an address is believed.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)

# --- people --------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},  # NIST SP 800-63B-4, a password used alone
    },
    {"NAME": "accounts.passwords.GuessablePasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/manage/"
PASSWORD_RESET_TIMEOUT = 60 * 60
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
# A code, typed in the browser that signed up: a link could be opened by the owner of an address for a stranger.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = ACCOUNT_LOGIN_TIMEOUT = 30 * 60
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
# Django's own: it needs no row of allauth's, and makes none.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
# Passwords are counted by accounts.attempts. "login_failed" counts codes of apps, "confirm_email" mailed codes.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "login_failed": "5/5m/key",
    "confirm_email": "5/10m/key",
    "reset_password": "20/m/ip",
    "change_password": "10/10m/user",
}
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "signup": "accounts.forms.SignupForm",
    "confirm_email_verification_code": "accounts.forms.EmailCodeForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
}
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.CodeAgainForm",
    "activate_totp": "accounts.forms.ActivateTOTPForm",
    "generate_recovery_codes": "accounts.forms.RecoveryCodesForm",
    "add_webauthn": "accounts.passkey_forms.AddForm",
    "edit_webauthn": "accounts.passkey_forms.NameForm",
    "authenticate_webauthn": "accounts.passkey_forms.SecondStepForm",
    "login_webauthn": "accounts.passkey_forms.SignInForm",
    "reauthenticate_webauthn": "accounts.passkey_forms.AgainForm",
}
MFA_ADAPTER = "accounts.second_factor_adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # a code may be typed just as its half minute ends (RFC 6238, 5.2)
MFA_RECOVERY_CODES_SHOW_ONCE = True
# By neighbourhood of addresses: a large clinic may sign in at once, and nothing can be guessed here.
MFA_RATE_LIMITS = {"webauthn_login": "120/m/ip"}
# A second factor is demanded everywhere but on this machine alone, where an operator may demand it too.
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", not LOOPBACK)

SESSION_COOKIE_NAME = "__Host-sid" if OVER_TLS else "sid"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_IDLE_SECONDS = 15 * 60  # on the signed-in pages: accounts.idle
SESSION_COOKIE_SECURE = OVER_TLS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = "__Host-csrf" if OVER_TLS else "csrf"
CSRF_COOKIE_SECURE = OVER_TLS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None  # gone with the browser: the phone may be shared
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# --- what a browser is told ----------------------------------------------------------------

SECURE_SSL_REDIRECT = OVER_TLS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # asked from inside, past the TLS proxy
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if OVER_TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if OVER_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = OVER_TLS
SECURE_HSTS_PRELOAD = OVER_TLS
# Nobody else learns where a visitor came from. Not "no-referrer": browsers then send `Origin: null` with our own
# forms, which the CSRF check must refuse.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The name and shape are Django 6's, so that our middleware can be deleted on upgrade.
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
# Where a file may be sent, and how large the body with it may be.
FILE_ADDRESSES = {"/staff/cases/": 11 * 1024 * 1024, "/staff/candidates/file/": 11 * 1024 * 1024}
# The same for somebody who acts for an organization: a table of its sites, of 5 MB.
MEMBER_FILE_ADDRESSES = {"/manage/organization/": 6 * 1024 * 1024}

# --- machines ------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "api.problems.handle",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "URL_FORMAT_OVERRIDE": None,
}
API_READS_PER_MINUTE = env.int("API_READS_PER_MINUTE", 300)
SPECTACULAR_SETTINGS = {
    "TITLE": "Cairn",
    "DESCRIPTION": "Licensed US clinics that give supervised ketamine or esketamine care, and what was checked.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SORT_OPERATION_PARAMETERS": False,
}

# --- personal data -------------------------------------------------------------------------

# Days after a referral's end at which its personal data are destroyed: at most 90, the operator may shorten it.
PERSONAL_DATA_DAYS = env.int("PERSONAL_DATA_DAYS", 90)

# --- listings ------------------------------------------------------------------------------

# What came from a file takes two verifiers to list. An operator with one may say false; /about/checks/ says so.
IMPORTS_NEED_TWO_VERIFIERS = env.bool("IMPORTS_NEED_TWO_VERIFIERS", True)
# Hosts of boards besides those of directory.sources, to which the line of a check may link.
SOURCE_HOSTS = env.list("SOURCE_HOSTS", default=[])

# --- mail ----------------------------------------------------------------------------------

EMAIL_URL = env.str("EMAIL_URL", "")
if EMAIL_URL:
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(DATA_DIR / "mail")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"{SITE_NAME} <no-reply@{SITE_HOST}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
ADMINS: list[tuple[str, str]] = []  # an error mail could carry what a person typed

# --- places --------------------------------------------------------------------------------

# A geopy service for the addresses of clinics. A visitor's search never leaves the machine.
GEOCODER = env.str("GEOCODER", "offline")

# --- language, time, files, logs -----------------------------------------------------------

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["gif", "gz", "ico", "jpg", "map", "png", "webp", "woff2"]

LOGGING_CONFIG = "config.logs.configure"
LOGGING = {
    "level": "INFO"
}  # handed to that function, which Django only calls when there is something to hand over
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # e-mail is unique without regard to case: user_email_unique
