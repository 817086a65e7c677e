"""The parameters of a search, the same for the page and the API: read, checked, and made into a Query.

Whatever a visitor sends is answered: with a Query, or with what is wrong, by parameter and without repeating a value.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

import django_filters
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from directory.gazetteer import BadPlace, Choice, Spot, StateOnly, resolve
from directory.models import IndexRow
from directory.query import Query
from directory.search import DEEPEST
from directory.search_sql import VOCABULARIES
from directory.states import STATE_CHOICES
from directory.vocabulary import Access, AgeGroup, Insurance, Language, Modality, slugs_of

LONGEST: Final = 200
"""Characters that `near` and `q` may have."""
MOST_VALUES: Final = 20
"""How often a parameter may be repeated."""
REPEATABLE: Final = frozenset(VOCABULARIES)


class BadParameters(Exception):
    """What is wrong, by parameter, never repeating a value; and the places that `near` may have meant."""

    def __init__(self, errors: Mapping[str, str], choices: list[Choice] | None = None) -> None:
        super().__init__(", ".join(errors))
        self.errors = dict(errors)
        self.choices = choices or []


class _Miles(forms.FloatField):
    """Digits and one point, and nothing else that Python would take for a number ("nan", "1e3", "1_0")."""

    def clean(self, value: Any) -> Any:
        if value and not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{0,9})?", value):
            raise forms.ValidationError("not a plain number")
        return super().clean(value)


class _Whole(forms.IntegerField):
    def clean(self, value: Any) -> Any:
        if value and not re.fullmatch(r"[0-9]{1,6}", value):
            raise forms.ValidationError("not a plain whole number")
        return super().clean(value)


class _Day(forms.DateField):
    """A day as 2026-11-03 alone: nobody can know whether 3/11 is in March."""

    def clean(self, value: Any) -> Any:
        if value and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise forms.ValidationError("not a plain day")
        return super().clean(value)


class _MilesFilter(django_filters.Filter):  # type: ignore[misc]  # the package has no types
    field_class = _Miles


class _WholeFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = _Whole


class _DayFilter(django_filters.Filter):  # type: ignore[misc]
    field_class = _Day


ORDERS: Final = [
    ("distance", _("Nearest first")),
    ("name", _("By name")),
    ("checked", _("Most recently checked first")),
]
_TRUE: Final = [("true", _("Yes"))]


class SearchFilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """The parameters and what they accept.

    It filters nothing by itself: totals, facets and one page of results come from directory.search in one go.
    """

    near = django_filters.CharFilter(label=_("ZIP code or city"), max_length=LONGEST)
    radius = _MilesFilter(label=_("How far?"), min_value=1, max_value=500)
    modality = django_filters.MultipleChoiceFilter(label=_("Treatment"), choices=Modality.choices)
    insurance = django_filters.MultipleChoiceFilter(label=_("Payment"), choices=Insurance.choices)
    language = django_filters.MultipleChoiceFilter(label=_("Language"), choices=Language.choices)
    age_group = django_filters.MultipleChoiceFilter(label=_("Age"), choices=AgeGroup.choices)
    access = django_filters.MultipleChoiceFilter(label=_("Access"), choices=Access.choices)
    psychotherapy = django_filters.ChoiceFilter(label=_("With psychotherapy"), choices=_TRUE)
    accepting = django_filters.ChoiceFilter(label=_("Taking new patients"), choices=_TRUE)
    q = django_filters.CharFilter(label=_("Name of the clinic"), max_length=LONGEST)
    state = django_filters.ChoiceFilter(label=_("State"), choices=STATE_CHOICES)
    checked_since = _DayFilter(label=_("Every required check made on or after"))
    order = django_filters.ChoiceFilter(label=_("Order"), choices=ORDERS)
    page = _WholeFilter(min_value=1)
    page_size = _WholeFilter(min_value=1, max_value=100)

    class Meta:
        model = IndexRow
        fields: list[str] = []


NAMES: Final = frozenset(SearchFilterSet.base_filters)
_FIELDS: Final[dict[str, forms.Field]] = {
    name: parameter.field for name, parameter in SearchFilterSet.base_filters.items()
}
_ABSENT: Final = {name: field.clean(None) for name, field in _FIELDS.items()}

# Beside the name of a parameter (API) or the label of a field (page), which need not be said again.
_MESSAGES: Final = {
    "near": _("The place is too long. Type a ZIP code, or a city and state."),
    "radius": _("A number of miles from 1 to 500."),
    "psychotherapy": _("The only value is true."),
    "accepting": _("The only value is true."),
    "q": _("At most 200 characters."),
    "state": _("Two letters, like CO. Territories count as states."),
    "checked_since": _("A day as year, month and day, like 2026-11-03."),
    "order": _("One of distance, name or checked."),
    "page": _("A whole number from 1. No search goes deeper than 10,000 results."),
    "page_size": _("A whole number from 1 to 100."),
}


def parse(params: QueryDict, *, strict: bool) -> Query:
    """The Query that `params` ask for. `strict`, for the API, also refuses parameters that do not exist.

    Empty values count as absent, because a form sends them. One look-up in the gazetteer if `near` is given. Raises
    BadParameters with everything that is wrong at once, and nothing else.
    """
    errors = _shape_errors(params, strict=strict)
    asked, misread = _cleaned(_readable(params, errors))
    errors = {name: _message(name, in_labels=not strict) for name in misread} | errors
    if _too_deep(asked):
        errors.setdefault("page", _message("page"))
    place, choices = None, []
    if asked.get("near") and "near" not in errors:
        try:
            place = resolve(asked["near"])
        except BadPlace as bad:
            errors["near"], choices = bad.message, bad.choices
    if isinstance(place, StateOnly) and asked.get("state") not in {"", place.code}:
        errors["state"] = str(_("The place is in another state. Choose one of the two."))
    if errors:
        raise BadParameters(errors, choices)
    return _query(asked, place)


def _cleaned(params: QueryDict) -> tuple[dict[str, Any], list[str]]:
    """Each parameter's value, and the names of those that hold none.

    By the fields themselves: a form would copy all of them for every search, which takes longer than the search.
    """
    asked = dict(_ABSENT)
    misread = []
    for name in params:
        try:
            asked[name] = _FIELDS[name].clean(
                params.getlist(name) if name in REPEATABLE else params.get(name)
            )
        except forms.ValidationError:
            misread.append(name)
    return asked, misread


def _message(name: str, *, in_labels: bool = False) -> str:
    """What the parameter takes. The words of a vocabulary as a page calls them (`in_labels`), or as they are sent."""
    if name not in REPEATABLE:
        return str(_MESSAGES[name])
    vocabulary = VOCABULARIES[name]
    words = [str(label) for label in vocabulary.labels] if in_labels else vocabulary.values
    return str(_("One of: %(words)s.")) % {"words": "; ".join(words) if in_labels else ", ".join(words)}


def _shape_errors(params: QueryDict, *, strict: bool) -> dict[str, str]:
    """What is wrong before any value is looked at: names, repetitions, text that no database takes."""
    errors: dict[str, str] = {}
    for name, values in params.lists():
        if name not in NAMES:
            if strict:
                errors[_printable(name)] = str(_("There is no parameter of this name."))
        elif len(values) > (MOST_VALUES if name in REPEATABLE else 1):
            errors[name] = str(_("This is given too often."))
        elif any(_unreadable(value) for value in values):
            errors[name] = str(_("This holds characters that cannot be read."))
    return errors


def _printable(name: str) -> str:
    """A parameter's name as an error may repeat it; what does not look like one becomes "unknown"."""
    return name if re.fullmatch(r"[A-Za-z][A-Za-z0-9_.\[\]-]{0,39}", name) else "unknown"


