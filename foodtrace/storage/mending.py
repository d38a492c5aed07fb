"""The statements that take off a ledger's tables what others put there, and put back what is gone of what foodtrace made.

Rules:

1. One statement line for one finding, which an owner of the database can paste as it stands: names are quoted and carry their schema.
2. Nothing that holds rows is ever dropped. A table that stands in the way of ours is renamed; a view goes, and the table it hid takes
   its name again where only one can be meant. Where no statement mends it, there is none: then a backup is put back.
3. Only tables get keys and guards: to what stands in a table's place nothing is added.
4. What is mended so is as it was made; whether a row was changed meanwhile says ``verify --full`` afterwards.
"""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import CheckConstraint, Column, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.schema import Constraint

from foodtrace.storage.collation import BYTEWISE, sorts_by_bytes
from foodtrace.storage.schema import statements, triggers
from foodtrace.storage.session import Session
from foodtrace.storage.strange import HEAD, Strange, quoted, table_of
from foodtrace.storage.tables import metadata

_TAKEN_OFF: Final = {
    "trigger": "DROP TRIGGER IF EXISTS {thing} ON {place}",
    "constraint trigger": "DROP TRIGGER IF EXISTS {thing} ON {place}",
    "rule": "DROP RULE IF EXISTS {thing} ON {place}",
    "row security": "ALTER TABLE {place} DISABLE ROW LEVEL SECURITY",
    "constraint": "ALTER TABLE {place} DROP CONSTRAINT IF EXISTS {thing}",
    "generated": "ALTER TABLE {place} ALTER COLUMN {thing} DROP EXPRESSION IF EXISTS",
    "index": "DROP INDEX IF EXISTS {thing}",
    "unlogged": "ALTER TABLE {place} SET LOGGED",
    "child": "ALTER TABLE {thing} NO INHERIT {place}",
    "parent": "ALTER TABLE {place} NO INHERIT {thing}",
    "apart": "ALTER TABLE {place} RENAME TO {apart}",
    "role": "ALTER {thing} RESET session_replication_role",
}
_VIEWS: Final = {"view": "VIEW", "materialized view": "MATERIALIZED VIEW", "foreign table": "FOREIGN TABLE"}
_BEHIND: Final = (
    "SELECT DISTINCT quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.oid::bigint FROM pg_catalog.pg_rewrite AS r "
    "JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid "
    "AND d.refclassid = 'pg_catalog.pg_class'::regclass JOIN pg_catalog.pg_class AS c ON c.oid = d.refobjid AND c.relkind = 'r' "
    "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE r.ev_class = to_regclass(?)"
)
"""The tables that a view reads."""


def taken_off(session: Session, found: Strange) -> str:
    """Return the statements that take one thing off again, empty where none does (rule 2)."""
    if found.kind in _VIEWS:
        return _table_back(session, found)
    if session.dialect == "sqlite":
        return f"DROP {'INDEX' if found.kind == 'index' else 'TRIGGER'} IF EXISTS {found.thing};"
    if found.kind in ("default", "type"):
        return _column_back(session, found)
    if found.kind in ("path", "session"):
        return _setting_back(session, found.kind)
    pattern = _TAKEN_OFF.get(found.kind)
    return "" if pattern is None else pattern.format(thing=found.thing, place=found.place, apart=quoted(found.table + "_apart")) + ";"


def _table_back(session: Session, found: Strange) -> str:
    """Take a view away, and give the table it hid its name again (rule 2)."""
    ours = metadata.tables[found.table]
    if session.dialect == "sqlite":
        wanted = _body(next(each for each in statements("sqlite") if each.startswith(f"CREATE TABLE {ours.name} ")))
        rows = session.rows("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL")
        behind = [quoted(name) for name, sql in rows if _body(sql) == wanted]
    else:
        behind = [str(name) for name, oid in session.rows(_BEHIND, (found.place,)) if _columns(session, oid) >= set(ours.columns.keys())]
    dropped = f"DROP {_VIEWS[found.kind]} IF EXISTS {found.place if session.dialect == 'postgresql' else found.thing};"
    if session.dialect == "postgresql" and len(behind) == 1 and behind[0].rpartition(".")[0] != found.place.rpartition(".")[0]:
        return dropped  # it was found first, and ours stands under its own name elsewhere
    return f"{dropped} ALTER TABLE {behind[0]} RENAME TO {quoted(found.table)};" if len(behind) == 1 else dropped


def _body(sql: object) -> str:
    return re.sub(r'^CREATE TABLE ("[^"]*"|\w+)', "", " ".join(str(sql).split()))


def _columns(session: Session, relation: object) -> set[str]:
    rows = session.rows("SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = ?::bigint::oid AND attnum > 0", (relation,))
    return {str(name) for (name,) in rows}


def _column_back(session: Session, found: Strange) -> str:
    """Return how a default or a type of a column becomes ours again; a column that is not ours loses its default, or goes."""
    column = metadata.tables[found.table].columns.get(found.thing.strip('"'))
    if found.kind == "type":
        change = f"DROP COLUMN {found.thing}"
        if column is not None:
            kind = type_of(column)
            order = f" COLLATE {BYTEWISE}" if kind == "text" and not sorts_by_bytes(session) else ""
            change = f"ALTER COLUMN {found.thing} TYPE {kind}{order}"
    elif column is not None and column.server_default is not None:
        change = f"ALTER COLUMN {found.thing} SET DEFAULT 0"
    elif column is not None and column.name == "id":
        change = f"ALTER COLUMN {found.thing} SET DEFAULT nextval('{found.place}_id_seq')"
    else:
        change = f"ALTER COLUMN {found.thing} DROP DEFAULT"
    return f"ALTER TABLE {found.place} {change};"


