"""State boards' lists of licenses, each in its own shape: a committed mapping says where everything stands.

A mapping is a TOML file in directory/registries/mappings/, described in docs/operations.md. Boards' terms of use
differ: import only a file that the board publishes or gave you.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

from directory.models import BoardLicense
from directory.registries import fields
from directory.registries.shape import Column, Combined, Names, Registry
from directory.registries.staging import Staged
from directory.states import STATES
from directory.vocabulary import LicenseStatus

FOLDER: Final = Path(__file__).parent / "mappings"
MOST_ENDING: Final = 0.02
"""Share of the active licenses that may turn otherwise in one file before a person has looked."""

_ZEROS: Final = re.compile(r"(?<![0-9])0+(?=[0-9])")
_SUFFIX: Final = re.compile(r"[, ]+(jr|sr|ii|iii|iv)\.?$", re.IGNORECASE)


class BadMapping(Exception):
    """The mapping cannot be used. The text says which key and why."""


def number_key(number: str) -> str:
    """A license number as compared: "DR.0012345", "dr 12345" and "DR-12345" are one."""
    return _ZEROS.sub("", re.sub("[^0-9A-Z]+", " ", number.upper())).replace(" ", "")


@dataclass(frozen=True)
class BoardMapping:
    """Where a board's file has what, and what its words mean.

    `columns`: field to header, a list where a number stands in several columns. `name_order`: "last first" where one
    column has both, as in "DOE, JANE". `status`: the board's words to LicenseStatus; a word that is missing makes its
    row a bad one. `professions`: those that are kept; all if empty. `marks_discipline`: cells that say that there is
    public discipline.
    """

    board: str
    state: str
    authority: str
    columns: Mapping[str, str | list[str]]
    status: Mapping[str, LicenseStatus]
    date_format: str = "%m/%d/%Y"
    name_order: str = ""
    professions: tuple[str, ...] = ()
    marks_discipline: tuple[str, ...] = ()
    delimiter: str = ","
    encoding: str = "utf-8"
    header_within: int = 1
    source_url: str = field(default="")


def read_mapping(path: Path) -> BoardMapping:
    """The mapping in a TOML file. Raises BadMapping."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadMapping(f"The mapping cannot be read: {error}") from None
    try:
        statuses = {_folded(word): LicenseStatus(value) for word, value in found.pop("status", {}).items()}
    except ValueError as error:
        raise BadMapping(f"status: {error}") from None
    for name in ("professions", "marks_discipline"):
        found[name] = tuple(_folded(word) for word in found.get(name, ()))
    try:
        mapping = BoardMapping(status=statuses, **found)
    except TypeError as error:
        raise BadMapping(f"A key is missing or unknown: {error}") from None
    _require_whole(mapping)
    return mapping


def _require_whole(mapping: BoardMapping) -> None:
    wanted = {"number", "status"}
    named = {"name"} if mapping.name_order else {"last_name"}
    if lacking := (wanted | named) - set(mapping.columns):
        raise BadMapping(f"columns: nothing says where to find: {', '.join(sorted(lacking))}.")
    known = wanted | {"name", "last_name", "first_name", "profession", "expires", "discipline"}
    if unknown := set(mapping.columns) - known:
        raise BadMapping(f"columns: nobody knows: {', '.join(sorted(unknown))}.")
    if mapping.name_order not in ("", "last first", "first last"):
        raise BadMapping('name_order: "last first" or "first last".')
    if mapping.state not in STATES:
        raise BadMapping("state: two letters of a state or territory.")
    if LicenseStatus.ACTIVE not in mapping.status.values():
        raise BadMapping("status: no word of the board means active.")
    if not re.fullmatch("[A-Za-z0-9-]{1,20}", mapping.board):
        raise BadMapping("board: letters, digits and hyphens, at most 20.")


def _folded(text: str) -> str:
    """Words of a board as compared: without case, one space between."""
    return " ".join(str(text).casefold().split())


