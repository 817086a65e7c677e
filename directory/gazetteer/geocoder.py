"""The gazetteer behind geopy's interface; for addresses an operator may put another service in its place."""

from typing import Any, Final

from django.conf import settings
from geopy.geocoders import get_geocoder_for_service
from geopy.geocoders.base import DEFAULT_SENTINEL, Geocoder
from geopy.location import Location
from geopy.point import Point

from directory.gazetteer.answers import BadPlace, Spot
from directory.gazetteer.lookup import resolve
from directory.geo import box, distance_miles
from directory.models.place import Place

REACHES: Final = (5.0, 25.0, 100.0)
"""Miles, tried in turn, to the nearest ZIP code. Farther out is not in the United States."""

OFFLINE: Final = "offline"


class OfflineGeocoder(Geocoder):  # type: ignore[misc]  # geopy ships no types
    """Geocodes to a town's or ZIP code's point from the Place table. It sends nothing anywhere."""

    def geocode(
        self, query: str, *, exactly_one: bool = True, timeout: Any = DEFAULT_SENTINEL
    ) -> Location | list[Location] | None:
        """The place that `resolve` finds, as a geopy Location; None if it finds none, or more than one."""
        try:
            spot = resolve(query)
        except BadPlace:
            return None
        if not isinstance(spot, Spot):
            return None
        location = Location(spot.label, (spot.latitude, spot.longitude), {"near": spot.near})
        return location if exactly_one else [location]

    def reverse(
        self, query: Any, *, exactly_one: bool = True, timeout: Any = DEFAULT_SENTINEL
    ) -> Location | list[Location] | None:
        """The ZIP code nearest to a point, in any form geopy.Point accepts; None if none is within 100 miles."""
        point = Point(query)
        place = nearest_zip(point.latitude, point.longitude)
        if place is None:
            return None
        location = Location(place.label, place.point, {"near": place.near})
        return location if exactly_one else [location]


def nearest_zip(latitude: float, longitude: float) -> Place | None:
    """The ZIP code whose point is nearest to a point (degrees); None if none is within 100 miles."""
    for miles in REACHES:
        around = _zips_in_box(latitude, longitude, miles)
        found = [(distance_miles(latitude, longitude, *z.point), z.key, z) for z in around if z.point]
        nearest = min(found, default=None)
        # The corners of a box are farther than its radius: something outside it could still be nearer.
        if nearest and nearest[0] <= miles:
            return nearest[2]
    return None


def operator_geocoder() -> Geocoder:
    """The service the operator chose (settings.GEOCODER) for the addresses of clinics.

    Never for what a visitor types: that stays in this process, whatever the setting. Options for the service,
    such as the `user_agent` that Nominatim asks for, are in settings.GEOCODER_OPTIONS.
    """
    name = settings.GEOCODER
    if name == OFFLINE:
        return OfflineGeocoder()
    return get_geocoder_for_service(name)(**getattr(settings, "GEOCODER_OPTIONS", {}))


def _zips_in_box(latitude: float, longitude: float, miles: float) -> list[Place]:
    around = box(latitude, longitude, miles)
    south, north = around.lat_cells[0] / 10, (around.lat_cells[1] + 1) / 10
    places = Place.objects.none()
    for west, east in around.lon_ranges:
        places = places | Place.objects.filter(
            kind=Place.Kind.ZIP, latitude__range=(south, north), longitude__range=(west, east)
        )
    return list(places)
