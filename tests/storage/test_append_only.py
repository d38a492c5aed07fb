"""Sealed rows refuse every statement that would change one, heads every one that goes back, on both databases; roles with the documented
grants append and no more."""

from __future__ import annotations

import re
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from foodtrace import Ledger, errors
from foodtrace.events import Transfer
from foodtrace.keeping.tilesexport import choose_log, export_tiles
from tests.ledger.rich import AT, LOT, grow, kg

ROOT = Path(__file__).resolve().parents[2]
SEALED = ("entry", "node", "checkpoint", "log")
KEYS = {"entry": ("log", "seq"), "node": ("log", "level", "idx"), "checkpoint": ("log", "size"), "log": ("id",), "head": ("log",)}
BARELY = (
    "CREATE TRIGGER head_no_update BEFORE UPDATE ON head FOR EACH ROW WHEN (NEW.log <> OLD.log OR NEW.size < 0) "
    "EXECUTE FUNCTION foodtrace_sealed()"
)
"""A guard that lets a head go back."""
HEADS = ("head_no_delete", "head_no_truncate", "head_no_update")
COLUMNS = {"entry": ("id", "leaf", "bytes"), "node": ("hash",), "checkpoint": ("note",), "log": ("origin",)}


def every(dialect: str) -> list[tuple[str, str]]:
    """Return (name, statement) for all ways to change a sealed row."""
    made = []
    for table in SEALED:
        some = f"SELECT * FROM {table} LIMIT 1"
        keys, columns = ", ".join(KEYS[table]), COLUMNS[table]
        key = KEYS[table][0]
        made += [
            (f"update {table}", f"UPDATE {table} SET {columns[-1]} = {columns[-1]}"),
            (f"update the key of {table}", f"UPDATE {table} SET {key} = {key} + 1"),
            (f"delete {table}", f"DELETE FROM {table}"),
            (f"insert what is there into {table}", f"INSERT INTO {table} {some}"),
            (
                f"upsert {table}",
                f"INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT ({keys}) DO UPDATE SET {key} = excluded.{key}",
            ),
        ]
        if dialect == "sqlite":
            made += [
                (f"insert or replace {table}", f"INSERT OR REPLACE INTO {table} {some}"),
                (f"replace {table}", f"REPLACE INTO {table} {some}"),
                (f"update or replace {table}", f"UPDATE OR REPLACE {table} SET {key} = 1"),
            ]
        else:
            made += [
                (f"truncate {table}", f"TRUNCATE {table}"),
                (f"merge {table}", f"MERGE INTO {table} AS t USING head AS h ON t.{key} = h.log WHEN MATCHED THEN DELETE"),
            ]
    again = "INSERT INTO entry SELECT log, seq + 900, id, leaf, bytes FROM entry WHERE true"
    made.append(("upsert by id", f"{again} ON CONFLICT (log, id) DO UPDATE SET leaf = excluded.leaf"))
    origin = "INSERT INTO log (id, origin) SELECT id + 900, origin FROM log WHERE true"
    made.append(("upsert by origin", f"{origin} ON CONFLICT (origin) DO UPDATE SET id = excluded.id"))
    if dialect == "sqlite":
        made.append(("replace by id", "INSERT OR REPLACE INTO entry SELECT log, seq + 900, id, leaf, bytes FROM entry"))
        made.append(("replace by origin", "INSERT OR REPLACE INTO log (origin) SELECT origin FROM log"))
        made.append(("replace by number", "REPLACE INTO log (id, origin) VALUES (1, 'city/stranger')"))
    return [*made, *of_head(dialect)]