def registry(mapping: BoardMapping) -> Registry:
    """What loads a board's file."""
    return Registry(
        name=f"license:{mapping.board}",
        model=BoardLicense,
        columns=tuple(_columns(mapping)),
        constants={"board": mapping.board, "state": mapping.state, "authority": mapping.authority},
        scope=("board",),
        keep_by=("profession",),
        keep=partial(_is_kept, mapping.professions),
        delimiter=mapping.delimiter,
        encoding=mapping.encoding,
        header_within=mapping.header_within,
        stops=(too_many_end,),
    )


def too_many_end(staged: Staged) -> list[str]:
    """The stop: more than MOST_ENDING of the licenses that were active are so no more, or are missing."""
    ending, active = staged.turning("status", (LicenseStatus.ACTIVE.value,))
    if ending <= MOST_ENDING * active:
        return []
    return [f"{ending:,} of {active:,} active licenses would be active no more."]


def _is_kept(professions: tuple[str, ...], profession: str) -> bool:
    return not professions or _folded(profession) in professions


def _columns(mapping: BoardMapping) -> list[Column | Combined]:
    number, last, first = _parts(mapping, "number"), *_name_columns(mapping)
    return [
        Combined("key", number, partial(_key, mapping.board)),
        Combined("number", number, _number),
        Combined("number_key", number, lambda cells: number_key(_number(cells))),
        last,
        first,
        _column(mapping, "profession", "profession", _plain),
        _column(mapping, "status_words", "status", _plain),
        _column(mapping, "status", "status", partial(_status, mapping.status)),
        _column(mapping, "discipline", "discipline", partial(_is_marked, mapping.marks_discipline)),
        _column(mapping, "expires_on", "expires", fields.day(mapping.date_format)),
    ]


def _parts(mapping: BoardMapping, name: str) -> tuple[Names, ...]:
    said = mapping.columns[name]
    return tuple((each,) for each in ([said] if isinstance(said, str) else said))


def _column(mapping: BoardMapping, into: str, name: str, parse: Callable[[str], Any]) -> Column | Combined:
    """One column for one field; where the board has none, the value of an empty cell."""
    if name not in mapping.columns:
        return Combined(into, (), lambda cells: parse(""), required=False)
    (only,) = _parts(mapping, name)
    return Column(into, only, parse=parse)


def _name_columns(mapping: BoardMapping) -> tuple[Column | Combined, Column | Combined]:
    if not mapping.name_order:
        return _column(mapping, "last_name", "last_name", _plain), _column(
            mapping, "first_name", "first_name", _plain
        )
    turned = mapping.name_order == "last first"
    return (
        _column(mapping, "last_name", "name", lambda text: split_name(text, last_first=turned)[0]),
        _column(mapping, "first_name", "name", lambda text: split_name(text, last_first=turned)[1]),
    )


def split_name(text: str, *, last_first: bool) -> tuple[str, str]:
    """Last and first names of "DOE-ROE, JANE M" or "Jane M Doe-Roe". Without a comma the last word is the last name."""
    whole = " ".join(_SUFFIX.sub("", text.strip()).split())
    if last_first:
        last, _, first = whole.partition(",") if "," in whole else whole.partition(" ")
        return last.strip(), first.strip()
    first, _, last = whole.partition(",")[0].rpartition(" ")
    return last.strip(), first.strip()


def _plain(text: str) -> str:
    return " ".join(text.split())


def _number(cells: tuple[str, ...]) -> str:
    number = ".".join(cell.strip() for cell in cells if cell.strip())
    if not re.search("[0-9]", number):
        raise ValueError("is no license number")
    return number


def _key(board: str, cells: tuple[str, ...]) -> str:
    return f"{board} {_number(cells)}"


def _status(known: Mapping[str, LicenseStatus], text: str) -> str:
    try:
        return known[_folded(text)].value
    except KeyError:
        raise ValueError("is a status that the mapping does not know") from None


def _is_marked(marks: tuple[str, ...], text: str) -> bool:
    return _folded(text) in marks if marks else False


def day_in(name: str) -> date | None:
    """The day that a file's name tells, as in "licenses-2026-11-08.csv"."""
    found = re.search(r"(20[0-9]{2})-?(0[1-9]|1[0-2])-?([0-3][0-9])", name)
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None
