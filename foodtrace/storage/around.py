"""What stands around the tables besides what foodtrace put there: triggers of others, and indexes that are not there any more.

Rules:

1. A trigger on a table of the log that is not ours can rewrite a row on its way in, or keep it out: whatever it is for, ``verify``
   names it. So it is with PostgreSQL's rules, which put another statement in a statement's place, and its row security, which hides
   rows from all but the owner. Triggers that PostgreSQL makes for itself do not count.
2. The tables of the log are those that are sealed, and the three that say which logs there are, how far they go, and what is personal.
   On the others, which are computed from the log, a wrong row is found whoever wrote it.
3. Without an index everything is found and answered, only slowly: ``doctor`` names it, ``rebuild`` makes it again. One that PostgreSQL
   does not use because making it was broken off counts as missing.
"""

from __future__ import annotations

from typing import Final

from foodtrace.storage.schema import trigger_names
from foodtrace.storage.session import Session
from foodtrace.storage.tables import SEALED, metadata

LOGGED: Final = (*SEALED, "log", "head", "personal")
"""Rule 2."""
_OURS: Final = "('" + "', '".join(LOGGED) + "')"
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


def strange_triggers(session: Session) -> list[str]:
    """Return the triggers on tables of the log that foodtrace did not make, each with its table, and what does the same (rule 1)."""
    ours = trigger_names(session.dialect)
    found = [f"trigger {name} on {table}" for name, table in session.rows(_TRIGGERS[session.dialect]) if name not in ours]
    if session.dialect == "postgresql":
        found += [f"rule {name} on {table}" for name, table in session.rows(_RULES)]
        found += [f"row security on {table}" for (table,) in session.rows(_SECURED)]
    return sorted(found)


def missing_indexes(session: Session) -> list[str]:
    """Return the names of indexes that are not there, or not used (rule 3)."""
    there = {str(name) for (name,) in session.rows(_INDEXES[session.dialect])}
    return sorted(str(each.name) for table in metadata.sorted_tables for each in table.indexes if each.name not in there)


__all__ = ["LOGGED", "missing_indexes", "strange_triggers"]
