"""Versions of the schema, on both databases: an older ledger is told what to do and comes over whole, a newer one is left alone."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path

import pytest

from foodtrace import Ledger, errors
from foodtrace.keeping.backup import backup, restore
from foodtrace.keeping.recovery import recover
from foodtrace.reading import SCHEMA_VERSION, reading
from foodtrace.storage.engine import open_store
from foodtrace.storage.schema import statements, triggers
from foodtrace.storage.session import Dialect, Session
from foodtrace.storage.strange import table_of
from foodtrace.tlog.append import lock_head
from tests.cli.inside import Inside, here
from tests.ledger.rich import LOT, grow

__all__ = ["here"]

SCHEMAS = {2: ("d5d7cf1a29ba4309", "04a208ed1d9da4fa"), 3: ("0f29c2511d708dfc", "7bbda02b3a008428")}
"""Version -> what begins the SHA-256 of its statements, for SQLite and for PostgreSQL."""
FIRST = {
    "sqlite": (
        "CREATE TABLE verified (log BIGINT NOT NULL, size BIGINT NOT NULL, root BLOB NOT NULL, time BIGINT NOT NULL, PRIMARY KEY (log))",
        "DROP INDEX holding_gone",
        "CREATE TABLE held AS SELECT * FROM holding",
        "DROP TABLE holding",
        "CREATE TABLE holding AS SELECT * FROM held",
        "DROP TABLE held",
    ),
    "postgresql": (
        "CREATE TABLE verified (log BIGINT NOT NULL, size BIGINT NOT NULL, root BYTEA NOT NULL, time BIGINT NOT NULL, PRIMARY KEY (log))",
        "DROP INDEX holding_gone",
        "ALTER TABLE holding DROP CONSTRAINT holding_range",
    ),
}
"""What makes a ledger one of the first version, as far as anything depends on it, beside what makes it one of the second."""


@pytest.fixture(params=[1, 2])
def layout(request: pytest.FixtureRequest) -> int:
    """Give the number of an older layout."""
    return int(request.param)


def aged(url: str, keys: Path, layout: int = 1) -> None:
    """Make a ledger of an older version, with a projection that today's program would not make."""
    with Ledger.open(url, keys=keys) as ledger:
        grow(ledger)
        age(ledger, layout)


def age(ledger: Ledger, layout: int = 1) -> None:
    with ledger.store.write() as session:
        for name in {*guards(session.dialect, SCHEMA_VERSION)} - {*guards(session.dialect, 2)}:
            session.run(f"DROP TRIGGER {name}" + (f" ON {table_of(name)}" if session.dialect == "postgresql" else ""))
        for statement in FIRST[session.dialect] if layout == 1 else ():
            session.run(statement)
        session.run("DELETE FROM about WHERE log = 1")
        session.run("UPDATE setting SET value = ? WHERE key = 'version'", (str(layout),))


def guards(dialect: Dialect, layout: int) -> list[str]:
    return [each.split()[2] for each in triggers(dialect, layout) if each.startswith("CREATE TRIGGER ")]


def shape(session: Session) -> list[tuple[object, ...]]:
    """Return every table, index, trigger and constraint as the database has it."""
    if session.dialect == "sqlite":
        return session.rows("SELECT type, name, sql FROM sqlite_master ORDER BY type, name")
    return [
        *session.rows("SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"),
        *session.rows("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1"),
        *session.rows(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
        ),
        *session.rows("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1"),
    ]


def test_whoever_changes_a_table_raises_the_version() -> None:
    """An old program must never meet tables it does not know: see foodtrace.storage.schema."""
    assert {SCHEMA_VERSION: digests(SCHEMA_VERSION)} == {SCHEMA_VERSION: SCHEMAS.get(SCHEMA_VERSION)}


def test_a_copy_of_an_older_ledger_has_the_tables_that_its_program_made() -> None:
    """Those of the second version and no others: guards it never had would say that somebody altered its number."""
    assert digests(2) == SCHEMAS[2]


def digests(layout: int) -> tuple[str, ...]:
    texts = [" ".join("\n".join(statements(each, layout)).split()) for each in ("sqlite", "postgresql")]
    return tuple(hashlib.sha256(each.encode()).hexdigest()[:16] for each in texts)


def test_an_older_ledger_is_refused_with_what_to_do(url: str, tmp_path: Path, layout: int) -> None:
    aged(url, tmp_path / "keys", layout)
    with pytest.raises(errors.Storage) as caught:
        Ledger.open(url, keys=tmp_path / "keys")
    assert caught.value.code == "ledger.older"
    assert caught.value.message("en") == f"ledger format {layout}, this program works with {SCHEMA_VERSION}"
    assert "foodtrace rebuild" in caught.value.hint("en")
    with pytest.raises(errors.Storage, match=f"format {layout}"), reading(url, keys=tmp_path / "keys"):
        pass
    with pytest.raises(errors.Storage, match=f"format {layout}"):  # tables and number agree: there is nothing to look for
        Ledger.open(url, keys=tmp_path / "keys", recovering=True, looking=True)


