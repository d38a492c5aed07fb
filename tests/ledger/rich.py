"""A small ledger that has rows of every table of the projection, two logs, and corrections of every kind."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path

from foodtrace import Ledger, Quantity
from foodtrace.events import (
    Alias,
    CertificateIssued,
    ConsumerReturn,
    Correction,
    Dispute,
    Event,
    Loss,
    MarketEntry,
    Operator,
    Output,
    Packing,
    Portion,
    Receipt,
    Sale,
    Site,
    StockCount,
    Transfer,
    Transformation,
)
from foodtrace.storage.schema import triggers

AT = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
_FIND = "SELECT e.seq, e.leaf FROM entry AS e JOIN log AS l ON l.id = e.log WHERE l.origin = ? AND e.id = ?"
LOT, MIX = "F-1/261123-1", "P-1/MIX-1"


def kg(value: int) -> Quantity:
    return Quantity(value * 1000, "g")


def first() -> list[Event]:
    return [
        Operator(id="o1", at=AT, operator="F-1", name="永发合作社"),
        Site(id="s1", at=AT, site="F-1", operator="F-1", kind="farm", name="永发合作社", county="北河"),
        Site(id="s2", at=AT, site="S-7", operator="S-7", kind="shop", name="福安超市", parent="M-1"),
        CertificateIssued(id="c1", at=AT, site="F-1", lot=LOT, serial="1", issuer="F-1", product="西红柿", quantity=kg(500)),
        MarketEntry(id="g1", at=AT, site="M-1", decision="admitted", lot="M-1/G1", product="芹菜", quantity=kg(90), source="F-1"),
        Transfer(id="t1", at=AT, site="F-1", to="S-7", lot=LOT, quantity=kg(10), doc="V-1"),
        Transfer(id="t2", at=AT, site="F-1", to="S-7", product="西红柿", quantity=kg(20), precision="day"),
        Transfer(id="t3", at=AT, site="F-1", to="P-1", lot=LOT, quantity=kg(30), in_transit=True, transfer="X-1"),
        Receipt(id="r1", at=AT, site="P-1", source="F-1", lot=LOT, quantity=kg(29), transfer="X-1", product="西红柿"),
        Transformation(
            id="f1",
            at=AT,
            site="P-1",
            kind="process",
            inputs=(Portion(LOT, kg(20)),),
            outputs=(Output(lot=MIX, quantity=Quantity(40, "piece"), product="番茄酱", content=Quantity(400, "g")),),
            loss=kg(1),
        ),
        Alias(id="a1", at=AT, site="P-1", lot=MIX, alias="P-1/CASE-1"),
        Sale(id="v1", at=AT, site="S-7", lot=LOT, quantity=kg(2), serial="CAN-1"),
        ConsumerReturn(id="v2", at=AT, site="S-7", lot=LOT, quantity=kg(1), serial="CAN-1"),
        StockCount(id="n1", at=AT, site="S-7", lot=LOT, quantity=kg(9)),
        Loss(id="l1", at=AT, site="S-7", lot=LOT, quantity=kg(1)),
        Packing(id="p1", at=AT, site="P-1", parent="PALLET-1", lot=MIX, children=("A", "B")),
    ]


def corrections(ledger: Ledger, log: str) -> list[Event]:
    """Return corrections of the first log's entries: of a transfer twice, a removed transformation and alias, one of another log's."""

    def names(event_id: str) -> tuple[int, str]:
        with ledger.reading() as session:
            row = session.row(_FIND, (log, event_id))
        assert row is not None
        return int(row[0]), bytes(row[1]).hex()

    made: list[Event] = []
    for count, (event_id, grams) in enumerate((("t1", 11), ("t1", 12), ("f1", 0), ("a1", 0), ("t2", 0), ("s2", 0))):
        seq, leaf = names(event_id)
        right: Event | None = None
        if grams:
            right = Transfer(id="t1", at=AT, site="F-1", to="S-7", lot=LOT, quantity=kg(grams), doc="V-1")
        elif event_id == "s2":
            right = Site(id="s2", at=AT, site="S-7", operator="S-7", kind="shop", name="福安超市二店")
        reason = "did_not_occur" if right is None else "incorrect_data"
        made.append(Correction(id=f"k{count}", at=AT, seq=seq, leaf=leaf, reason=reason, replacement=right, site="F-1"))  # type: ignore[arg-type]
    return made


def crossing(ledger: Ledger, log: str) -> list[Event]:
    """Return what a second log says of the first one's entries."""
    with ledger.reading() as session:
        rows = session.rows(
            "SELECT e.id, e.seq, e.leaf FROM entry AS e JOIN log AS l ON l.id = e.log WHERE l.origin = ? AND e.id IN ('r1', 't3')", (log,)
        )
    place = {event_id: (seq, bytes(leaf).hex()) for event_id, seq, leaf in rows}
    seq, leaf = place["r1"]
    right = Receipt(id="r1", at=AT, site="P-1", source="F-1", lot=LOT, quantity=kg(28), transfer="X-1")
    return [
        Correction(id="x1", at=AT, log=log, seq=seq, leaf=leaf, reason="incorrect_data", replacement=right, site="P-1"),
        Dispute(id="x2", at=AT, log=log, seq=place["t3"][0], leaf=place["t3"][1], reason="少了"),
        Transfer(id="x3", at=AT, site="P-1", to="S-7", lot=MIX, quantity=Quantity(5, "piece")),
    ]


def grow(ledger: Ledger) -> None:
    """Tell the ledger all of it."""
    ledger.init("city/one", operator="F-1")
    ledger.init("city/two", operator="P-1")
    ledger.record(first(), log="city/one")
    ledger.record(corrections(ledger, "city/one"), log="city/one")
    ledger.record(crossing(ledger, "city/one"), log="city/two")


def unsealed(path: Path, *statements: tuple[str, tuple[object, ...]]) -> int:
    """Do what the file's owner can, guards off and on again; return the rows changed."""
    connection = sqlite3.connect(path, isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    changed = sum(connection.execute(sql, params).rowcount for sql, params in statements)
    for statement in triggers("sqlite"):
        connection.execute(statement)
    connection.close()
    return changed
