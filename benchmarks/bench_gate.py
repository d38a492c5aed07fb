"""Decision time at the gate: from a certificate's text to the recorded, durable entry, in a ledger of a million events.

    python benchmarks/bench_gate.py [--events 1000000] [--trucks 300] [--url postgresql://...] [--keep FILE]

The ledger is a city's: farms, certificates, a market's entries, transfers to shops, recall cases, one of which reaches a tenth of
all lots. Every truck is another certificate of another farm; one in five is scanned a second time. Every decision reads its facts,
decides, signs a checkpoint and commits with fsync. Beside it, on the same disk: one bare INSERT with a commit, what no program on
SQLite undercuts. Plans are checked: no statement of a decision may scan a table that grows.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from foodtrace import Ledger, Quantity
from foodtrace.certificate.payload import Payload, encode
from foodtrace.events import CertificateIssued, Event, Key, LotsClause, MarketEntry, Operator, RecallOpened, SellerFile, Site, Transfer
from foodtrace.graph.edges import micros
from foodtrace.keys import SigningKey, kid
from foodtrace.operations.common import CHINA

START = dt.datetime(2026, 9, 1, 2, tzinfo=CHINA)
FARMS = 2_000
SHOPS = 5_000
BATCH = 5_000
CASES = 1_000


class World:
    """A city's ledger, filled in batches."""

    def __init__(self, url: str, folder: Path) -> None:
        self.now = START
        self.ledger = Ledger.open(url, keys=folder / "keys", clock=lambda: micros(self.now), clock_ahead=dt.timedelta(days=366))
        self.ledger.init("beihe.example/gate1")
        self.random = random.Random(4)
        self.key = SigningKey("farm", bytes(range(32)))
        self.events = 0
        self.pending: list[Event] = []

    def put(self, event: Event) -> None:
        self.pending.append(event)
        if len(self.pending) >= BATCH:
            self.flush()

    def flush(self) -> None:
        if self.pending:
            self.ledger.record(self.pending)
            self.events += len(self.pending)
            self.pending = []

    def master(self) -> None:
        self.put(Site(id="m", at=START, site="M-1", operator="M-1", kind="market", name="北河农批"))
        for n in range(FARMS):
            farm = f"F-{n:05d}"
            self.put(Operator(id=f"o{n}", at=START, operator=farm))
            self.put(Site(id=f"s{n}", at=START, site=farm, operator=farm, kind="farm", name=f"农场{n}"))
            self.put(SellerFile(id=f"f{n}", at=START, site="M-1", seller=farm, agreement_until=dt.date(2027, 6, 30)))
            public = self.key.public.hex()
            self.put(
                Key(id=f"k{n}", at=START, action="register", use="issuer", public=public, issuer=farm, kid=kid(farm, self.key.public).hex())
            )
        for n in range(SHOPS):
            self.put(Site(id=f"p{n}", at=START, site=f"P-{n:05d}", operator=f"P-{n:05d}", kind="shop", name=f"店{n}"))
        self.flush()

    def fill(self, events: int) -> None:
        """Add lots, each with a certificate, an entry and seven transfers, until there are so many events."""
        number = 0
        lots: list[str] = []
        while self.events + len(self.pending) < events - CASES:
            farm = f"F-{self.random.randrange(FARMS):05d}"
            lot, size = f"{farm}/B{number:07d}", Quantity(500_000, "g")
            when = START + dt.timedelta(seconds=number * 60)
            serial = f"B{number:07d}"
            self.put(
                CertificateIssued(id=f"c{number}", at=when, site=farm, lot=lot, serial=serial, issuer=farm, product="西红柿", quantity=size)
            )
            self.put(
                MarketEntry(
                    id=f"e{number}", at=when, site="M-1", decision="admitted", lot=lot, product="西红柿", quantity=size, seller=farm,
                    source=farm, serial=serial, kid=kid(farm, self.key.public).hex(), certified=True, gate="1", number=number % 999_000 + 1,
                )
            )  # fmt: skip
            for part in range(7):
                shop = f"P-{self.random.randrange(SHOPS):05d}"
                self.put(Transfer(id=f"t{number}-{part}", at=when, site="M-1", to=shop, lot=lot, quantity=Quantity(60_000, "g")))
            lots.append(lot)
            number += 1
        self.flush()
        for case in range(CASES):
            some = self.random.sample(lots, min(len(lots) // 10, 1000) if case == 0 else 1)
            opened = RecallOpened(
                id=f"r{case}",
                at=self.now,
                case=f"2026-{case + 1:04d}",
                scope=(LotsClause(lots=tuple(some)),),
                level=2,
                reason="x",
                known=self.now,
            )
            self.put(opened)
        self.flush()

    def truck(self, number: int) -> str:
        """Issue a certificate on record and return its text."""
        farm, code, day = f"F-{number % FARMS:05d}", f"T{number:06d}", self.now.date()
        payload = Payload(
            host="trace.example", operator=farm, lot=code, serial=code, kid=kid(farm, self.key.public), quantity=500_000, unit="g",
            region="0" * 12, harvested=day, issued=day, valid_until=day + dt.timedelta(days=30), basis=1,
        )  # fmt: skip
        text = encode(payload, self.key.sign)
        self.put(
            CertificateIssued(
                id=f"n{number}", at=self.now, site=farm, lot=f"{farm}/{code}", serial=code, issuer=farm, product="黄瓜",
                quantity=Quantity(500_000, "g"), kid=payload.kid.hex(), payload=text,
            )
        )  # fmt: skip
        return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--trucks", type=int, default=300)
    parser.add_argument("--url", default="")
    parser.add_argument("--keep", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        world = World(options.url or str(Path(options.keep) if options.keep else folder / "gate.db"), folder)
        began = time.perf_counter()
        world.master()
        world.fill(options.events)
        world.now = START + dt.timedelta(days=85)
        texts = [world.truck(n) for n in range(options.trucks)]
        world.flush()
        print(f"{world.events:,} events in {time.perf_counter() - began:.0f} s")
        measured = decisions(world, texts)
        report("decide and record", measured)
        if not options.url:
            floor = bare(folder, len(texts))
            report("bare INSERT and commit", floor)
            print(f"ratio of medians {statistics.median(measured) / statistics.median(floor):.1f}")
            print(f"statements that scan a table: {scans(world) or 'none'}")
        p95 = quantile(measured, 95)
        print(f"p95 {p95:.1f} ms, goal 50 ms: {'reached' if p95 < 50 else 'MISSED'}")


def decisions(world: World, texts: list[str]) -> list[float]:
    ledger = world.ledger
    warm = world.truck(900_000)
    world.flush()
    ledger.gate(warm, market="M-1", weight="1 kg")  # imports and rule packs
    times: list[float] = []
    for number, text in enumerate(texts):
        for again in range(2 if number % 5 == 0 else 1):
            world.now += dt.timedelta(seconds=30)
            began = time.perf_counter()
            answer = ledger.gate(text, market="M-1", weight="480 kg" if not again else "60 kg", id=f"b{number}-{again}", by="S-07")
            times.append((time.perf_counter() - began) * 1000)
            assert answer.verdict == ("hold" if again else "admit"), answer.decision.codes
    return times


def bare(folder: Path, count: int) -> list[float]:
    """Return the times of single inserts, each with its own commit, on the same disk with the same pragmas."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE entry (seq INTEGER PRIMARY KEY, bytes BLOB)")
    times: list[float] = []
    for number in range(count):
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO entry VALUES (?, ?)", (number, b"x" * 600))
        connection.execute("COMMIT")
        times.append((time.perf_counter() - began) * 1000)
    connection.close()
    return times


GROWING = ("entry", "move", "holding", "about", "name", "lot_fact", "site_fact", "lot_edge", "node", "checkpoint", "personal")


def scans(world: World) -> list[str]:
    """Return the statements of one decision whose plan scans a table that grows with the ledger."""
    store = world.ledger.store
    connection = sqlite3.connect(store.path)  # type: ignore[attr-defined]
    found: list[str] = []
    for sql in sorted(statements(world)):
        plan = connection.execute("EXPLAIN QUERY PLAN " + sql, [None] * sql.count("?")).fetchall()
        bad = [
            step[3]
            for step in plan
            if step[3].startswith("SCAN") and step[3].split()[1] in {*GROWING, "a", "e", "n", "s", "m", "h", "l", "p", "v"}
        ]
        if bad:
            found.append(f"{sql[:100]}: {bad[0]}")
    connection.close()
    return found


def statements(world: World) -> set[str]:
    """Return the SQL texts that one decision runs, as SQLite saw them."""
    seen: set[str] = set()
    store = world.ledger.store
    real = store.write

    class Watched:
        def __init__(self, session: object) -> None:
            self._session = session

        def __getattr__(self, name: str) -> object:
            value = getattr(self._session, name)
            if name not in ("rows", "row", "run", "stream"):
                return value

            def watched(sql: str, *rest: object) -> object:
                if sql.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE")):
                    seen.add(sql)
                return value(sql, *rest)

            return watched

    @contextmanager
    def write() -> Iterator[Any]:
        with real() as session:
            yield Watched(session)

    store.write = write  # type: ignore[method-assign]
    try:
        world.now += dt.timedelta(minutes=1)
        text = world.truck(900_001)
        world.flush()
        world.ledger.gate(text, market="M-1", weight="480 kg")
    finally:
        store.write = real  # type: ignore[method-assign]
    return seen


def quantile(times: list[float], percent: int) -> float:
    return sorted(times)[min(len(times) - 1, len(times) * percent // 100)]


def report(name: str, times: list[float]) -> None:
    middle, p95, most = statistics.median(times), quantile(times, 95), max(times)
    print(f"{name:24} n {len(times):4}  median {middle:6.2f} ms  p95 {p95:6.2f} ms  max {most:6.2f} ms")


if __name__ == "__main__":
    main()
