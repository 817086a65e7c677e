"""The staging table: a file's rows beside the table they are for, filled in the database's own fast way.

PostgreSQL takes them by COPY into an UNLOGGED table, SQLite by INSERT into a second file below DATA_DIR, so that
neither locks the site's own tables while the file is read. What a killed run left behind, the next one throws away.
"""

# ruff: noqa: S608  (every name within the SQL is a table or column of ours, quoted; values travel apart)
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection, models

from directory.registries.shape import Registry
from directory.registries.sifting import Values

Write = Callable[[list[Values]], None]
"""Takes the columns of a block, in the order of `registry.columns`."""

_ESCAPED: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


@dataclass(frozen=True)
class Difference:
    """How many rows the table gains, how many become different, how many go."""

    added: int
    changed: int
    removed: int


class Staged:
    """A file's rows, staged. The methods ask the database and answer exactly."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        quote = connection.ops.quote_name
        meta = registry.model._meta
        self.fields = [meta.get_field(name) for name in registry.fields]
        self.columns = [quote(str(field.column)) for field in self.fields]  # type: ignore[union-attr]
        self.key = quote(str(meta.pk.column))
        self.table = quote(meta.db_table)
        self.name = f"staging_{meta.db_table}"
        # A file cannot be attached within a transaction; only tests are in one here.
        self.schema = "temp" if connection.in_atomic_block else "staging"
        self.stage = quote(self.name) if _is_postgresql() else f"{self.schema}.{quote(self.name)}"

    # --- filling --------------------------------------------------------------------------

    @contextmanager
    def made(self) -> Iterator["Staged"]:
        """The empty table, in place of one that was left behind; gone at the end."""
        with _attached(self.schema):
            self._do(f"DROP TABLE IF EXISTS {self.stage}")
            unlogged = "UNLOGGED " if _is_postgresql() else ""
            columns = ", ".join(self.columns)
            self._do(f"CREATE {unlogged}TABLE {self.stage} AS SELECT {columns} FROM {self.table} WHERE 1 = 0")
            try:
                yield self
            finally:
                if not connection.needs_rollback:
                    self._do(f"DROP TABLE IF EXISTS {self.stage}")

    @contextmanager
    def writing(self) -> Iterator[Write]:
        """Gives what takes the blocks; all of them are in the table when this ends without an error."""
        with connection.cursor() as cursor:
            writing = self._copying if _is_postgresql() else self._inserting
            with writing(cursor) as write:
                yield lambda columns: write(self._whole(columns))

    def _whole(self, columns: list[Values]) -> list[Values]:
        """With the constants."""
        count = len(columns[0])
        return [*columns, *([value] * count for value in self.registry.constants.values())]

    @contextmanager
    def _copying(self, cursor: Any) -> Iterator[Write]:
        is_text = [isinstance(field, models.CharField | models.TextField) for field in self.fields]
        with cursor.copy(f"COPY {self.stage} ({', '.join(self.columns)}) FROM STDIN") as copy:

            def write(columns: list[Values]) -> None:
                if columns[0]:
                    copy.write(_copy_text(columns, is_text))

            yield write

    @contextmanager
    def _inserting(self, cursor: Any) -> Iterator[Write]:
        marks = ", ".join("?" * len(self.columns))
        statement = f"INSERT INTO {self.stage} VALUES ({marks})"
        insert = connection.connection.executemany
        outer = connection.in_atomic_block
        if not outer:
            cursor.execute("BEGIN")  # deferred: it never locks the site's own file
        is_day = [isinstance(field, models.DateField) for field in self.fields]

        def write(columns: list[Values]) -> None:
            stored = [map(_iso, cells) if day else cells for cells, day in zip(columns, is_day, strict=True)]
            insert(statement, zip(*stored, strict=True))

        yield write
        if not outer:
            cursor.execute("COMMIT")

    def drop_unknown(self) -> None:
        """Throws away what belongs to nobody we keep (`registry.known_in`)."""
        if self.registry.known_in is None:
            return
        name, model = self.registry.known_in
        quote = connection.ops.quote_name
        ours = quote(str(self.registry.model._meta.get_field(name).column))  # type: ignore[union-attr]
        theirs, table = quote(str(model._meta.pk.column)), quote(model._meta.db_table)
        found = f"SELECT 1 FROM {table} AS k WHERE k.{theirs} = {self.stage}.{ours}"
        self._do(f"DELETE FROM {self.stage} WHERE NOT EXISTS ({found})")

    def drop_repeated(self) -> int:
        """Throws away all but the last row of each key, and makes the key quick to find; how many went."""
        row = "ctid" if _is_postgresql() else "rowid"
        return self._do(
            f"DELETE FROM {self.stage} WHERE {row} IN (SELECT place FROM (SELECT {row} AS place, row_number()"
            f" OVER (PARTITION BY {self.key} ORDER BY {row} DESC) AS nth FROM {self.stage}) AS k WHERE nth > 1)"
        )

    def index(self) -> None:
        """Makes a key quick to find, and lets the planner know what is there."""
        name = connection.ops.quote_name(f"{self.name}_key")
        place = name if _is_postgresql() else f"{self.schema}.{name}"
        table = connection.ops.quote_name(self.name)
        self._do(f"CREATE UNIQUE INDEX {place} ON {table} ({self.key})")
        self._do(f"ANALYZE {self.stage}")

    # --- asking ---------------------------------------------------------------------------

    def rows(self) -> int:
        """In the staging table."""
        return self._ask(f"SELECT count(*) FROM {self.stage}")

    def rows_now(self) -> int:
        """In the part of the table that the file speaks for, as it is before the swap."""
        return self._ask(f"SELECT count(*) FROM {self.table} AS t WHERE {self._scope}", *self._scope_values)

    def turning(self, field: str, good: tuple[Any, ...]) -> tuple[int, int]:
        """Of the table's rows whose `field` is one of `good`: how many the file makes otherwise or lacks; how many
        there are. To be asked before the swap, by a stop."""
        column = connection.ops.quote_name(str(self.registry.model._meta.get_field(field).column))  # type: ignore[union-attr]
        marks = ", ".join(["%s"] * len(good))
        now = f"SELECT count(*) FROM {self.table} AS t WHERE {self._scope} AND t.{column} IN ({marks})"
        still = (
            f"SELECT 1 FROM {self.stage} AS s WHERE s.{self.key} = t.{self.key} AND s.{column} IN ({marks})"
        )
        values = (*self._scope_values, *good)
        return self._ask(f"{now} AND NOT EXISTS ({still})", *values, *good), self._ask(now, *values)

    def difference(self) -> Difference:
        """What `swap` would do."""
        gone = f"SELECT count(*) FROM {self.table} AS t WHERE {self._gone}"
        return Difference(
            self._ask(f"SELECT count(*) FROM {self.stage} AS s WHERE {self._is_new}"),
            self._ask(f"SELECT count(*) FROM {self.table} AS t, {self.stage} AS s WHERE {self._differs}"),
            self._ask(gone, *self._scope_values) if self.registry.replaces else 0,
        )

    # --- the swap -------------------------------------------------------------------------

    def remove(self) -> int:
        """Deletes what a full file no longer has; how many."""
        if not self.registry.replaces:
            return 0
        return self._do(f"DELETE FROM {self.table} AS t WHERE {self._gone}", *self._scope_values)

    def change(self) -> int:
        """Updates what is different; how many."""
        others = ", ".join(f"{column} = s.{column}" for column in self.columns if column != self.key)
        return self._do(f"UPDATE {self.table} AS t SET {others} FROM {self.stage} AS s WHERE {self._differs}")

    def add(self) -> int:
        """Inserts what is new; how many. Fields that the file does not fill get their default."""
        quote = connection.ops.quote_name
        unfilled = [field for field in self.registry.model._meta.concrete_fields if field not in self.fields]
        columns = ", ".join([*self.columns, *(quote(str(field.column)) for field in unfilled)])
        values = ", ".join([*(f"s.{column}" for column in self.columns), *["%s"] * len(unfilled)])
        return self._do(
            f"INSERT INTO {self.table} ({columns}) SELECT {values} FROM {self.stage} AS s WHERE {self._is_new}",
            *(None if field.null else field.get_default() for field in unfilled),
        )

    @property
    def _scope(self) -> str:
        quote = connection.ops.quote_name
        return " AND ".join(["1 = 1", *(f"t.{quote(name)} = %s" for name in self.registry.scope)])

    @property
    def _scope_values(self) -> list[Any]:
        return [self.registry.constants[name] for name in self.registry.scope]

    @property
    def _gone(self) -> str:
        found = f"SELECT 1 FROM {self.stage} AS s WHERE s.{self.key} = t.{self.key}"
        return f"{self._scope} AND NOT EXISTS ({found})"

    @property
    def _is_new(self) -> str:
        return f"NOT EXISTS (SELECT 1 FROM {self.table} AS t WHERE t.{self.key} = s.{self.key})"

    @property
    def _differs(self) -> str:
        unlike = "IS DISTINCT FROM" if _is_postgresql() else "IS NOT"
        others = [f"t.{column} {unlike} s.{column}" for column in self.columns if column != self.key]
        return f"s.{self.key} = t.{self.key} AND ({' OR '.join(others)})"

    def _do(self, sql: str, *values: Any) -> int:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return int(cursor.rowcount)

    def _ask(self, sql: str, *values: Any) -> int:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return int(cursor.fetchone()[0])


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"


@lru_cache(maxsize=50_000)  # few different days, again and again
def _iso(day: date | None) -> str | None:
    """As SQLite keeps a day."""
    return day.isoformat() if day else None


@lru_cache(maxsize=50_000)
def _copy_cell(value: Any) -> str:
    """What is no text, as COPY has it."""
    return r"\N" if value is None else str(value)


def _copy_text(columns: list[Values], is_text: list[bool]) -> str:
    """The block as COPY's text format has it."""
    pairs = list(zip(columns, is_text, strict=True))
    texts = [column if text else list(map(_copy_cell, column)) for column, text in pairs]
    lines = _lines(texts)
    nulls = sum(column.count(None) for column, text in pairs if not text)
    breaks = len(columns[0]) - 1
    tabs = len(columns[0]) * (len(columns) - 1)
    if (lines.count("\\"), lines.count("\n"), lines.count("\t")) == (
        nulls,
        breaks,
        tabs,
    ) and "\r" not in lines:
        return f"{lines}\n"
    safe = [
        [cell.translate(_ESCAPED) for cell in column] if text else column
        for column, text in zip(texts, is_text, strict=True)
    ]
    return f"{_lines(safe)}\n"


def _lines(texts: list[Values]) -> str:
    return "\n".join(map("\t".join, zip(*texts, strict=True)))


@contextmanager
def _attached(schema: str) -> Iterator[None]:
    """SQLite's second file, new and without a journal: after a crash it is thrown away, never mended."""
    if _is_postgresql() or schema == "temp":
        yield
        return
    path = Path(settings.DATA_DIR) / "imports" / "staging.sqlite3"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with connection.cursor() as cursor:
        cursor.execute("ATTACH DATABASE %s AS staging", [str(path)])
        path.chmod(0o600)
        for setting in ("journal_mode = OFF", "synchronous = OFF", "secure_delete = OFF"):
            cursor.execute(f"PRAGMA staging.{setting}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DETACH DATABASE staging")
        path.unlink(missing_ok=True)
