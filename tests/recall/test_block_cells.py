"""The table of RECALL section 7, cell by cell: what stands against goods, put to every operation that can be asked for them.

Rows are the ways goods can stand to a case, columns the operations. What is asked for is refused, held or taken in as sealed, with an
entry that moves nothing; what is allowed is done. Facts of the same kinds are booked whatever they say, and marked by when they happened.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from foodtrace import Quantity
from foodtrace.errors import Conflict, Refused
from foodtrace.events import (
    BatchReleased,
    CertificateIssued,
    Correction,
    Destroyed,
    Event,
    FormulaBatch,
    GoodsCleared,
    LotsClause,
    MarketEntry,
    Notice,
    Output,
    Packing,
    Portion,
    PredicateClause,
    RecallClosed,
    RecallOpened,
    RecallReopened,
    RecallWithdrawn,
    Receipt,
    Returned,
    Sale,
    Sealing,
    StockCount,
    TestRecorded,
    Transfer,
    Transformation,
)
from foodtrace.graph.edges import micros
from foodtrace.keys import SigningKey
from foodtrace.operations import batches, cases, certificates, disposal, goods, held, market, packing, sellers, shopdesk, till
from foodtrace.operations.cans import Scanned
from foodtrace.operations.common import Doing
from foodtrace.texts import LANGS
from tests.recall.casework import World, day, kg

KEYS: Final = {"P": SigningKey("issuer", bytes(range(32))), "Q": SigningKey("issuer-q", bytes(range(1, 33)))}
LOT, OTHER = "OP-P/L", "OP-Q/K"
BATCH, FRESH, PLAIN = "06909999000012/B1", "06909999000012/B2", "06909999000012/BK"
CASE = "2026-0001"
CODES: dict[str, str] = {}
"""Lot -> the code on its certificate."""


def pieces(number: int) -> Quantity:
    return Quantity(number, "piece")


def trade(world: World) -> World:
    """L (and K): farm -> warehouse W and plant F; batches B1 (released, 20 cans at the shop X) and B2 (not) of L, BK of K."""
    world.sites(P="farm", Q="farm", W="warehouse", F="plant", X="shop", Y="shop", Z="shop", M="market")
    for code, farm in (("L", "P"), ("K", "Q")):
        issued = world.do(certificates.issue, KEYS[farm], farm, "芹菜", kg(200), ("quality_control",), code=code, valid_days=90)
        CODES[issued.event.lot] = issued.text
    world.at(1).move(LOT, "P", "W", 100).move(OTHER, "Q", "W", 100)
    world.move(LOT, "W", "F", 40).move(OTHER, "W", "F", 40)
    for batch, lot in ((BATCH, LOT), (FRESH, LOT), (PLAIN, OTHER)):
        world.batch(batch, "F", 100, {lot: 5}, expiry=dt.date(2028, 1, 1))
    for batch in (BATCH, PLAIN):
        world.do(batches.release, batch, "CJ-1", "F")
        world.put(Transfer(id=world.name(), at=world.now, site="F", to="X", lot=batch, quantity=pieces(20)))
    return world.at(3)


# -- rows ----------------------------------------------------------------------------------------------------------------------


def opened(world: World) -> None:
    world.open(LOT)


def suspected(world: World) -> None:
    """A rule that L fits only if a day nobody recorded does."""
    scope = (PredicateClause(producer="OP-P", produced_from=dt.date(2026, 2, 1), produced_to=dt.date(2026, 2, 9)),)
    world.put(RecallOpened(id="case", at=world.now, case=CASE, scope=scope, level=2, reason="x", known=world.now))


def sealed(world: World) -> None:
    opened(world)
    for site in ("W", "F", "X"):
        world.do(disposal.dispose, "seal", CASE, site, None, None)


def returned(world: World) -> None:
    opened(world)
    world.do(disposal.dispose, "return", CASE, "W", LOT, kg(50), to="P")
    world.do(disposal.dispose, "return", CASE, "X", BATCH, pieces(10), to="F")


def destroyed(world: World) -> None:
    opened(world)
    for site in ("W", "F", "X"):
        world.do(disposal.dispose, "destroy", CASE, site, None, None)


def closed(world: World) -> None:
    opened(world)
    world.at(3.1).put(RecallClosed(id="closed", at=world.now, case=CASE, override="x"))


def reopened(world: World) -> None:
    closed(world)
    world.at(3.2).put(RecallReopened(id="again", at=world.now, case=CASE, reason="x"))


def closed_by_somebody(world: World) -> None:
    opened(world)
    world.ledger.init("local/shop", operator="OP-X")
    world.at(3.1).put(
        RecallClosed(id="closed", at=world.now, case=CASE, override="x"),
        GoodsCleared(id="clear", at=world.now, case=CASE),
        RecallWithdrawn(id="over", at=world.now, case=CASE, reason="x"),
        log="local/shop",
    )


def cleared(world: World) -> None:
    opened(world)
    world.at(3.1).do(cases.clear, CASE, [], "a laboratory report", "9")


def cleared_elsewhere(world: World) -> None:
    opened(world)
    world.at(3.1).do(cases.clear, CASE, [], "a laboratory report", "9", site="Y")


def withdrawn(world: World) -> None:
    opened(world)
    world.at(3.1).do(cases.withdraw, CASE, "an error", "9")


def two_cases_one_cleared(world: World) -> None:
    cleared(world)
    world.open(LOT)


def other_goods(world: World) -> None:
    world.born("N", "Q", 10)
    world.open("OP-Q/N")


def opened_later(world: World) -> None:
    scope = (LotsClause(lots=(LOT,)),)
    world.put(RecallOpened(id="case", at=day(4), case=CASE, scope=scope, level=2, reason="x", known=day(3)))


def by_a_log_that_came_later(world: World) -> None:
    """The office's log is another one, and its entries arrived after everything here."""
    world.ledger.init("far/office", operator="OP-GOV")
    scope = (LotsClause(lots=(LOT,)),)
    world.put(RecallOpened(id="case", at=day(2), case=CASE, scope=scope, level=2, reason="x", known=day(2)), log="far/office")


