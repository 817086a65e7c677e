"""The site as gunicorn serves it."""

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)


class Utf8Request(WSGIRequest):
    """A request that is read as UTF-8, whatever charset its Content-Type names.

    Django would decode the query by that charset before any middleware runs, and fail with 500 when it is
    `hex`, a codec to Python. config.middleware answers 400 to every charset but UTF-8.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


class Utf8Handler(WSGIHandler):
    request_class = Utf8Request


application = Utf8Handler()
