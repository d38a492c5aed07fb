"""What stands around the tables besides what foodtrace put there: triggers of others, and indexes that are not there any more.

Rules:

1. A trigger that is not ours can rewrite a row on its way in, keep it out, or copy it to where nobody erases it: whatever it is for,
   ``verify`` names it. So it is with PostgreSQL's rules, which put another statement in a statement's place, and its row security, which
   hides rows from all but the owner. Triggers that PostgreSQL makes for itself do not count.
2. That holds for every table of ours, those as well that are computed from the log: any of them can carry a trigger that does its work
   somewhere else, on what is personal for one. Ours under the same name on another table is not ours.
3. Without an index everything is found and answered, only slowly: ``doctor`` names it, ``rebuild`` makes it again. One that PostgreSQL
   does not use because making it was broken off counts as missing.
4. A primary or unique key is more than an index: without it a row can stand twice, and what is written on its account fails. PostgreSQL
   lets an owner drop one; SQLite does not.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint

from foodtrace.storage.schema import trigger_names
from foodtrace.storage.session import Session
from foodtrace.storage.tables import metadata

TABLES: Final = tuple(table.name for table in metadata.sorted_tables)
"""Rule 2."""
_OURS: Final = "('" + "', '".join(TABLES) + "')"
_RULES: Final = (
    f"SELECT r.rulename, c.relname FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = r.ev_class WHERE c.relname IN {_OURS} "  # noqa: S608
    "AND c.oid = to_regclass(c.relname) AND r.rulename <> '_RETURN'"
)
_TRIGGERS: Final = {
    "sqlite": f"SELECT name, lower(tbl_name) FROM sqlite_master WHERE type = 'trigger' AND lower(tbl_name) IN {_OURS}",  # noqa: S608
    "postgresql": "SELECT t.tgname, c.relname FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid "  # noqa: S608
    f"WHERE NOT t.tgisinternal AND c.relname IN {_OURS} AND c.oid = to_regclass(c.relname)",
}
_SECURED: Final = f"SELECT relname FROM pg_class WHERE relrowsecurity AND relname IN {_OURS} AND oid = to_regclass(relname)"  # noqa: S608
_INDEXES: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index'",
    "postgresql": "SELECT c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid "
    "WHERE i.indisvalid AND c.oid = to_regclass(c.relname)",
}
_KEYS: Final = (
    "SELECT c.relname, ARRAY(SELECT a.attname FROM unnest(i.indkey) AS k "
    "JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k) FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid "
    "WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND c.oid = to_regclass(c.relname)"
)


def strange_triggers(session: Session) -> list[str]:
    """Return the triggers on our tables that foodtrace did not make, each with its table, and what does the same (rules 1 and 2)."""
    ours = {(name, name.rpartition("_no_")[0]) for name in trigger_names(session.dialect)}
    found = [f"trigger {name} on {table}" for name, table in session.rows(_TRIGGERS[session.dialect]) if (name, table) not in ours]
    if session.dialect == "postgresql":
        found += [f"rule {name} on {table}" for name, table in session.rows(_RULES)]
        found += [f"row security on {table}" for (table,) in session.rows(_SECURED)]
    return sorted(found)


def missing_indexes(session: Session) -> list[str]:
    """Return the names of indexes that are not there, or not used (rule 3)."""
    there = {str(name) for (name,) in session.rows(_INDEXES[session.dialect])}
    return sorted(str(each.name) for table in metadata.sorted_tables for each in table.indexes if each.name not in there)


def missing_keys(session: Session) -> list[str]:
    """Return the primary and unique keys that are not there, or not used, as ``table (column, column)`` (rule 4)."""
    if session.dialect == "sqlite":
        return []
    there = {(str(table), frozenset(map(str, columns))) for table, columns in session.rows(_KEYS)}
    keys = [(table.name, each) for table in metadata.sorted_tables for each in table.constraints]
    wanted = [
        (name, [column.name for column in each.columns]) for name, each in keys if isinstance(each, PrimaryKeyConstraint | UniqueConstraint)
    ]
    return sorted(f"{name} ({', '.join(columns)})" for name, columns in wanted if columns and (name, frozenset(columns)) not in there)


__all__ = ["TABLES", "missing_indexes", "missing_keys", "strange_triggers"]
