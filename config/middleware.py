"""What happens to every request and answer, whichever room it belongs to."""

import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from logging import getLogger
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError

from accounts import audit
from accounts.models import Membership, User
from config import logs

GetResponse = Callable[[HttpRequest], HttpResponse]

access_log = getLogger("config.access")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

# Every feature a browser might lend to a page, given to none, but for passkeys and a visitor's own point.
# https://github.com/w3c/webappsec-permissions-policy/blob/main/features.md
DENIED_FEATURES = (
    "accelerometer ambient-light-sensor attribution-reporting autoplay bluetooth browsing-topics camera "
    "clipboard-read compute-pressure cross-origin-isolated display-capture encrypted-media fullscreen gamepad "
    "gyroscope hid identity-credentials-get idle-detection interest-cohort join-ad-interest-group "
    "keyboard-map local-fonts magnetometer microphone midi otp-credentials payment picture-in-picture "
    "private-state-token-issuance private-state-token-redemption run-ad-auction screen-wake-lock serial "
    "shared-storage storage-access usb web-share window-management xr-spatial-tracking"
).split()
OWN_FEATURES = ("publickey-credentials-create", "publickey-credentials-get", "geolocation")
PERMISSIONS_POLICY = ", ".join(
    [*(f"{name}=()" for name in DENIED_FEATURES), *(f"{name}=(self)" for name in OWN_FEATURES)]
)

# NUL, or half of a surrogate pair, written as an escape in JSON. PostgreSQL refuses the first, UTF-8 the second.
_UNREADABLE_ESCAPE = re.compile(
    rb"(?<!\\)(?:\\\\)*"
    rb"(?:\\u0000|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2})"
)


def request_id(get_response: GetResponse) -> GetResponse:
    """Give each request an id of our own, for the log, the audit trail and the answer; write one log line.

    An id that a client sends is not taken over: it would be a way to write into the log.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        identifier = str(uuid.uuid4())
        token = audit.request_id.set(identifier)
        started = time.monotonic()
        try:
            response = get_response(request)
            response["X-Request-ID"] = identifier
            _write_access_line(request, response, time.monotonic() - started)
            return response
        finally:
            audit.request_id.reset(token)

    return middleware


def _write_access_line(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    fields = {
        "method": request.method if request.method in METHODS else "other",
        "route": logs.route_of(request),
        "status": response.status_code,
        "duration_ms": round(seconds * 1000, 1),
    }
    access_log.info("request", extra=fields)


def content_security_policy(policy: Mapping[str, Iterable[str]]) -> str:
    """The header's text of Django 6's setting SECURE_CSP."""
    return "; ".join(" ".join([directive, *sources]) for directive, sources in policy.items())


def private_by_default(get_response: GetResponse) -> GetResponse:
    """Every answer is kept by nobody and may do nothing, unless the view said otherwise."""
    policy = content_security_policy(settings.SECURE_CSP)

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.setdefault("Content-Security-Policy", policy)
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.setdefault("X-Content-Type-Options", "nosniff")
        response.setdefault("Cross-Origin-Resource-Policy", _who_may_embed(response))
        if response.cookies or not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response

    return middleware


def _who_may_embed(response: HttpResponse) -> str:
    # What is open to scripts of every origin (the public API) needs no second lock.
    return "cross-origin" if response.get("Access-Control-Allow-Origin") == "*" else "same-origin"


def refuse_unreadable_input(get_response: GetResponse) -> GetResponse:
    """Answer 400 to text that no database column can hold, before anything reaches a database.

    That is NUL, bytes that are not UTF-8, and lone surrogates: in the path, query, cookies, form or JSON body.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if (size := _body_size(request)) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE and size > _most_bytes(
            request
        ):
            # Before a byte of it is read: Django itself does not count files, and would write them to the disk.
            raise RequestDataTooBig("The body is larger than any form of the site.")
        if not (_address_is_readable(request) and _cookies_are_readable(request)):
            raise BadRequest("The address or a cookie cannot be read as UTF-8 text.")
        if request.method in {"POST", "PUT", "PATCH"} and not _body_is_readable(request):
            raise BadRequest("The body cannot be read as UTF-8 text.")
        return get_response(request)

    return middleware


def _body_size(request: HttpRequest) -> int:
    """Bytes that were announced; without an announcement no body is read at all."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    return int(announced) if announced.isascii() and announced.isdigit() else 0


def _most_bytes(request: HttpRequest) -> int:
    """More where somebody who is signed in may send a file. A cookie that anybody can make up is no proof."""
    for address, most in settings.FILE_ADDRESSES.items():
        if request.path.startswith(address) and _signed_in(request).filter(is_staff=True).exists():
            return most
    for address, most in settings.MEMBER_FILE_ADDRESSES.items():
        if request.path.startswith(address) and _acts_for_somebody(request):
            return most
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def _acts_for_somebody(request: HttpRequest) -> bool:
    return Membership.objects.active().filter(user__in=_signed_in(request)).exists()


def _signed_in(request: HttpRequest) -> QuerySet[User]:
    """Who is, or nobody. Asked of the session's row: this comes before the middleware that knows."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if not (key.isascii() and key.isalnum()):
        return User.objects.none()
    user = import_module(settings.SESSION_ENGINE).SessionStore(key).get(SESSION_KEY)
    return User.objects.filter(pk=user, is_active=True)


def _is_readable(raw: bytes) -> bool:
    if b"\0" in raw:
        return False
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _address_is_readable(request: HttpRequest) -> bool:
    # Django leaves what it cannot read of a path percent-encoded, but would replace it in a query.
    # WSGI hands over the query's bytes as latin-1 text.
    query = request.META.get("QUERY_STRING", "").encode("latin-1", "replace")
    return "\0" not in request.path and _is_readable(unquote_to_bytes(query)) and _speaks_utf8(request)


def _speaks_utf8(request: HttpRequest) -> bool:
    charset = (request.content_params or {}).get("charset", "utf-8")
    return charset.lower().replace("_", "-") in {"utf-8", "utf8", "us-ascii", "ascii"}


def _cookies_are_readable(request: HttpRequest) -> bool:
    # A quoted cookie value may hold NUL as an octal escape.
    return not any("\0" in value for value in request.COOKIES.values())


def _body_is_readable(request: HttpRequest) -> bool:
    try:
        if request.content_type == "multipart/form-data":
            return _parts_are_readable(request)
        if request.content_type == "application/x-www-form-urlencoded":
            return _is_readable(unquote_to_bytes(request.body))
        return _is_readable(request.body) and not _UNREADABLE_ESCAPE.search(request.body)
    except UnreadablePostError:
        return False  # the sender went away, or its chunks are malformed


def _parts_are_readable(request: HttpRequest) -> bool:
    # Django has replaced unreadable bytes by U+FFFD by the time a part can be looked at.
    texts = (text for name, values in request.POST.lists() for text in (name, *values))
    return not any("\0" in text or "\ufffd" in text for text in texts)
