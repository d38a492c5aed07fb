"""Damage below the rows, in real bytes of real files: found by who is asked to look, whatever the rows say."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from foodtrace import Ledger
from foodtrace.storage.damage import damage
from tests.cli.inside import Inside, here
from tests.ledger.rich import grow

__all__ = ["here"]


def place_of(path: Path, name: str) -> tuple[int, int]:
    """Return where the root page of a table or an index begins in the file, and how long a page is."""
    connection = sqlite3.connect(path)
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    connection.close()
    return (root - 1) * size, size


def overwrite(path: Path, start: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(data)


def change_key(path: Path, index: str, old: bytes, new: bytes) -> None:
    """Change a key in an index, as a flipped bit on the disk does: the table keeps the right value."""
    start, size = place_of(path, index)
    page = path.read_bytes()[start : start + size]
    assert page.count(old) == 1
    overwrite(path, start + page.index(old), new)


@pytest.fixture
def ledger(here: Inside) -> Path:
    path = here.folder / "foodtrace.db"
    with Ledger.open(path, keys=here.folder / "keys") as opened:
        grow(opened)
    assert not path.with_name("foodtrace.db-wal").exists()
    return path


def test_an_index_that_lost_a_lot_is_found_though_every_row_holds(here: Inside, ledger: Path) -> None:
    assert "every page and every index" in here("doctor")
    assert here.json("recall", "261123-1")["outlets"]
    change_key(ledger, "name_code", b"261123-1", b"261123-0")
    assert "lot.not_found" in here("recall", "261123-1", code=1), "this is what it does to a recall"
    assert "verified" in here("verify"), "no row is wrong"
    found = here.json("verify", "--full", code=3)["findings"]
    assert {each["code"] for each in found} == {"storage.damaged"}
    assert any("name_code" in each["got"] for each in found)
    said = here("doctor", code=3)
    assert "the database's files are damaged" in said
    assert "recover --from" in said
    assert "坏了" in here("doctor", code=3, lang="zh")


def test_a_page_that_nobody_asked_for_is_found(here: Inside, ledger: Path) -> None:
    start, size = place_of(ledger, "site_fact_name")
    overwrite(ledger, start, bytes(size))
    assert here.json("recall", "261123-1")["outlets"], "not one of the pages it needs"
    assert "damaged" in here("doctor", code=3)
    assert here("verify", "--full", code=3)


@pytest.mark.parametrize("table", ["entry", "holding", "name", "node", "checkpoint", "site_fact", "setting"])
def test_no_damaged_page_of_a_table_leaves_doctor_or_verify_content(here: Inside, ledger: Path, table: str) -> None:
    start, size = place_of(ledger, table)
    overwrite(ledger, start, b"\xff" * (size // 4))
    assert here("doctor", code=3)
    assert here("verify", "--full", code=3)


@pytest.mark.postgres
def test_a_server_compares_its_indexes_where_it_can(tmp_path: Path, pg_url: str) -> None:
    """``amcheck`` is no part of the server that tests run on; a function of its name and form stands for it."""
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        ledger.init("test.example/own")
        with ledger.reading() as session:
            assert damage(session) is None, "it could not look, and does not say that all is well"
        assert ledger.verify(full=True, files=True).ok
        with ledger.store.write() as session:
            session.run(
                "CREATE FUNCTION bt_index_check(regclass, boolean) RETURNS void LANGUAGE plpgsql AS $$ BEGIN "
                "IF $1::text = 'name_code' THEN RAISE EXCEPTION 'item order invariant violated' USING ERRCODE = 'index_corrupted'; "
                "END IF; END $$"
            )
        with ledger.reading() as session:
            assert damage(session) == ["name_code: item order invariant violated"]
            assert session.row("SELECT COUNT(*) FROM entry") == (1,), "the transaction goes on"
        found = ledger.verify(full=True, files=True)
        assert [(each.code, each.got) for each in found.findings] == [("storage.damaged", "name_code: item order invariant violated")]
        assert ledger.verify(full=True).ok, "not asked, not looked"
        with ledger.store.write() as session:
            session.run("DROP FUNCTION bt_index_check")
            session.run(
                "CREATE FUNCTION bt_index_check(regclass, boolean) RETURNS void LANGUAGE plpgsql AS $$ BEGIN "
                "RAISE EXCEPTION 'no' USING ERRCODE = 'insufficient_privilege'; END $$"
            )
        with ledger.reading() as session:
            assert damage(session) is None


@pytest.mark.postgres
def test_the_extension_is_found_in_whatever_schema_its_administrator_put_it(tmp_path: Path, pg_url: str) -> None:
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        ledger.init("test.example/own")
        with ledger.store.write() as session:
            session.run('CREATE SCHEMA "Far away"')
            session.run(
                'CREATE FUNCTION "Far away".bt_index_check(regclass, boolean) RETURNS void LANGUAGE plpgsql AS $$ BEGIN '
                "RAISE EXCEPTION 'seen' USING ERRCODE = 'index_corrupted'; END $$"
            )
        with ledger.reading() as session:
            assert damage(session) is None, "a function of that name, anywhere, is not asked"
        with ledger.store.write() as session:
            session.run(
                "INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion) "
                "SELECT 999999, 'amcheck', nspowner, oid, true, '1.3' FROM pg_namespace WHERE nspname = 'Far away'"
            )
        with ledger.reading() as session:
            found = damage(session)
        assert found
        assert all(each.endswith(": seen") for each in found)
