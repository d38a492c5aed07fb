"""One open transaction on SQLite: questions, and rows that are counted when they are written.

Rules (:class:`foodtrace.storage.session.Session`):

1. Ids of a question go as one JSON text, so that a statement is prepared once however many there are.
2. Rows written are counted; fewer than asked for is no success.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from foodtrace.storage.session import LEFT_ALONE, Ask, Dialect, Row, not_written
from foodtrace.storage.strange import Looked

if TYPE_CHECKING:
    from foodtrace.tlog.vouched import Vouched

__all__ = ["SqliteSession"]

_RELATION: Final = "json_each(?) AS f"
_AMONG: Final = "IN (SELECT value FROM json_each(?))"
_MANY: Final = 5_000
"""From so many values on it pays to load the encoder, if nothing has loaded it yet."""


class SqliteSession:
    """One open transaction on SQLite."""

    dialect: Dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection, looked: Looked | None = None) -> None:
        self._c = connection
        self._looked = looked or Looked()
        self.vouched: Vouched | None = None
        self.rules: Path | None = None

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """See :class:`foodtrace.storage.session.Session`."""
        return self._c.execute(sql, params).fetchall()

    def row(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        """See :class:`foodtrace.storage.session.Session`."""
        found: Row | None = self._c.execute(sql, params).fetchone()
        return found

    def lock(self, sql: str, params: Sequence[object]) -> Row | None:
        """See :class:`foodtrace.storage.session.Session`: the transaction is the lock; a schema that is the same was looked at."""
        (schema,) = self._c.execute("PRAGMA schema_version").fetchone()
        self._looked.again(self, schema)
        return self.row(sql, params)

    def stream(self, sql: str, params: Sequence[object] = ()) -> Iterable[Row]:
        """See :class:`foodtrace.storage.session.Session`."""
        return self._c.execute(sql, params)

    def each(self, sql: str, ids: Collection[int] | Collection[str], params: Sequence[object] = ()) -> list[Row]:
        """See :class:`foodtrace.storage.session.Session`."""
        if not ids:
            return []
        return self._c.execute(_related(sql), (_json(list(ids)), *params)).fetchall()

    def ahead(self, *asks: Ask) -> None:
        """See :class:`foodtrace.storage.session.Session`: there is no journey here."""

    def run(self, sql: str, params: Sequence[object] = ()) -> int:
        """See :class:`foodtrace.storage.session.Session`."""
        before = self._c.total_changes
        self._c.execute(sql, params)
        return self._c.total_changes - before

    def many(self, sql: str, params: Collection[Sequence[object]]) -> None:
        """See :class:`foodtrace.storage.session.Session`."""
        if len(params) == 1:
            self._c.execute(sql, *params)
        elif params:
            self._c.executemany(sql, params)

    def insert(self, table: str, columns: str, rows: Collection[Sequence[object]]) -> None:
        """See :class:`foodtrace.storage.session.Session`."""
        before = self._c.total_changes  # counts what triggers change too: a row that one of them takes away again is not there either
        if len(rows) == 1:  # by far the most frequent: a commit of one event feels each call
            self._c.execute(_inserting(table, columns, ""), *rows)
        elif rows:
            self._c.executemany(_inserting(table, columns, ""), rows)
        if self._c.total_changes - before != len(rows):
            raise not_written(table, len(rows), self._c.total_changes - before)

    def merge(self, table: str, columns: str, rows: Collection[Sequence[int]], conflict: str) -> None:
        """See :class:`foodtrace.storage.session.Session`."""
        before = self._c.total_changes
        if len(rows) == 1:
            self._c.execute(_inserting(table, columns, conflict), *rows)
        elif rows:
            self._c.executemany(_inserting(table, columns, conflict), rows)
        if self._c.total_changes - before != len(rows) and conflict != LEFT_ALONE:
            raise not_written(table, len(rows), self._c.total_changes - before)

    @contextmanager
    def lenient(self) -> Iterator[None]:
        """See :class:`foodtrace.storage.session.Session`."""
        before, self._c.text_factory = self._c.text_factory, lambda data: data.decode("utf-8", "replace")
        try:
            yield
        finally:
            self._c.text_factory = before

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """See :class:`foodtrace.storage.session.Session`."""
        self._c.execute("SAVEPOINT inner_work")
        try:
            yield
        except BaseException:
            self._c.execute("ROLLBACK TO inner_work")
            self._c.execute("RELEASE inner_work")
            raise
        self._c.execute("RELEASE inner_work")


@cache
def _inserting(table: str, columns: str, conflict: str) -> str:
    """Return the statement that inserts rows; there are as many as tables, and each is needed at every commit."""
    marks = ",".join("?" * (columns.count(",") + 1))
    return f"INSERT INTO {table} ({columns}) VALUES ({marks}) {conflict}"  # noqa: S608 - our tables


@lru_cache(maxsize=256)
def _related(sql: str) -> str:
    return sql.replace("{ids}", _RELATION).replace("{texts}", _RELATION).replace("{among}", _AMONG)


def _json(values: Sequence[object]) -> str:
    """Return values as JSON; a recall from the shell, which asks for few at a time, loads no library for it."""
    if len(values) < _MANY and "msgspec" not in sys.modules:
        return json.dumps(values)
    import msgspec  # noqa: PLC0415 - see above

    return msgspec.json.encode(values).decode()
