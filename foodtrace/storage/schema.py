"""The statements that make the schema, and the triggers that keep sealed tables sealed.

The triggers stop accidents, not an owner of the database: who can drop a trigger can change a row. It is the log's proofs
that stop the owner (DESIGN section 5).
"""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from foodtrace.storage.session import Dialect
from foodtrace.storage.tables import SEALED, VERSION, metadata


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


def _sqlite_triggers() -> list[str]:
    made: list[str] = []
    for table in SEALED:
        keys = [column.name for column in metadata.tables[table].primary_key]
        same = " AND ".join(f"{key} = NEW.{key}" for key in keys)
        made += [
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'sealed: {table}'); END",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, 'sealed: {table}'); END",
            (  # names of our own tables, no input of anybody's
                f"CREATE TRIGGER {table}_no_insert BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "  # noqa: S608
                f"BEGIN SELECT RAISE(ABORT, 'sealed: {table}'); END"
            ),
        ]
    return made


def _postgres_triggers() -> list[str]:
    made = [
        (
            "CREATE FUNCTION foodtrace_sealed() RETURNS trigger LANGUAGE plpgsql AS "
            "$body$ BEGIN RAISE EXCEPTION 'sealed: %', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $body$"
        )
    ]
    for table in SEALED:
        made += [
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION foodtrace_sealed()",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION foodtrace_sealed()",
        ]
    return made
