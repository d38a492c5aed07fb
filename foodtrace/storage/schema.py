"""The statements that make the schema, and the triggers that keep sealed tables sealed and heads from going back.

Whoever changes what :func:`statements` returns raises :data:`foodtrace.storage.session.VERSION` (a test says so), and sees to it that
:func:`renew` brings ledgers of before over. An older program refuses the newer ledger, and this one an older ledger until it was renewed.

The triggers stop accidents, not an owner of the database: who can drop a trigger can change a row. It is the log's proofs
that stop the owner (DESIGN section 5). What an append does honestly to ``head`` they let through without a call: a condition is
weighed in the engine, and no function runs.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import Dialect as Engine
from sqlalchemy.schema import CheckConstraint, CreateIndex, CreateTable, DDLElement, PrimaryKeyConstraint, Table, UniqueConstraint

from foodtrace.storage.collation import ordered, sorts_by_bytes
from foodtrace.storage.session import VERSION, Dialect, Session, version_of
from foodtrace.storage.strange import GUARDED_SINCE, HEAD, table_of, tables_say
from foodtrace.storage.tables import PROJECTION, SEALED, metadata

_BODY: Final = "BEGIN RAISE EXCEPTION 'sealed: %', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END"
_CHANGE: Final = 1 | 2 | 8 | 16
"""``pg_trigger.tgtype``: for each row, before, DELETE, UPDATE."""
_TRUNCATE: Final = 2 | 32
"""Before, TRUNCATE."""
_DELETE: Final = 1 | 2 | 8
_UPDATE: Final = 1 | 2 | 16
_BACK: Final = "NEW.log <> OLD.log OR NEW.size <= OLD.size"
"""What no append does to a head."""
_BACK_PRINTED: Final = "((new.log <> old.log) OR (new.size <= old.size))"
"""The same in PostgreSQL's own words."""
_INDEXED_SINCE: Final = {"move_number": 3}
"""Index -> layout whose ledgers have it, at the latest after a rebuild: without one everything is answered, only slowly (ADR 35)."""
_COLUMNS: Final = "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped"
_GRANTS: Final = (
    "SELECT quote_ident(r.rolname), string_agg(a.privilege_type, ', ') FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a "
    "JOIN pg_roles AS r ON r.oid = a.grantee WHERE c.oid = to_regclass(?) AND a.grantee <> c.relowner GROUP BY r.rolname"
)
"""What roles were granted of a table; what everybody was is not given back."""
_FUNCTION: Final = "EXECUTE FUNCTION foodtrace_sealed()"


def statements(dialect: Dialect, layout: int = VERSION) -> list[str]:
    """Return the DDL that makes an empty ledger database, in order.

    :param layout: number of the layout whose guards it gets: a copy of an older ledger must not look newer than its number says.
    """
    made = [_printed(CreateTable(table), dialect) for table in metadata.sorted_tables]
    made += [each for table in metadata.sorted_tables for each in _indexes(table, dialect) if _since(each.split()[2]) <= layout]
    made += triggers(dialect, layout)
    made.append(f"INSERT INTO setting (key, value) VALUES ('version', '{layout}')")  # noqa: S608 - a number
    return made


def statements_for(session: Session, layout: int = VERSION) -> list[str]:
    """Return what :func:`statements` does for the PostgreSQL database of a session: its texts sort by bytes whatever language it has."""
    made = statements("postgresql", layout)
    return made if sorts_by_bytes(session) else [ordered(each) for each in made]


def _since(index: str) -> int:
    return _INDEXED_SINCE.get(index, 0)


def fill_gaps(session: Session) -> None:
    """Make the tables of the projection that are gone on PostgreSQL, empty: who locks a log's head there holds all tables.

    Who calls this renews them afterwards (:func:`renew`). On SQLite nothing is held.
    """
    for table in PROJECTION if session.dialect == "postgresql" else ():
        if not session.rows(_COLUMNS, (table.name,)):
            _anew(session, table)


