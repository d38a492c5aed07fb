"""Where ledgers lie in real life: read-only disks, copies without their log, folders, full disks, files that a crash cut."""

from __future__ import annotations

import datetime as dt
import os
import resource
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from foodtrace import Ledger, errors
from foodtrace.events import Event, Site
from foodtrace.storage.engine import open_store
from tests.cli.inside import Inside, here

__all__ = ["here"]

AT = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def sites(stem: str, count: int = 1) -> list[Event]:
    long = "x" * 80
    return [Site(id=f"{stem}{n}", at=AT, site=f"{stem}-{n}", operator="F-1", kind="shop", name=f"福安 {n} {long}") for n in range(count)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys") as ledger:
        ledger.init("test.example/own")
        ledger.record(sites("A", 30))
    return tmp_path


def _no_shm(home: Path) -> None:
    """Let SQLite find no way to make its ``-shm`` file."""
    (home / "x.db-shm").symlink_to(home / "nowhere" / "shm")


@pytest.fixture
def sealed_place(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a ledger in a place that cannot be written to, whoever runs this: root passes by every permission."""
    if os.geteuid():
        (home / "x.db").chmod(0o444)
        home.chmod(0o555)
        yield home
        home.chmod(0o755)
        return
    _no_shm(home)  # SQLite cannot make its file: as on a disk that is mounted read-only
    real = os.access
    inside = {str(home), str(home / "x.db")}
    monkeypatch.setattr(os, "access", lambda path, mode: not (mode == os.W_OK and str(path) in inside) and real(path, mode))
    yield home


def refused(work: object, kind: type[errors.FoodtraceError], code: str) -> errors.FoodtraceError:
    with pytest.raises(kind) as caught:
        work()  # type: ignore[operator]
    assert caught.value.code == code
    return caught.value


def opened(home: Path) -> Ledger:
    return Ledger.open(home / "x.db", keys=home / "keys", create=False)


# -- read only -----------------------------------------------------------------------------------------------------------------


def test_a_copy_kept_as_evidence_is_verified_where_it_lies(sealed_place: Path) -> None:
    before = (sealed_place / "x.db").read_bytes()
    with opened(sealed_place) as ledger:
        for full in (False, True):
            found = ledger.verify(full=full, files=full)
            assert (found.ok, found.entries) == (True, 31), found.findings
        refused(lambda: ledger.record(sites("B")), errors.Storage, "storage.read_only")
    assert (sealed_place / "x.db").read_bytes() == before


def test_newer_entries_beside_it_are_not_left_out_in_silence(sealed_place: Path) -> None:
    if not os.geteuid():
        (sealed_place / "x.db-wal").write_bytes(bytes(32))
    else:
        sealed_place.chmod(0o755)
        (sealed_place / "x.db-wal").write_bytes(bytes(32))
        sealed_place.chmod(0o555)
    said = refused(lambda: opened(sealed_place), errors.Storage, "storage.wal_here")
    assert "x.db-wal" in said.message("en")


def test_what_is_written_meanwhile_by_somebody_else_makes_the_answer_void(sealed_place: Path) -> None:
    def read(ledger: Ledger) -> None:
        with ledger.reading() as session:
            assert session.row("SELECT COUNT(*) FROM entry") == (31,)
            os.utime(sealed_place / "x.db", ns=(1, 1))

    with opened(sealed_place) as ledger:
        refused(lambda: read(ledger), errors.Storage, "storage.changed")


# -- copies, folders, what is no ledger -------------------------------------------------------------------------------------------


def test_a_file_copied_without_its_newest_entries_is_older_than_what_was_signed(home: Path, tmp_path: Path) -> None:
    with opened(home) as ledger:
        ledger.record(sites("B"))
        shutil.copyfile(home / "x.db", home / "copy.db")
    with pytest.raises(errors.Integrity) as caught:
        Ledger.open(home / "copy.db", keys=home / "keys", create=False)
    assert caught.value.code == "ledger.rolled_back"


def test_a_folder_or_a_device_is_told(tmp_path: Path) -> None:
    for place in (tmp_path, Path("/dev/null")):
        for create in (False, True):
            said = refused(lambda p=place, c=create: Ledger.open(p, keys=tmp_path / "k", create=c), errors.Storage, "storage.not_a_file")
            assert f"--db {place}/foodtrace.db" in said.hint("en")


@pytest.mark.parametrize("content", [b"", b"hello", b"SQLite format 3\0" + bytes(84), bytes(5000)], ids=["none", "text", "head", "zeros"])
def test_reading_never_changes_what_is_no_ledger(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(content)
    with pytest.raises(errors.FoodtraceError) as caught:
        opened(tmp_path)
    assert caught.value.code in {"ledger.missing", "storage.not_a_ledger"}
    assert path.read_bytes() == content


def test_another_programs_database_stays_in_its_own_mode(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE customers (name TEXT)")
    connection.commit()
    connection.close()
    before = (tmp_path / "x.db").read_bytes()
    refused(lambda: opened(tmp_path), errors.NotFound, "ledger.missing")
    assert (tmp_path / "x.db").read_bytes() == before


def test_a_ledger_that_was_verified_and_is_gone_is_no_new_start(here: Inside) -> None:
    here("init")
    assert "nothing in it but its own key" in here("verify")
    for path in here.folder.glob("foodtrace.db*"):
        path.unlink()
    assert "was verified once" in here("doctor", code=3)
    (here.folder / "foodtrace.db").write_bytes(b"")
    assert "was verified once" in here("doctor", code=3)
    assert "tlog.log_gone" in here("verify", code=3)


@pytest.mark.parametrize("emptied", [False, True])
def test_nothing_is_put_in_the_place_of_a_ledger_that_is_gone_nor_is_it_called_new(here: Inside, emptied: bool) -> None:
    here("init")
    here("verify")
    for path in here.folder.glob("foodtrace.db*"):
        path.unlink()
    if emptied:
        (here.folder / "foodtrace.db").write_bytes(b"")
    lines = here.folder / "x.jsonl"
    lines.write_text("{}")
    for words in (["init"], ["recall", "F-1/A"], ["gate"], ["site", "add", "福安超市:shop"], ["record", str(lines)], ["trace", "F-1/A"]):
        said = here(*words, code=3)
        assert "ledger.gone" in said or "it was verified on this host" in said, said
        assert "foodtrace recover --from BACKUP" in said
    assert not (here.folder / "foodtrace.db").exists() or not (here.folder / "foodtrace.db").read_bytes()
    for mark in (here.folder / "keys").glob("*.verified"):
        mark.unlink()
    here("init", "--name", "city/other")  # given up on purpose


def test_a_ledger_that_is_gone_from_the_server_is_no_new_start_either(pg_url: str, tmp_path: Path) -> None:
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        ledger.init("test.example/own")
        assert ledger.verify().ok
        with ledger.store.write() as session:
            session.run("DROP SCHEMA public CASCADE")
            session.run("CREATE SCHEMA public")
    for create in (True, False):
        error = refused(lambda create=create: Ledger.open(pg_url, keys=tmp_path / "keys", create=create), errors.Integrity, "ledger.gone")
        assert error.params["path"]


@pytest.mark.parametrize("value", ["two", "", "-1", "0", "1.0", "9" * 40, "x\x00"])
@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_version_that_is_no_number_is_told(tmp_path: Path, request: pytest.FixtureRequest, engine: str, value: str) -> None:
    if engine == "postgres" and "\x00" in value:
        value = "x"  # PostgreSQL has no such text
    url = f"sqlite:///{tmp_path}/x.db" if engine == "sqlite" else request.getfixturevalue("pg_url")
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        ledger.init("test.example/own")
        with ledger.store.write() as session:
            session.run("UPDATE setting SET value = ? WHERE key = 'version'", (value,))
    said = refused(lambda: Ledger.open(url, keys=tmp_path / "keys"), errors.Integrity, "storage.mistyped")
    assert "setting.version" in said.message("en")
    assert "recover --from BACKUP" in said.hint("en"), "verify alone would say the same again"
    with closing(open_store(url, create=False)) as store, store.write() as session:
        session.run("DELETE FROM setting WHERE key = 'version'")
    refused(lambda: Ledger.open(url, keys=tmp_path / "keys"), errors.Integrity, "storage.mistyped")


# -- full disks -----------------------------------------------------------------------------------------------------------------


def test_a_full_disk_is_named_and_nothing_is_half_done(home: Path) -> None:
    with opened(home) as ledger:
        with ledger.store._borrow() as connection:  # type: ignore[attr-defined]  # the database itself says "full"
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count={pages + 2}")
        said = refused(lambda: ledger.record(sites("B", 500)), errors.Storage, "storage.full")
        assert "make room" in said.hint("en")
        assert ledger.verify().entries == 31
        with ledger.store._borrow() as connection:  # type: ignore[attr-defined]
            connection.execute("PRAGMA max_page_count=1000000")
        assert ledger.record(sites("B", 500)).new == 500
        assert ledger.verify().ok


def test_a_limit_on_the_size_of_files_leaves_all_of_a_batch_or_none(home: Path) -> None:
    """The write-ahead log is cut short by the system in the middle of a batch."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with opened(home) as ledger:
        ledger.record(sites("B"))
        resource.setrlimit(resource.RLIMIT_FSIZE, ((home / "x.db-wal").stat().st_size + 40_000, hard))
        try:
            with pytest.raises(errors.Storage) as caught:
                ledger.record(sites("C", 500))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        assert caught.value.code in {"storage.failed", "storage.full"}
    with opened(home) as ledger:
        found = ledger.verify(full=True, files=True)
        assert (found.ok, found.entries) == (True, 32)
        assert ledger.record(sites("C", 500)).new == 500
        assert ledger.verify().ok


def test_no_room_for_the_small_files_is_a_full_disk(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _no_shm(home)
    refused(lambda: opened(home), errors.Storage, "storage.failed")
    usage = cast("shutil._ntuple_diskusage", SimpleNamespace(total=1, used=1, free=0))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    refused(lambda: opened(home), errors.Storage, "storage.full")
