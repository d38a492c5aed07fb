"""Finds values of a type that no table of the schema has.

SQLite keeps any type in any column, so whoever has the file can put text where bytes belong, or half a number; reading such a row must be
a finding, not a surprise. PostgreSQL refuses such values itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import TYPE_CHECKING, Final, NamedTuple

from foodtrace.storage.session import Session

if TYPE_CHECKING:
    from sqlalchemy import Column, Table

_NAMES: Final = {"BLOB": "blob", "BIGINT": "integer", "SMALLINT": "integer", "INTEGER": "integer", "TEXT": "text"}
_SHOWN: Final = 20
"""Most rows named of a column; of the others it is said how many there are."""
_UNDECODABLE: Final = "Could not decode to UTF-8"
"""How the driver's words begin about a text that is none."""


class Mistyped(NamedTuple):
    """A value of another type than its column has, or how many more of that column there are."""

    place: str
    """``table.column``."""
    log: int | str | None
    """Number of the log the row names; none where it names none."""
    seq: int | None
    """Of the entry; none where the row is of no single one."""
    expected: str
    got: str
    more: int = 0
    """How many others of the column there are that are not named; then the rest says only which column."""


def mistyped(session: Session, tables: Collection[str] | None = None) -> list[Mistyped]:
    """Return the values of some tables, or of all, that are of another type than their columns: of each column a few, and how many more."""
    from foodtrace.storage.tables import metadata  # noqa: PLC0415 - SQLAlchemy loads only to verify

    if session.dialect != "sqlite":
        return []
    found: list[Mistyped] = []
    for table in metadata.sorted_tables if tables is None else [metadata.tables[name] for name in tables]:
        wrong = {column: _unlike(column) for column in table.columns}
        if session.row(f"SELECT 1 FROM {table.name} NOT INDEXED WHERE {' OR '.join(wrong.values())} LIMIT 1"):  # noqa: S608 - our tables
            for column, where in wrong.items():
                found += _of_column(session, table, column, where)
        for column in table.columns:
            if _kind(column) == "text":
                found += _no_text(session, table, column)
    return found


def _kind(column: Column[object]) -> str:
    return _NAMES[str(column.type.compile())]


def _unlike(column: Column[object]) -> str:
    allowed = f"'{_kind(column)}'" + (", 'null'" if column.nullable else "")
    return f"typeof({column.name}) NOT IN ({allowed})"


def _where(table: Table) -> str:
    """Return the columns that say whose a row is."""
    names = [column.name for column in table.columns]
    log = "id" if table.name == "log" else "log" if "log" in names else "NULL"
    seq = "seq" if "seq" in names and table.name != "cross_correction" else "size - 1" if table.name == "checkpoint" else "NULL"
    return f"{log}, {seq}"


def _of_column(session: Session, table: Table, column: Column[object], where: str) -> list[Mistyped]:
    rows = session.rows(
        f"SELECT {_where(table)}, typeof({column.name}) FROM {table.name} NOT INDEXED WHERE {where} LIMIT {_SHOWN}"  # noqa: S608
    )
    found = [_named(table, column, log, seq, got) for log, seq, got in rows]
    if len(found) < _SHOWN:
        return found
    every = session.row(f"SELECT COUNT(*) FROM {table.name} NOT INDEXED WHERE {where}")  # noqa: S608 - our tables
    return found + _more(table, column, (int(every[0]) if every else 0) - _SHOWN)


def _no_text(session: Session, table: Table, column: Column[object]) -> list[Mistyped]:
    """Return the texts of a column that are no UTF-8: whoever reads one as a text gets nothing."""
    found: list[Mistyped] = []
    more = 0
    sql = f"SELECT {_where(table)}, CAST({column.name} AS BLOB) FROM {table.name} NOT INDEXED WHERE typeof({column.name}) = 'text'"  # noqa: S608
    for log, seq, value in session.stream(sql):
        try:
            value.decode()
        except UnicodeDecodeError:
            if len(found) < _SHOWN:
                found.append(_named(table, column, log, seq, "no UTF-8"))
            else:
                more += 1
    return found + _more(table, column, more)


def _more(table: Table, column: Column[object], count: int) -> list[Mistyped]:
    return [Mistyped(f"{table.name}.{column.name}", None, None, _kind(column), "", count)] if count else []


def _named(table: Table, column: Column[object], log: object, seq: object, got: str) -> Mistyped:
    of = raw(log).decode("utf-8", "replace") if isinstance(log, (bytes, str)) else log if isinstance(log, int) else None
    return Mistyped(f"{table.name}.{column.name}", of, seq if isinstance(seq, int) else None, _kind(column), got)


def undecodable(error: Exception) -> bool:
    """Say whether reading stopped at a text that is no UTF-8."""
    return isinstance(error, sqlite3.OperationalError) and str(error).startswith(_UNDECODABLE)


def raw(value: object) -> bytes:
    """Return stored bytes; of a value of another type what stands in it as bytes, or nothing."""
    if isinstance(value, (bytes, memoryview)):
        return bytes(value)
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else b""


__all__ = ["Mistyped", "mistyped", "raw", "undecodable"]
