"""The parameters of a search, as OpenAPI tells them. directory.filters parses them; a test holds the two together."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from api.rest import shapes
from directory import states


def _parameter(name: str, schema: dict[str, Any], description: str) -> OpenApiParameter:
    return OpenApiParameter(name, type=schema, location="query", description=description)


def _group(name: str, together: str) -> OpenApiParameter:
    vocabulary = shapes.GROUPS[name]
    meaning = "; ".join(f"{value}: {label}" for value, label in vocabulary.choices)
    schema = {"type": "array", "items": shapes.words(vocabulary)}
    return OpenApiParameter(
        name,
        type=schema,
        location="query",
        style="form",
        explode=True,
        description=f"May be repeated: {together}. {meaning}.",
    )


ANY_OF = "a clinic needs one of them"
ALL_OF = "a clinic needs all of them"
FORMATS = ("json", "geojson")

SEARCH = [
    _parameter(
        "near",
        {"type": "string", "maxLength": 200},
        "The place to measure from: a ZIP code, `City, ST`, or `latitude,longitude`. "
        "A place that could be several answers 400 with choices.",
    ),
    _parameter(
        "radius", {"type": "number", "minimum": 1, "maximum": 500, "default": 25}, "Miles around the place."
    ),
    _group("modality", ANY_OF),
    _group("insurance", ANY_OF),
    _group("language", ANY_OF),
    _group("age_group", ANY_OF),
    _group("access", ALL_OF),
    _parameter(
        "psychotherapy",
        {"type": "boolean", "enum": [True]},
        "true: only clinics that add psychotherapy to a route.",
    ),
    _parameter(
        "accepting",
        {"type": "boolean", "enum": [True]},
        "true: only clinics that say they take new patients.",
    ),
    _parameter("q", {"type": "string", "maxLength": 200}, "Part of the clinic's name."),
    _parameter("state", {"type": "string", "enum": list(states.STATES)}, "Two letters."),
    _parameter(
        "checked_since",
        {"type": "string", "format": "date"},
        "A day, as 2026-11-03 (UTC): only clinics whose oldest required check was made on or after it.",
    ),
    _parameter(
        "order",
        {"type": "string", "enum": ["distance", "name", "checked"]},
        "distance is the default; without a place it means name. checked: the most lately checked first.",
    ),
    _parameter(
        "page",
        {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 1},
        "At most 10,000 results deep, whatever the page size.",
    ),
    _parameter(
        "page_size", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}, "Clinics per page."
    ),
    _parameter(
        "format",
        {"type": "string", "enum": list(FORMATS), "default": "json"},
        "geojson answers with a FeatureCollection of the same results, as `Accept: application/geo+json` does.",
    ),
]
