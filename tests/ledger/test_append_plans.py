"""An append costs what its batch costs, however long the log is: no statement of it reads a log or a table from one end to the other."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from foodtrace import Ledger, Quantity
from foodtrace.events import CertificateIssued, Correction, Event, Site, StockCount, Transfer
from foodtrace.graph.times import micros, moment

AT = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
GROWING = {"entry", "node", "checkpoint", "name", "holding", "move", "lot_fact", "site_fact", "about", "lot_edge", "personal", "e", "n"}
_TEXT = re.compile(r"'(?:[^']|'')*'|\b[xX]'[0-9a-fA-F]*'")


def _batch(first: int) -> list[Event]:
    return [Transfer(id=f"t{n}", at=AT, site="F-1", to="S-7", lot="F-1/A", quantity=Quantity(1, "g")) for n in range(first, first + 3)]


def _statements(ledger: Ledger, batches: list[list[Event]]) -> set[str]:
    """Record batches; return every statement."""
    seen: set[str] = set()
    real: Any = ledger.store.write

    @contextmanager
    def write() -> Iterator[Any]:
        with real() as session:
            session._c.set_trace_callback(lambda sql: seen.add(_TEXT.sub("?", sql)))
            try:
                yield session
            finally:
                session._c.set_trace_callback(None)

    ledger.store.write = write  # type: ignore[method-assign]
    for batch in batches:
        ledger.record(batch, personal={batch[0].id: {"phone": "0451"}})
    return seen


def test_no_statement_of_an_append_reads_a_whole_log(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with Ledger.open(f"sqlite:///{path}", keys=tmp_path / "keys") as ledger:
        ledger.record([Site(id="s", at=AT, site="F-1", operator="F-1", kind="farm", name="x"), *_batch(0)])
        with ledger.reading() as session:
            row = session.row("SELECT leaf FROM entry WHERE seq = 2")
        assert row is not None
        lot = CertificateIssued(id="c", at=AT, site="F-1", lot="F-1/B", serial="1", issuer="F-1", product="x", quantity=Quantity(1, "g"))
        correction = Correction(id="k", at=AT, seq=2, leaf=bytes(row[0]).hex(), reason="incorrect_data", replacement=lot)
        count = StockCount(id="n", at=AT, site="F-1", lot="F-1/A", quantity=Quantity(1, "g"))
        seen = _statements(ledger, [[*_batch(10), *_batch(0), correction], [count]])
    assert any(sql.startswith("SELECT") and " entry" in sql for sql in seen), "the look for retries was seen"
    bad: list[str] = []
    with closing(sqlite3.connect(path)) as connection:
        for sql in sorted(seen):
            if not sql.startswith(("SELECT", "UPDATE", "INSERT", "DELETE")):
                continue
            for step in connection.execute("EXPLAIN QUERY PLAN " + sql.replace("?", "NULL")).fetchall():
                bad += [f"{step[3]}: {sql}"] if _reads_all(step[3]) else []
    assert bad == []


def _reads_all(step: str) -> bool:
    """Say whether a step of a plan goes through a growing table, or through all of one log in it."""
    words = step.split()
    if words[:1] == ["SCAN"]:
        return words[1] in GROWING
    return words[:1] == ["SEARCH"] and words[1] in GROWING and "(log=?)" in step


@pytest.mark.parametrize(
    "when",
    [
        AT,
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        dt.datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC),
    ],
)
def test_times_become_microseconds_and_back(when: dt.datetime) -> None:
    assert moment(micros(when)) == when