ROWS: Final[dict[str, tuple[Callable[[World], None], str]]] = {
    "no case": (lambda _world: None, "allow"),
    "a case about other goods": (other_goods, "allow"),
    "a case opened after this": (opened_later, "allow"),
    "under an open case": (opened, "refuse"),
    "suspected": (suspected, "hold"),
    "sealed": (sealed, "refuse"),
    "partly returned": (returned, "refuse"),
    "destroyed": (destroyed, "refuse"),
    "closed and not cleared": (closed, "refuse"),
    "closed and opened again": (reopened, "refuse"),
    "closed, cleared and withdrawn by a log that has no say": (closed_by_somebody, "refuse"),
    "cleared at another site": (cleared_elsewhere, "refuse"),
    "cleared by one case of two": (two_cases_one_cleared, "refuse"),
    "a case merged later from another log": (by_a_log_that_came_later, "refuse"),
    "cleared": (cleared, "allow"),
    "withdrawn": (withdrawn, "allow"),
}

# -- columns -------------------------------------------------------------------------------------------------------------------


def gate(world: World, lot: str) -> str:
    """Bring what its certificate leaves of a lot to the market's gate, whose other reasons are not looked at."""
    codes = world.ledger.gate(CODES[lot], market="M", weight="1 kg", id=world.name()).decision.codes
    return "refuse" if "gate.recalled" in codes else "hold" if "gate.recall_possible" in codes else "allow"


def fill(world: World, lot: str) -> object:
    said = batches.Filling(
        lot=f"06909999000012/{world.name().upper()}",
        product="小北1段",
        quantity=pieces(1),
        inputs=[(lot, kg(1))],
        registration="国食注字YP20269901",
        licence="SC12923019900064",
        produced=world.now.date(),
        expiry=dt.date(2028, 1, 1),
    )
    return world.do(batches.make, "F", said, approved_by="9")


def cut(world: World, lot: str, kind: str) -> object:
    return world.do(goods.transform, "W", kind, [(lot, kg(1))], [Output(lot=f"OP-W/{world.name().upper()}", quantity=kg(1))], None)


