"""A search that cannot be answered as it was asked: which place is meant, or what to change. Nothing typed is lost."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from directory import filters
from directory.filters import BadParameters
from directory.pages import filter_panel
from directory.states import STATES

LABELS = {
    "near": "ZIP code or city",
    "radius": "How far",
    "q": "Clinic name",
    "state": "State",
    "checked_since": "Checked on or after",
    "order": "Order",
    "page": "Page",
    "page_size": "Clinics on a page",
    "modality": "Treatment",
    "insurance": "How to pay",
    "language": "Language",
    "age_group": "Ages treated",
    "access": "Getting there and getting in",
    "psychotherapy": "With psychotherapy",
    "accepting": "Says it takes new patients",
}


@dataclass(frozen=True)
class Mistake:
    """What is wrong with one parameter, by its name in the form and in the address."""

    name: str
    label: str
    message: str


@dataclass(frozen=True)
class Meant:
    """A place the visitor may have meant, and the same search around it."""

    label: str
    url: str


def problem_page(request: HttpRequest, problem: BadParameters) -> HttpResponse:
    """Choices where the place fits several (200); otherwise 400, naming each parameter. The form keeps its values."""
    mistakes = [Mistake(name, LABELS.get(name, name), message) for name, message in problem.errors.items()]
    meant = [
        Meant(choice.label, filter_panel.address(request.GET, near=choice.near)) for choice in problem.choices
    ]
    only = _only_suggestion(request, meant)
    only_the_place = set(problem.errors) == {"near"}
    context = {
        **_form(request),
        "title": _title(only_the_place, meant, only, request),
        "mistakes": mistakes,
        "meant": meant,
        "only": only,
        "form_error": "" if meant else problem.errors.get("near", ""),
        "near_error": problem.errors.get("near", ""),
        "open_filters": any(
            name in problem.errors for name in (*filter_panel.MULTIPLE, *dict(filter_panel.SWITCHES))
        ),
    }
    status = 200 if meant and only_the_place else 400
    return render(request, "directory/problem.html", context, status=status)


def _only_suggestion(request: HttpRequest, meant: list[Meant]) -> Meant | None:
    """The one place a misspelt name may be. A ZIP code is no misspelling: its page says what is wrong with it."""
    typed = request.GET.get("near", "")
    return meant[0] if len(meant) == 1 and not any(sign.isdigit() for sign in typed) else None


def _title(only_the_place: bool, meant: list[Meant], only: Meant | None, request: HttpRequest) -> str:
    if not only_the_place:
        return "Something in this search needs a change"
    if only:
        return f"Did you mean {only.label}?"
    if meant:
        return "Which place do you mean?"
    return "We cannot find that place" if request.GET.get("near", "").strip() else "Where are you looking?"


def _form(request: HttpRequest) -> dict[str, Any]:
    params = request.GET
    return {
        "near": params.get("near", "")[: filters.LONGEST],
        "q": params.get("q", "")[: filters.LONGEST],
        "checked_since": params.get("checked_since", "")[: filters.LONGEST],
        "state": params.get("state", ""),
        "state_name": STATES.get(params.get("state", "").upper(), ""),
        "radius": 25.0,
        "radii": filter_panel.radii(25),
        "groups": filter_panel.Groups(params, {}),
    }
