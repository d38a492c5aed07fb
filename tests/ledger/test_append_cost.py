"""Appending costs as much in a long log as in a short one: O(batch), never O(total)."""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from pathlib import Path

from foodtrace import Ledger, Quantity
from foodtrace.events import Transfer

AT = dt.datetime(2026, 9, 1, 8, tzinfo=dt.UTC)
NOW = int(AT.timestamp()) * 1_000_000


def _sales(first: int, count: int) -> list[Transfer]:
    return [
        Transfer(id=f"t{n:07d}", at=AT, site="T-1", to=f"P-{n % 50}", lot=f"O-1/L{n % 400}", quantity=Quantity(1000, "g"))
        for n in range(first, first + count)
    ]


def _steps(ledger: Ledger, events: list[Transfer]) -> int:
    """Record a batch; return how many hundreds of instructions SQLite's machine ran for it."""
    ran = 0

    def tick() -> int:
        nonlocal ran
        ran += 1
        return 0

    with ledger.store._borrow() as connection:  # type: ignore[attr-defined]
        connection.set_progress_handler(tick, 100)
    ledger.record(events)
    with ledger.store._borrow() as connection:  # type: ignore[attr-defined]
        connection.set_progress_handler(None, 0)
    return ran


def test_a_batch_costs_the_same_in_a_log_nine_times_as_long(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=lambda: NOW) as ledger:
        ledger.record(_sales(0, 1_000))
        short = _steps(ledger, _sales(1_000, 200))
        ledger.record(_sales(1_200, 8_000))
        long = _steps(ledger, _sales(9_200, 200))
        again = _steps(ledger, _sales(9_200, 200))
        assert long < 1.2 * short
        assert again < short


def test_a_commit_of_one_event_reads_twice_and_writes_each_table_once(tmp_path: Path) -> None:
    """One event per commit is how a till and a gate record, and each statement is felt there."""
    ran: list[str] = []
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=lambda: NOW) as ledger:
        ledger.record(_sales(0, 1_000))
        with ledger.store._borrow() as connection:  # type: ignore[attr-defined]
            connection.set_trace_callback(ran.append)
        ledger.record(_sales(1_001, 1))
    begun = [next(word for word in sql.split() if word not in ("INTO", "INSERT", "IMMEDIATE")) for sql in ran]
    # A statement with a trigger, or with two rows, is traced once for each.
    assert [name for name, _ in groupby(begun)] == [
        "BEGIN",
        "PRAGMA",
        "SELECT",
        "entry",
        "checkpoint",
        "UPDATE",
        "holding",
        "move",
        "site_seen",
        "COMMIT",
    ]
    assert begun.count("SELECT") == 2, "the head, and whether the id is on record; the PRAGMA asks whether somebody changed the tables"
