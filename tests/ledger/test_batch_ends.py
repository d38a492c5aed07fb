"""Where ``time`` changes a batch ended, and its checkpoint is there: no memory of an earlier run is needed to miss one."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import foodtrace.verification.run as running
from foodtrace import Ledger
from foodtrace.events import Event, Transfer
from foodtrace.keeping.tilesexport import choose_log, export_tiles
from foodtrace.storage.sqlitesession import SqliteSession
from foodtrace.tlog.append import Head
from foodtrace.tlog.brought import all_brought, say_brought
from foodtrace.tlog.clock import ClockRule, sealing_time
from foodtrace.tlog.frontier import Frontier
from foodtrace.verification import Verification
from tests.ledger.parts import OPERATOR, blend
from tests.ledger.rich import AT, LOT, first, kg, unsealed

NOW = 1_795_750_000_000_000


def transfers(count: int, name: str) -> list[Event]:
    return [Transfer(id=f"{name}-{n}", at=AT, site="F-1", to="S-7", lot=LOT, quantity=kg(1)) for n in range(count)]


def still(folder: Path, clock: int = NOW) -> Ledger:
    """Open a ledger whose clock stands still: nothing but the log itself tells one batch from the next."""
    return Ledger.open(f"sqlite:///{folder / 'x.db'}", keys=folder / "keys", clock=lambda: clock)


def fresh_look(folder: Path) -> Verification:
    """Verify in full, without key directory and mark: as an auditor does with a copy."""
    connection = sqlite3.connect(folder / "x.db")
    try:
        return running.verify_ledger(SqliteSession(connection))
    finally:
        connection.close()


def sizes(folder: Path) -> list[int]:
    connection = sqlite3.connect(folder / "x.db")
    found = [row[0] for row in connection.execute("SELECT size FROM checkpoint ORDER BY log, size")]
    connection.close()
    return found


def take_out(folder: Path, *gone: int) -> None:
    assert unsealed(folder / "x.db", *[("DELETE FROM checkpoint WHERE size = ?", (size,)) for size in gone]) == len(gone)


def named(found: Verification) -> list[tuple[str, int | None, str, str]]:
    return [(each.code, each.seq, each.expected, each.got) for each in found.findings]


# --- how it is written -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("clock", "wanted"), [(NOW - 1, NOW + 1), (NOW, NOW + 1), (NOW + 1, NOW + 1), (NOW + 2, NOW + 2)])
def test_a_batch_is_later_than_the_one_before_whatever_the_clock_says(clock: int, wanted: int) -> None:
    head = Head(3, bytes(32), Frontier(), NOW, 0, b"1234")
    assert sealing_time(head, clock, ClockRule()) == wanted


def test_by_a_clock_that_stands_still_or_runs_behind_each_batch_has_a_time_of_its_own(tmp_path: Path) -> None:
    with still(tmp_path) as ledger:
        ledger.init("city/one")
        ledger.record(first())
        for n in range(3):
            ledger.record(transfers(2, f"still{n}"))
    with Ledger.open(f"sqlite:///{tmp_path / 'x.db'}", keys=tmp_path / "keys", clock=lambda: NOW - 10**12, confirm_clock=True) as ledger:
        ledger.record(transfers(2, "behind"))
        assert ledger.verify(full=True).ok
        with ledger.reading() as session:
            (newest,) = session.row("SELECT time FROM head") or (None,)
    assert newest == NOW + 5


# --- what is missed --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("ends")
    with still(made) as ledger:
        ledger.init("city/one", operator="F-1")
        ledger.record(first())
        for n in range(4):
            ledger.record(transfers(n + 1, f"b{n}"))
    return made


@pytest.mark.parametrize("place", range(6))
def test_each_checkpoint_that_is_taken_out_is_named_without_any_memory(folder: Path, tmp_path: Path, place: int) -> None:
    shutil.copy(folder / "x.db", tmp_path / "x.db")
    there = sizes(tmp_path)
    gone, around = there[place], (["-", *there][place], [*there, "-"][place + 1])
    take_out(tmp_path, gone)
    found = fresh_look(tmp_path)
    if place == 0:
        assert named(found) == [("tlog.key_batch", 0, "1", "")]  # the key entry's, by a rule of its own
    elif place == len(there) - 1:
        assert ("tlog.uncovered", gone - 1, str(gone), str(there[-2])) in named(found)
    else:
        assert named(found) == [("tlog.no_checkpoint", gone - 1, str(gone), f"{around[0]} .. {around[1]}")]


def test_where_a_mark_counts_them_too_one_that_is_gone_is_one_finding(tmp_path: Path) -> None:
    with still(tmp_path) as ledger:
        ledger.init("city/one")
        ledger.record(first())
        ledger.record(transfers(3, "b"))
        assert ledger.verify().ok
    take_out(tmp_path, sizes(tmp_path)[1])
    for full in (True, False):
        with still(tmp_path) as ledger:
            assert [each.code for each in ledger.verify(full=full).findings] == ["tlog.no_checkpoint"]


def test_where_entries_are_missing_too_only_they_are_named(tmp_path: Path) -> None:
    with still(tmp_path) as ledger:
        ledger.init("city/one")
        ledger.record(first())
        ledger.record(transfers(3, "b"))
        ledger.record(transfers(3, "c"))
    end = sizes(tmp_path)[1]
    assert unsealed(tmp_path / "x.db", ("DELETE FROM entry WHERE seq BETWEEN ? AND ?", (end - 1, end + 1))) == 3
    codes = {each.code for each in fresh_look(tmp_path).findings}
    assert "tlog.gap" in codes
    assert "tlog.no_checkpoint" not in codes


def test_two_spans_that_meet_at_the_end_of_a_batch_are_asked_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick pass looks at spans: where one ends with its batch, neither of them sees the next time change."""
    with still(tmp_path) as ledger:
        ledger.init("city/one")
        ledger.record(first())
        have = 1 + len(first())
        ledger.record(transfers(8192 - have, "fill"))
        ledger.record(transfers(5, "next"))
        assert 8192 in sizes(tmp_path)
        with monkeypatch.context() as patched:
            patched.setattr(running, "exact", _never)
            assert ledger.verify(full=True).ok
    take_out(tmp_path, 8192)
    assert named(fresh_look(tmp_path)) == [("tlog.no_checkpoint", 8191, "8192", f"{have} .. 8197")]