def pallet(world: World, batch: str) -> object:
    name = world.name()
    world.put(Packing(id=name, at=world.now, site="F", parent=name, lot=batch, quantity=pieces(6)))  # a fact: the case is full already
    return world.do(packing.pack, f"P-{name}", "F", children=[name])


def collect(world: World, lot: str) -> object:
    terms = certificates.Terms(style=2, upstream=(Portion(lot, kg(1)),))
    return world.do(certificates.issue, KEYS["P"], "P", "芹菜", kg(1), ("quality_control",), terms=terms)


def sell(world: World, batch: str) -> str:
    event, decision = world.do(till.sell, batch, pieces(1), "X", serial=world.name())
    assert isinstance(event, Sale) == (decision.answer == "sell")
    return {"sell": "allow"}.get(decision.answer, decision.answer)


def look(world: World, batch: str) -> str:
    with world.read() as session:
        decision = till.check(session, Doing(now=world.now, by="7"), batch, "X")
    return {"sell": "allow"}.get(decision.answer, decision.answer)


Ask = Callable[[World, str], object]
COLUMNS: Final[dict[str, tuple[str, str, Ask]]] = {
    "transfer": (LOT, "transfer", lambda w, lot: w.do(goods.transfer, lot, kg(1), "Z", source="W", allow_short=True)),
    "transfer without --from": (BATCH, "transfer", lambda w, lot: w.do(goods.transfer, lot, pieces(1), "Z", source="X", allow_short=True)),
    "transform repack": (LOT, "use", lambda w, lot: cut(w, lot, "repack")),
    "transform renumber": (LOT, "use", lambda w, lot: cut(w, lot, "renumber")),
    "formula batch": (LOT, "use", fill),
    "formula release": (FRESH, "release", lambda w, lot: w.do(batches.release, lot, "CJ-2", "F")),
    "formula pack": (BATCH, "packing", lambda w, lot: w.do(packing.pack, w.name(), "F", lot=lot, cans=1)),
    "formula pack a case on a pallet": (BATCH, "packing", pallet),
    "certificate issue": (LOT, "certificate", lambda w, lot: w.do(certificates.issue, KEYS["P"], "P", "芹菜", kg(1), ("quality_control",), code="L")),
    "certificate issue --from": (LOT, "certificate", collect),
    "formula sell": (BATCH, "sale", sell),
    "case restock": (LOT, "restock", lambda w, lot: w.do(disposal.restock, "W", lot, kg(1))),
}


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    url = f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else request.getfixturevalue("pg_url")
    made = World(url, tmp_path / "keys")
    yield trade(made)
    made.ledger.close()


def verdict(world: World, lot: str, ask: Ask) -> str:
    """Return what an ask got: allow, hold or refuse; the texts of a refusal must be there in both languages."""
    try:
        found = ask(world, lot)
    except Conflict as error:
        assert error.code == "certificate.exists"  # asked for, allowed, and there already
        return "allow"
    except Refused as error:
        assert all(CASE[:4] in error.message(lang) and error.hint(lang) for lang in LANGS), error.code
        return {"transfer.recalled": "refuse", "transfer.recall_possible": "hold"}[error.code]
    except Exception as error:
        raise AssertionError(f"{ask}: {error}") from error
    return found if found in ("hold", "refuse") else "allow"


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_asks(world: World, row: str) -> None:
    prepare, expected = ROWS[row]
    prepare(world)
    got: dict[str, str] = {}
    entries: dict[str, list[tuple[str, str]]] = {}
    for name, (lot, _, ask) in COLUMNS.items():
        before = len(world.refusals())
        got[name] = verdict(world, lot, ask)
        entries[name] = [(each.asked, each.lot) for each in world.refusals()[before:]]
        wanted = {(asked, lot) for _, asked, _ in [COLUMNS[name]]} if expected != "allow" else set()
        assert set(entries[name]) == wanted, name
    assert look(world, BATCH) == expected
    assert gate(world, LOT) == expected
    assert got == dict.fromkeys(COLUMNS, expected)
