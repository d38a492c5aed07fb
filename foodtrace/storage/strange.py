"""What others put on the tables of a ledger, and what they put in a table's place.

Rules:

1. A trigger that is not ours can rewrite a row on its way in, keep it out, take others away, or copy it to where nobody erases it:
   whatever it is for, ``verify`` names it. So it is with a key of others, which keeps rows out; with PostgreSQL's rules, row security,
   checks, foreign keys, defaults, domains and indexes on expressions, for any of them can call a function; with a view, or a table that
   others inherit from, in a table's place, with a table of the same name that is found first, and with one that a crash would empty; with
   a setting under which the guards do not fire, of this session, and of any role or database whose sessions come later. What PostgreSQL
   makes for itself does not count.
2. That holds for every table of ours, those as well that are computed from the log: any of them can carry a trigger that does its work
   somewhere else, on what is personal for one. Ours under the same name on another table is not ours.
3. Nothing is written beside such a thing (ADR 26). Rows that are written are counted, but nobody counts all others at every commit, and a
   trigger of one table can empty another. Who writes looks when a log's head is locked, where the catalogue is not as it was at the last
   look: SQLite has a number for that, and of PostgreSQL's the rows of tables, triggers and rules are asked for with the lock. From then to
   COMMIT nothing can be put there: SQLite has one writer, and on PostgreSQL the tables are held in the mode of who inserts (:data:`HELD`).
   A default, a column's type or an index changed there while a program has the ledger open is seen when it is opened next. What another
   role's sessions would do does nothing to the rows written here, and keeps nobody from writing.
4. How each is taken off again: :mod:`foodtrace.storage.mending`. This module loads no SQLAlchemy: everybody who records asks it.
5. Ours are named here. A row of a sealed table never changes; one of ``head`` may be written over by a longer log's, never be taken away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from foodtrace.errors import Integrity
from foodtrace.storage.sums import RANGE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from foodtrace.storage.session import Dialect, Session

SEALED: Final = ("entry", "node", "checkpoint", "log")
"""Tables whose rows never change."""
HEAD: Final = "head"
"""The table whose rows only ever move forward: with every batch its log is longer (rule 5)."""
GUARDED_SINCE: Final = {"log": 3, HEAD: 3}
"""Table -> layout from which on it has its guards, of those that had none before."""
TABLES: Final = (
    *("about", "alias", "checkpoint", "cross_correction", "entry", "head", "holding", "log", "lot_edge", "lot_fact"),
    *("move", "name", "node", "personal", "setting", "site_fact", "site_seen", "unnamed"),
)
"""Rule 2: every table of the schema; a test compares them."""


KEYS: Final = (
    *("about subject kind log seq", "alias lot other log", "checkpoint log size", "cross_correction target target_seq log seq"),
    *("entry log seq", "entry log id", "head log", "holding lot site unit log", "log id", "log origin", "lot_edge src dst site log"),
    *("lot_fact lot log seq item", "move lot log seq item", "name id", "name text", "node log level idx", "personal log seq field"),
    *("setting key", "site_fact site log seq", "site_seen site log", "unnamed site lot log"),
)
"""Our primary and unique keys, a table and its columns each; a test compares. One of more columns keeps out nothing that ours lets in."""


def trigger_names(dialect: Dialect) -> set[str]:
    """Return the names of the triggers that must be there."""
    kinds = ("update", "delete", "insert") if dialect == "sqlite" else ("change", "truncate")
    of_head = ("update", "delete", "insert" if dialect == "sqlite" else "truncate")
    return {f"{table}_no_{kind}" for table in SEALED for kind in kinds} | {f"{HEAD}_no_{kind}" for kind in of_head}


def table_of(guard: str) -> str:
    """Return the table that a trigger of ours is on, by its name."""
    return guard.rpartition("_no_")[0]


def tables_say(session: Session) -> int:
    """Return the layout that the tables themselves show, whatever number stands in the settings: this program's or the one before it.

    A layout's guards come all at once, in one transaction, so that a single one of them tells it; to lose all of them takes an owner.
    """
    newest = max(GUARDED_SINCE.values())
    names = sorted(each for each in trigger_names(session.dialect) if GUARDED_SINCE.get(table_of(each)) == newest)
    row = session.row(_GUARDS_THERE[session.dialect].format(_listed(names)))
    return newest if row is not None and row[0] else newest - 1


class Strange(NamedTuple):
    """One thing that foodtrace did not put there."""

    name: str
    """``trigger watch on entry``."""
    kind: str
    """What it is. On a table: ``trigger``, ``constraint trigger``, ``rule``, ``row security``, ``constraint``, ``default``, ``generated``,
    ``type``, ``index``; a table that is not what it should be: those of ``IN_PLACE``, ``unlogged``, ``child``, ``parent``, ``apart``;
    a setting: ``path``, ``session``, ``role`` (of any role or database)."""
    table: str
    """Of ours; of a setting, what it is set for."""
    thing: str
    """Its own name, quoted where SQL needs it; of a setting the words after ALTER."""
    place: str
    """The table with its schema, quoted where SQL needs it."""


IN_PLACE: Final = frozenset({"view", "materialized view", "foreign table", "partitioned table", "relation"})
"""Kinds of what stands in a table's place."""
_OF_TABLES: Final = IN_PLACE | {"unlogged", "child", "parent", "apart"}
_OF_SETTINGS: Final = frozenset({"path", "session", "role"})


