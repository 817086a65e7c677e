"""The rows of a request that was really made, written again with plain SQL: what the database alone takes for them."""

import secrets
import uuid
from typing import Any

from django.db import connections, models

from accounts.models import AuditEvent, AuditHead
from outbox.models import Delivery
from referrals.models import Referral, TimelineEntry

Row = dict[str, Any]


class RawRows:
    """Each call writes referral, timeline, deliveries, audit link and its head, of that size, and commits.

    Writes with the driver's own cursor into the database `alias`, a copy of the site's database: the rows are new
    ones each time, but signed by nobody. The connection is Django's, so its settings are the site's.
    """

    def __init__(self, referral: Referral, alias: str) -> None:
        connections[alias].ensure_connection()
        self._vendor = connections[alias].vendor
        self._cursor = connections[alias].connection.cursor()
        self._row = self._only(Referral, "id", referral.pk)
        self._step = self._only(TimelineEntry, "referral_id", referral.pk)
        self._messages = self._rows(Delivery, "subject", str(referral.pk))
        self._link = self._only(AuditEvent, "object_id", str(referral.pk))
        self._head = self._only(AuditHead, "id", 1)
        self._statements: dict[tuple[str, ...], str] = {}
        self.written = 0

    def __call__(self) -> None:
        new, self._execute = uuid.uuid4(), self._cursor.execute
        self._execute("BEGIN IMMEDIATE" if self._vendor == "sqlite" else "BEGIN")
        self._insert(Referral, self._new_referral(new))
        self._insert(TimelineEntry, {**self._step, "referral_id": self._stored(new)})
        for number, message in enumerate(self._messages):
            own = {"id": self._stored(uuid.uuid4()), "subject": str(new)}
            self._insert(
                Delivery, {**message, **own, "dedupe_key": f"clinic-new-request:{new}:user:{number}"}
            )
        self._append_link(new)
        self._execute("COMMIT")
        self.written += 1

    def _new_referral(self, new: uuid.UUID) -> Row:
        unique = {name: secrets.token_hex(32) for name in ("token_digest", "idempotency_digest")}
        return {**self._row, **unique, "id": self._stored(new), "reference": secrets.token_hex(4)[:7]}

    def _append_link(self, new: uuid.UUID) -> None:
        digest, count = secrets.token_hex(32), self._head["count"] + 1
        chained = {"seq": count, "object_id": str(new), "previous": self._head["digest"], "digest": digest}
        self._insert(AuditEvent, {**self._link, **chained})
        self._head.update(count=count, digest=digest)
        self._execute(
            self._sql(
                "UPDATE accounts_audithead SET count = ?, digest = ?, key_id = ?, seal = ? WHERE id = 1"
            ),
            (count, digest, self._head["key_id"], self._head["seal"]),
        )

    def _insert(self, model: type[models.Model], row: Row) -> None:
        names = tuple(
            name for name in row if (model, name) != (TimelineEntry, "id")
        )  # numbered by the database
        table = model._meta.db_table
        sql = self._statements.get((table, *names))
        if sql is None:
            places = ", ".join("?" * len(names))
            sql = self._sql(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})")
            self._statements[table, *names] = sql
        self._execute(sql, [row[name] for name in names])

    def _only(self, model: type[models.Model], column: str, value: Any) -> Row:
        (row,) = self._rows(model, column, value)
        return row

    def _rows(self, model: type[models.Model], column: str, value: Any) -> list[Row]:
        stored = self._stored(value) if isinstance(value, uuid.UUID) else value
        self._cursor.execute(self._sql(f"SELECT * FROM {model._meta.db_table} WHERE {column} = ?"), (stored,))
        names = [column[0] for column in self._cursor.description]
        return [dict(zip(names, values, strict=True)) for values in self._cursor.fetchall()]

    def _stored(self, value: uuid.UUID) -> Any:
        """SQLite has no type for it: Django stores 32 digits there."""
        return value.hex if self._vendor == "sqlite" else value

    def _sql(self, text: str) -> str:
        return text if self._vendor == "sqlite" else text.replace("?", "%s")
