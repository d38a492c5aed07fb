"""Writes the very rows of a recorded batch again, without the library: what the same rows cost through bare ``sqlite3``.

Rules:

1. A batch is recorded in a ledger whose sessions note every statement that writes, with its rows. Those statements, on those rows,
   are run in a database of the same schema (tables, indexes, triggers), on the same disk, under the same pragmas, in one transaction
   of BEGIN IMMEDIATE .. COMMIT: one ``executemany`` for each table. No row is built, hashed, signed, encoded or looked up there.
2. Statements that read are left out, so the raw side does less than any program could.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from foodtrace import Ledger
from foodtrace.events import Event
from foodtrace.storage.schema import statements

Written: TypeAlias = list[tuple[str, list[tuple[Any, ...]]]]
"""Statement and the rows it was run with, in order."""


class _Noting:
    """A session that notes what it writes."""

    def __init__(self, session: Any, written: Written) -> None:
        self._session, self._written = session, written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def run(self, sql: str, params: Sequence[object] = ()) -> int:
        self._written.append((sql, [tuple(params)]))
        return self._session.run(sql, params)

    def many(self, sql: str, params: Collection[Sequence[object]]) -> None:
        rows = [tuple(each) for each in params]
        if rows:
            self._written.append((sql, rows))
        self._session.many(sql, rows)

    def insert(self, table: str, columns: str, rows: Collection[Sequence[object]]) -> None:
        self.many(f"INSERT INTO {table} ({columns}) VALUES ({_marks(columns)})", rows)

    def merge(self, table: str, columns: str, rows: Collection[Sequence[object]], conflict: str) -> None:
        self.many(f"INSERT INTO {table} ({columns}) VALUES ({_marks(columns)}) {conflict}", rows)


def _marks(columns: str) -> str:
    return ",".join("?" * (columns.count(",") + 1))


@contextmanager
def noting(ledger: Ledger, written: Written) -> Iterator[None]:
    """Note what is written through a ledger meanwhile."""
    real: Callable[..., Any] = ledger.store.write

    @contextmanager
    def write() -> Iterator[Any]:
        with real() as session:
            yield _Noting(session, written)

    ledger.store.write = write  # type: ignore[method-assign]
    try:
        yield
    finally:
        ledger.store.write = real  # type: ignore[method-assign]


def rows_of(ledger: Ledger, batches: Sequence[Sequence[Event]]) -> list[Written]:
    """Record batches; return what each wrote."""
    found: list[Written] = []
    for batch in batches:
        written: Written = []
        with noting(ledger, written):
            ledger.record(batch)
        found.append(written)
    return found


def connect(path: Path) -> sqlite3.Connection:
    """Open a database with the pragmas of a ledger."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "recursive_triggers=ON",
        "secure_delete=ON",
        "cache_size=-65536",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchone()
    return connection


def empty(path: Path) -> sqlite3.Connection:
    """Make a database of a ledger's schema."""
    connection = connect(path)
    for statement in statements("sqlite"):
        connection.execute(statement)
    return connection


def write(connection: sqlite3.Connection, written: Written) -> None:
    """Write a batch's rows in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    for sql, rows in written:
        if len(rows) == 1:
            connection.execute(sql, rows[0])
        else:
            connection.executemany(sql, rows)
    connection.execute("COMMIT")
