"""From what a visitor types ("80202", "Denver, CO", "40.7,-74.0") to a point on the map, asking nobody."""

from directory.gazetteer.answers import BadPlace, Choice, Problem, Spot, StateOnly
from directory.gazetteer.geocoder import OfflineGeocoder, operator_geocoder
from directory.gazetteer.lookup import resolve

__all__ = [
    "BadPlace",
    "Choice",
    "OfflineGeocoder",
    "Problem",
    "Spot",
    "StateOnly",
    "operator_geocoder",
    "resolve",
]
