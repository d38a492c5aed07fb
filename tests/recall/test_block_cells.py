"""The table of RECALL section 7, cell by cell: what stands against goods, put to every operation that can be asked for them.

Rows are the ways goods can stand to a case, columns the operations. What is asked for is refused, held or taken in as sealed, with an
entry that moves nothing; what is allowed is done. Facts of the same kinds are booked whatever they say, and marked by when they happened.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

import pytest

from foodtrace import Quantity
from foodtrace.errors import Conflict, Refused
from foodtrace.events import (
    Correction,
    GoodsCleared,
    LotsClause,
    Output,
    Packing,
    Portion,
    PredicateClause,
    RecallClosed,
    RecallOpened,
    RecallReopened,
    RecallWidened,
    RecallWithdrawn,
    Sale,
    TestRecorded,
)
from foodtrace.gate.facts import Recall
from foodtrace.graph.edges import micros
from foodtrace.operations import batches, cases, certificates, disposal, goods, notices, packing, reselling, shopdesk, till
from foodtrace.operations.cans import Scanned
from foodtrace.operations.common import Doing
from foodtrace.operations.gaterecalls import described, recalls
from foodtrace.storage.session import Session
from foodtrace.texts import LANGS
from tests.recall.blocktrade import BATCH, CASE, CODES, FRESH, KEYS, LOT, OTHER, pieces, suspected, trade
from tests.recall.casework import World, day, kg

# -- rows ----------------------------------------------------------------------------------------------------------------------


def opened(world: World) -> None:
    world.open(LOT)


def narrowed(world: World) -> None:
    """L was in the scope, and a later version leaves it out."""
    world.do(cases.narrow, world.open(LOT, OTHER), [OTHER], reason="a laboratory report", approved_by="9")


def sealed(world: World) -> None:
    opened(world)
    world.keeping("X")
    for site in ("W", "F", "X"):
        world.do(disposal.dispose, "seal", CASE, site, None, None)


def returned(world: World) -> None:
    opened(world)
    world.do(disposal.dispose, "return", CASE, "W", LOT, kg(50), to="P")
    world.do(disposal.dispose, "return", CASE, "X", BATCH, pieces(10), to="F")


def destroyed(world: World) -> None:
    opened(world)
    world.keeping("X")
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
        GoodsCleared(id="clear", at=world.now, case=CASE, basis="x", approved_by="7"),
        RecallWithdrawn(id="over", at=world.now, case=CASE, reason="x", approved_by="7"),
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
    "left out by a narrower scope": (narrowed, "hold"),
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


def rework(world: World, lot: str, quantity: Quantity) -> object:
    """Turn goods of no case into more of a lot."""
    return world.do(goods.transform, "W", "rework", [(clean(world), kg(1))], [Output(lot=lot, quantity=quantity)], None)


def clean(world: World) -> str:
    """Return a lot that no case is about."""
    name = world.name().upper()
    world.born(name, "Q", 5)
    return f"OP-Q/{name}"


def fill(world: World, lot: str, batch: str = "") -> object:
    said = batches.Filling(
        lot=batch or f"06909999000012/{world.name().upper()}",
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


def certify(world: World, _lot: str) -> object:
    return world.do(certificates.issue, KEYS["P"], "P", "芹菜", kg(1), ("quality_control",), code="L")


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
    "transform into it": (LOT, "use", lambda w, lot: rework(w, lot, kg(1))),
    "transform into a batch": (BATCH, "use", lambda w, batch: rework(w, batch, pieces(1))),
    "formula batch": (LOT, "use", fill),
    "formula batch again": (FRESH, "use", lambda w, batch: fill(w, clean(w), batch)),
    "formula release": (FRESH, "release", lambda w, lot: w.do(batches.release, lot, "CJ-2", "F")),
    "formula pack": (BATCH, "packing", lambda w, lot: w.do(packing.pack, w.name(), "F", lot=lot, cans=1)),
    "formula pack a case on a pallet": (BATCH, "packing", pallet),
    "certificate issue": (
        LOT,
        "certificate",
        lambda w, lot: w.do(certificates.issue, KEYS["P"], "P", "芹菜", kg(1), ("quality_control",), code="L"),
    ),
    "certificate issue --from": (LOT, "certificate", collect),
    "formula sell": (BATCH, "sale", sell),
    "case restock": (LOT, "restock", lambda w, lot: w.do(reselling.restock, "W", lot, kg(1))),
}


@pytest.fixture
def world(empty: World) -> World:
    return trade(empty)


def held(world: World) -> list[goods.Stock]:
    with world.read() as session:
        return [each for lot in (LOT, BATCH, FRESH) for each in goods.stock_of(session, lot, micros(world.now))]


REFUSALS: Final = {"transfer.recalled": "refuse", "transfer.recalled_more": "refuse", "transfer.recall_possible": "hold"}


def verdict(world: World, lot: str, ask: Ask) -> str:
    """Return what an ask got: allow, hold or refuse; the texts of a refusal must be there in both languages."""
    try:
        found = ask(world, lot)
    except Conflict as error:
        # One certificate a lot: asked for, allowed, and there already.
        return {"certificate.exists": "allow"}[error.code]
    except Refused as error:
        said = all(CASE[:4] in error.message(lang) and error.hint(lang) for lang in LANGS)
        return REFUSALS[error.code] if said else "without words"
    return found if found in ("hold", "refuse") else "allow"


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_asks(world: World, row: str) -> None:
    prepare, expected = ROWS[row]
    prepare(world)
    got: dict[str, str] = {}
    for name, (lot, asked, ask) in COLUMNS.items():
        before = world.refusals()
        stock = held(world)
        got[name] = verdict(world, lot, ask)
        entries = [(each.asked, each.lot) for each in world.refusals()[len(before) :]]
        if expected == "allow":
            assert entries == [], name
        else:  # a rule may mean the lot that would come of it as well
            assert (asked, lot) in entries, name
            assert {each[0] for each in entries} == {asked}, name
        assert expected == "allow" or held(world) == stock, f"{name}: a refusal moves nothing"
    assert got == dict.fromkeys(COLUMNS, expected)
    assert (look(world, BATCH), gate(world, LOT)) == (expected, expected)


@pytest.mark.parametrize("row", ROWS)
def test_a_receipt_is_taken_in_whatever_stands_against_it_and_sealed_if_anything_does(world: World, row: str) -> None:
    prepare, expected = ROWS[row]
    prepare(world)
    for lot, quantity in ((LOT, kg(1)), (BATCH, pieces(1))):
        event, against = world.do(goods.receive, lot, quantity, "Z", source="W")
        assert (event.sealed, bool(event.case), bool(against)) == (expected != "allow",) * 3
    assert not world.refusals()


COUNTED: Final = (shopdesk.Counted(lot=BATCH, product="", book=20, counted=19),)
OPEN: Final[dict[str, Ask]] = {
    "case seal": lambda w, lot: w.do(disposal.dispose, "seal", CASE, "W", lot, kg(1), allow_short=True),
    "case return": lambda w, lot: w.do(disposal.dispose, "return", CASE, "W", lot, kg(1), to="P"),
    "case destroy": lambda w, lot: w.do(disposal.dispose, "destroy", CASE, "W", lot, kg(1)),
    "case acknowledge": lambda w, lot: w.do(notices.acknowledge, CASE, "W", [(lot, kg(1))]),
    "formula count": lambda w, _: w.do(
        lambda _s, doing: shopdesk.count(doing, "X", [shopdesk.Counted(lot=BATCH, product="", book=20, counted=19)])
    ),
    "formula return": lambda w, _: w.do(shopdesk.bring_back, Scanned(code=BATCH), 1, "X"),
    "formula unpack": lambda w, _: w.do(packing.unpack, "C-1", "F"),
    "test": lambda w, lot: w.put(TestRecorded(id="t", at=w.now, site="W", lot=lot, sample="S", item="x", verdict="negative")),
    "correct": lambda w, _: w.put(Correction(id="c", at=w.now, **target(w, "sold"))),
}
"""What a block leaves open, so that a recall can be carried out at all."""


def target(world: World, name: str) -> dict[str, Any]:
    with world.read() as session:
        row = session.row("SELECT seq, leaf FROM entry WHERE id = ?", (name,))
    assert row is not None
    return {"seq": row[0], "leaf": bytes(row[1]).hex(), "reason": "did_not_occur"}


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row not in ("destroyed", "no case", "a case opened after this", "a case about other goods")]
)
def test_what_carries_out_a_recall_is_open_whatever_stands_against_the_goods(world: World, row: str) -> None:
    prepare, _ = ROWS[row]
    world.put(Packing(id="pack", at=world.now, site="F", parent="C-1", lot=BATCH, quantity=pieces(6)))
    world.put(Sale(id="sold", at=world.now, site="X", lot=BATCH, quantity=pieces(1)))
    prepare(world)
    for ask in OPEN.values():
        ask(world, LOT)
    assert not world.refusals()


def unheard(session: Session, world: World, lot: str) -> tuple[Recall, ...]:
    """Return what the gate says of goods that nobody has named yet."""
    return recalls(session, world.now, lot, [], described(None, "", lot.partition("/")[0], lot))


def test_goods_that_no_record_named_before_are_taken_in_as_sealed_where_a_case_is_about_them(world: World) -> None:
    """The first anybody hears of a lot is the truck that brings it; the case was there before."""
    scopes: dict[str, LotsClause | PredicateClause] = {
        "2026-0001": LotsClause(lots=("OP-P/NEW",)),
        "2026-0002": PredicateClause(code="R-*"),
    }
    for case, scope in scopes.items():
        world.put(RecallOpened(id=case, at=world.now, case=case, scope=(scope,), level=2, reason="x", known=world.now))
    # Narrowing lifts nothing, of goods yet to come either; clearing does.
    world.put(
        RecallWidened(
            id="n",
            at=world.now,
            case="2026-0002",
            version=2,
            scope=(LotsClause(lots=("OP-P/R-1",)),),
            narrows=True,
            reason="x",
            approved_by="7",
        )
    )
    with world.read() as session:
        at_gate = {lot: [(each.case, each.link) for each in unheard(session, world, lot)] for lot in ("OP-P/R-1", "OP-P/R-2")}
    assert at_gate == {"OP-P/R-1": [("2026-0002", "confirmed")], "OP-P/R-2": [("2026-0002", "possible")]}
    world.put(GoodsCleared(id="c", at=world.now, case="2026-0002", lots=("OP-P/R-9",), basis="x", approved_by="7"))
    got = {
        lot: world.do(goods.receive, lot, kg(1), "Z", source="W")[1]
        for lot in ("OP-P/R-9", "OP-P/NEW", "OP-NOBODY/NEW", "OP-P/R-7", "OP-P/OTHER", "OP-Q/NEW")
    }
    assert got == {
        "OP-P/R-9": [],
        "OP-P/NEW": ["2026-0001"],
        "OP-NOBODY/NEW": ["2026-0001"],  # the same code of an issuer nobody knows
        "OP-P/R-7": ["2026-0002"],
        "OP-P/OTHER": [],
        "OP-Q/NEW": [],
    }