def strange_code(kind: str) -> str:
    """Return the code of a finding about such a thing."""
    if kind in _OF_SETTINGS:
        return "tlog.setting_strange"
    return "tlog.table_strange" if kind in _OF_TABLES else "tlog.trigger_strange"


def strange_things(session: Session) -> list[Strange]:
    """Return what stands on our tables, or in their place, that foodtrace did not put there; each with its table (rules 1 and 2)."""
    if session.dialect == "postgresql":
        return sorted(Strange(*map(str, row)) for row in session.rows(STRANGE))
    ours = {(name, table_of(name)) for name in trigger_names("sqlite")}
    found = [(kind, name, table) for kind, name, table in session.rows(_SQLITE) if (name, table) not in ours]
    said = {"trigger": "trigger {} on {}", "view": "view in place of {1}", "index": "index {} on {}"}
    return sorted(Strange(said[kind].format(name, table), kind, table, quoted(name), table) for kind, name, table in found)


def quoted(name: object) -> str:
    """Return a name as SQL takes it whatever it is."""
    return '"' + str(name).replace('"', '""') + '"'


def refuse_strange(session: Session) -> None:
    """Refuse to write where there is such a thing (rule 3). Raises ``Integrity`` (``storage.strange``)."""
    found = [each.name for each in strange_things(session) if each.kind != "role"]
    if found:
        raise Integrity("storage.strange", value=", ".join(found), expected="-")


def has_settings(session: Session) -> bool:
    """Say whether there is a table of settings that can be read: one that lacks a column of ours is as good as gone."""
    row = session.row(_SETTING_THERE[session.dialect])
    return row is not None and row[0] == len(_SETTING)


def refuse_remains(session: Session, place: str) -> None:
    """Refuse a ledger whose table of settings is gone: it has no version, and must not be taken for one that was never made.

    A few tables of others may be called as ours are. What is left of a ledger has ``entry`` with our columns, or most of the others.

    :param place: what the database is called. :raises Integrity: ``ledger.no_settings``.
    """
    tables, columns = session.row(_REMAINS[session.dialect]) or (0, 0)
    if columns == len(_ENTRY) or tables > len(TABLES) // 2:
        raise Integrity("ledger.no_settings", value=place, expected="setting: key, value", tables=tables)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{each}'" for each in names)


_SETTING: Final = ("key", "value")
_SETTING_THERE: Final[dict[Dialect, str]] = {
    "sqlite": "SELECT COUNT(*) FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS p "  # noqa: S608 - constants
    f"WHERE m.type = 'table' AND m.name = 'setting' AND p.name IN ({_listed(_SETTING)})",
    "postgresql": "SELECT COUNT(*) FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass('setting') AND NOT attisdropped "  # noqa: S608
    f"AND attname IN ({_listed(_SETTING)})",
}
_ENTRY: Final = ("log", "seq", "id", "leaf", "bytes")
_OTHERS: Final = tuple(each for each in TABLES if each != "setting")
_REMAINS: Final[dict[Dialect, str]] = {
    "sqlite": f"SELECT (SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND lower(name) IN ({_listed(_OTHERS)})), "  # noqa: S608
    f"(SELECT COUNT(*) FROM pragma_table_info('entry') WHERE name IN ({_listed(_ENTRY)}))",
    "postgresql": f"SELECT (SELECT COUNT(*) FROM unnest(ARRAY[{_listed(_OTHERS)}]) AS n(name) WHERE to_regclass(n.name) IS NOT NULL), "  # noqa: S608
    "(SELECT COUNT(*) FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass('entry') AND NOT attisdropped "
    f"AND attname IN ({_listed(_ENTRY)}))",
}
"""How many tables are there that are called as our others, and how many columns of ``entry``."""
_GUARDS_THERE: Final[dict[Dialect, str]] = {
    "sqlite": "SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger' AND name IN ({})",
    "postgresql": "SELECT COUNT(*) FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid "
    "WHERE c.oid = to_regclass(c.relname) AND t.tgname IN ({})",
}
_SQLITE: Final = (
    "SELECT type, name, lower(tbl_name) FROM sqlite_master "  # noqa: S608
    f"WHERE (type IN ('trigger', 'view') OR sql LIKE 'CREATE UNIQUE INDEX %') AND lower(tbl_name) IN ({_listed(TABLES)})"
)
_OURS: Final = (
    "SELECT c.oid, c.relname, c.relkind, c.relpersistence, c.relrowsecurity, n.nspname, count(*) OVER (PARTITION BY n.oid) AS beside, "  # noqa: S608
    "quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS place "
    f"FROM unnest(ARRAY[{_listed(TABLES)}]) AS t(name) JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(t.name) "
    "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
)
_TRIGGERS: Final = ", ".join(f"('{name}', '{table_of(name)}')" for name in sorted(trigger_names("postgresql")))
_OUR_KEYS: Final = ", ".join(f"('{each.partition(' ')[0]}', ARRAY[{_listed(each.split()[1:])}])" for each in KEYS)
_TYPES: Final = "17, 20, 21, 23, 25"
"""bytea, bigint, smallint, integer, text: the types of our columns."""
_KINDS: Final = "WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' WHEN 'p' THEN 'partitioned table'"
_REPLICATION: Final = "session_replication_role"
_QUALIFIED: Final = (
    "(SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_catalog.pg_class AS c "
    "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = {})"
)