def of_head(dialect: str) -> list[tuple[str, str]]:
    """Return (name, statement) for the ways to set a head back, to give it to another log, or to take it away."""
    rest = "size, prev, frontier, time, key_seq, key_id"
    made = [
        ("head set back", "UPDATE head SET size = size - 1"),
        ("head left where it is", "UPDATE head SET prev = prev"),
        ("head of another log", "UPDATE head SET log = log + 900, size = size + 1"),
        ("head taken away", "DELETE FROM head WHERE log = 1"),
        (
            "head upserted",
            f"INSERT INTO head (log, {rest}) SELECT log, {rest} FROM head WHERE true ON CONFLICT (log) DO UPDATE SET size = 0",
        ),
    ]
    if dialect == "sqlite":
        made += [("head replaced", f"REPLACE INTO head (log, {rest}) SELECT log, {rest} FROM head")]
    else:
        made += [("heads truncated", "TRUNCATE head"), ("all truncated", "TRUNCATE log, head CASCADE")]
    return made


def rows(ledger: Ledger) -> list[object]:
    with ledger.reading() as session:
        return [session.rows(f"SELECT * FROM {table} ORDER BY {', '.join(KEYS[table])}") for table in (*SEALED, "head")]


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(url, keys=tmp_path / "keys") as opened:
        grow(opened)
        yield opened


def test_every_statement_that_would_change_a_sealed_row_is_refused(ledger: Ledger) -> None:
    before = rows(ledger)
    for name, statement in every(ledger.store.dialect):
        with pytest.raises(errors.Storage) as caught, ledger.store.write() as session:
            session.run(statement)
        # A key that is there already is refused by PostgreSQL itself, without asking a trigger.
        by_key = name.startswith("insert what") and ledger.store.dialect == "postgresql"
        assert caught.value.code == ("storage.failed" if by_key else "storage.sealed"), (name, caught.value)
    assert rows(ledger) == before
    assert ledger.verify().ok


def test_a_program_that_knows_nothing_of_our_settings_is_refused_too(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path / 'x.db'}", keys=tmp_path / "keys") as ledger:
        grow(ledger)
        before = rows(ledger)
        plain = sqlite3.connect(tmp_path / "x.db", isolation_level=None)  # recursive_triggers is off here
        for _, statement in every("sqlite"):
            with pytest.raises(sqlite3.IntegrityError, match="sealed"):
                plain.execute(statement)
        plain.close()
        assert rows(ledger) == before
        assert ledger.verify().ok


def test_a_guard_of_the_right_name_that_does_nothing_is_found(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path / 'x.db'}", keys=tmp_path / "keys") as ledger:
        grow(ledger)
        owner = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
        owner.execute("DROP TRIGGER entry_no_update")
        owner.execute("CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT 1; END")
        owner.close()
        assert [(each.code, each.got) for each in ledger.verify().findings] == [("tlog.trigger_missing", "entry_no_update")]


@pytest.mark.parametrize(
    ("statement", "gone"),
    [
        ("ALTER TABLE entry DISABLE TRIGGER entry_no_change", ["entry_no_change"]),
        ("DROP TRIGGER node_no_truncate ON node", ["node_no_truncate"]),
        (
            "CREATE OR REPLACE FUNCTION foodtrace_sealed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            sorted([*(f"{table}_no_{kind}" for table in SEALED for kind in ("change", "truncate")), *HEADS]),
        ),
        ("ALTER TABLE log DISABLE TRIGGER log_no_change", ["log_no_change"]),
        (f"DROP TRIGGER head_no_update ON head; {BARELY}", ["head_no_update"]),
    ],
)
def test_a_guard_switched_off_or_emptied_on_postgresql_is_found(pg_url: str, tmp_path: Path, statement: str, gone: list[str]) -> None:
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        grow(ledger)
        with psycopg.connect(pg_url, autocommit=True) as owner:
            owner.execute(statement.encode())
        assert [(each.code, each.got) for each in ledger.verify().findings] == [("tlog.trigger_missing", each) for each in gone]