def type_of(column: Column[object]) -> str:
    """Return a column's type in PostgreSQL's words."""
    return {"BIGINT": "bigint", "SMALLINT": "smallint", "INTEGER": "integer", "TEXT": "text"}.get(str(column.type.compile()), "bytea")


def _setting_back(session: Session, kind: str) -> str:
    """Return how this session's setting is put right for the next one, whatever sets it but the URL itself."""
    row = session.row("SELECT quote_ident(current_user), quote_ident(current_database()), array_to_string(current_schemas(false), '/')")
    user, database, path = map(str, row or ("", "", ""))
    value = "origin" if kind == "session" else ", ".join(quoted(each) for each in path.split("/") if each != "pg_catalog")
    name = "session_replication_role" if kind == "session" else "search_path"
    return f"ALTER ROLE {user} IN DATABASE {database} SET {name} = {value};"


def setting_on(session: Session, name: str, value: str = "on") -> str:
    """Return the statement that sets one of the server's settings where it was set otherwise: for all, or for a database or a role."""
    row = session.row(
        "SELECT source, quote_ident(session_user), quote_ident(current_database()) FROM pg_catalog.pg_settings WHERE name = ?", (name,)
    )
    source, user, database = map(str, row or ("", "", ""))
    # A session that set it for itself, or its URL, is not to be mended here: the next narrower place is named.
    places = {
        "database": f"DATABASE {database}",
        "user": f"ROLE {user}",
        "database user": f"ROLE {user} IN DATABASE {database}",
        "client": f"ROLE {user} IN DATABASE {database}",
        "session": f"ROLE {user} IN DATABASE {database}",
    }
    return f"ALTER {places.get(source, 'SYSTEM')} SET {name} = {value};"


def guard_back(session: Session, name: str) -> str:
    """Return the statements that put a guard of a sealed table back, empty where no table of that name is there (rule 3)."""
    table = table_of(name)
    made = {each.split()[2]: each for each in triggers(session.dialect)}
    if session.dialect == "sqlite":
        if session.row("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)) is None:
            return ""
        return f"DROP TRIGGER IF EXISTS {quoted(name)}; {made[name]};"
    place = place_of(session, table)
    if not place:
        return ""
    schema = place.rpartition(".")[0]
    called = f"FUNCTION {schema}.foodtrace_sealed"
    function = triggers("postgresql")[0].replace("CREATE FUNCTION foodtrace_sealed", f"CREATE OR REPLACE {called}")
    again = made[name].replace(f" ON {table} ", f" ON {place} ").replace("FUNCTION foodtrace_sealed", called)
    return f"{function}; DROP TRIGGER IF EXISTS {name} ON {place}; {again};"


def head_away(session: Session, log: int) -> str:
    """Return the statements that take the head of a log away that is no log: without the guard that keeps heads, and with it again."""
    guard, place = f"{HEAD}_no_delete", place_of(session, HEAD) if session.dialect == "postgresql" else HEAD
    if not place:
        return ""
    off = f"DROP TRIGGER IF EXISTS {guard}" + (f" ON {place}" if session.dialect == "postgresql" else "")
    return f"{off}; DELETE FROM {place} WHERE log = {log}; {guard_back(session, guard)}"  # noqa: S608 - a whole number


def place_of(session: Session, table: str) -> str:
    """Return a table of ours on PostgreSQL with its schema, empty where something else stands there, or nothing."""
    row = session.row(
        "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_catalog.pg_class AS c "
        "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(?) AND c.relkind = 'r'",
        (table,),
    )
    return "" if row is None else str(row[0])


def key_back(session: Session, table: Table, key: Constraint) -> str:
    """Return the statement that puts a key or a check of PostgreSQL back, in place of one of the same kind or name that does not keep."""
    place = place_of(session, table.name)
    if not place:
        return ""
    # A key that waits for COMMIT, or a check that did not look at what was there, is in the way of the one that does.
    kind = "p" if isinstance(key, PrimaryKeyConstraint) else "-"
    name = str(key.name) if key.name else "-"
    there = session.rows(
        "SELECT quote_ident(conname) FROM pg_catalog.pg_constraint WHERE conrelid = to_regclass(?) AND (contype = ? OR conname = ?)",
        (place, kind, name),
    )
    gone = "".join(f"DROP CONSTRAINT {each}, " for (each,) in there)
    named = f"CONSTRAINT {name} " if key.name else ""
    return f"ALTER TABLE {place} {gone}ADD {named}{_said(key)};"


def _said(key: Constraint) -> str:
    if isinstance(key, CheckConstraint):
        return f"CHECK ({key.sqltext})"
    if not isinstance(key, PrimaryKeyConstraint | UniqueConstraint):
        raise TypeError(key)
    kind = "PRIMARY KEY" if isinstance(key, PrimaryKeyConstraint) else "UNIQUE"
    return f"{kind} ({', '.join(column.name for column in key.columns)})"


__all__ = ["guard_back", "head_away", "key_back", "place_of", "setting_on", "taken_off", "type_of"]
