"""The shape of a registry: its table, its columns, and what may not change without a person's word."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models

Names = tuple[str, ...]
"""A column's header and the other names it has had. Blanks, dashes, case and punctuation do not count."""


@dataclass(frozen=True)
class Column:
    """One column of the file for one field.

    parse: the cell's text, trimmed, to the field's value; raises ValueError, whose text goes into the row-level report
    and so repeats no cell. It must not ask the database, which is taking rows meanwhile. Without it the text is kept;
    a text longer than the field is a bad row.
    required: without this column the file cannot be read. Otherwise a file without it is held, and a person who
    confirms it agrees that the field becomes empty.
    """

    field: str
    names: Names
    parse: Callable[[str], Any] | None = None
    required: bool = True


@dataclass(frozen=True)
class Combined:
    """Several columns of the file for one field. `combine` gets their trimmed texts in the order of `parts`.

    It may raise ValueError as a parser may. Without some of its parts a file is held, without all of them refused.
    as_they_are: texts that were not trimmed, and fewer of them where the last parts are missing; for millions of rows.
    """

    field: str
    parts: tuple[Names, ...]
    combine: Callable[[tuple[str, ...]], Any]
    required: bool = True
    as_they_are: bool = False


@dataclass(frozen=True)
class Registry:
    """One kind of file.

    name: how RegistryFile.registry names it. model: its table, whose primary key is one text field.
    constants: values that are the same in every row; scope: those of them that limit the part of the table which the
    file speaks for. replaces: a full file, so that what is missing in it goes; otherwise rows are added and updated.
    keep_by, keep: fields, and a predicate of their values; rows for which it is false are read, counted and left.
    known_in: (field, model): rows whose `field` is no key of `model`'s table are left, too.
    from_json: the rows, header first, of a JSON body that the registry's own API answered with; None if it has none.
    repeats: a key may come twice (the last row counts) without being a bad row.
    header_within: the header is one of the first so many rows (a title may stand above it).
    stops, finish: called with the file's rows as they are staged (directory.registries.staging.Staged). Any sentence of
    a stop holds the file; what finishes runs in the transaction of the swap, after it.
    most_bad, most_lost: shares of bad rows, and of rows gone since the last file, above which the file is held.
    """

    name: str
    model: type[models.Model]
    columns: tuple[Column | Combined, ...]
    constants: Mapping[str, Any] = field(default_factory=dict)
    scope: tuple[str, ...] = ()
    replaces: bool = True
    keep_by: tuple[str, ...] = ()
    keep: Callable[..., bool] | None = None
    known_in: tuple[str, type[models.Model]] | None = None
    from_json: Callable[[Any], Iterator[list[str]]] | None = None
    repeats: bool = False
    delimiter: str = ","
    encoding: str = "utf-8"
    header_within: int = 1
    most_bad: float = 0.05
    most_lost: float = 0.10
    stops: tuple[Callable[[Any], list[str]], ...] = ()
    finish: Callable[[Any], None] | None = None

    @property
    def key(self) -> str:
        """The field that tells rows apart."""
        return self.model._meta.pk.attname

    @property
    def fields(self) -> list[str]:
        """The fields that the file fills, in the order of the staging table."""
        return [*(column.field for column in self.columns), *self.constants]
