"""How cells become values. What cannot be read raises ValueError with a reason that does not repeat the cell."""

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

NO_DATE: Final = {"", "00000000", "0000-00-00", "--"}
FIRST_DAY_OF_SPREADSHEETS: Final = date(1899, 12, 30)


def day(form: str = "%m/%d/%Y") -> Callable[[str], date | None]:
    """A parser of days written as `form`; None where the cell is empty or all zeros.

    A spreadsheet may hold a day as its number since 1899-12-30; that is read, too.
    """

    @lru_cache(maxsize=50_000)  # the same days come again and again
    def parse(text: str) -> date | None:
        if text in NO_DATE:
            return None
        if len(text) == 5 and text.isascii() and text.isdigit():
            return FIRST_DAY_OF_SPREADSHEETS + timedelta(days=int(text))
        return _day(text, form)

    return parse


def past_day(form: str = "%m/%d/%Y") -> Callable[[str], date | None]:
    """The same, for days that cannot lie ahead. Registries are a day ahead of UTC nowhere, but clocks may differ."""
    read = day(form)

    @lru_cache(maxsize=50_000)
    def parse(text: str) -> date | None:
        found = read(text)
        # This machine's clock, not the database's, which is busy with the file meanwhile.
        if found and found > datetime.now(UTC).date() + timedelta(days=1):
            raise ValueError("is a date in the future")
        return found

    return parse


def required(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """`parse`, for a cell that may not be empty."""

    def parse_filled(text: str) -> Any:
        value = parse(text)
        if value in {None, ""}:
            raise ValueError("is empty")
        return value

    return parse_filled


def _day(text: str, form: str) -> date:
    try:
        read = datetime.strptime(text, form).date()  # noqa: DTZ007  (a day has no zone)
    except ValueError:
        raise ValueError("is not a date as expected") from None
    if not 1900 <= read.year <= 2199:
        raise ValueError("is a date outside 1900 to 2199")
    return read


def one_of(values: dict[str, object]) -> Callable[[str], object]:
    """A parser of code words: `values` by the cell's text."""

    def parse(text: str) -> object:
        try:
            return values[text]
        except KeyError:
            raise ValueError("is not one of the known codes") from None

    return parse


def digest(cells: tuple[str, ...]) -> str:
    """A key for a row that has none: SHA-256 over its cells, as 64 hexadecimal digits."""
    return hashlib.sha256("\x1f".join(cells).encode()).hexdigest()
