"""What others put on the tables of a ledger, and what they put in a table's place.

Rules:

1. A trigger that is not ours can rewrite a row on its way in, keep it out, take others away, or copy it to where nobody erases it:
   whatever it is for, ``verify`` names it. So it is with PostgreSQL's rules, row security, checks, foreign keys, defaults, domains and
   indexes on expressions, for any of them can call a function; with a view, or a table that others inherit from, in a table's place,
   with a table of the same name that is found first, and with one that a crash would empty. What PostgreSQL makes for itself does
   not count.
2. That holds for every table of ours, those as well that are computed from the log: any of them can carry a trigger that does its work
   somewhere else, on what is personal for one. Ours under the same name on another table is not ours.
3. Nothing is written beside such a thing (ADR 26). Rows that are written are counted, but nobody counts all others at every commit, and a
   trigger of one table can empty another. Who writes looks when a log's head is locked, where the catalogue is not as it was at the last
   look: SQLite has a number for that, and of PostgreSQL's the rows of tables, triggers and rules are asked for in the statement that locks.
   A default, a column's type or an index changed there while a program has the ledger open is seen when it is opened next.
4. This module loads no SQLAlchemy: everybody who records asks it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from foodtrace.errors import Integrity
from foodtrace.storage.sums import RANGE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from foodtrace.storage.session import Dialect, Session

SEALED: Final = ("entry", "node", "checkpoint")
"""Tables whose rows never change."""
TABLES: Final = (
    *("about", "alias", "checkpoint", "cross_correction", "entry", "head", "holding", "log", "lot_edge", "lot_fact"),
    *("move", "name", "node", "personal", "setting", "site_fact", "site_seen", "unnamed"),
)
"""Rule 2: every table of the schema; a test compares them."""


def trigger_names(dialect: Dialect) -> set[str]:
    """Return the names of the triggers that must be there."""
    kinds = ("update", "delete", "insert") if dialect == "sqlite" else ("change", "truncate")
    return {f"{table}_no_{kind}" for table in SEALED for kind in kinds}


def strange_things(session: Session) -> list[str]:
    """Return what stands on our tables, or in their place, that foodtrace did not put there; each with its table (rules 1 and 2)."""
    if session.dialect == "postgresql":
        return sorted(str(row[0]) for row in session.rows(STRANGE))
    ours = {(name, name.rpartition("_no_")[0]) for name in trigger_names("sqlite")}
    found = [(kind, name, table) for kind, name, table in session.rows(_SQLITE) if (name, table) not in ours]
    return sorted(f"trigger {name} on {table}" if kind == "trigger" else f"view in place of {table}" for kind, name, table in found)


def refuse_strange(session: Session) -> None:
    """Refuse to write where there is such a thing (rule 3). Raises ``Integrity`` (``storage.strange``)."""
    found = strange_things(session)
    if found:
        raise Integrity("storage.strange", value=", ".join(found), expected="-")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{each}'" for each in names)


_SQLITE: Final = (
    f"SELECT type, name, lower(tbl_name) FROM sqlite_master WHERE type IN ('trigger', 'view') AND lower(tbl_name) IN ({_listed(TABLES)})"  # noqa: S608
)
_OURS: Final = (
    "SELECT c.oid, c.relname, c.relkind, c.relpersistence, c.relrowsecurity, n.nspname, count(*) OVER (PARTITION BY n.oid) AS beside "  # noqa: S608
    f"FROM unnest(ARRAY[{_listed(TABLES)}]) AS t(name) JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(t.name) "
    "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
)
_TRIGGERS: Final = ", ".join(f"('{name}', '{name.rpartition('_no_')[0]}')" for name in sorted(trigger_names("postgresql")))
_TYPES: Final = "17, 20, 21, 23, 25"
"""bytea, bigint, smallint, integer, text: the types of our columns."""
_KINDS: Final = "WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' WHEN 'p' THEN 'partitioned table'"
_BRANCHES: Final = (
    (
        "SELECT 'trigger ' || t.tgname || ' on ' || o.relname FROM ours AS o JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = o.oid "  # noqa: S608
        f"WHERE NOT t.tgisinternal AND (t.tgname, o.relname) NOT IN (VALUES {_TRIGGERS})"
    ),
    (
        "SELECT 'rule ' || r.rulename || ' on ' || o.relname FROM ours AS o JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = o.oid "
        "WHERE r.rulename <> '_RETURN'"
    ),
    "SELECT 'row security on ' || relname FROM ours WHERE relrowsecurity",
    # A foreign key takes rows away with others, a check calls a function; not-null constraints and keys do neither.
    (
        "SELECT 'constraint ' || k.conname || ' on ' || o.relname FROM ours AS o JOIN pg_catalog.pg_constraint AS k ON k.conrelid = o.oid "  # noqa: S608
        f"WHERE k.contype IN ('c', 'f', 'x', 't') AND (k.conname, o.relname) <> ('{RANGE}', 'holding')"
    ),
    (
        "SELECT 'default of ' || a.attname || ' on ' || o.relname FROM ours AS o JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = o.oid "
        "JOIN pg_catalog.pg_attribute AS a ON a.attrelid = o.oid AND a.attnum = d.adnum "
        "WHERE pg_get_expr(d.adbin, d.adrelid) NOT IN ('0', '''0''::bigint') AND NOT (a.attname = 'id' AND o.relname IN ('log', 'name') "
        "AND pg_get_expr(d.adbin, d.adrelid) = 'nextval(''' || o.relname || '_id_seq''::regclass)')"
    ),
    (
        "SELECT 'type of ' || a.attname || ' on ' || o.relname FROM ours AS o JOIN pg_catalog.pg_attribute AS a ON a.attrelid = o.oid "  # noqa: S608
        f"WHERE a.attnum > 0 AND NOT a.attisdropped AND a.atttypid NOT IN ({_TYPES})"
    ),
    (
        "SELECT 'index ' || i.indexrelid::regclass || ' on ' || o.relname FROM ours AS o "
        "JOIN pg_catalog.pg_index AS i ON i.indrelid = o.oid WHERE i.indexprs IS NOT NULL OR (i.indpred IS NOT NULL "
        "AND NOT (o.relname = 'holding' AND pg_get_expr(i.indpred, i.indrelid) = '(flows = 0)'))"
    ),
    f"SELECT CASE relkind {_KINDS} ELSE 'relation' END || ' in place of ' || relname FROM ours WHERE relkind <> 'r'",  # noqa: S608
    "SELECT 'unlogged table ' || relname FROM ours WHERE relkind = 'r' AND relpersistence <> 'p'",
    (
        "SELECT 'table ' || h.inhrelid::regclass || ' inherits from ' || o.relname FROM ours AS o "
        "JOIN pg_catalog.pg_inherits AS h ON h.inhparent = o.oid"
    ),
    "SELECT o.relname || ' inherits from ' || h.inhparent::regclass FROM ours AS o JOIN pg_catalog.pg_inherits AS h ON h.inhrelid = o.oid",
    f"SELECT nspname || '.' || relname || ' apart from the other tables' FROM ours WHERE beside <= {len(TABLES) // 2}",  # noqa: S608
    (
        "SELECT 'schema ' || (current_schemas(false))[1] || ' before pg_catalog' WHERE (SELECT s FROM unnest(current_schemas(true)) AS s "
        "WHERE left(s, 7) <> 'pg_temp' LIMIT 1) <> 'pg_catalog'"
    ),
    (
        "SELECT 'session_replication_role ' || current_setting('session_replication_role') "
        "WHERE current_setting('session_replication_role') <> 'origin'"
    ),
)
STRANGE: Final = f"WITH ours AS MATERIALIZED ({_OURS}) " + " UNION ALL ".join(_BRANCHES)
"""The query for PostgreSQL: a row for each thing. It takes the server four times as long as :data:`CATALOGUE`."""
CATALOGUE: Final = (
    "SELECT string_agg(concat_ws(' ', c.oid, c.xmin, (SELECT sum(t.oid::bigint) FROM pg_catalog.pg_trigger AS t WHERE t.tgrelid = c.oid), "  # noqa: S608
    "'-', (SELECT sum(r.oid::bigint) FROM pg_catalog.pg_rewrite AS r WHERE r.ev_class = c.oid)), ',') || current_schemas(true)::text "
    f"|| current_setting('session_replication_role') FROM unnest(ARRAY[{_listed(TABLES)}]) AS n(name) "
    "JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(n.name)"
)
"""The query for PostgreSQL whose answer changes with most of what makes a new look worth while (rule 3)."""


class Looked:
    """As what a catalogue was seen when nothing of others was found in it."""

    __slots__ = ("catalogue",)

    def __init__(self) -> None:
        self.catalogue: object = None

    def again(self, session: Session, catalogue: object) -> None:
        """Look, unless the catalogue is as it was. Raises ``Integrity`` (``storage.strange``)."""
        if catalogue != self.catalogue or catalogue is None:
            refuse_strange(session)
            self.catalogue = catalogue


__all__ = ["CATALOGUE", "SEALED", "STRANGE", "TABLES", "Looked", "refuse_strange", "strange_things", "trigger_names"]
