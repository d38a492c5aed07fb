"""What an attacker, a crash or an old backup does to a ledger, and that it is noticed."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from foodtrace import errors
from foodtrace.events import Correction
from foodtrace.graph.reader import SqlFacts
from foodtrace.tlog.anchor import Anchor, read_anchor
from tests.cli.shell import run
from tests.ledger.deliveries import AT, LOT, NOW, events, opened, transfer
from tests.ledger.tampering import sealed_again, unsealed

SEALED = [
    ("entry", "bytes", "log, seq"),
    ("entry", "leaf", "log, seq"),
    ("entry", "id", "log, seq"),
    ("node", "hash", "log, level, idx"),
    ("checkpoint", "note", "log, size"),
    ("head", "prev", "log"),
    ("head", "frontier", "log"),
    ("head", "key_id", "log"),
    ("log", "origin", "id"),
]


@pytest.mark.parametrize(("table", "column", "key"), SEALED, ids=[f"{table}.{column}" for table, column, _ in SEALED])
def test_any_changed_byte_of_a_sealed_row_is_found(tmp_path: Path, table: str, column: str, key: str) -> None:
    with opened(tmp_path) as ledger:
        for start in range(0, 18, 6):
            ledger.record(events()[start : start + 6])
    attacker = unsealed(tmp_path / "x.db")
    sealed_again(attacker)
    with opened(tmp_path) as ledger:
        assert ledger.verify().ok
        where = " AND ".join(f"{part} = ?" for part in key.split(", "))
        rows = attacker.execute(f"SELECT {key}, {column} FROM {table}").fetchall()
        for number, (*place, value) in enumerate(rows):
            data = value.encode() if isinstance(value, str) else value
            # The first, the last and another one from row to row; every byte, in one transaction each: test_corruption.
            for index in sorted({0, 7 * number % len(data), len(data) - 1}):
                changed = bytearray(data)
                changed[index] ^= 0x80 if isinstance(value, str) else 1
                forged = bytes(changed).decode("latin-1") if isinstance(value, str) else bytes(changed)
                for new in (forged, value):
                    attacker.execute("BEGIN")
                    for (name,) in attacker.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                        attacker.execute(f"DROP TRIGGER {name}")
                    attacker.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (new, *place))
                    sealed_again(attacker)
                    attacker.execute("COMMIT")
                    if new is forged:
                        assert not ledger.verify().ok, f"{table}.{column} {place} byte {index}"
        assert rows
        assert ledger.verify().ok


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM entry WHERE seq = (SELECT MAX(seq) FROM entry)",
        "DELETE FROM checkpoint WHERE size = (SELECT MAX(size) FROM checkpoint)",
        "DELETE FROM node",
        "UPDATE entry SET bytes = (SELECT bytes FROM entry AS o WHERE o.seq = 9 - entry.seq) WHERE seq IN (4, 5)",
        "UPDATE holding SET sent = sent + 1",
        "DELETE FROM move WHERE seq = 5",
        "UPDATE lot_fact SET product = 'x'",
        "UPDATE name SET text = 'S-8' WHERE text = 'S-7'",
        "DELETE FROM head",
        "UPDATE move SET ended = 1 WHERE seq = 6",
    ],
)
def test_rows_taken_away_or_altered_are_found_and_the_exit_code_says_so(tmp_path: Path, statement: str) -> None:
    with opened(tmp_path) as ledger:
        ledger.record(events(20))
    attacker = unsealed(tmp_path / "x.db")
    changed = attacker.execute(statement).rowcount
    sealed_again(attacker)
    attacker.close()
    assert changed
    run(tmp_path, "--db", "x.db", "--keys", "elsewhere", "verify", code=3)


def test_a_missing_guard_is_found(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.record(events())
        unsealed(tmp_path / "x.db").close()
        assert {each.code for each in ledger.verify().findings} == {"tlog.trigger_missing"}


def test_an_old_copy_put_back_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.record(events())
    shutil.copy(tmp_path / "x.db", tmp_path / "old.db")
    with opened(tmp_path) as ledger:
        ledger.record([transfer("late")])
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"x.db{suffix}").unlink(missing_ok=True)
    shutil.copy(tmp_path / "old.db", tmp_path / "x.db")
    with pytest.raises(errors.Integrity) as caught:
        opened(tmp_path)
    assert caught.value.code == "ledger.rolled_back"


def test_a_crash_between_commit_and_anchor_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as ledger:
        ledger.record(events())

        def power_cut(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Anchor, "move", power_cut)
        with pytest.raises(KeyboardInterrupt):
            ledger.record([transfer("last")])
        monkeypatch.undo()
    with opened(tmp_path) as ledger:
        assert ledger.record([transfer("last")]).new == 0, "it was durable"
        assert ledger.record([transfer("next")]).new == 1
        assert ledger.verify().ok


def test_a_retry_that_overlaps_half_of_an_earlier_batch(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.record([transfer("a"), transfer("b"), transfer("c"), transfer("d")])
        receipt = ledger.record([transfer("c"), transfer("d"), transfer("e"), transfer("f"), transfer("e")])
        assert (receipt.seqs, receipt.new) == ((3, 4, 5, 6, 5), 2)
        assert ledger.verify().ok


def test_an_event_twice_in_a_batch_with_personal_values_is_one_event(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        shop = events()[1]
        receipt = ledger.record([shop, shop], personal={"s2": {"phone": "0451-555-0104"}})
        assert (receipt.seqs, receipt.new) == ((1, 1), 1)


def test_two_logs_name_the_same_new_lot(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.init("city/one")
        ledger.init("city/two")
        ledger.record(events(1), log="city/one")
        ledger.record([transfer("other", 5000)], log="city/two")
        answer = ledger.recall(LOT)
        assert answer.outlets[0].amounts[0].received == 6000
        assert len(answer.positions) == 2
        assert ledger.verify().ok


@pytest.mark.parametrize(("operator", "counts"), [("F-1", True), ("X-9", False), ("", False)])
def test_a_correction_of_another_logs_entry_counts_only_from_the_sites_operator(tmp_path: Path, operator: str, counts: bool) -> None:
    with opened(tmp_path) as ledger:
        ledger.init("city/market")
        ledger.init("city/farm", operator=operator)
        receipt = ledger.record(events(1), log="city/market")
        with ledger.reading() as session:
            row = session.row(
                "SELECT e.leaf FROM entry AS e JOIN log AS l ON l.id = e.log WHERE l.origin = ? AND seq = ?", ("city/market", receipt.last)
            )
        assert row is not None
        right = transfer("t0-right", 700)
        correction = Correction(
            id="k", at=AT, log="city/market", seq=receipt.last, leaf=bytes(row[0]).hex(), reason="incorrect_data", replacement=right
        )
        ledger.record([correction], log="city/farm")
        assert ledger.recall(LOT).outlets[0].amounts[0].received == (700 if counts else 1000)
        assert ("disputed" in [each.kind for each in ledger.recall(LOT).untraced]) is not counts
        assert ledger.verify().ok
        with ledger.reading() as session:
            assert SqlFacts(session, NOW).lot(LOT) is not None


_WRITER = """
import datetime, sys
from foodtrace import Ledger, Quantity
from foodtrace.events import Transfer
at = datetime.datetime(2026, 11, 24, tzinfo=datetime.timezone.utc)
name, count, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with Ledger.open("sqlite:///x.db", keys="keys") as ledger:
    for n in range(count):
        many = [Transfer(id=f"{name}-{n}-{i}", at=at, site="F-1", to="S-7", lot="F-1/A", quantity=Quantity(1, "g")) for i in range(batch)]
        ledger.record(many)
        print(n, flush=True)
