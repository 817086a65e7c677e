"""A JSON body, as a registry's own API answers with: small, so it is read as a whole."""

import json
from collections.abc import Callable, Iterator
from typing import IO, Any, Final

from directory.registries.files import Unreadable
from directory.registries.reading import Block, Row

MOST_BYTES: Final = 32 << 20


def blocks(stream: IO[bytes], rows: Callable[[Any], Iterator[Row]] | None) -> Iterator[Block]:
    """The rows that `rows` finds in the body, header first. Raises Unreadable."""
    if rows is None:
        raise Unreadable("The file is a message, not a table. Download it again.")
    text = stream.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise Unreadable("The message is longer than any answer of the registry.")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("The message is damaged or cut off. Ask for it again.") from None
    yield Block(1, list(rows(body)))
