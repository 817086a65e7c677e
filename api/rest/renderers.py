"""How an answer is written, and which form an asker gets."""

from collections.abc import Iterable

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

ANYTHING = "*/*"


class GeoJSONRenderer(JSONRenderer):
    """RFC 7946."""

    media_type = "application/geo+json"
    format = "geojson"


class FormatThenAccept(DefaultContentNegotiation):
    """`?format=` decides. Without it the Accept header does, and 406 if it takes nothing we have."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        asked = request.query_params.get("format")
        takes_anything = asked is None and request.META.get("HTTP_ACCEPT", ANYTHING) == ANYTHING
        for renderer in renderers:
            if takes_anything or renderer.format == asked:
                return renderer, renderer.media_type
        chosen: tuple[BaseRenderer, str] = super().select_renderer(request, renderers, format_suffix)
        return chosen
