"""Answers of the API, made of what search found. The clinic's own document comes from the index."""

from collections.abc import Callable, Mapping
from typing import Any

from api.rest import shapes
from directory.query import Query
from directory.search import Found, Hit

Json = dict[str, Any]


def clinic(document: Mapping[str, Any], distance_miles: float | None = None) -> Json:
    """The public clinic, its keys in the order of the contract; miles to a tenth."""
    miles = None if distance_miles is None else round(distance_miles, 1)
    whole = {**document, "distance_miles": miles}
    return {name: whole[name] for name in shapes.CLINIC_PROPERTIES}


def page(query: Query, found: Found, address_of: Callable[[int], str]) -> Json:
    """One page of a search. `address_of` gives the whole address of a page by its number."""
    results = [clinic(hit.document, hit.distance_miles) for hit in found.results]
    return {**_frame(query, found, address_of), "facets": found.facets, "results": results}


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
    properties = clinic(hit.document, hit.distance_miles)
    point = properties.pop("location")
    return {
        "type": "Feature",
        "id": properties.pop("id"),
        "geometry": {"type": "Point", "coordinates": [point["longitude"], point["latitude"]]},
        "properties": properties,
    }
