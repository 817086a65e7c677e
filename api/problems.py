"""Error answers of the API: RFC 9457 problem documents that name fields and never repeat a value.

Two doors lead here: `handle`, for what a view of the REST framework raised, and `for_status`,
for what Django answered before a view was reached (config.errors asks `is_api` first).
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError

from directory.filters import BadParameters

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Problem:
    """One kind of error. `slug` is its anchor on the developers' page, where `type` points."""

    slug: str
    status: int
    title: str
    detail: str

    @property
    def type(self) -> str:
        return f"{settings.SITE_URL}/developers/#problem-{self.slug}"


# The first problem of a status stands for that status when nothing more is known.
PROBLEMS = (
    Problem("bad-request", 400, "We cannot read this request", "Part of the request is malformed."),
    Problem(
        "bad-parameters",
        400,
        "A parameter cannot be used",
        "See errors: each names one parameter and what it takes.",
    ),
    Problem(
        "unclear-place", 400, "The place is not clear", "Send the near of one of the choices, or a ZIP code."
    ),
    Problem("not-signed-in", 401, "This needs a token", "Send a token that is in force."),
    Problem("not-allowed", 403, "This is not open to you", "The request is understood, and refused."),
    Problem(
        "not-found", 404, "There is nothing here", "Check the address. Every address is in the OpenAPI file."
    ),
    Problem(
        "method-not-allowed",
        405,
        "This method does not work here",
        "The Allow header lists the methods that do.",
    ),
    Problem(
        "not-acceptable",
        406,
        "No such format",
        "Accept application/json, or application/geo+json for a list.",
    ),
    Problem(
        "wrong-state",
        409,
        "This cannot be done now",
        "The listing is closed, a claim for it is not approved, or something must come first. Sign in to see which.",
    ),
    Problem(
        "no-longer-listed",
        410,
        "This clinic is no longer listed",
        "It was listed once. Drop your copy of it.",
    ),
    Problem("too-large", 413, "The request is too large", "Send less at once."),
    Problem("unsupported-media-type", 415, "This kind of body does not work here", "Send application/json."),
    Problem(
        "bad-fields", 422, "A field cannot be used", "See errors: each names one field and what is wrong."
    ),
    Problem(
        "too-many-requests", 429, "Too many requests", "Wait as many seconds as the Retry-After header says."
    ),
    Problem(
        "broken", 500, "Something is broken on our side", "It is not your request. Please try again later."
    ),
    Problem("away", 503, "We cannot answer right now", "Please try again in a few minutes."),
)
OF_SLUG = {problem.slug: problem for problem in PROBLEMS}
OF_STATUS = {problem.status: problem for problem in reversed(PROBLEMS)}


class NoLongerListed(APIException):
    """A clinic that was listed once: suspended, closed, or a fact of it lapsed. The cause is not told."""

    status_code = 410
    default_detail = ""
    default_code = "no-longer-listed"


def is_api(request: HttpRequest) -> bool:
    """Whether a machine asked, so that every error, of Django's too, is a problem document."""
    return request.path.startswith("/api/")


def answer(
    problem: Problem,
    *,
    errors: Iterable[Mapping[str, str]] = (),
    choices: Iterable[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The response for `problem`: type, title, status, detail, and errors and choices where there are any."""
    body: dict[str, Any] = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    body |= {key: list(items) for key, items in (("errors", errors), ("choices", choices)) if items}
    return HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status=problem.status,
        content_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def for_status(status: int) -> HttpResponse:
    """The answer when only the status is known, as in Django's own error handlers."""
    return answer(OF_STATUS.get(status, OF_SLUG["broken"]))


def handle(exc: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Answer what a REST view raised. None for an unknown error: Django logs it and answers 500."""
    if isinstance(exc, BadParameters):
        return _bad_parameters(exc)
    if isinstance(exc, ValidationError):
        return answer(OF_SLUG["bad-fields"], errors=_field_errors(exc.detail))
    if isinstance(exc, APIException):
        return _known(exc)
    status = _django_status(exc)
    return for_status(status) if status else None


def _bad_parameters(exc: BadParameters) -> HttpResponse:
    choices = [{"label": choice.label, "near": choice.near} for choice in exc.choices]
    errors = [{"name": name, "message": message} for name, message in exc.errors.items()]
    return answer(OF_SLUG["unclear-place" if choices else "bad-parameters"], errors=errors, choices=choices)


def _known(exc: APIException) -> HttpResponse:
    problem = OF_SLUG.get(str(exc.default_code)) or OF_STATUS.get(exc.status_code, OF_STATUS[400])
    headers = {}
    if (wait := getattr(exc, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, math.ceil(wait)))
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    return answer(problem, headers=headers)


def _django_status(exc: Exception) -> int | None:
    if isinstance(exc, Http404):
        return 404
    if isinstance(exc, PermissionDenied):
        return 403
    if isinstance(exc, RequestDataTooBig):
        return 413
    return 400 if isinstance(exc, SuspiciousOperation | BadRequest) else None


# The framework's own messages may quote what was sent; these cannot.
FIELD_MESSAGES = {
    "required": "This field is missing.",
    "null": "This field may not be null.",
    "blank": "This field may not be empty.",
    "max_length": "This is too long.",
    "invalid_choice": "This is not one of the words that this field takes.",
}


def _field_errors(detail: Any, name: str = "") -> list[dict[str, str]]:
    """Flatten the framework's nested errors into `{"name": "a.b", "message": …}` lines."""
    if isinstance(detail, ErrorDetail):
        message = FIELD_MESSAGES.get(str(detail.code), "This field cannot be used as it was sent.")
        return [{"name": name, "message": message}]
    if isinstance(detail, Mapping):
        inner = [(f"{name}.{key}".lstrip("."), value) for key, value in detail.items()]
    else:
        inner = [(name, value) for value in detail]
    return [error for key, value in inner for error in _field_errors(value, key)]
