"""Reads tables that are not as foodtrace makes them as if they were, so that what is wrong with one of them hides nothing in the others.

Rules:

1. For a table that is gone, that lacks a column, or on PostgreSQL has one of another type, stands a query: whoever asks for its rows gets
   those of the query, in the columns and types that foodtrace gives it; of a table that is gone none.
2. A value that such a column could not hold (half a number, a word for a number) is left out and never rounded: what is not there can
   only be found missing. Bytes that cannot be had are none. That a table is gone is asked for (:func:`tables_gone`) by who would else name
   each of its rows as missing.
3. This is for ``verify`` and ``doctor``, which name every such table besides (:mod:`foodtrace.storage.around`,
   :mod:`foodtrace.storage.strange`). Nothing else is answered from it, and nothing is written.
4. SQLite keeps any type in any column; its values are looked at one by one (:mod:`foodtrace.storage.types`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from foodtrace.storage.session import Ask, Dialect, Row, Session
from foodtrace.storage.strange import quoted

if TYPE_CHECKING:
    from foodtrace.tlog.vouched import Vouched

_Kind: TypeAlias = Literal["integer", "text", "blob"]
_KINDS: Final[Mapping[str, _Kind]] = {"BLOB": "blob", "BIGINT": "integer", "SMALLINT": "integer", "INTEGER": "integer", "TEXT": "text"}
_NUMBERS: Final[Mapping[_Kind, frozenset[int]]] = {"integer": frozenset({20, 21, 23}), "text": frozenset({25}), "blob": frozenset({17})}
"""Kind -> PostgreSQL's numbers of the types that give the driver such a value."""
_NONE: Final[Mapping[Dialect, Mapping[_Kind, str]]] = {
    "sqlite": {"integer": "NULL", "text": "NULL", "blob": "x''"},
    "postgresql": {"integer": "CAST(NULL AS bigint)", "text": "CAST(NULL AS text)", "blob": "CAST('' AS bytea)"},
}
_AS_OURS: Final[Mapping[_Kind, str]] = {
    "integer": "CASE WHEN {0}::text ~ '^-{{0,1}}[0-9]{{1,19}}([.]0*){{0,1}}$' THEN CASE WHEN {0}::text::numeric "
    "BETWEEN -9223372036854775808 AND 9223372036854775807 THEN {0}::text::numeric::bigint END END",
    "text": "{0}::text",
    "blob": "coalesce(convert_to({0}::text, 'UTF8'), CAST('' AS bytea))",
}
"""Kind -> how a column of another type is read on PostgreSQL (rule 2)."""
_THERE: Final[Mapping[Dialect, str]] = {
    "sqlite": "SELECT lower(m.name), 'main.' || lower(m.name), lower(p.name), 0 FROM sqlite_master AS m "
    "JOIN pragma_table_info(m.name) AS p WHERE m.type IN ('table', 'view')",
    "postgresql": "SELECT c.relname, quote_ident(s.nspname) || '.' || quote_ident(c.relname), a.attname, "
    "(CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END)::bigint FROM unnest(?::text[]) AS n(name) "
    "JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(n.name) JOIN pg_catalog.pg_namespace AS s ON s.oid = c.relnamespace "
    "JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
    "JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid",
}
"""Table, the table with its schema, column, number of its type (on PostgreSQL; of a domain that of the type it is made of)."""
_NO_ROW: Final = "WHERE 1 = 0"
_ASKED: Final = re.compile(r"\b(?:FROM|JOIN) (\w+)\b")


def stand_ins(session: Session) -> dict[str, str]:
    """Return the query that stands for each table that is not as foodtrace makes it (rule 1); of most ledgers, none."""
    tables = _tables()
    given = (list(tables),) if session.dialect == "postgresql" else ()
    places: dict[str, str] = {}
    there: dict[str, dict[str, int]] = {}
    for table, place, column, kind in session.rows(_THERE[session.dialect], given):
        if table in tables:
            places[table] = str(place)
            there.setdefault(table, {})[str(column)] = int(kind)
    found = {name: _query(session.dialect, name, columns, places.get(name, ""), there.get(name, {})) for name, columns in tables.items()}
    return {name: query for name, query in found.items() if query}


def as_made(session: Session) -> Session:
    """Return a session that reads every table as foodtrace makes it: the same one where they are so."""
    found = stand_ins(session)
    return AsMade(session, found) if found else session


def tables_gone(session: Session) -> frozenset[str]:
    """Return the tables that are gone, of a session of :func:`as_made`."""
    return session.gone if isinstance(session, AsMade) else frozenset()


