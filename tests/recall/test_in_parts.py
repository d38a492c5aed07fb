"""Random worlds, and a case from opening to clearing, told whole and in parts: every answer is the same but for sequence numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import foodtrace.events.parts as splitting
from foodtrace import Ledger
from foodtrace.events import (
    Acknowledgement,
    GoodsCleared,
    Held,
    LeftClause,
    LotsClause,
    Notice,
    Output,
    Portion,
    RecallOpened,
    RecallWidened,
    StockCount,
    Transformation,
)
from foodtrace.graph.edges import micros
from foodtrace.operations.casestatus import status
from foodtrace.operations.reconciling import reconcile
from foodtrace.operations.trace import trace
from foodtrace.recall.answer import recall
from tests.ledger.parts import told
from tests.recall.casework import World, day, kg
from tests.recall.shapes import LOTS, PRODUCT_MAPS, records, scopes
from tests.recall.shapesonrecord import NOW, Told, clauses_of, lot_id, recorded

SMALL: Final = 150
"""Bytes from which on an event is split here: every list of two items."""
_PLACES: Final = frozenset({"seq", "entry", "entries", "positions", "log", "size", "sources"})
"""What an answer says of entries and of how far a log has come."""


@contextmanager
def limit(most: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splitting, "LIMIT", most)
        yield


def bare(value: Any) -> Any:
    """Return an answer without places of entries; a dispatch without lot is ``?`` whatever its number."""
    if isinstance(value, dict):
        return {key: bare(each) for key, each in value.items() if key not in _PLACES}
    if isinstance(value, (list, tuple)):
        return [bare(each) for each in value]
    return "?" if isinstance(value, str) and value.startswith("?") else value


def plain(answer: Any) -> Any:
    return bare(msgspec.to_builtins(answer))


def answers(ledger: Ledger, scope: list[tuple]) -> list[Any]:
    now = micros(NOW)
    with ledger.reading() as session:
        found: list[Any] = [told(session), plain(recall(session, (), now=now, scope=clauses_of(scope), bounds=True))]
        found.append(plain(reconcile(session, now=now)))
        for lot in LOTS:
            if session.row("SELECT 1 FROM name WHERE text = ?", (lot_id(lot),)) is not None:
                found += [plain(recall(session, lot_id(lot), now=now, bounds=True)), plain(trace(session, lot_id(lot), now=now)[0])]
    return found


@settings(max_examples=15)
@example(
    [
        ("birth", "L", "P", 1, 0, "instant"),
        ("make", "P", ("L",), ("K", "L"), 1, 0, "instant", ""),
        ("birth", "L", "P", 1, 0, "instant"),
        ("unnamed", "?3-0", "", "P", "S", 1, 0, "instant", None),
        ("birth", "L", "P", 1, 0, "instant"),
        ("unnamed", "?5-0", "", "S", "P", 1, 0, "instant", None),
    ],
    dict.fromkeys("LKMN", ""),
    [("left", "P", 0, 84)],
    [],
)
@given(records(most=9), PRODUCT_MAPS, scopes(), st.lists(st.integers(0, 30), max_size=3))
def test_every_answer_is_the_same_whole_and_in_parts(
    some: list[tuple], products: dict[str, str], scope: list[tuple], wrong: list[int]
) -> None:
    events = Told(some, products)
    with recorded(events, wrong) as ledger:
        whole = answers(ledger, scope)
    with limit(SMALL), recorded(events, wrong) as ledger:
        assert answers(ledger, scope) == whole
        found = ledger.verify(helpers=0)
        assert found.ok, found.findings
        assert bool(lines(ledger)) == any(
            isinstance(each, Transformation) and len(each.inputs + each.outputs) > 2 for each in events.events
        )


def lines(ledger: Ledger) -> int:
    with ledger.reading() as session:
        return len(session.rows("SELECT 1 FROM entry WHERE id LIKE ?", ("%~%",)))


def case(world: World) -> list[Any]:
    """Tell a case with lists in every event of it; return what is answered on the way."""
    world.sites()
    for lot in "ABCD":
        world.born(lot, "P", 100)
    lots = [f"OP-P/{lot}" for lot in "ABCD"]
    world.at(1).put(
        Transformation(
            id="mix",
            at=world.now,
            site="P",
            kind="blend",
            inputs=tuple(Portion(lot, kg(50)) for lot in lots),
            outputs=tuple(Output(lot=f"OP-P/M{n}", quantity=kg(100), product="混") for n in (1, 2)),
        )
    )
    mixed = ["OP-P/M1", "OP-P/M2"]
    for lot, to in ((lots[0], "X"), (mixed[0], "X"), (mixed[1], "Y"), (lots[3], "Z")):
        world.move(lot, "P", to, 40)
    world.at(2).put(
        RecallOpened(
            id="open",
            at=world.now,
            case="2026-0001",
            scope=(LotsClause(lots=(lots[0],)), LotsClause(lots=(lots[1],)), LotsClause(lots=(lots[3],))),
            level=2,
            reason="x",
            operator="OP-P",
            known=world.now,
        )
    )
    found = [said(world)]
    window = LeftClause(site="P", start=day(0), end=day(9))
    for version, narrows, clauses in (
        (2, False, (LotsClause(lots=(lots[2],)), window)),
        (3, True, tuple(LotsClause(lots=(lot,)) for lot in lots[:2])),
    ):
        event = RecallWidened(
            id=f"v{version}",
            at=world.now,
            case="2026-0001",
            version=version,
            scope=clauses,
            narrows=narrows,
            reason="查清",
            approved_by="9",
        )
        world.at(version).put(event)
        found.append(said(world))
    world.at(4).put(Notice(id="n", at=world.now, case="2026-0001", version=3, to="X", lots=(lots[0], *mixed)))
    held = tuple(Held(lot, kg(10)) for lot in (lots[0], mixed[0]))
    world.at(5).put(Acknowledgement(id="a", at=world.now, site="X", case="2026-0001", notice="n", on_hand=held))
    world.put(StockCount(id="c", at=world.now, site="Y", lot=mixed[1], quantity=kg(39), missing=("A1", "A2")))
    found.append(said(world))
    world.at(6).put(GoodsCleared(id="g", at=world.now, case="2026-0001", lots=(mixed[0], lots[0]), basis="合格", approved_by="9"))
    found += [said(world), asks(world, [*lots, *mixed])]
    assert world.ledger.verify(helpers=0).ok
    return found


def said(world: World) -> Any:
    with world.read() as session:
        state, answer = status(session, "2026-0001", micros(world.now))
    return [plain(state), plain(answer), plain(world.ledger.completion("2026-0001"))]


def asks(world: World, lots: list[str]) -> list[Any]:
    from foodtrace.operations.blocking import blocks

    with world.read() as session:
        return [plain(blocks(session, lot, micros(world.now))) for lot in lots]


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_case_goes_the_same_way_whole_and_in_parts(request: pytest.FixtureRequest, tmp_path: Path, engine: str) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}" if engine == "sqlite" else str(request.getfixturevalue("pg_url"))
    first = World(f"sqlite:///{tmp_path / 'whole.db'}", tmp_path / "whole")
    with first.ledger:
        whole = case(first)
    world = World(url, tmp_path / "keys")
    with limit(SMALL), world.ledger:
        assert case(world) == whole
        assert lines(world.ledger) >= 8
