"""Batches go into the database in bulk, on PostgreSQL by COPY: every text arrives as it was given, all of a batch or none of it."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace import Ledger, Quantity, errors
from foodtrace.events import CertificateIssued, Event, Transfer
from foodtrace.graph.names import Names
from foodtrace.quantity import LIMIT
from foodtrace.tlog.entry import parse
from foodtrace.tlog.ranges import leaf_hash

AT = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
HARD = ("\t", "a\nb", "\\N", "\\.", "\\x00", "'; DROP TABLE entry --", '"', "{1,2}", "NULL", "%s", "?", "西红柿 🍅", "é\u0301", " x ")


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(url, keys=tmp_path / "keys") as opened:
        yield opened


def certificate(n: int, product: str, grams: int = 1000) -> CertificateIssued:
    return CertificateIssued(
        id=f"c{n}", at=AT, site="F-1", lot=f"F-1/L{n}", serial=f"{n}", issuer="F-1", product=product, quantity=Quantity(grams, "g")
    )


def most(name: str) -> list[Transfer]:
    """As much as one batch may move."""
    return [Transfer(id=f"{name}{n}", at=AT, site="F-1", to="S-1", lot="F-1/L0", quantity=Quantity(LIMIT, "g")) for n in range(511)]


def test_every_text_arrives_as_it_was_given(ledger: Ledger) -> None:
    ledger.record([certificate(n, product) for n, product in enumerate(HARD)])
    with ledger.reading() as session:
        products = [row[0] for row in session.rows("SELECT product FROM lot_fact ORDER BY seq")]
        entries = session.rows("SELECT leaf, bytes FROM entry ORDER BY seq")
    assert products == list(HARD)
    assert all(leaf_hash(bytes(data)) == bytes(leaf) and parse(bytes(data)) for leaf, data in entries)
    assert ledger.verify().ok
    assert ledger.record([certificate(n, product) for n, product in enumerate(HARD)]).new == 0, "a retry is told from what is new"


@pytest.mark.parametrize("size", [1, 3, 4, 5, 100])
def test_small_and_large_batches_make_the_same_rows(ledger: Ledger, size: int) -> None:
    events: list[Event] = [certificate(n, "x") for n in range(100)]
    for start in range(0, 100, size):
        ledger.record(events[start : start + size])
    with ledger.reading() as session:
        assert session.row("SELECT count(*), min(seq), max(seq), sum(q) FROM move") == (100, 1, 100, 100_000)
        assert session.row("SELECT count(*), sum(born), sum(flows) FROM holding") == (100, 100_000, 100)
    assert ledger.verify().ok


def test_a_batch_that_fails_late_leaves_nothing(ledger: Ledger) -> None:
    ledger.record([certificate(0, "x")])
    # The sums of the batch are in range, and those it adds to are not: found when everything else is written.
    ledger.record(most("a"))
    with pytest.raises(errors.BadData) as caught:
        ledger.record([certificate(1, "y"), *most("b")])
    assert caught.value.code == "quantity.sum"
    assert ledger.logs()[0].size == 513
    with ledger.reading() as session:
        assert session.row("SELECT count(*) FROM lot_fact") == (1,)
    assert ledger.record([certificate(1, "y")]).seqs == (513,)
    assert ledger.verify().ok


@pytest.mark.postgres
def test_writers_of_many_logs_that_make_the_same_new_names_all_use_the_same_ones(pg_url: str, tmp_path: Path) -> None:
    logs = [f"test.example/w{n}" for n in range(4)]
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        for each in logs:
            ledger.init(each)
    failed: list[BaseException] = []
    together = threading.Barrier(len(logs))

    def work(log: str) -> None:
        draw = random.Random(log)
        try:
            with Ledger.open(pg_url, keys=tmp_path / "keys", log=log) as ledger:
                for turn in range(4):
                    lots = list(range(turn * 50, turn * 50 + 50))
                    draw.shuffle(lots)
                    together.wait()
                    ledger.record([certificate(n, "x") for n in lots])
        except BaseException as error:  # noqa: BLE001 - the thread's end must be told
            failed.append(error)
            together.abort()

    threads = [threading.Thread(target=work, args=(log,)) for log in logs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        assert [each.size for each in ledger.logs()] == [201] * 4
        with ledger.reading() as session:
            assert session.row("SELECT count(*), count(DISTINCT lot) FROM move") == (800, 200)


def test_missing_names_are_inserted_sorted_whatever_order_they_come_in() -> None:
    """In one process a set has one order, so only this sees that two processes would wait crosswise."""

    class Asked:
        dialect = "postgresql"
        given: tuple[list[str], list[str | None]] = ([], [])

        def each(self, _: str, texts: list[str]) -> list[tuple[str, int]]:
            return [(text, 7) for text in texts if text in self.given[0]]

        def run(self, _: str, params: tuple[list[str], list[str | None]]) -> int:
            self.given = params
            return len(params[0])

    session = Asked()
    unsorted = dict.fromkeys(f"F-1/{n * 7919 % 1000}" for n in range(1000)).keys()
    Names().intern(session, unsorted)  # type: ignore[arg-type]
    assert session.given[0] == sorted(session.given[0])
    assert session.given[1] == [text.partition("/")[2] for text in session.given[0]]
    assert len(session.given[0]) == 1000
