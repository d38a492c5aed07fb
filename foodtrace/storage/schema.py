"""The statements that make the schema, and the triggers that keep sealed tables sealed.

The triggers stop accidents, not an owner of the database: who can drop a trigger can change a row. It is the log's proofs
that stop the owner (DESIGN section 5).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable, PrimaryKeyConstraint, UniqueConstraint

from foodtrace.storage.session import Dialect, Session
from foodtrace.storage.tables import SEALED, VERSION, metadata

_BODY: Final = "BEGIN RAISE EXCEPTION 'sealed: %', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END"
_CHANGE: Final = 1 | 2 | 8 | 16
"""``pg_trigger.tgtype``: for each row, before, DELETE, UPDATE."""
_TRUNCATE: Final = 2 | 32
"""Before, TRUNCATE."""


def statements(dialect: Dialect) -> list[str]:
    """Return the DDL that makes an empty ledger database, in order."""
    engine = sqlite.dialect() if dialect == "sqlite" else postgresql.dialect()  # type: ignore[no-untyped-call]
    made: list[str] = []
    for table in metadata.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=engine)).strip())
        made.extend(
            str(CreateIndex(index).compile(dialect=engine)).strip() for index in sorted(table.indexes, key=lambda each: str(each.name))
        )
    made.extend(triggers(dialect))
    made.append(f"INSERT INTO setting (key, value) VALUES ('version', '{VERSION}')")  # noqa: S608 - a constant
    return made


def triggers(dialect: Dialect) -> list[str]:
    """Return the statements that make the sealed tables refuse UPDATE, DELETE, REPLACE and TRUNCATE."""
    return _sqlite_triggers() if dialect == "sqlite" else _postgres_triggers()


def trigger_names(dialect: Dialect) -> set[str]:
    """Return the names of the triggers that must be there."""
    kinds = ("update", "delete", "insert") if dialect == "sqlite" else ("change", "truncate")
    return {f"{table}_no_{kind}" for table in SEALED for kind in kinds}


def guarding(session: Session) -> set[str]:
    """Return the names of those triggers that are there, are switched on and do what they should."""
    if session.dialect == "sqlite":
        wanted = {statement.split()[2]: statement for statement in triggers("sqlite")}
        there = session.rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        return {name for name, sql in there if wanted.get(name) == sql}
    kinds = {f"{table}_no_{kind}": (table, bits) for table in SEALED for kind, bits in (("change", _CHANGE), ("truncate", _TRUNCATE))}
    found = session.rows(
        "SELECT t.tgname, c.relname, t.tgtype, p.prosrc FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid "
        "JOIN pg_proc AS p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND c.oid = to_regclass(c.relname)"
    )
    return {name for name, table, bits, source in found if kinds.get(name) == (table, bits) and source.strip() == _BODY}


def _sqlite_triggers() -> list[str]:
    made: list[str] = []
    for table in SEALED:
        # By every key of the table: REPLACE takes away whatever row is in its way, and no trigger of a program that did not ask for
        # recursive ones hears of it.
        unique = [each for each in metadata.tables[table].constraints if isinstance(each, (PrimaryKeyConstraint, UniqueConstraint))]
        there = " OR ".join(
            f"EXISTS (SELECT 1 FROM {table} WHERE {' AND '.join(f'{column.name} = NEW.{column.name}' for column in each.columns)})"  # noqa: S608
            for each in sorted(unique, key=lambda each: isinstance(each, UniqueConstraint))
        )
        made += [
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'sealed: {table}'); END",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, 'sealed: {table}'); END",
            f"CREATE TRIGGER {table}_no_insert BEFORE INSERT ON {table} WHEN {there} BEGIN SELECT RAISE(ABORT, 'sealed: {table}'); END",
        ]
    return made


def _postgres_triggers() -> list[str]:
    made = [(f"CREATE FUNCTION foodtrace_sealed() RETURNS trigger LANGUAGE plpgsql AS $body$ {_BODY} $body$")]
    for table in SEALED:
        made += [
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION foodtrace_sealed()",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION foodtrace_sealed()",
        ]
    return made
