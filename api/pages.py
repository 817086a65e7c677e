"""Pages for people who write programs: a plain reference that needs no script, and an explorer that does."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api import problems
from api.rest.description import description


@dataclass(frozen=True)
class Parameter:
    """One line of the parameter table: its name, where it goes, and what it takes in plain words."""

    name: str
    place: str
    takes: str
    description: str


@dataclass(frozen=True)
class Answer:
    """One way in which an operation answers, with an example where the description has one."""

    status: str
    description: str
    media_type: str
    example: str


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Parameter]
    answers: list[Answer]


@login_not_required
@require_safe
def developers(request: HttpRequest) -> HttpResponse:
    """The reference, drawn from the OpenAPI file itself, so that the two cannot differ."""
    context = {
        "operations": list(operations()),
        "shapes": [(name, _pretty(shape)) for name, shape in description()["components"]["schemas"].items()],
        "problems": problems.PROBLEMS,
        "reads_per_minute": settings.API_READS_PER_MINUTE,
    }
    return render(request, "api/developers.html", context)


@login_not_required
@require_safe
def explorer(request: HttpRequest) -> HttpResponse:
    """Swagger UI from this site's own files: no inline script or style, no other host."""
    return render(request, "api/explorer.html")


def operations() -> Iterator[Operation]:
    """Every operation of the OpenAPI file, in its order."""
    for path, methods in description()["paths"].items():
        for method, told in methods.items():
            yield Operation(
                id=told["operationId"],
                method=method.upper(),
                path=path,
                summary=told["summary"],
                description=told["description"],
                parameters=[_parameter(parameter) for parameter in told.get("parameters", ())],
                answers=[
                    answer for status, rest in told["responses"].items() for answer in _answers(status, rest)
                ],
            )


def _parameter(told: dict[str, Any]) -> Parameter:
    return Parameter(told["name"], told["in"], _takes(told["schema"]), told.get("description", ""))


def _takes(schema: dict[str, Any]) -> str:
    """ "integer, 1 to 100; default 20": a JSON Schema as a person would say it."""
    if schema["type"] == "array":
        return f"{_takes(schema['items'])} (repeatable)"
    if words := schema.get("enum"):
        return _listed(words)
    if schema.get("format") == "date":
        return "a day, like 2026-11-03"
    parts = [
        {"string": "text", "number": "number", "integer": "whole number"}.get(schema["type"], schema["type"])
    ]
    if "minimum" in schema:
        parts.append(f", {schema['minimum']} to {schema['maximum']}")
    if "maxLength" in schema:
        parts.append(f", at most {schema['maxLength']} characters")
    if "default" in schema:
        parts.append(f"; default {schema['default']}")
    return "".join(parts)


def _listed(words: list[Any]) -> str:
    texts = [word if isinstance(word, str) else json.dumps(word) for word in words]
    return f"one of {', '.join(texts)}" if len(texts) > 1 else texts[0]


def _answers(status: str, told: dict[str, Any]) -> Iterator[Answer]:
    contents = told.get("content") or {"": {}}
    for media_type, content in contents.items():
        examples = [_pretty(example["value"]) for example in content.get("examples", {}).values()]
        yield Answer(status, told["description"], media_type, "\n\n".join(examples))


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
