"""What is not there any more of what foodtrace put around the tables: indexes, keys and the check of sums; and tables that were made anew.

Rules:

1. Without an index everything is found and answered, only slowly: ``doctor`` names it, ``rebuild`` makes it again. One that PostgreSQL
   does not use because making it was broken off counts as missing.
2. A primary or unique key is more than an index: without it a row can stand twice, and what is written on its account fails. PostgreSQL
   lets an owner drop one. One that is looked at only at COMMIT counts as missing: rows would be there twice until then.
3. Without the check of sums (or with one that does not look at what was there before), a sum can run over: that counts as a key.
4. SQLite drops no key, but a table can be made anew without it: its text, and that of an index, is that of the program or it was altered.
5. PostgreSQL's columns are compared as well: under another collation two names are one, or one is not found
   (:mod:`foodtrace.storage.collation`; also where a ledger was copied into a database of another language); without NOT NULL a row
   can lack what every reader counts on. Types that none of our columns has are told by rule 6.
6. What others put there is told by :mod:`foodtrace.storage.strange`; how to put back what is gone, by :mod:`foodtrace.storage.mending`.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint

from foodtrace.storage.collation import BYTEWISE, sorts_by_bytes
from foodtrace.storage.mending import key_back, place_of, type_of
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
_COLUMNS: Final = (
    "SELECT c.relname, a.attname, format_type(a.atttypid, -1), a.attnotnull, CASE WHEN a.attcollation = t.typcollation THEN '' "
    "ELSE (SELECT quote_ident(k.collname) FROM pg_catalog.pg_collation AS k WHERE k.oid = a.attcollation) END "
    "FROM unnest(?::text[]) AS n(name) JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(n.name) AND c.relkind = 'r' "
    "JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
    "JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid"
)
_MADE: Final = "SELECT type || ' ' || name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
_TYPES: Final = frozenset({"bigint", "smallint", "integer", "text", "bytea"})
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
    mend: str = ""
    """The statement that puts it back; empty where there is none."""
    column: bool = False
    """Whether it is a column, not a key or a table."""

    @property
    def table(self) -> str:
        """The table it is, or is of; an index of SQLite has its own name here."""
        return self.name.removeprefix("table ").partition(" ")[0].partition(".")[0]


def altered(session: Session) -> list[Altered]:
    """Return what was altered or is gone of tables, keys and the check of sums, and which indexes are others (rules 2 to 4)."""
    if session.dialect == "postgresql":
        return [*_keys(session), *_columns(session)]
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
    return [] if session.dialect == "sqlite" else [each.name for each in _keys(session)]


def _keys(session: Session) -> list[Altered]:
    there = {(str(table), frozenset(map(str, columns))) for table, columns in session.rows(_KEYS)}
    checks = {(str(name), str(table)) for name, table in session.rows(_CHECKS)}
    gone = []
    for table in metadata.sorted_tables:
        for key in table.constraints:
            if isinstance(key, PrimaryKeyConstraint | UniqueConstraint):
                columns = [column.name for column in key.columns]
                kept, name = not columns or (table.name, frozenset(columns)) in there, ", ".join(columns)
            else:
                kept, name = (key.name, table.name) in checks, str(key.name)
            if not kept:
                gone.append(Altered(f"{table.name} ({name})", "PRIMARY KEY, UNIQUE, CHECK", "-", key_back(session, table, key)))
    return sorted(gone)


def _columns(session: Session) -> list[Altered]:
    """Return the columns of PostgreSQL's tables that are not as foodtrace makes them (rule 5)."""
    tables = {table.name: table for table in metadata.sorted_tables}
    rows = {(str(table), str(name)): tuple(map(str, rest)) for table, name, *rest in session.rows(_COLUMNS, (list(tables),))}
    places = {table: place_of(session, table) for table in tables}
    default = sorts_by_bytes(session)
    found = []
    for table, column in ((each, column) for each in metadata.sorted_tables if places[each.name] for column in each.columns):
        order = "" if default or type_of(column) != "text" else BYTEWISE
        wanted = (type_of(column), str(not column.nullable), order)
        got = rows.get((table.name, column.name))
        if got is not None and default and got[2] == BYTEWISE:
            got = (*got[:2], "")
        if got == wanted or (got is not None and got[0] not in _TYPES):
            continue
        place, name = f"ALTER TABLE {places[table.name]}", f"{table.name}.{column.name}"
        if got is None:
            found.append(Altered(name, _column(*wanted), "-", column=True))
            continue
        kind = _column(wanted[0], "", order)
        changes = [f"ALTER COLUMN {column.name} TYPE {kind}"] if (got[0], got[2]) != (wanted[0], wanted[2]) else []
        if got[1] != wanted[1]:
            changes.append(f"ALTER COLUMN {column.name} {'DROP' if column.nullable else 'SET'} NOT NULL")
        found.append(Altered(name, _column(*wanted), _column(*got), f"{place} {', '.join(changes)};", column=True))
    return found


def _column(kind: str, filled: str, collation: str) -> str:
    return kind + (f" COLLATE {collation}" if collation else "") + (" NOT NULL" if filled == "True" else "")


__all__ = ["Altered", "altered", "missing_indexes", "missing_keys"]
