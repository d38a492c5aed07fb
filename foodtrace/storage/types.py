"""Finds values of a type that no table of the schema has.

SQLite keeps any type in any column, so whoever has the file can put text where bytes belong; reading such a row must be a finding,
not a surprise. PostgreSQL refuses such values itself.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from foodtrace.storage.session import Session

_NAMES: Final = {"BLOB": "blob", "BIGINT": "integer", "SMALLINT": "integer", "INTEGER": "integer", "TEXT": "text"}


class Mistyped(NamedTuple):
    """How many values of a column are of another type than it has, for one log."""

    place: str
    """``table.column``."""
    log: int | str
    expected: str
    got: str


def mistyped(session: Session, tables: Collection[str]) -> list[Mistyped]:
    """Return, per column and log of some tables, which other type than its own stands there."""
    from foodtrace.storage.tables import metadata  # noqa: PLC0415 - SQLAlchemy loads only to verify

    found: list[Mistyped] = []
    for table in (metadata.tables[name] for name in tables if session.dialect == "sqlite"):
        key = "id" if table.name == "log" else "log"
        columns = {column.name: _NAMES[str(column.type.compile())] for column in table.columns if not column.nullable}
        wrong = " OR ".join(f"typeof({name}) <> '{kind}'" for name, kind in columns.items())
        for name, kind in columns.items() if session.row(f"SELECT 1 FROM {table.name} WHERE {wrong} LIMIT 1") else ():  # noqa: S608
            rows = session.rows(
                f"SELECT DISTINCT {key}, typeof({name}) FROM {table.name} WHERE typeof({name}) <> '{kind}' ORDER BY 1, 2"  # noqa: S608
            )
            found += [Mistyped(f"{table.name}.{name}", log, kind, got) for log, got in rows]
    return found
