"""Sealed rows refuse every statement that would change one, on both databases; roles with the documented grants append and no more."""

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
from tests.ledger.rich import AT, LOT, grow, kg

ROOT = Path(__file__).resolve().parents[2]
SEALED = ("entry", "node", "checkpoint")
KEYS = {"entry": ("log", "seq"), "node": ("log", "level", "idx"), "checkpoint": ("log", "size")}
COLUMNS = {"entry": ("id", "leaf", "bytes"), "node": ("hash",), "checkpoint": ("note",)}


def every(dialect: str) -> list[tuple[str, str]]:
    """Return (name, statement) for all ways to change a sealed row."""
    made = []
    for table in SEALED:
        some = f"SELECT * FROM {table} LIMIT 1"
        keys, columns = ", ".join(KEYS[table]), COLUMNS[table]
        made += [
            (f"update {table}", f"UPDATE {table} SET {columns[-1]} = {columns[-1]}"),
            (f"update the key of {table}", f"UPDATE {table} SET log = log + 1"),
            (f"delete {table}", f"DELETE FROM {table}"),
            (f"insert what is there into {table}", f"INSERT INTO {table} {some}"),
            (
                f"upsert {table}",
                f"INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT ({keys}) DO UPDATE SET log = excluded.log",
            ),
        ]
        if dialect == "sqlite":
            made += [
                (f"insert or replace {table}", f"INSERT OR REPLACE INTO {table} {some}"),
                (f"replace {table}", f"REPLACE INTO {table} {some}"),
                (f"update or replace {table}", f"UPDATE OR REPLACE {table} SET log = 1"),
            ]
        else:
            made += [
                (f"truncate {table}", f"TRUNCATE {table}"),
                (f"merge {table}", f"MERGE INTO {table} AS t USING head AS h ON t.log = h.log WHEN MATCHED THEN DELETE"),
            ]
    again = "INSERT INTO entry SELECT log, seq + 900, id, leaf, bytes FROM entry WHERE true"
    made.append(("upsert by id", f"{again} ON CONFLICT (log, id) DO UPDATE SET leaf = excluded.leaf"))
    if dialect == "sqlite":
        made.append(("replace by id", "INSERT OR REPLACE INTO entry SELECT log, seq + 900, id, leaf, bytes FROM entry"))
    return made


def rows(ledger: Ledger) -> list[object]:
    with ledger.reading() as session:
        return [session.rows(f"SELECT * FROM {table} ORDER BY {', '.join(KEYS[table])}") for table in SEALED]


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
            [f"{table}_no_{kind}" for table in sorted(SEALED) for kind in ("change", "truncate")],
        ),
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
        "UPDATE setting SET value = '9'",
        "SET session_replication_role = replica",
    ]
    with psycopg.connect(roles["foodtrace_writer"], autocommit=True) as writer:
        for statement in refused:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                writer.execute(statement.encode())


def test_the_documented_reader_reads_and_verifies_only(roles: dict[str, str], tmp_path: Path) -> None:
    with Ledger.open(roles["foodtrace_reader"], keys=tmp_path / "keys") as ledger:
        assert ledger.recall(LOT).outlets
        assert ledger.verify().ok
        with pytest.raises(errors.Storage):
            ledger.record([Transfer(id="w1", at=AT, site="F-1", to="S-7", lot=LOT, quantity=kg(1))], log="city/one")
        assert ledger.store.forget() is False, "it is said that nothing was rewritten"