def renew(session: Session) -> None:
    """Empty the projection, in an open write transaction, and give it the tables and indexes that this program has, whatever was there.

    Sealed rows, names and personal values stay as they are. Who calls this fills the projection again in the same transaction.
    """
    before = version_of(session.row("SELECT value FROM setting WHERE key = 'version'"))
    session.run("DROP TABLE IF EXISTS verified")  # of version 1; nobody ever wrote a row of it
    _guard(session, before)
    for table in PROJECTION:
        if session.dialect == "sqlite":
            session.run(f"DROP TABLE IF EXISTS {table.name}")
            session.run(_printed(CreateTable(table), "sqlite"))
            continue
        if not _whole(session, table):
            _anew(session, table)
            continue
        # Dropped, a table would lose what its owner granted to others; and readers go on while rows are only deleted.
        session.run(f"DELETE FROM {table.name}")  # noqa: S608 - our tables
        if before < VERSION:
            for check in (each for each in table.constraints if isinstance(each, CheckConstraint)):
                session.run(f"ALTER TABLE {table.name} DROP CONSTRAINT IF EXISTS {check.name}")
                session.run(f"ALTER TABLE {table.name} ADD CONSTRAINT {check.name} CHECK ({check.sqltext})")
    for table in metadata.sorted_tables:
        there = _there(session, table.name)
        for index, statement in zip(_sorted(table), _indexes(table, session.dialect), strict=True):
            if index not in there:
                session.run(statement)
    session.run("UPDATE setting SET value = ? WHERE key = 'version'", (str(VERSION),))


def layout_of(session: Session) -> int:
    """Return the layout that a copy of a ledger's tables gets: that of the tables or of the number, whichever is later.

    So a number that somebody set back contradicts the copy's tables as it did those it was copied from.
    """
    return min(VERSION, max(tables_say(session), version_of(session.row("SELECT value FROM setting WHERE key = 'version'"))))


def _guard(session: Session, before: int) -> None:
    """Give the tables that were without guards in a layout of before theirs."""
    if before < VERSION and session.dialect == "postgresql" and session.rows("SELECT to_regproc('foodtrace_sealed')")[0][0] is None:
        session.run(triggers("postgresql")[0].replace("%", "%%"))
    for statement in triggers(session.dialect):
        name = statement.split()[2]
        if GUARDED_SINCE.get(table_of(name), 0) > before:
            place = f" ON {table_of(name)}" if session.dialect == "postgresql" else ""
            session.run(f"DROP TRIGGER IF EXISTS {name}{place}")
            session.run(statement)


def _whole(session: Session, table: Table) -> bool:
    """Say whether a table of PostgreSQL is there with all of its columns."""
    return {column.name for column in table.columns} <= {str(name) for (name,) in session.rows(_COLUMNS, (table.name,))}


def _anew(session: Session, table: Table) -> None:
    """Make a table of PostgreSQL anew that is gone or lacks columns, with what was granted of it."""
    granted = session.rows(_GRANTS, (table.name,))
    session.run(f"DROP TABLE IF EXISTS {table.name}")
    made = _printed(CreateTable(table), "postgresql")
    session.run(made if sorts_by_bytes(session) else ordered(made))
    for to, what in granted:
        session.run(f"GRANT {what} ON {table.name} TO {to}")


def _there(session: Session, table: str) -> set[str]:
    """Return the names of a table's indexes."""
    sql = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?"
    if session.dialect == "postgresql":
        sql = "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND tablename = ?"
    return {str(name) for (name,) in session.rows(sql, (table,))}


def _sorted(table: Table) -> list[str]:
    return sorted(str(each.name) for each in table.indexes)


def _indexes(table: Table, dialect: Dialect) -> list[str]:
    """Return the statements that make a table's indexes, in the order of their names."""
    return [_printed(CreateIndex(each), dialect) for each in sorted(table.indexes, key=lambda each: str(each.name))]


