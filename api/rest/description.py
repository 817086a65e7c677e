"""The OpenAPI 3.1 file. drf-spectacular walks the addresses, so that none is forgotten; the shapes are ours."""

import functools
from typing import Any

from django.conf import settings
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.rest import mine_shapes, shapes
from api.rest.public import PublicRead

ABOUT = """\
A directory of licensed US clinics that give supervised ketamine or esketamine care, and what was checked about each.

* Reading is open: no key, no login, any origin. Nothing about a search is kept.
* A clinic leaves the answers the moment a required fact lapses, so ask again rather than keep a copy.
  Ask with If-None-Match and an unchanged answer costs you nothing.
* A clinic's own program keeps its listing with a key, under /api/v1/mine/. Nothing else needs one.
* Errors are problem documents (RFC 9457). They name parameters and never repeat what was sent.
* New keys may be added to any object; nothing in /api/v1/ is renamed or removed.
* Sending a referral (POST /api/v1/referrals/) is not open yet.
"""

KEYS = {"clinicKey": {"type": "http", "scheme": "bearer", "description": "A key of a clinic: cairn_…"}}


@functools.cache
def description() -> dict[str, Any]:
    """The whole OpenAPI document, made once per process."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    made["info"] |= {"title": f"{settings.SITE_NAME} directory", "description": ABOUT, "version": "1"}
    made["servers"] = [{"url": settings.SITE_URL}]
    made["security"] = []
    made["components"] = {"schemas": {**shapes.SHAPES, **mine_shapes.SHAPES}, "securitySchemes": KEYS}
    return made


class Description(PublicRead):
    """GET /api/v1/openapi.json."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(description())
