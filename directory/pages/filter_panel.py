"""The filters beside a list: each option with its count, what is on now, and the address that takes it off."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import TextChoices
from django.http import QueryDict
from django.urls import reverse
from django.utils.formats import date_format

from directory import filters, search
from directory.query import Query
from directory.vocabulary import Access, AgeGroup, Insurance, Language, Modality

RADII: Final = (10, 25, 50, 100, 250, 500)
SHOWN_AT_FIRST: Final = 6

GROUPS: Final[tuple[tuple[str, str, type[TextChoices]], ...]] = (
    ("modality", "Treatment", Modality),
    ("insurance", "How to pay", Insurance),
    ("age_group", "Ages treated", AgeGroup),
    ("language", "Language", Language),
    ("access", "Getting there and getting in", Access),
)
SWITCHES: Final = (
    ("psychotherapy", "With psychotherapy"),
    ("accepting", "Says it takes new patients"),
)
MULTIPLE: Final = tuple(name for name, _, _ in GROUPS)
NARROWING: Final = (*MULTIPLE, *dict(SWITCHES), "q", "checked_since")
"""Every parameter that leaves clinics out, but for the place."""


@dataclass(frozen=True)
class Option:
    """One box to tick. `count` is how many clinics it would show; None where that is not known."""

    name: str
    value: str
    label: str
    count: int | None
    on: bool


@dataclass(frozen=True)
class Group:
    """A question of the form and its options; `more` are folded away at first."""

    name: str
    title: str
    options: list[Option]
    more: list[Option]


@dataclass(frozen=True)
class Applied:
    """A filter that is on. `url` is the same search without it; `count` what that would find, if asked for."""

    label: str
    url: str
    count: int | None = None


@dataclass(frozen=True)
class Groups:
    """The groups of the form as `params` has them ticked. Empty `facets`, as on an error page, show no counts."""

    params: QueryDict
    facets: dict[str, dict[str, int]]

    @property
    def ticked(self) -> list[list[str]]:
        """The values that are on, group by group: with the facets, all that the drawn groups depend on."""
        return [self.params.getlist(name) for name in (*MULTIPLE, *dict(SWITCHES))]

    def all(self) -> list[Group]:
        """Every group, as the template draws it."""
        return [_group(name, title, words, self.params, self.facets) for name, title, words in GROUPS]


def _group(
    name: str, title: str, vocabulary: type[TextChoices], params: QueryDict, facets: dict[str, dict[str, int]]
) -> Group:
    chosen = params.getlist(name)
    counts = facets.get(name)
    options = [
        Option(name, value, label, counts.get(value, 0) if counts is not None else None, value in chosen)
        for value, label in vocabulary.choices
    ]
    if name == "modality":
        options.append(_switch("psychotherapy", params, facets))
    if name == "access":
        options.append(_switch("accepting", params, facets))
    cut = SHOWN_AT_FIRST if len(options) > SHOWN_AT_FIRST + 2 else len(options)
    return Group(name, title, options[:cut], options[cut:])


def _switch(name: str, params: QueryDict, facets: dict[str, dict[str, int]]) -> Option:
    counts = facets.get(name, {})
    return Option(name, "true", dict(SWITCHES)[name], counts.get("true"), params.get(name) == "true")


def address(params: QueryDict, **changes: str | None) -> str:
    """The search page for `params` with some set anew, or taken out by None. It always begins at the first page."""
    kept = dict(params.lists())
    kept.pop("page", None)
    for name, value in changes.items():
        kept.pop(name, None)
        if value is not None:
            kept[name] = [value]
    return _written(kept)


def _written(params: dict[str, list[str]]) -> str:
    told = {name: values for name, values in params.items() if name in filters.NAMES and any(values)}
    return f"{reverse('search')}?{urlencode(told, doseq=True)}"


def applied(params: QueryDict, query: Query) -> list[Applied]:
    """The filters that are on, each with the address that takes only it off."""
    return [Applied(label, url) for label, url, _ in _removals(params, query)]


def removals(params: QueryDict, query: Query) -> list[Applied]:
    """The same with what each would then find: one search each, for the page that found nothing."""
    return [
        Applied(label, url, search.find(replace(without, page=1)).count)
        for label, url, without in _removals(params, query)
    ]


def _removals(params: QueryDict, query: Query) -> Iterable[tuple[str, str, Query]]:
    for name, _, vocabulary in GROUPS:
        values = getattr(query, name)
        for value in values:
            left = tuple(other for other in values if other != value)
            yield (
                str(vocabulary(value).label),
                _without_value(params, name, value),
                _changed(query, name, left),
            )
    for name, label in SWITCHES:
        if getattr(query, name):
            yield label, address(params, **{name: None}), _changed(query, name, False)
    if query.q:
        yield "Clinic name", address(params, q=None), replace(query, q="")
    if since := query.checked_since:
        without = replace(query, checked_since=None)
        yield f"Checked since {date_format(since, 'M j, Y')}", address(params, checked_since=None), without


def _changed(query: Query, name: str, value: Any) -> Query:
    return replace(query, **{name: value})


def _without_value(params: QueryDict, name: str, value: str) -> str:
    kept = dict(params.lists())
    kept.pop("page", None)
    kept[name] = [other for other in params.getlist(name) if other != value]
    return _written(kept)


def without_filters(query: Query) -> Query:
    """The same place and radius, and nothing else asked."""
    return Query(spot=query.spot, radius=query.radius, state=query.state, order=query.order)


def is_filtered(query: Query) -> bool:
    """Whether anything but the place, the radius and the order was asked."""
    return any(getattr(query, name) for name in NARROWING)


def clear_address(params: QueryDict) -> str:
    """The search page for the place alone."""
    return address(params, **dict.fromkeys(NARROWING))


def wider(query: Query, nearest_miles: float | None) -> int | None:
    """The smallest radius on offer that reaches the nearest clinic; None if none does."""
    if nearest_miles is None:
        return None
    return next((radius for radius in RADII if radius >= nearest_miles and radius > query.radius), None)


def radii(query_radius: float) -> list[float]:
    """The radii on offer, with the one that is asked for among them."""
    return sorted({*(float(radius) for radius in RADII), float(query_radius)})
