"""What is not there any more of what foodtrace put around the tables: indexes, keys and the check of sums; and tables that were made anew.

Rules:

1. Without an index everything is found and answered, only slowly: ``doctor`` names it, ``rebuild`` makes it again. One that PostgreSQL
   does not use because making it was broken off counts as missing.
2. A primary or unique key is more than an index: without it a row can stand twice, and what is written on its account fails. PostgreSQL
   lets an owner drop one. One that is looked at only at COMMIT counts as missing: rows would be there twice until then.
3. Without the check of sums (or with one that does not look at what was there before), a sum can run over: that counts as a key.
4. SQLite drops no key, but a table can be made anew without it: its text, and that of an index, is that of the program or it was altered.
5. What others put there is told by :mod:`foodtrace.storage.strange`.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from sqlalchemy import CheckConstraint, PrimaryKeyConstraint, UniqueConstraint

from foodtrace.storage.schema import statements
from foodtrace.storage.session import Session
from foodtrace.storage.tables import metadata

_INDEXES: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index'",
    "postgresql": "SELECT c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid "
    "WHERE i.indisvalid AND c.oid = to_regclass(c.relname)",
}
_KEYS: Final = (
    "SELECT c.relname, ARRAY(SELECT a.attname FROM unnest(i.indkey) AS k "
    "JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k) FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid "
    "WHERE i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND c.oid = to_regclass(c.relname)"
)
_MADE: Final = "SELECT type || ' ' || name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
_QUOTED: Final = re.compile(r'^CREATE TABLE "(\w+)"')
"""SQLite puts the name in quotes where a table was renamed. No other quotes may go: a ``"PRIMARY" KEY`` is a column."""
_CHECKS: Final = (
    "SELECT k.conname, c.relname FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid "
    "WHERE k.contype = 'c' AND k.convalidated AND c.oid = to_regclass(c.relname)"
)


class Altered(NamedTuple):
    """What is not as foodtrace makes it."""

    name: str
    """``table entry`` or ``index move_entry`` on SQLite; ``entry (log, seq)`` on PostgreSQL."""
    expected: str
    got: str
    """The statement that is there, ``-`` where there is nothing."""


def altered(session: Session) -> list[Altered]:
    """Return what was altered or is gone of tables, keys and the check of sums, and which indexes are others (rules 2 to 4)."""
    if session.dialect == "postgresql":
        return [Altered(each, "PRIMARY KEY, UNIQUE, CHECK", "-") for each in missing_keys(session)]
    there = {str(name): _one_line(sql) for name, sql in session.rows(_MADE)}
    wanted = {_named(each): _one_line(each) for each in statements("sqlite") if each.startswith(("CREATE TABLE ", "CREATE INDEX "))}
    # An index that is not there at all changes no answer (rule 1).
    return [
        Altered(name, sql, there.get(name, "-"))
        for name, sql in sorted(wanted.items())
        if _meant(there.get(name, sql if name.startswith("index ") else "-")) != _meant(sql)
    ]


def _meant(statement: str) -> str:
    """Return an index's statement without what changes nothing, as who puts one back by hand may write it; of a table, all of it."""
    if not statement.upper().startswith("CREATE INDEX "):
        return statement
    return re.sub(r'[\s"]', "", statement.lower().replace(" if not exists ", " "))


def _named(statement: str) -> str:
    kind, name = statement.split()[1:3]
    return f"{kind.lower()} {name}"


def _one_line(sql: object) -> str:
    return _QUOTED.sub(r"CREATE TABLE \1", " ".join(str(sql).split()))


def missing_indexes(session: Session) -> list[str]:
    """Return the names of indexes that are not there, or not used (rule 1)."""
    there = {str(name) for (name,) in session.rows(_INDEXES[session.dialect])}
    return sorted(str(each.name) for table in metadata.sorted_tables for each in table.indexes if each.name not in there)


def missing_keys(session: Session) -> list[str]:
    """Return the primary and unique keys that are not there, or not used, as ``table (column, column)`` (rules 2 and 3)."""
    if session.dialect == "sqlite":
        return []
    there = {(str(table), frozenset(map(str, columns))) for table, columns in session.rows(_KEYS)}
    keys = [(table.name, each) for table in metadata.sorted_tables for each in table.constraints]
    wanted = [
        (name, [column.name for column in each.columns]) for name, each in keys if isinstance(each, PrimaryKeyConstraint | UniqueConstraint)
    ]
    gone = [f"{name} ({', '.join(columns)})" for name, columns in wanted if columns and (name, frozenset(columns)) not in there]
    checks = {(str(name), str(table)) for name, table in session.rows(_CHECKS)}
    gone += [f"{table} ({each.name})" for table, each in keys if isinstance(each, CheckConstraint) and (each.name, table) not in checks]
    return sorted(gone)


__all__ = ["Altered", "altered", "missing_indexes", "missing_keys"]
