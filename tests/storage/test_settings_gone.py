"""A ledger whose table of settings is gone is a damaged one, never one that was never made; on both databases."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from foodtrace import Ledger, errors
from foodtrace.storage.engine import open_store
from tests.cli.inside import Inside, here
from tests.ledger.rich import first

__all__ = ["here"]


HARMS = ("DROP TABLE setting", "ALTER TABLE setting RENAME COLUMN key TO k", "ALTER TABLE setting DROP COLUMN value")


@pytest.fixture(params=HARMS)
def damaged(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> str:
    """Give the address of such a ledger, which no ``verify`` of this host has seen; one that lacks a column is as good as gone."""
    with Ledger.open(url, keys=tmp_path / "made") as ledger:
        ledger.init("city/one", operator="F-1")
        ledger.record(first())
        with ledger.store.write() as session:
            session.run(request.param)
    return url


def refused(what: Callable[[], object], code: str = "ledger.no_settings") -> errors.FoodtraceError:
    with pytest.raises(errors.FoodtraceError) as caught:
        what()
    assert (caught.value.code, caught.value.exit_code) == (code, 3)
    return caught.value


@pytest.mark.parametrize("recovering", [False, True])
@pytest.mark.parametrize("create", [False, True])
def test_it_is_damaged_to_whoever_opens_it(damaged: str, tmp_path: Path, create: bool, recovering: bool) -> None:
    error = refused(lambda: Ledger.open(damaged, keys=tmp_path / "keys", create=create, recovering=recovering))
    assert "has no table of settings that can be read (setting: key, value), and 17 others of its tables" in error.message("en")
    assert "foodtrace init" not in error.hint("en") + error.hint("zh")
    with closing(open_store(damaged, create=False)) as store, store.read() as session:
        assert session.rows("SELECT origin FROM log") == [("city/one",)], "and nothing of it was changed"


def test_one_that_loses_it_while_a_program_has_it_open_is_too(url: str, tmp_path: Path) -> None:
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        ledger.init("city/one", operator="F-1")
        with ledger.store.write() as session:
            session.run("DROP TABLE setting")
        refused(ledger.logs)
        refused(lambda: ledger.init("city/two"))
        refused(ledger.rebuild)


def test_no_command_calls_it_new_or_makes_another_there(damaged: str, here: Inside) -> None:
    (here.folder / "keys").mkdir(mode=0o700)
    for words in (
        ["init"],
        ["doctor"],
        ["recall", "F-1/A"],
        ["site", "add", "福安超市:shop"],
        ["rebuild"],
        ["backup", str(here.folder / "b")],
    ):
        said = here("--db", damaged, *words, code=3)
        assert "the ledger is damaged" in said, said
        assert "recover --from BACKUP" in said
        assert "foodtrace init" not in said
        assert "no ledger here" not in said


def test_most_of_the_other_tables_are_enough_to_know_it_by(damaged: str, tmp_path: Path) -> None:
    with closing(open_store(damaged, create=False)) as store, store.write() as session:
        for table in ("entry", "head", "log", "name"):
            session.run(f"DROP TABLE {table}")
    refused(lambda: Ledger.open(damaged, keys=tmp_path / "keys"))


def test_a_few_tables_of_others_under_our_names_are_no_ledger(url: str, tmp_path: Path) -> None:
    with closing(open_store(url, create=True)) as store, store.write() as session:
        for table in ("log", "entry", "name"):
            session.run(f"CREATE TABLE {table} (id BIGINT)")
    with pytest.raises(errors.NotFound) as caught:
        Ledger.open(url, keys=tmp_path / "keys", create=False)
    assert caught.value.code == "ledger.missing"


def test_a_copy_that_lost_it_is_found_too(here: Inside) -> None:
    here("init")
    copy = here.folder / "q.db"
    with closing(sqlite3.connect(here.folder / "foodtrace.db")) as ledger:
        ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(here.folder / "foodtrace.db", copy)
    with closing(sqlite3.connect(copy)) as ledger:
        ledger.execute("DROP TABLE setting")
        ledger.commit()
    assert "the ledger is damaged: q.db has no table of settings" in here("--db", "q.db", "recall", "F-1/A", code=3)
    assert "tlog.table_missing" in here("--db", "q.db", "verify", code=3)