def _branch(name: str, kind: str, thing: str, rest: str) -> str:
    """Return a query for things of one kind, in the columns of :class:`Strange`; ``o`` is the table."""
    return f"SELECT {name}, {kind}, o.relname::text, {thing}::text, o.place FROM ours AS o {rest}"  # noqa: S608 - constants


_SETTINGS: Final = (
    f"SELECT concat('{_REPLICATION} ', split_part(c.setting, '=', 2), ' of role ' || r.rolname, "  # noqa: S608
    "CASE WHEN r.oid IS NULL THEN ' of' ELSE ' in' END || ' database ' || d.datname), 'role', concat_ws(' in ', r.rolname, d.datname), "
    "CASE WHEN r.oid IS NOT NULL THEN concat('ROLE ', quote_ident(r.rolname), ' IN DATABASE ' || quote_ident(d.datname)) "
    "WHEN d.oid IS NOT NULL THEN 'DATABASE ' || quote_ident(d.datname) ELSE 'ROLE ALL' END, '' "
    "FROM pg_catalog.pg_db_role_setting AS s CROSS JOIN unnest(s.setconfig) AS c(setting) "
    "LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole LEFT JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase "
    "WHERE (s.setdatabase = 0 OR d.datname = current_database()) "
    f"AND split_part(c.setting, '=', 1) = '{_REPLICATION}' AND split_part(c.setting, '=', 2) <> 'origin'"
)
"""What any role of this database, or all, get for a session (rule 1): of every role, also those that never come."""
_BRANCHES: Final = (
    _branch(
        "'trigger ' || t.tgname || ' on ' || o.relname",
        "'trigger'",
        "quote_ident(t.tgname)",
        "JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = o.oid "
        f"WHERE NOT t.tgisinternal AND (t.tgname, o.relname) NOT IN (VALUES {_TRIGGERS})",
    ),
    _branch(
        "'rule ' || r.rulename || ' on ' || o.relname",
        "'rule'",
        "quote_ident(r.rulename)",
        "JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = o.oid WHERE r.rulename <> '_RETURN'",
    ),
    _branch("'row security on ' || relname", "'row security'", "''", "WHERE relrowsecurity"),
    # A foreign key takes rows away with others, a check calls a function; not-null constraints and keys do neither.
    _branch(
        "'constraint ' || k.conname || ' on ' || o.relname",
        "CASE k.contype WHEN 't' THEN 'constraint trigger' ELSE 'constraint' END",
        "quote_ident(k.conname)",
        "JOIN pg_catalog.pg_constraint AS k ON k.conrelid = o.oid "
        f"WHERE k.contype IN ('c', 'f', 'x', 't') AND (k.conname, o.relname) <> ('{RANGE}', 'holding')",
    ),
    _branch(
        "'default of ' || a.attname || ' on ' || o.relname",
        "CASE a.attgenerated WHEN '' THEN 'default' ELSE 'generated' END",
        "quote_ident(a.attname)",
        "JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = o.oid "
        "JOIN pg_catalog.pg_attribute AS a ON a.attrelid = o.oid AND a.attnum = d.adnum "
        "WHERE pg_get_expr(d.adbin, d.adrelid) NOT IN ('0', '''0''::bigint') AND NOT (a.attname = 'id' AND o.relname IN ('log', 'name') "
        "AND pg_get_expr(d.adbin, d.adrelid) = 'nextval(''' || o.relname || '_id_seq''::regclass)')",
    ),
    _branch(
        "'type of ' || a.attname || ' on ' || o.relname",
        "'type'",
        "quote_ident(a.attname)",
        "JOIN pg_catalog.pg_attribute AS a ON a.attrelid = o.oid "
        f"WHERE a.attnum > 0 AND NOT a.attisdropped AND a.atttypid NOT IN ({_TYPES})",
    ),
    _branch(
        "'index ' || i.indexrelid::regclass || ' on ' || o.relname",
        "'index'",
        _QUALIFIED.format("i.indexrelid"),
        "JOIN pg_catalog.pg_index AS i ON i.indrelid = o.oid WHERE i.indexprs IS NOT NULL OR (i.indpred IS NOT NULL "
        "AND NOT (o.relname = 'holding' AND pg_get_expr(i.indpred, i.indrelid) = '(flows = 0)') "
        "AND NOT (o.relname = 'move' AND pg_get_expr(i.indpred, i.indrelid) = '(pair <> ''''::text)'))",
    ),
    _branch(
        "'index ' || i.indexrelid::regclass || ' on ' || o.relname",
        "CASE WHEN k.conname IS NULL THEN 'index' ELSE 'constraint' END",
        f"coalesce(quote_ident(k.conname), {_QUALIFIED.format('i.indexrelid')})",
        (
            "JOIN pg_catalog.pg_index AS i ON i.indrelid = o.oid AND i.indisunique AND NOT i.indisprimary AND i.indexprs IS NULL "  # noqa: S608
            "AND i.indpred IS NULL LEFT JOIN pg_catalog.pg_constraint AS k ON k.conindid = i.indexrelid AND k.conrelid = o.oid "
            f"WHERE NOT EXISTS (SELECT 1 FROM (VALUES {_OUR_KEYS}) AS ours(name, columns) WHERE ours.name = o.relname "
            "AND ARRAY(SELECT a.attname::text FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) AS c "
            "JOIN pg_catalog.pg_attribute AS a ON a.attrelid = o.oid AND a.attnum = c) @> ours.columns)"
        ),
    ),
    _branch(
        f"CASE relkind {_KINDS} ELSE 'relation' END || ' in place of ' || relname",
        f"CASE relkind {_KINDS} ELSE 'relation' END",
        "''",
        "WHERE relkind <> 'r'",
    ),
    _branch("'unlogged table ' || relname", "'unlogged'", "''", "WHERE relkind = 'r' AND relpersistence <> 'p'"),
    _branch(
        "'table ' || h.inhrelid::regclass || ' inherits from ' || o.relname",
        "'child'",
        _QUALIFIED.format("h.inhrelid"),
        "JOIN pg_catalog.pg_inherits AS h ON h.inhparent = o.oid",
    ),
    _branch(
        "o.relname || ' inherits from ' || h.inhparent::regclass",
        "'parent'",
        _QUALIFIED.format("h.inhparent"),
        "JOIN pg_catalog.pg_inherits AS h ON h.inhrelid = o.oid",
    ),
    _branch("nspname || '.' || relname || ' apart from the other tables'", "'apart'", "''", f"WHERE beside <= {len(TABLES) // 2}"),
    (
        "SELECT 'schema ' || (current_schemas(false))[1] || ' before pg_catalog', 'path', '', '', '' "
        "WHERE (SELECT s FROM unnest(current_schemas(true)) AS s WHERE left(s, 7) <> 'pg_temp' LIMIT 1) <> 'pg_catalog'"
    ),
    (
        f"SELECT '{_REPLICATION} ' || current_setting('{_REPLICATION}'), 'session', '', '', '' "
        f"WHERE current_setting('{_REPLICATION}') <> 'origin'"
    ),
    _SETTINGS,
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

HELD: Final = f"LOCK TABLE {', '.join(each for each in TABLES if each != 'setting')} IN ROW EXCLUSIVE MODE"
"""Keeps triggers, rules and every other change of a table away, and no writer or reader. Of ``setting`` a writer may only read."""


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


__all__ = [
    "CATALOGUE",
    "GUARDED_SINCE",
    "HEAD",
    "HELD",
    "IN_PLACE",
    "KEYS",
    "SEALED",
    "STRANGE",
    "TABLES",
    "Looked",
    "Strange",
    "has_settings",
    "quoted",
    "refuse_remains",
    "refuse_strange",
    "strange_code",
    "strange_things",
    "table_of",
    "tables_say",
    "trigger_names",
]