@cache
def _tables() -> dict[str, dict[str, _Kind]]:
    """Return the kind of each column of each table; asking SQLAlchemy for them takes longer than all else here."""
    from foodtrace.storage.tables import metadata  # noqa: PLC0415 - SQLAlchemy loads only to verify

    return {
        str(table.name): {str(column.name): _KINDS[str(column.type.compile())] for column in table.columns}
        for table in metadata.sorted_tables
    }


def _query(dialect: Dialect, table: str, columns: Mapping[str, _Kind], place: str, there: Mapping[str, int]) -> str:
    """Return the query that stands for a table, empty where the table itself will do.

    :param columns: those it should have. :param place: the table with its schema, empty where it is gone.
    :param there: its columns, and the numbers of their types.
    """
    names = [quoted(column) for column in columns]
    read = [_read(dialect, name, kind, there.get(column)) for name, (column, kind) in zip(names, columns.items(), strict=True)]
    if read == names:
        return ""
    return f"{table}({', '.join(names)}) AS (SELECT {', '.join(read)} {f'FROM {place}' if place else _NO_ROW})"


def _read(dialect: Dialect, name: str, kind: _Kind, got: int | None) -> str:
    """Return how a column is read: by its name, where it is of the type it should be. :param got: number of its type, none: it is gone."""
    if got is None:
        return _NONE[dialect][kind]
    return name if dialect == "sqlite" or got in _NUMBERS[kind] else _AS_OURS[kind].format(name)


class AsMade:
    """A session in which queries stand for tables (rule 1)."""

    def __init__(self, session: Session, queries: Mapping[str, str]) -> None:
        self._session, self._queries = session, queries
        self._said: dict[str, str] = {}
        self.gone = frozenset(name for name, query in queries.items() if query.endswith(f"{_NO_ROW})"))
        """Tables that are not there."""
        self.dialect: Dialect = session.dialect
        self.vouched: Vouched | None = session.vouched
        self.rules: Path | None = session.rules

    def _as_made(self, sql: str) -> str:
        """Return a query with those before it that stand for tables it asks."""
        if sql not in self._said:
            asked = sorted({each for each in _ASKED.findall(sql) if each in self._queries})
            made = ", ".join(self._queries[each] for each in asked)
            begins = next((each for each in ("WITH RECURSIVE ", "WITH ") if sql.startswith(each)), "")
            self._said[sql] = sql if not asked else f"{begins or 'WITH '}{made}{', ' if begins else ' '}{sql.removeprefix(begins)}"
        return self._said[sql]

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """See :class:`foodtrace.storage.session.Session`."""
        return self._session.rows(self._as_made(sql), params)

    def row(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        """See :class:`foodtrace.storage.session.Session`."""
        return self._session.row(self._as_made(sql), params)

    def lock(self, sql: str, params: Sequence[object]) -> Row | None:
        """See :class:`foodtrace.storage.session.Session`."""
        return self._session.lock(sql, params)

    def stream(self, sql: str, params: Sequence[object] = ()) -> Iterable[Row]:
        """See :class:`foodtrace.storage.session.Session`."""
        return self._session.stream(self._as_made(sql), params)

    def each(self, sql: str, ids: Collection[int] | Collection[str], params: Sequence[object] = ()) -> list[Row]:
        """See :class:`foodtrace.storage.session.Session`: the ids are the first parameter still, for no query that stands in has any."""
        return self._session.each(self._as_made(sql), ids, params)

    def ahead(self, *asks: Ask) -> None:
        """See :class:`foodtrace.storage.session.Session`: nothing is asked ahead."""

    def run(self, sql: str, params: Sequence[object] = ()) -> int:
        """See :class:`foodtrace.storage.session.Session`."""
        return self._session.run(sql, params)

    def many(self, sql: str, params: Collection[Sequence[object]]) -> None:
        """See :class:`foodtrace.storage.session.Session`."""
        self._session.many(sql, params)

    def insert(self, table: str, columns: str, rows: Collection[Sequence[object]]) -> None:
        """See :class:`foodtrace.storage.session.Session`."""
        self._session.insert(table, columns, rows)

    def merge(self, table: str, columns: str, rows: Collection[Sequence[int]], conflict: str) -> None:
        """See :class:`foodtrace.storage.session.Session`."""
        self._session.merge(table, columns, rows, conflict)

    def lenient(self) -> AbstractContextManager[None]:
        """See :class:`foodtrace.storage.session.Session`."""
        return self._session.lenient()

    def savepoint(self) -> AbstractContextManager[None]:
        """See :class:`foodtrace.storage.session.Session`."""
        return self._session.savepoint()


__all__ = ["AsMade", "as_made", "stand_ins", "tables_gone"]
