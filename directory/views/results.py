"""The answer to a search: a list first, a picture beside it, and a plain way on when there is nothing."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render

from directory import filters, search
from directory.filters import BadParameters
from directory.pages import filter_panel, locator
from directory.pages.cards import cards
from directory.query import Query
from directory.search import Found, Hit
from directory.states import STATES
from directory.views.problem import problem_page
from guide.caching import public_page

PLACE_FORGOTTEN = "Enter a ZIP code or city."
ORDERS = (
    ("distance", "Nearest first", "nearest"),
    ("name", "By name", "name"),
    ("checked", "Most recently checked first", "most recently checked"),
)


@login_not_required
@public_page
def results(request: HttpRequest) -> HttpResponse:
    """`/search/`: the address holds the whole state. A parameter we do not know is ignored; a bad value is a 400."""
    params = request.GET
    if _place_is_forgotten(params):
        return problem_page(request, BadParameters({"near": PLACE_FORGOTTEN}))
    try:
        query = filters.parse(params, strict=False)
    except BadParameters as problem:
        return problem_page(request, problem)
    if query.spot is None and params.get("near", "").strip():
        # The visitor named a state and nothing in it.
        return HttpResponseRedirect(filter_panel.address(params, near=None, radius=None, state=query.state))
    return _answer(request, query)


def _place_is_forgotten(params: QueryDict) -> bool:
    return "near" in params and not any(params.get(name, "").strip() for name in ("near", "state", "q"))


def _answer(request: HttpRequest, query: Query) -> HttpResponse:
    found = search.find(query)
    page_is_missing = bool(found.count and not found.results)
    context = {
        **form_context(request.GET, found.facets, query),
        **_list_context(request.GET, query, found),
        **(_nothing_context(request.GET, query) if not found.count else {}),
        **(_one_context(query, found) if found.count == 1 else {}),
        "title": title(query, found.count),
        "page_is_missing": page_is_missing,
    }
    return render(request, "directory/results.html", context, status=404 if page_is_missing else 200)


def title(query: Query, count: int) -> str:
    """Count, radius and place in one sentence: the heading and the title of the page."""
    number = f"{count:,} clinic{'' if count == 1 else 's'}" if count else "No clinics"
    if not count and filter_panel.is_filtered(query):
        number = "No clinics with these filters"
    if query.spot:
        return (
            f"{number} within {query.radius:g} mile{'' if query.radius == 1 else 's'} of {query.spot.label}"
        )
    if query.state:
        return f"{number} in {STATES.get(query.state, query.state)}"
    return f"{number} with that name" if query.q else f"{number} in the United States"


def form_context(
    params: QueryDict, facets: dict[str, dict[str, int]], query: Query | None = None
) -> dict[str, Any]:
    """What the form beside the list needs, with what was typed and ticked kept."""
    return {
        "near": params.get("near", ""),
        "q": params.get("q", ""),
        "checked_since": params.get("checked_since", ""),
        "state": params.get("state", ""),
        "state_name": STATES.get(params.get("state", "").upper(), ""),
        "order": params.get("order", ""),
        "radius": query.radius if query else 25,
        "radii": filter_panel.radii(query.radius if query else 25),
        "groups": filter_panel.Groups(params, facets),
        "clear_url": filter_panel.clear_address(params),
        "applied": filter_panel.applied(params, query) if query else [],
    }


def _list_context(params: QueryDict, query: Query, found: Found) -> dict[str, Any]:
    first = (query.page - 1) * query.page_size + 1
    picture = locator.drawing(
        _points(found.results), query.spot, query.radius if query.spot else None, first=first
    )
    return {
        "query": query,
        "count": found.count,
        "cards": cards(found.results, first),
        "first": first,
        "last": first + len(found.results) - 1,
        "picture": picture if found.results or query.spot else None,
        "orders": _orders(params, query),
        "pages": _pages(params, query.page, found.pages),
    }


def _points(hits: Sequence[Hit]) -> tuple[tuple[float, float], ...]:
    return tuple(hit.point for hit in hits)


def _orders(params: QueryDict, query: Query) -> list[dict[str, Any]]:
    usable = ORDERS if query.spot else ORDERS[1:]
    return [
        {
            "now": now,
            "label": label,
            "url": filter_panel.address(params, order=order),
            "on": order == query.order,
        }
        for order, now, label in usable
    ]


def _pages(params: QueryDict, page: int, pages: int) -> dict[str, Any] | None:
    """Previous, next, and a few numbers around this page. None when everything is on one."""
    if pages < 2:
        return None
    near = sorted({1, pages, *range(max(1, page - 1), min(pages, page + 1) + 1)})
    numbers = [
        {"number": number, "url": page_address(params, number), "on": number == page} for number in near
    ]
    for before, after in pairwise(numbers):
        after["gap"] = after["number"] - before["number"] > 1
    return {
        "numbers": numbers,
        "previous": page_address(params, page - 1) if 1 < page <= pages else None,
        "next": page_address(params, page + 1) if page < pages else None,
        "of": pages,
    }


def page_address(params: QueryDict, page: int) -> str:
    """This search at another page."""
    return filter_panel.address(params) if page == 1 else filter_panel.address(params, page=str(page))


def _nothing_context(params: QueryDict, query: Query) -> dict[str, Any]:
    """Nothing is widened or dropped for the visitor: what else there is stands beside the empty answer."""
    is_filtered = filter_panel.is_filtered(query)
    nearby = search.nearest(query.spot, query) if query.spot else []
    removals = filter_panel.removals(params, query) if is_filtered else []
    wider = filter_panel.wider(query, nearby[0].distance_miles if nearby else None)
    return {
        "nothing": True,
        "removals": removals,
        "one_is_enough": any(removal.count for removal in removals),
        "all_count": search.find(filter_panel.without_filters(query)).count if is_filtered else 0,
        "nearest": nearby,
        "nearest_cards": cards(nearby),
        "nearest_last": nearby[-1] if nearby else None,
        "picture": locator.drawing(_points(nearby), query.spot, query.radius) if query.spot else None,
        "wider": wider,
        "wider_url": filter_panel.address(params, radius=str(wider)) if wider else "",
    }


def _one_context(query: Query, found: Found) -> dict[str, Any]:
    """One clinic alone leaves no choice: the next two that fit, outside the radius."""
    if not query.spot or not found.results:
        return {}
    only = found.results[0].document["id"]
    farther = search.nearest(query.spot, query, limit=2, excluding=(only,))
    picture = locator.drawing(_points([*found.results, *farther]), query.spot, query.radius)
    return {"farther": cards(farther, first=2), "picture": picture}
