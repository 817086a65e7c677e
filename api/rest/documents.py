"""Answers of the API, made of what search found. The clinic's own document comes from the index."""

from collections.abc import Callable
from typing import Any

from directory import documents
from directory.query import Query
from directory.search import Found, Hit

Json = dict[str, Any]


def page(query: Query, found: Found, address_of: Callable[[int], str]) -> str:
    """One page of a search, as JSON text. `address_of` gives the whole address of a page by its number.

    The clinics are text already: to read and write them again would take longer than to find them.
    """
    frame = documents.compact({**_frame(query, found, address_of), "facets": found.facets})
    clinics = (documents.with_distance(hit.written.document, hit.distance_miles) for hit in found.results)
    return f'{frame[:-1]},"results":[{",".join(clinics)}]}}'


def feature_collection(query: Query, found: Found, address_of: Callable[[int], str]) -> Json:
    """The same page as GeoJSON."""
    features = [_feature(hit) for hit in found.results]
    return {"type": "FeatureCollection", **_frame(query, found, address_of), "features": features}


def _frame(query: Query, found: Found, address_of: Callable[[int], str]) -> Json:
    before = min(query.page - 1, found.pages)
    return {
        "count": found.count,
        "next": address_of(query.page + 1) if query.page < found.pages else None,
        "previous": address_of(before) if before > 0 else None,
        "place": _place(query),
    }


def _place(query: Query) -> Json | None:
    if query.spot is None:
        return None
    spot = query.spot
    return {"label": spot.label, "latitude": spot.latitude, "longitude": spot.longitude}


def _feature(hit: Hit) -> Json:
    miles = hit.distance_miles
    properties = {**hit.document, "distance_miles": None if miles is None else round(miles, 1)}
    point = properties.pop("location")
    return {
        "type": "Feature",
        "id": properties.pop("id"),
        "geometry": {"type": "Point", "coordinates": [point["longitude"], point["latitude"]]},
        "properties": properties,
    }