def test_rebuild_brings_an_older_ledger_over_and_touches_no_sealed_row(url: str, tmp_path: Path, layout: int) -> None:
    with closing(open_store(url, create=True)) as store:
        store.create()
        with store.read() as session:
            fresh = shape(session)
    aged(url, tmp_path / "keys", layout)
    order = {"entry": "log, seq", "checkpoint": "log, size", "node": "log, level, idx", "head": "log", "log": "id", "personal": "log, seq"}
    sealed = [f"SELECT * FROM {table} ORDER BY {keys}" for table, keys in order.items()]
    with closing(open_store(url, create=False)) as store, store.read() as session:
        before = [session.rows(sql) for sql in sealed]
        assert shape(session) != fresh
    with Ledger.open(url, keys=tmp_path / "keys", older=True) as ledger:
        ledger.rebuild()
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        assert ledger.verify(full=True).ok
        assert ledger.recall(LOT).outlets
        with ledger.reading() as session:
            assert [session.rows(sql) for sql in sealed] == before
            assert shape(session) == fresh
        ledger.rebuild()  # once more changes nothing
        with ledger.reading() as session:
            assert shape(session) == fresh


def test_a_newer_ledger_is_refused_even_by_what_takes_older_ones(url: str, tmp_path: Path) -> None:
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        ledger.init("test.example/own")
        with ledger.store.write() as session:
            session.run("UPDATE setting SET value = ? WHERE key = 'version'", (str(SCHEMA_VERSION + 1),))
    for older in (False, True):
        with pytest.raises(errors.Storage) as caught:
            Ledger.open(url, keys=tmp_path / "keys", older=older)
        assert caught.value.code == "ledger.newer"
        assert caught.value.message("en") == f"ledger format {SCHEMA_VERSION + 1}, this program knows {SCHEMA_VERSION}"


def test_a_backup_of_an_older_ledger_is_made_restored_and_recovered(url: str, tmp_path: Path, layout: int) -> None:
    keys = tmp_path / "keys"
    aged(url, keys, layout)
    with Ledger.open(url, keys=keys, older=True) as ledger:
        backup(ledger, tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path / "back.db", keys)
    with pytest.raises(errors.Storage, match=f"format {layout}"):
        Ledger.open(tmp_path / "back.db", keys=keys, recovering=True, looking=True)
    with Ledger.open(tmp_path / "back.db", keys=keys, older=True, recovering=True) as back:
        with pytest.raises(errors.Refused) as caught:
            back.rebuild()
        assert caught.value.code == "ledger.is_backup"
        recover(back, "city/one", new_log=False, reason="disk")
    with Ledger.open(tmp_path / "back.db", keys=keys) as back:
        assert back.verify(full=True).ok


def test_commands_say_what_to_do_with_an_older_ledger_and_do_it(here: Inside, layout: int) -> None:
    here("init")
    with Ledger.open(here.folder / "foodtrace.db") as ledger:
        age(ledger, layout)
    for command in (["recall", "L1"], ["verify"], ["trace", "L1"]):
        assert "ledger.older" in here(*command, code=3)
    assert "foodtrace rebuild" in here("doctor", code=3)
    here("backup", str(here.folder / "copy"))
    here("rebuild")
    here("verify")


@pytest.mark.postgres
def test_rebuild_waits_for_whoever_is_writing(pg_url: str, tmp_path: Path) -> None:
    """What is appended between emptying and filling would be counted twice, or not at all."""
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        grow(ledger)
        with ThreadPoolExecutor(1) as pool:
            with ledger.store.write() as session:
                lock_head(session, 1)
                rebuilt = pool.submit(ledger.rebuild)
                assert not wait([rebuilt], timeout=1).done
            assert rebuilt.result() == ledger.logs()[0].size + ledger.logs()[1].size
        assert ledger.verify(full=True).ok


def test_a_dropped_index_comes_back_with_rebuild(url: str, tmp_path: Path) -> None:
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        grow(ledger)
        with ledger.reading() as session:
            whole = shape(session)
        with ledger.store.write() as session:
            for name in ("move_entry", "move_number", "name_code", "holding_gone"):
                session.run(f"DROP INDEX {name}")
        ledger.rebuild()
        with ledger.reading() as session:
            assert shape(session) == whole
        assert ledger.verify(full=True).ok
