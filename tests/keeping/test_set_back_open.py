"""A program that has a ledger open when it is set back writes nothing more into it: found at the next append, on both databases."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foodtrace import Ledger, errors, keyfiles
from foodtrace.keeping import rotation
from foodtrace.operations.common import Outcome
from foodtrace.storage.session import Session
from foodtrace.storage.tables import metadata
from tests.keeping.ownlog import ORIGIN, clock, fill, move

Rows = dict[str, tuple[str, list[tuple[Any, ...]]]]

SESSIONS = {
    "sqlite": "foodtrace.storage.sqlitesession.SqliteSession",
    "postgresql": "foodtrace.storage.postgressession.PostgresSession",
}


class Engine:
    """A database whose content its owner puts back under whoever has it open."""

    def __init__(self, url: str, path: Path | None) -> None:
        self.url, self._path = url, path

    def save(self) -> Any:
        if self._path is not None:
            copy = self._path.with_name("saved.db")
            copy.unlink(missing_ok=True)
            with sqlite3.connect(self._path) as source, sqlite3.connect(copy) as target:
                source.backup(target)
            return copy
        with self._owner() as owner:
            return {table.name: owner.execute(f"SELECT * FROM {table.name}").fetchall() for table in metadata.sorted_tables}

    def put_back(self, saved: Any) -> None:
        if self._path is not None:
            with sqlite3.connect(saved) as source, sqlite3.connect(self._path) as target:
                source.backup(target)  # into the file that is open, as `cp` over it would, without tearing
            return
        with self._owner() as owner:
            owner.execute("SET session_replication_role = replica")
            for table in metadata.sorted_tables:
                owner.execute(f"TRUNCATE {table.name} CASCADE")
            for name, rows in saved.items():
                for row in rows:
                    owner.execute(f"INSERT INTO {name} VALUES ({','.join(['%s'] * len(row))})", row)

    def _owner(self) -> Any:
        import psycopg

        return psycopg.connect(self.url, autocommit=True)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    if request.param == "sqlite":
        return Engine(f"sqlite:///{tmp_path}/x.db", tmp_path / "x.db")
    return Engine(str(request.getfixturevalue("pg_url")), None)


def opened(engine: Engine, tmp_path: Path) -> Ledger:
    return Ledger.open(engine.url, keys=tmp_path / "keys", clock=clock)


def acts(ledger: Ledger, name: str) -> None:
    ledger.act(lambda _session: Outcome(events=[move(name)]))


def ends(ledger: Ledger, _name: str) -> None:
    rotation.end_log(ledger, reason="r")


def rotates(ledger: Ledger, _name: str) -> None:
    rotation.rotate(ledger, keyfiles.create(ledger.keys, ORIGIN))


def records(ledger: Ledger, name: str) -> None:
    ledger.record([move(name)])


WAYS: list[Callable[[Ledger, str], None]] = [records, acts, rotates, ends]


def refused(ledger: Ledger, engine: Engine, way: Callable[[Ledger, str], None], name: str, code: str) -> None:
    before = ends_of(engine)
    for _ in range(2):  # not once only
        with pytest.raises(errors.Integrity) as caught:
            way(ledger, name)
        assert caught.value.code == code
    assert ends_of(engine) == before, "nothing was written"


def ends_of(engine: Engine) -> list[tuple[str, int]]:
    with Ledger.open(engine.url, create=False, recovering=True) as other:
        return [(each.origin, each.size) for each in other.logs()]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("anchored", [True, False])
def test_its_own_commits_are_gone(engine: Engine, tmp_path: Path, way: Callable[[Ledger, str], None], *, anchored: bool) -> None:
    with opened(engine, tmp_path) as ledger:
        fill(ledger)
        saved = engine.save()
        ledger.record([move("a")])
        engine.put_back(saved)
        if not anchored:
            for each in (tmp_path / "keys").glob("*.anchor"):
                each.unlink()
        refused(ledger, engine, way, "b", "ledger.rolled_back")


def test_another_history_of_the_same_length_or_longer_is_a_fork(engine: Engine, tmp_path: Path) -> None:
    with opened(engine, tmp_path) as ledger:
        fill(ledger)
        saved = engine.save()
        ledger.record([move("a")])
        engine.put_back(saved)
        for each in (tmp_path / "keys").glob("*.anchor"):
            each.unlink()
        with opened(engine, tmp_path) as other:
            for name in ("x", "y"):
                other.record([move(name)])
                refused(ledger, engine, records, "b", "ledger.forked_log")


def test_opened_before_and_not_written_yet(engine: Engine, tmp_path: Path) -> None:
    with opened(engine, tmp_path) as first:
        fill(first)
        saved = engine.save()
        first.record([move("a")])
    with opened(engine, tmp_path) as ledger:
        engine.put_back(saved)
        refused(ledger, engine, records, "b", "ledger.rolled_back")


def test_what_another_program_of_this_host_wrote_is_gone(engine: Engine, tmp_path: Path) -> None:
    with opened(engine, tmp_path) as ledger, opened(engine, tmp_path) as other:
        fill(ledger)
        ledger.record([move("a")])
        saved = engine.save()
        other.record([move("b"), move("c")])
        engine.put_back(saved)
        refused(ledger, engine, records, "d", "ledger.rolled_back")
        refused(other, engine, records, "d", "ledger.rolled_back")


def test_a_change_of_key_does_not_make_it_forget(engine: Engine, tmp_path: Path) -> None:
    with opened(engine, tmp_path) as ledger:
        fill(ledger)
        saved = engine.save()
        rotates(ledger, "")
        ledger.record([move("a")])
        engine.put_back(saved)
        for each in (tmp_path / "keys").glob("*.anchor"):
            each.unlink()
        refused(ledger, engine, records, "b", "ledger.rolled_back")


def test_after_recovery_a_program_opened_anew_writes(engine: Engine, tmp_path: Path) -> None:
    from foodtrace.keeping.recovery import recover

    with opened(engine, tmp_path) as ledger:
        fill(ledger)
        saved = engine.save()
        ledger.record([move("a")])
        engine.put_back(saved)
        refused(ledger, engine, records, "b", "ledger.rolled_back")
        with Ledger.open(engine.url, keys=tmp_path / "keys", clock=clock, recovering=True) as mending:
            recover(mending, None, new_log=False, reason="old copy")
        with opened(engine, tmp_path) as anew:
            assert anew.record([move("b")]).new == 1
            assert anew.verify().ok
        refused(ledger, engine, records, "c", "ledger.forked_log")


def test_programs_that_take_turns_and_threads_are_not_taken_for_a_fork(engine: Engine, tmp_path: Path) -> None:
    with opened(engine, tmp_path) as one, opened(engine, tmp_path) as two:
        fill(one)
        for turn in range(6):
            (one, two)[turn % 2].record([move(f"t{turn}")])
        rotates(one, "")
        two.record([move("after")])
        failed: list[BaseException] = []

        def work(ledger: Ledger, who: int) -> None:
            try:
                for turn in range(8):
                    ledger.record([move(f"w{who}-{turn}")])
            except BaseException as error:  # noqa: BLE001 - told below
                failed.append(error)

        threads = [threading.Thread(target=work, args=((one, two)[who % 2], who)) for who in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert not failed
        assert one.verify().ok


def test_a_batch_that_failed_is_not_remembered(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(engine, tmp_path) as ledger:
        fill(ledger)

        def fail(_session: Session) -> Outcome:
            raise errors.Refused("log.ended", value="x")

        with pytest.raises(errors.Refused):
            ledger.act(fail)
        with monkeypatch.context() as patch:
            patch.setattr("foodtrace.graph.projection.apply", lambda *_: (_ for _ in ()).throw(errors.Busy("storage.busy", value="x")))
            with pytest.raises(errors.Busy):
                ledger.record([move("a")])
        assert ledger.record([move("b")]).new == 1


def test_one_program_alone_asks_the_database_nothing_more(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(engine, tmp_path) as ledger:
        fill(ledger)
        ledger.record([move("a")])
        asked: list[str] = []
        monkeypatch.setattr(f"{SESSIONS[ledger.store.dialect]}.row", _noting(asked, SESSIONS[ledger.store.dialect]))
        ledger.record([move("b")])
        assert [each for each in asked if "FROM checkpoint" in each or "leaf" in each] == []


def _noting(asked: list[str], name: str) -> Any:
    module, _, cls = name.rpartition(".")
    row = getattr(__import__(module, fromlist=[cls]), cls).row

    def noted(self: Any, sql: str, params: Any = ()) -> Any:
        asked.append(sql)
        return row(self, sql, params)

    return noted


@pytest.mark.parametrize("kept", [True, False])
def test_another_file_in_place_of_the_one_that_is_open(tmp_path: Path, *, kept: bool) -> None:
    """What was recorded went into a file without a name, and was lost when the program ended."""
    path = tmp_path / "x.db"
    engine = Engine(f"sqlite:///{path}", path)
    with opened(engine, tmp_path) as ledger:
        fill(ledger)
        saved = engine.save()
        ledger.record([move("a")])
        if kept:
            path.rename(tmp_path / "moved.db")
        for each in tmp_path.glob("x.db-*"):
            each.unlink()
        shutil.copy(saved, tmp_path / "new.db")
        (tmp_path / "new.db").replace(path)
        for work in (lambda: ledger.record([move("b")]), ledger.logs, ledger.verify):
            with pytest.raises(errors.Storage) as caught:
                work()
            assert caught.value.code == "storage.replaced"
    with pytest.raises(errors.Integrity) as told:
        opened(engine, tmp_path)
    assert told.value.code == "ledger.rolled_back"


def reads(ledger: Ledger) -> object:
    return ledger.recall("261123-1").outlets


@pytest.mark.parametrize("logs", [1, 2])
def test_a_program_that_only_reads_learns_of_it_at_its_next_read(engine: Engine, tmp_path: Path, logs: int) -> None:
    """It has no key and no anchor of any log: whatever it knows, it saw."""
    with opened(engine, tmp_path) as writer:
        fill(writer)
        if logs == 2:
            writer.init("test.example/two")
        with Ledger.open(engine.url, keys=tmp_path / "reader", clock=clock) as reader:
            before = reads(reader)
            saved = engine.save()
            writer.record([move("a")])
            assert reads(reader) != before
            assert reader.verify(full=True).ok
            for each in (tmp_path / "reader").glob("*"):
                each.unlink()  # what verify left: nothing but the program itself knows
            engine.put_back(saved)
            for _ in range(2):
                with pytest.raises(errors.Integrity) as caught:
                    reads(reader)
                assert (caught.value.code, caught.value.value, caught.value.expected) == ("ledger.rolled_back", 4, 5)
            found = reader.verify()
            assert not found.ok
            assert [(each.code, each.log, each.expected, each.got) for each in found.findings] == [("tlog.rolled_back", ORIGIN, "5", "4")]
        with Ledger.open(engine.url, keys=tmp_path / "reader", clock=clock) as anew:
            assert reads(anew) == before, "who opens it anew, and has nothing to compare it with, cannot know"


def test_a_reader_sees_another_history_of_the_same_length_or_longer(engine: Engine, tmp_path: Path) -> None:
    with opened(engine, tmp_path) as writer, Ledger.open(engine.url, keys=tmp_path / "reader", clock=clock) as reader:
        fill(writer)
        saved = engine.save()
        writer.record([move("a")])
        reads(reader)
        engine.put_back(saved)
        for each in (tmp_path / "keys").glob("*.anchor"):
            each.unlink()
        with opened(engine, tmp_path) as other:
            for name in ("x", "y"):
                other.record([move(name)])
                for _ in range(2):
                    with pytest.raises(errors.Integrity) as caught:
                        reads(reader)
                    assert (caught.value.code, caught.value.value) == ("ledger.forked_log", ORIGIN)
                assert "tlog.forked" in {each.code for each in reader.verify().findings}


def test_a_writer_reads_nothing_that_lacks_what_it_wrote_itself(engine: Engine, tmp_path: Path) -> None:
    with opened(engine, tmp_path) as ledger:
        fill(ledger)
        saved = engine.save()
        ledger.record([move("a")])
        engine.put_back(saved)
        with pytest.raises(errors.Integrity) as caught:
            reads(ledger)
        assert caught.value.code == "ledger.rolled_back"


def test_a_log_that_is_gone_is_noticed_by_a_reader(engine: Engine, tmp_path: Path) -> None:
    with opened(engine, tmp_path) as writer, Ledger.open(engine.url, keys=tmp_path / "reader", clock=clock) as reader:
        fill(writer)
        saved = engine.save()
        writer.init("test.example/two")
        reads(reader)
        engine.put_back(saved)
        with pytest.raises(errors.Integrity) as caught:
            reads(reader)
        assert (caught.value.code, caught.value.params["log"]) == ("ledger.rolled_back", "test.example/two")


def test_readers_beside_writers_are_never_told_so(engine: Engine, tmp_path: Path) -> None:
    """Each thread looks at a snapshot that others have left behind already."""
    with opened(engine, tmp_path) as ledger:
        fill(ledger)
        failed: list[BaseException] = []
        done = threading.Event()

        def read() -> None:
            try:
                while not done.is_set():
                    with ledger.reading() as session:
                        session.rows("SELECT count(*) FROM entry")
            except BaseException as error:  # noqa: BLE001 - told below
                failed.append(error)

        threads = [threading.Thread(target=read) for _ in range(3)]
        for each in threads:
            each.start()
        for turn in range(25):
            ledger.record([move(f"t{turn}")])
        done.set()
        for each in threads:
            each.join()
        assert not failed


def test_a_read_asks_once_about_the_heads(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(engine, tmp_path) as ledger:
        fill(ledger)
        reads(ledger)
        asked: list[str] = []
        module, _, cls = SESSIONS[ledger.store.dialect].rpartition(".")
        rows = getattr(__import__(module, fromlist=[cls]), cls).rows

        def noted(self: Any, sql: str, params: Any = ()) -> Any:
            asked.append(sql)
            return rows(self, sql, params)

        monkeypatch.setattr(f"{SESSIONS[ledger.store.dialect]}.rows", noted)
        with ledger.reading():
            pass
        assert len(asked) == 1
        ledger.record([move("a")])
        asked.clear()
        with ledger.reading():
            pass
        assert len(asked) == 1, "what it wrote itself it knows"