def _never(*_: object) -> NoReturn:
    raise AssertionError("the quick pass said no to a ledger that holds")


batches = st.lists(st.integers(1, 4) | st.just(0), min_size=2, max_size=7)
"""Events of each batch; 0 stands for one voucher in parts."""


@settings(max_examples=12, deadline=None)
@given(batches, st.data())
def test_whatever_batches_there_were_those_taken_out_are_named_and_no_other(planned: list[int], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with still(folder) as ledger:
            ledger.init("city/one", operator=OPERATOR)
            ledger.record(first())
            for n, count in enumerate(planned):
                ledger.record(transfers(count, f"b{n}") if count else [blend(900, name=f"long{n}")])
            assert ledger.verify(full=True).ok
        between = sizes(folder)[1:-1]
        gone = sorted(data.draw(st.sets(st.sampled_from(between), min_size=1)))
        take_out(folder, *gone)
        found = fresh_look(folder)
        assert [(each.code, each.seq) for each in found.findings] == [("tlog.no_checkpoint", size - 1) for size in gone]


# --- what came in a copy ---------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'office.db'}" if request.param == "sqlite" else str(request.getfixturevalue("pg_url"))
    with Ledger.open(url, keys=tmp_path / "office.keys") as opened:
        opened.init("city/office")
        yield opened


def test_a_log_that_came_home_in_copies_is_not_accused_and_is_counted(office: Ledger, tmp_path: Path) -> None:
    with still(tmp_path) as gate:
        vkey = gate.init("city/gate")[1].vkey
        gate.record(first())
        bare = 0
        for night in range(3):
            for n in range(night):
                gate.record(transfers(2, f"n{night}-{n}"))
            with gate.reading() as session:
                export_tiles(session, choose_log(session, None), tmp_path / "stick")
            office.import_log(tmp_path / "stick", vkeys=[vkey])
            bare += max(0, night - 1)
            for full in (False, True, False):
                found = office.verify(full=full)
                assert found.ok, found.findings
                assert {each.log: each.bare for each in found.logs} == {"city/gate": bare, "city/office": 0}
    assert bare == 1
    with office.store.write() as session:
        session.run("DELETE FROM setting WHERE key = ?", ("brought city/gate",))
    assert {each.code for each in office.verify(full=True).findings} == {"tlog.no_checkpoint"}, "the word of the ledger is what excuses it"


@pytest.mark.parametrize("value", ["", "1-", "a-b", "-1-9", "1-9 x", "٣-٩"])
def test_a_word_that_cannot_be_read_excuses_nothing(tmp_path: Path, value: str) -> None:
    with still(tmp_path) as ledger:
        ledger.init("city/one")
        ledger.record(first())
        with ledger.store.write() as session:
            session.run("INSERT INTO setting (key, value) VALUES ('brought city/one', ?)", (value,))
            assert all_brought(session) == {"city/one": ()}
            say_brought(session, "city/two", 0, 5)
            say_brought(session, "city/two", 5, 9)
            assert all_brought(session)["city/two"] == ((0, 5), (5, 9))


def test_what_is_outside_of_what_came_is_not_excused(tmp_path: Path) -> None:
    with still(tmp_path) as ledger:
        ledger.init("city/one")
        ledger.record(first())
        for n in range(3):
            ledger.record(transfers(2, f"b{n}"))
        a, b = sizes(tmp_path)[1:3]
        with ledger.store.write() as session:
            say_brought(session, "city/one", a, b)
    take_out(tmp_path, a, b)
    assert [each.seq for each in fresh_look(tmp_path).findings] == [a - 1, b - 1]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("brought city/one", "0-1 "),
        ("brought city/one", "00-1"),
        ("brought city/one", "1-0"),
        ("brought city/one", "0-2 1-3"),
        ("brought city/one", "0-99"),
        ("brought city/one ", "0-1"),
        ("brought city/one\0x", "0-1"),
        ("brought city/two", "0-1"),
    ],
)
def test_a_word_that_foodtrace_does_not_write_is_named(tmp_path: Path, key: str, value: str) -> None:
    with still(tmp_path) as ledger:
        ledger.init("city/one")
        ledger.record(first())
        with ledger.store.write() as session:
            session.run("INSERT INTO setting (key, value) VALUES ('brought city/one', '0-1')")
        assert ledger.verify(full=True).ok
        with ledger.store.write() as session:
            session.run("DELETE FROM setting WHERE key = 'brought city/one'")
            session.run("INSERT INTO setting (key, value) VALUES (?, ?)", (key, value))
        for full in (True, False):
            assert [each.code for each in ledger.verify(full=full).findings] == ["tlog.other_setting"]