def _printed(statement: DDLElement, dialect: Dialect) -> str:
    engine: Engine = sqlite.dialect() if dialect == "sqlite" else postgresql.dialect()  # type: ignore[no-untyped-call]
    return str(statement.compile(dialect=engine)).strip()


def triggers(dialect: Dialect, layout: int = VERSION) -> list[str]:
    """Return the statements that make the sealed tables refuse UPDATE, DELETE, REPLACE and TRUNCATE, and heads to go back."""
    made = _sqlite_triggers() if dialect == "sqlite" else _postgres_triggers()
    return [each for each in made if GUARDED_SINCE.get(table_of(each.split()[2]), 0) <= layout]


def guarding(session: Session) -> set[str]:
    """Return the names of those triggers that are there, are switched on and do what they should."""
    if session.dialect == "sqlite":
        wanted = {statement.split()[2]: statement for statement in triggers("sqlite")}
        there = session.rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        return {name for name, sql in there if wanted.get(name) == sql}
    sealing = (("change", _CHANGE), ("truncate", _TRUNCATE))
    kinds = {f"{table}_no_{kind}": (table, bits, "") for table in SEALED for kind, bits in sealing}
    kinds |= {f"{HEAD}_no_{kind}": (HEAD, bits, "") for kind, bits in (("delete", _DELETE), ("truncate", _TRUNCATE))}
    kinds[f"{HEAD}_no_update"] = (HEAD, _UPDATE, _BACK_PRINTED)
    found = session.rows(
        "SELECT t.tgname, c.relname, t.tgtype, CASE WHEN t.tgqual IS NULL THEN '' "
        "ELSE substring(pg_get_triggerdef(t.oid) FROM ' WHEN [(](.*)[)] EXECUTE FUNCTION ') END, p.prosrc "
        "FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_proc AS p ON p.oid = t.tgfoid "
        "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgattr = '' "
        "AND p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql') AND c.oid = to_regclass(c.relname)"
    )
    return {name for name, *what, source in found if kinds.get(name) == tuple(what) and source.strip() == _BODY}


def _sqlite_triggers() -> list[str]:
    made: list[str] = []
    for table in (*SEALED, HEAD):
        # By every key of the table: REPLACE takes away whatever row is in its way, and no trigger of a program that did not ask for
        # recursive ones hears of it.
        unique = [each for each in metadata.tables[table].constraints if isinstance(each, (PrimaryKeyConstraint, UniqueConstraint))]
        there = " OR ".join(
            f"EXISTS (SELECT 1 FROM {table} WHERE {' AND '.join(f'{column.name} = NEW.{column.name}' for column in each.columns)})"  # noqa: S608
            for each in sorted(unique, key=lambda each: isinstance(each, UniqueConstraint))
        )
        back = f"WHEN {_BACK} " if table == HEAD else ""
        made += [
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {back}BEGIN SELECT RAISE(ABORT, 'sealed: {table}'); END",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, 'sealed: {table}'); END",
            f"CREATE TRIGGER {table}_no_insert BEFORE INSERT ON {table} WHEN {there} BEGIN SELECT RAISE(ABORT, 'sealed: {table}'); END",
        ]
    return made


def _postgres_triggers() -> list[str]:
    made = [(f"CREATE FUNCTION foodtrace_sealed() RETURNS trigger LANGUAGE plpgsql AS $body$ {_BODY} $body$")]
    for table in SEALED:
        made += [
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {_FUNCTION}",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {_FUNCTION}",
        ]
    # A condition that speaks of the new row can be none of a DELETE.
    return [
        *made,
        f"CREATE TRIGGER {HEAD}_no_update BEFORE UPDATE ON {HEAD} FOR EACH ROW WHEN ({_BACK}) {_FUNCTION}",
        f"CREATE TRIGGER {HEAD}_no_delete BEFORE DELETE ON {HEAD} FOR EACH ROW {_FUNCTION}",
        f"CREATE TRIGGER {HEAD}_no_truncate BEFORE TRUNCATE ON {HEAD} FOR EACH STATEMENT {_FUNCTION}",
    ]