@pytest.fixture
def roles(pg_url: str, tmp_path: Path) -> dict[str, str]:
    """Make the roles of docs/postgresql.md with its grants; return their URLs."""
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        grow(ledger)
    (sql,) = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "postgresql.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    suffix = uuid.uuid4().hex[-12:]  # of the server, not of the database
    names = {each: f"{each}_{suffix}" for each in ("foodtrace_writer", "foodtrace_reader")}
    with psycopg.connect(pg_url, autocommit=True) as owner:
        for plain, name in names.items():
            owner.execute(f"CREATE ROLE {name} LOGIN".encode())
            sql = sql.replace(plain, name)
        owner.execute(sql.encode())
    parts = urlsplit(pg_url)
    at = parts.netloc.rpartition("@")[2]
    return {plain: urlunsplit(parts._replace(netloc=f"{name}:@{at}")) for plain, name in names.items()}


def test_the_documented_writer_appends_and_reads_but_cannot_alter(roles: dict[str, str], tmp_path: Path) -> None:
    with Ledger.open(roles["foodtrace_writer"], keys=tmp_path / "keys") as ledger:
        new = Transfer(id="w1", at=AT, site="F-1", to="X-9", lot=LOT, quantity=kg(1))
        assert ledger.record([new], personal={"w1": {"phone": "0451-555-0199"}}, log="city/one").new == 1
        assert ledger.record([new], personal={"w1": {"phone": "0451-555-0199"}}, log="city/one").new == 0, "a retry"
        ledger.init("city/three")
        assert ledger.recall(LOT).outlets
        assert ledger.verify().ok
    refused = [statement for _, statement in every("postgresql") if not statement.startswith("INSERT INTO") or "ON CONFLICT" in statement]
    refused += [
        "ALTER TABLE entry DISABLE TRIGGER ALL",
        "DROP TRIGGER entry_no_change ON entry",
        "ALTER TABLE entry RENAME TO other",
        "DELETE FROM head",
        "DELETE FROM holding",
        "DELETE FROM personal",
        "UPDATE log SET origin = 'x/y'",
        "TRUNCATE head",
        "UPDATE setting SET value = '9'",
        "SET session_replication_role = replica",
    ]
    with psycopg.connect(roles["foodtrace_writer"], autocommit=True) as writer:
        for statement in refused:
            # Moving a head on is a writer's work, so UPDATE of it is granted: of what goes back the guard keeps it.
            moves = statement.startswith("UPDATE head") or "INTO head" in statement
            with pytest.raises(psycopg.errors.RestrictViolation if moves else psycopg.errors.InsufficientPrivilege):
                writer.execute(statement.encode())


def test_a_writer_takes_in_copies_of_logs_with_one_grant_more(roles: dict[str, str], pg_url: str, tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "gate.db", keys=tmp_path / "gate.keys") as gate:
        vkey = gate.init("test.example/gate")[1].vkey
        gate.record([Transfer(id="g1", at=AT, site="F-1", to="X-9", lot=LOT, quantity=kg(1))])
        with gate.reading() as session:
            export_tiles(session, choose_log(session, None), tmp_path / "stick")
    (grant,) = re.findall(r"`(GRANT [A-Z, ]+ ON setting)`", (ROOT / "docs" / "postgresql.md").read_text(encoding="utf-8"))
    with Ledger.open(roles["foodtrace_writer"], keys=tmp_path / "keys") as ledger:
        with pytest.raises(errors.Storage):
            ledger.import_log(tmp_path / "stick", vkeys=[vkey])
        assert ledger.verify().ok, "all of it or nothing"
        with psycopg.connect(pg_url, autocommit=True) as owner:
            owner.execute(f"{grant} TO {urlsplit(roles['foodtrace_writer']).username}".encode())
        assert ledger.import_log(tmp_path / "stick", vkeys=[vkey]).outcome == "imported"
        assert ledger.verify().ok


def test_the_documented_reader_reads_and_verifies_only(roles: dict[str, str], tmp_path: Path) -> None:
    with Ledger.open(roles["foodtrace_reader"], keys=tmp_path / "keys") as ledger:
        assert ledger.recall(LOT).outlets
        assert ledger.verify().ok
        with pytest.raises(errors.Storage):
            ledger.record([Transfer(id="w1", at=AT, site="F-1", to="S-7", lot=LOT, quantity=kg(1))], log="city/one")
        assert ledger.store.forget() is False, "it is said that nothing was rewritten"
