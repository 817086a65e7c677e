"""What OpenAPI says of each operation: parameters, answers, examples."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from api import problems
from api.rest import examples, shapes
from api.rest.parameters import SEARCH

JSON = "application/json"
GEOJSON = "application/geo+json"
PROBLEM = problems.MEDIA_TYPE

SLUG = {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"}

Responses = dict[Any, OpenApiResponse]

HEADERS = [
    OpenApiParameter(
        "ETag", str, "header", response=[200, 304], description="A strong tag of the body, for If-None-Match."
    ),
    OpenApiParameter("Retry-After", int, "header", response=[429], description="Seconds to wait."),
]
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, "header", description="The ETag of an answer you hold: 304 when nothing changed."
)
NOT_MODIFIED = OpenApiResponse(None, "Nothing changed since the answer you hold.")


def _shown(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value=value)


def _answer(shape: str, description: str, example: Any) -> OpenApiResponse:
    return OpenApiResponse(shapes.ref(shape), description, examples=[_shown(shape, example)])


def _problem(slug: str, **more: Any) -> OpenApiResponse:
    kind = problems.OF_SLUG[slug]
    shown = _shown(slug, examples.problem(kind, **more))
    return OpenApiResponse(shapes.ref("Problem"), f"{kind.title}.", examples=[shown])


def _problems(*slugs: str) -> Responses:
    return {(problems.OF_SLUG[slug].status, PROBLEM): _problem(slug) for slug in slugs}


def _bad_search() -> OpenApiResponse:
    """400 has two faces: a parameter that cannot be used, and a place that could be several."""
    bad = _problem("bad-parameters", errors=examples.BAD_RADIUS)
    unclear = _problem("unclear-place", choices=examples.WHICH_SPRINGFIELD)
    return OpenApiResponse(bad.response, bad.description, examples=[*bad.examples, *unclear.examples])


CLINIC_LIST: dict[str, Any] = {
    "operation_id": "searchClinics",
    "summary": "Search the directory",
    "description": "Listed clinics in the order asked for, a page at a time. An unknown parameter is an error, so "
    "that a slip of the pen is not mistaken for an answer. No login; nothing about the search is kept.",
    "tags": ["Directory"],
    "parameters": [*SEARCH, IF_NONE_MATCH, *HEADERS],
    "responses": {
        (200, JSON): _answer("ClinicPage", "One page of results.", examples.PAGE),
        (200, GEOJSON): _answer("ClinicFeatureCollection", "One page of results.", examples.COLLECTION),
        304: NOT_MODIFIED,
        (400, PROBLEM): _bad_search(),
        **_problems("not-acceptable", "too-many-requests"),
    },
}

_BY_SLUG = [
    OpenApiParameter("slug", SLUG, "path", description="From a search."),
    IF_NONE_MATCH,
    *HEADERS,
]
_NOT_THERE = _problems(
    "bad-parameters", "not-found", "not-acceptable", "no-longer-listed", "too-many-requests"
)

CLINIC_DETAIL: dict[str, Any] = {
    "operation_id": "readClinic",
    "summary": "Read one clinic",
    "description": "The clinic with its checks. 410 once it is no longer listed: then drop your copy.",
    "tags": ["Directory"],
    "parameters": _BY_SLUG,
    "responses": {
        (200, JSON): _answer("ClinicInFull", "The clinic.", examples.CLINIC_IN_FULL),
        304: NOT_MODIFIED,
        **_NOT_THERE,
    },
}

CLINIC_CHECKS: dict[str, Any] = {
    "operation_id": "readChecks",
    "summary": "Read what was checked of one clinic",
    "description": "Every fact with its source, the source's own words, the day of the look and the day of the next; "
    "what the clinic says about a fact that does not hold; and every earlier look, the latest first.",
    "tags": ["Directory"],
    "parameters": _BY_SLUG,
    "responses": {
        (200, JSON): _answer("ClinicChecks", "What was checked.", examples.CHECKS),
        304: NOT_MODIFIED,
        **_NOT_THERE,
    },
}

# --- for a clinic's own program ------------------------------------------------------------------

_KEY: dict[str, Any] = {"tags": ["Your clinics"], "auth": [{"clinicKey": []}]}
_MY_SLUG = OpenApiParameter("slug", SLUG, "path", description="Of one of the key's clinics.")
_CHALLENGE = OpenApiParameter("WWW-Authenticate", str, "header", response=[401], description="Bearer.")
_RETRY = OpenApiParameter("Retry-After", int, "header", response=[429], description="Seconds to wait.")
_TOLD = [_CHALLENGE, _RETRY]
_REFUSALS = _problems("bad-parameters", "not-signed-in", "not-acceptable", "too-many-requests")

MY_CLINICS: dict[str, Any] = {
    **_KEY,
    "operation_id": "listMyClinics",
    "summary": "The clinics of your key",
    "description": "What each says of itself, until when somebody must say that it is still true, and how many "
    "requests wait. Send `Authorization: Bearer cairn_…`; a manager makes the key under /manage/keys/. A key in an "
    "address is refused.",
    "parameters": _TOLD,
    "responses": {
        (200, JSON): _answer("MyClinics", "All of them.", {"count": 1, "results": [examples.MY_CLINIC]}),
        **_REFUSALS,
    },
}
MY_CLINIC: dict[str, Any] = {
    **_KEY,
    "operation_id": "readMyClinic",
    "summary": "Read one of your clinics",
    "description": "As in the list. A clinic that the key does not act for is not found.",
    "parameters": [_MY_SLUG, *_TOLD],
    "responses": {
        (200, JSON): _answer("MyClinic", "The clinic.", examples.MY_CLINIC),
        **_REFUSALS,
        **_problems("not-found"),
    },
}
EDIT_MY_CLINIC: dict[str, Any] = {
    **_KEY,
    "operation_id": "editMyClinic",
    "summary": "Change what one of your clinics says of itself",
    "description": "All of it is changed, or nothing. Send the fields that change, such as "
    '`{"accepting_new_patients": false, "languages": ["en", "es"]}`. Any other field is an error. A text in which our '
    "checks find something waits for a person: then the old one stays, and `held` names the field.",
    "parameters": [_MY_SLUG, *_TOLD],
    "request": {JSON: shapes.ref("MyChange")},
    "responses": {
        (200, JSON): _answer("MyClinic", "The clinic as it stands now.", examples.MY_CLINIC),
        **_REFUSALS,
        **_problems("bad-request", "not-found", "wrong-state", "too-large", "unsupported-media-type"),
        (422, PROBLEM): _problem("bad-fields", errors=examples.BAD_FIELD),
    },
}