"""


def test_killed_at_any_moment_no_acknowledged_batch_is_lost_and_none_is_half_there(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        ledger.record([transfer("first")])
    for round_ in range(0, 15, 2):
        child = subprocess.Popen(
            [sys.executable, "-c", _WRITER, f"r{round_}", "100000", "7"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.004 * round_)
        os.kill(child.pid, signal.SIGKILL)
        with child.stdout as stream:
            said = [0, *(int(line) for line in stream.read().split() if line.isdigit())]
        child.wait()
        connection = sqlite3.connect(tmp_path / "x.db")
        ids = {row[0] for row in connection.execute("SELECT id FROM entry WHERE id LIKE ?", (f"r{round_}-%",))}
        connection.close()
        assert len(ids) % 7 == 0
        assert {f"r{round_}-{n}-{i}" for n in range(max(said) + 1) for i in range(7)} <= ids
    with opened(tmp_path) as ledger:
        assert ledger.verify().ok
        ledger.record([transfer("after")])


def test_a_commit_of_somebody_else_while_a_ledger_is_opened_is_no_rollback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as ledger:
        ledger.record(events())
        real = read_anchor
        names = iter(range(100))

        def slow(path: Path) -> tuple[int, bytes] | None:
            monkeypatch.setattr("foodtrace.reading.read_anchor", real)
            ledger.record([transfer(f"meanwhile-{next(names)}")])  # commits and moves the anchor on
            monkeypatch.setattr("foodtrace.reading.read_anchor", slow)
            return real(path)

        monkeypatch.setattr("foodtrace.reading.read_anchor", slow)
        opened(tmp_path).close()