def _unreadable(value: str) -> bool:
    """Holds NUL, which PostgreSQL refuses, or half a surrogate pair, which is no text in UTF-8."""
    return any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value)


def _readable(params: QueryDict, errors: Mapping[str, str]) -> QueryDict:
    """The known parameters in plain digits and letters, without the empty ones and those found wrong already."""
    readable = QueryDict(mutable=True)
    for name, values in params.lists():
        if name in NAMES and name not in errors:
            plain = [_plain(name, value) for value in values]
            readable.setlist(name, [value for value in plain if value])
    return readable


def _plain(name: str, value: str) -> str:
    """Full-width digits and letters become ASCII; a state may be typed in any case."""
    if name in {"near", "q"}:
        return value.strip()
    plain = unicodedata.normalize("NFKC", value[:LONGEST]).strip()
    return plain.upper() if name == "state" else plain


def _too_deep(asked: Mapping[str, Any]) -> bool:
    return (asked.get("page") or 1) * (asked.get("page_size") or Query.page_size) > DEEPEST


def _query(asked: Mapping[str, Any], place: Spot | StateOnly | None) -> Query:
    spot = place if isinstance(place, Spot) else None
    order = asked["order"] or "distance"
    return Query(
        spot=spot,
        radius=asked["radius"] or Query.radius,
        modality=_chosen(asked, "modality"),
        insurance=_chosen(asked, "insurance"),
        language=_chosen(asked, "language"),
        age_group=_chosen(asked, "age_group"),
        access=_chosen(asked, "access"),
        psychotherapy=asked["psychotherapy"] == "true",
        accepting=asked["accepting"] == "true",
        q=asked["q"],
        state=place.code if isinstance(place, StateOnly) else asked["state"],
        checked_since=asked["checked_since"],
        order="name" if order == "distance" and spot is None else order,
        page=asked["page"] or 1,
        page_size=asked["page_size"] or Query.page_size,
    )


def _chosen(asked: Mapping[str, Any], group: str) -> tuple[str, ...]:
    """Each word once and in the order of the vocabulary, so that equal questions are equal Queries."""
    chosen = asked[group]
    return tuple(word for word in slugs_of(VOCABULARIES[group]) if word in chosen) if chosen else ()
