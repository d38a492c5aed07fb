"""Damage below the rows: a page or an index that does not hold, though every row that was read did.

Rules:

1. ``verify`` reads rows, a recall finds them through indexes: an index with a damaged page makes a row invisible to the one and not to
   the other. So the engine is asked to compare every index with its table, and every page with the rest.
2. It costs about a seventh of a full verification, and is asked for by name (``verify --full``, ``doctor``).
3. PostgreSQL has this in the extension ``amcheck``, which its administrator installs, in whatever schema: it need not be on the
   search path. Where it is not to be had, the answer is none, never "no damage".
"""

from __future__ import annotations

import sqlite3
from typing import Final

from foodtrace.storage.session import Session

MOST: Final = 20
"""Places that are told; more say no more."""

_INDEXES: Final = (
    "SELECT i.indexrelid, c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_am AS a ON a.oid = c.relam "
    "JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND a.amname = 'btree' AND i.indisvalid "
    "ORDER BY c.relname"
)
_CHECK: Final = (
    "SELECT quote_ident(n.nspname) FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace "
    "WHERE p.proname = 'bt_index_check' AND oidvectortypes(p.proargtypes) = 'regclass, boolean' AND (pg_function_is_visible(p.oid) "
    "OR n.oid IN (SELECT extnamespace FROM pg_extension WHERE extname = 'amcheck')) ORDER BY pg_function_is_visible(p.oid) DESC LIMIT 1"
)


def damage(session: Session) -> list[str] | None:
    """Return what the engine finds wrong with its own files, at most :data:`MOST` places; none where it cannot look (rule 3)."""
    return _sqlite(session) if session.dialect == "sqlite" else _postgres(session)


def _sqlite(session: Session) -> list[str]:
    try:
        lines = [" ".join(str(row[0]).split()) for row in session.rows(f"PRAGMA integrity_check({MOST})")]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [] if lines == ["ok"] else lines


def _postgres(session: Session) -> list[str] | None:
    import psycopg  # noqa: PLC0415 - an extra, and here already

    row = session.row(_CHECK)
    if row is None:
        return None
    check = f"SELECT {row[0]}.bt_index_check(CAST(? AS oid)::regclass, true)"
    found: list[str] = []
    for number, name in session.rows(_INDEXES):
        try:
            with session.savepoint():
                session.row(check, (number,))
        except psycopg.errors.InsufficientPrivilege:
            return None
        except psycopg.InternalError as error:
            found.append(f"{name}: {(str(error).splitlines() or ['?'])[0]}")
    return found[:MOST]
