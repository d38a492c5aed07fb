"""Long vouchers of every kind, a ledger for them, and a projection told without the sequence numbers that parts take up."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

from foodtrace import Ledger, Quantity
from foodtrace.events import (
    Acknowledgement,
    CertificateIssued,
    Event,
    FormulaBatch,
    GoodsCleared,
    Held,
    LotsClause,
    Notice,
    Output,
    Packing,
    Portion,
    RecallOpened,
    RecallWidened,
    Site,
    StockCount,
    Transfer,
    Transformation,
)
from foodtrace.events.canonical import decode_alone
from foodtrace.events.parts import sealed_as
from foodtrace.graph.check import TABLES
from foodtrace.storage.session import Session
from tests.ledger.rich import AT, kg

OPERATOR = "91330106MA2CFRKF3N"
NOW = 1_795_500_000_000_000
"""The clock of :func:`opened`, in microseconds."""


def lot(name: str, number: int) -> str:
    return f"{OPERATOR}/{name}-{number:06d}"


def lots(name: str, count: int) -> tuple[str, ...]:
    return tuple(lot(name, each) for each in range(count))


def portions(name: str, count: int) -> tuple[Portion, ...]:
    return tuple(Portion(each, kg(1)) for each in lots(name, count))


def held(name: str, count: int) -> tuple[Held, ...]:
    return tuple(Held(each, kg(1)) for each in lots(name, count))


def outputs(name: str, count: int, grams: int = 1000) -> tuple[Output, ...]:
    return tuple(Output(lot=each, quantity=Quantity(grams, "g"), product="酱") for each in lots(name, count))


def scope(name: str, count: int) -> tuple[LotsClause, ...]:
    every = lots(name, count)
    return tuple(LotsClause(lots=every[start : start + 1000]) for start in range(0, count, 1000))


def blend(inputs: int = 3000, out: int = 2, name: str = "T-1") -> Transformation:
    return Transformation(
        id=name,
        at=AT,
        site="P-1",
        by="7",
        kind="blend",
        inputs=portions("IN", inputs),
        outputs=outputs("OUT", out, inputs * 1000 // out),
    )


def long_ones() -> list[Event]:
    """Return one event of each kind that is split, each longer than one entry."""
    piece = Quantity(1, "piece")
    codes = tuple(f"86901234{number:012d}" for number in range(10_000))
    return [
        blend(),
        Transformation(id="T-2", at=AT, site="P-1", kind="split", inputs=portions("OUT", 1), outputs=outputs("PACK", 3000)),
        FormulaBatch(id="F-1", at=AT, site="P-1", lot=lot("CAN", 1), product="配方粉", inputs=portions("RAW", 900), quantity=piece),
        CertificateIssued(
            id="C-1",
            at=AT,
            site="P-1",
            lot=lot("CERT", 1),
            serial="1",
            issuer=OPERATOR,
            style=2,
            product="菜",
            quantity=kg(900),
            upstream=portions("UP", 900),
            upstream_serials=tuple(f"UP-{number}" for number in range(900)),
        ),
        Packing(id="K-1", at=AT, site="P-1", parent="PALLET-1", lot=lot("CAN", 1), children=codes, quantity=Quantity(10_000, "piece")),
        StockCount(id="N-1", at=AT, site="P-1", lot=lot("CAN", 1), quantity=piece, missing=codes),
        RecallOpened(id="R-1", at=AT, case="2026-0001", scope=scope("IN", 5000), level=1, reason="检出", operator=OPERATOR, known=AT),
        RecallWidened(id="R-2", at=AT, case="2026-0001", version=2, scope=scope("MORE", 5000)),
        Notice(id="W-1", at=AT, case="2026-0001", to="S-1", lots=lots("IN", 3000)),
        Acknowledgement(id="A-1", at=AT, site="S-1", case="2026-0001", notice="W-1", on_hand=held("IN", 3000)),
        GoodsCleared(id="G-1", at=AT, case="2026-0001", lots=lots("IN", 4000)),
    ]


def around() -> list[Event]:
    """Return what stands around the long ones: sites, and goods that came in and went on."""
    return [
        Site(id="s1", at=AT, site="P-1", operator=OPERATOR, kind="plant", name="厂"),
        Site(id="s2", at=AT, site="S-1", operator="S-1", kind="shop", name="店"),
        Transfer(id="t1", at=AT + dt.timedelta(hours=1), site="P-1", to="S-1", lot=lot("OUT", 1), quantity=kg(5)),
        Transfer(id="t2", at=AT + dt.timedelta(hours=1), site="P-1", to="S-1", lot=lot("PACK", 2999), quantity=kg(1)),
    ]


def told(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Return the projection by texts and event ids: equal for two ledgers that were told the same, however many entries that took."""
    ids = {(log, seq): name for log, seq, name in session.rows("SELECT log, seq, id FROM entry")}
    logs: dict[str, int] = dict(session.rows("SELECT origin, id FROM log"))

    def text(value: str) -> str:
        found = re.fullmatch(r"(\?|corrected )(.+)[# ](\d+)", value)
        return value if found is None else f"{found[1]}{ids[logs[found[2]], int(found[3])]}"

    names = {0: "", **{number: text(name) for number, name in session.rows("SELECT id, text FROM name")}}
    made: dict[str, list[tuple[Any, ...]]] = {}
    for table, named in TABLES.items():
        columns = _columns(session, table)
        rows = session.rows(f"SELECT {', '.join(columns)} FROM {table}")
        made[table] = sorted(_row(dict(zip(columns, row, strict=True)), named, names, ids) for row in rows)
    return made


def _columns(session: Session, table: str) -> list[str]:
    from foodtrace.storage.tables import metadata

    return [column.name for column in metadata.tables[table].columns]


def _row(row: dict[str, Any], named: tuple[str, ...], names: dict[int, str], ids: dict[tuple[int, int], str]) -> tuple[Any, ...]:
    made = {column: names[value] if column in named else value for column, value in row.items()}
    if "seq" in row:
        made["seq"] = ids[row["log"], row["seq"]]
    if row.get("ended", 0) > 0:
        made["ended"] = ids[row["log"], row["ended"] - 1]
    if "target_seq" in row:
        made["target_seq"] = str(made["target"])
    return tuple(str(value) for value in made.values())


def opened(url: str, folder: Path) -> Ledger:
    """Open a ledger with one log, made where there is none yet."""
    ledger = Ledger.open(url, keys=folder / "keys", clock=lambda: NOW)
    if not ledger.logs():
        ledger.init("city/one", operator="F-1")
    return ledger


def lines_of(event: Event) -> list[Any]:
    """Return what the entries of an event hold, one by one: its lines, and last itself."""
    return [decode_alone(data) for _, data in sealed_as(event)]
