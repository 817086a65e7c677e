"""Bodies as JSON, read strictly: one meaning or none."""

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class StrictJSONParser(JSONParser):
    """Refuses a key that comes twice, NaN and its like, nesting without end and numbers that no field could hold."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """What the body says; raises ParseError."""
        try:
            return json.loads(stream.read(), object_pairs_hook=_once, parse_constant=_no_such_number)
        except (ValueError, RecursionError):
            raise ParseError from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _no_such_number(name: str) -> Any:
    raise ValueError
