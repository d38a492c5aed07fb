"""Whatever column of whatever row is altered, added or taken away: verify names it, and never stops at it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from benchmarks import altered, corrupt
from foodtrace import Ledger
from foodtrace.errors import Integrity
from foodtrace.graph.check import TABLES
from foodtrace.storage.schema import triggers
from foodtrace.storage.session import Session
from foodtrace.storage.sqlitesession import SqliteSession
from foodtrace.verification import Verification, verify_ledger

EVERY = 89
"""One in so many of the alterations; all of them: ``python -m benchmarks.corrupt``."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("altered")
    altered.whole(f"sqlite:///{folder / 'x.db'}", folder / "keys").close()
    return folder


@pytest.fixture
def session(folder: Path) -> Iterator[Session]:
    """A session on the ledger, in a transaction that is rolled back."""
    with closing(sqlite3.connect(folder / "x.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield SqliteSession(connection)
        connection.execute("ROLLBACK")


def test_the_ledger_has_rows_of_every_kind_and_holds(folder: Path) -> None:
    with Ledger.open(f"sqlite:///{folder / 'x.db'}", keys=folder / "keys") as ledger, ledger.reading() as session:
        assert ledger.verify(full=True).ok
        for table in (*TABLES, "personal", "setting", "node", "checkpoint"):
            assert session.row(f"SELECT 1 FROM {table}"), table
        for table in ("lot_edge", "alias", "unnamed"):
            assert session.row(f"SELECT 1 FROM {table} WHERE n = 0"), table
        for text in ('"parts":', '"commitments":', '"type":"erasure"', '"type":"correction"', '"type":"transformation"'):
            assert session.row("SELECT 1 FROM entry WHERE instr(bytes, ?) > 0", (text.encode(),)), text
        assert session.row("SELECT 1 FROM entry WHERE id LIKE 'key-%' AND seq > 0")


@pytest.mark.parametrize("how", ["full", "since the mark"])
def test_each_altered_value_and_each_row_too_many_or_too_few_is_found(folder: Path, how: str) -> None:
    asked = None if how == "full" else corrupt.marked(folder / "x.db")
    tried, missed = corrupt.alter(folder / "x.db", asked, every=EVERY, rows=1)
    assert missed == []
    assert tried > 120, "the alterations themselves shrank"


def test_each_altered_value_is_found_on_the_server_too(pg_url: str, tmp_path: Path) -> None:
    tried = 0
    with altered.whole(pg_url, tmp_path / "keys") as ledger, ledger.store.write() as session:
        for change in islice(altered.changes(session, every=EVERY, rows=1), None, None, 4):
            with corrupt.undone(session):
                if altered.carried_out(session, change):
                    tried += 1
                    assert found(verify_ledger(session)), change.name
    assert tried > 20


def found(answer: Verification) -> bool:
    return not answer.ok and bool(answer.findings)


def places(answer: Verification, code: str) -> set[tuple[str, int | None]]:
    return {(each.log, each.seq) for each in answer.findings if each.code == code}


@pytest.mark.parametrize("beyond", [1, 1000])
def test_a_head_of_no_log_is_named_and_no_log_is_made_over_it(url: str, tmp_path: Path, beyond: int) -> None:
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        ledger.init("city/one")
        with ledger.store.write() as session:
            row = session.row("SELECT id FROM log")
            assert row is not None
            number = row[0] + beyond
            rest = "size, prev, frontier, time, key_seq, key_id"
            session.run(f"INSERT INTO head (log, {rest}) SELECT {number}, {rest} FROM head")
        for full in (True, False):
            answer = ledger.verify(full=full)
            assert [(each.code, each.got) for each in answer.findings] == [("tlog.head_of_no_log", f"head: log {number}, size 1")]
        with pytest.raises(Integrity) as error:
            ledger.init("city/two")
        assert error.value.code == "log.head_in_the_way"
        assert "foodtrace doctor" in error.value.hint("en")
        with ledger.store.write() as session:
            session.run("DROP TRIGGER head_no_delete" + (" ON head" if session.dialect == "postgresql" else ""))
            session.run("DELETE FROM head WHERE log = ?", (number,))
            assert [each.got for each in verify_ledger(session).findings] == ["head_no_delete"]
            session.run(next(each for each in triggers(session.dialect) if " head_no_delete " in each))
        ledger.init("city/two")
        assert ledger.verify(full=True).ok


ZERO = ["UPDATE lot_edge SET n = 0.5", "UPDATE lot_edge SET n = ''", "UPDATE lot_edge SET n = -0.25", "UPDATE alias SET n = x''"]


@pytest.mark.parametrize("sql", [*ZERO, "UPDATE holding SET sent = sent + 0.5", "UPDATE unnamed SET n = 0.9999 WHERE n = 0"])
def test_a_row_that_says_nothing_says_nothing_exactly(session: Session, sql: str) -> None:
    """Readers ask for more than 0, and half a number is that, and so is a text."""
    assert session.run(sql)
    answer = verify_ledger(session)
    assert found(answer)
    (name,) = {each.got.partition(":")[0] for each in answer.findings if each.code == "tlog.mistyped"}
    assert name == sql.split()[1] + "." + sql.split()[3]
    assert {each.log for each in answer.findings if each.code == "tlog.mistyped"} <= {"city/one", "city/two"}


@pytest.mark.parametrize(
    "value", ["CAST(replace(CAST(bytes AS TEXT), ',\"log\":', ',\"lox\":') AS BLOB)", "x''", "x'ff'", "hex(bytes)", "7", "zeroblob(9)"]
)
def test_an_entry_that_another_one_goes_back_to_is_named_whatever_its_bytes_are(session: Session, value: str) -> None:
    """What is corrected, what commits to something, what is in parts, what says a key: each is read again by whoever looks further on."""
    seqs = [seq for (seq,) in session.rows("SELECT seq FROM entry WHERE log = 1 ORDER BY seq")]
    assert len(seqs) > 30
    seqs = seqs[len(value) % 2 :: 2]  # the others by other values
    for guard in ("update", "delete", "insert"):
        session.run(f"DROP TRIGGER entry_no_{guard}")
    for seq in seqs:
        with corrupt.undone(session):
            session.run(f"UPDATE entry SET bytes = {value} WHERE log = 1 AND seq = ?", (seq,))
            answer = verify_ledger(session)
            assert ("city/one", seq) in places(answer, "tlog.leaf_mismatch"), (seq, answer.findings)
            assert answer.entries == sum(row[0] for row in session.rows("SELECT size FROM head")), "all else is looked at"
