"""A voucher of two lines and one receipt, one line and two receipts: one transfer, no goods twice (RECALL section 1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from foodtrace.events import Receipt, Transfer
from foodtrace.graph.edges import micros
from foodtrace.graph.flows import DELIVERED, Flow, FlowKind
from foodtrace.operations.reconciling import reconcile
from foodtrace.recall.answer import recall
from foodtrace.recall.moves import pair
from tests.recall.casework import World, kg

HOUR = 3_600_000_000


def lines(*told: tuple[str, int, int]) -> list[tuple[int, int, int, int]]:
    """Pair lines of one voucher: ``out`` or ``in``, quantity, hour; return sent, received, hours of every move."""
    flows = []
    for n, (way, q, hour) in enumerate(told):
        kind, here, there = (FlowKind.DISPATCH, 1, 5) if way == "out" else (FlowKind.RECEIPT, 5, 1)
        flows.append(Flow(kind, 100, here, there, 0, q, hour * HOUR, 99 * HOUR, 1, n, 0, "XS-1", DELIVERED if way == "out" else 0))
    return sorted((each.sent, each.received, each.t_out // HOUR, each.t_in // HOUR) for each in pair(flows, {}, {}))


@pytest.mark.parametrize(
    ("told", "moves"),
    [
        ([("out", 20, 1), ("out", 30, 1), ("in", 50, 2)], [(20, 20, 1, 2), (30, 30, 1, 2)]),
        ([("out", 50, 1), ("in", 20, 2), ("in", 30, 3)], [(20, 20, 1, 2), (30, 30, 1, 3)]),
        ([("out", 2, 1), ("out", 3, 1), ("in", 3, 2), ("in", 2, 3)], [(2, 2, 1, 3), (3, 3, 1, 2)]),
        ([("out", 20, 1), ("out", 30, 1), ("in", 45, 2)], [(20, 20, 1, 2), (30, 25, 1, 2)]),
        ([("out", 20, 1), ("out", 30, 1), ("in", 60, 2)], [(20, 20, 1, 2), (30, 40, 1, 2)]),
        ([("out", 50, 1), ("in", 20, 2), ("in", 20, 3)], [(20, 20, 1, 2), (30, 20, 1, 3)]),
        ([("out", 50, 1), ("in", 20, 2), ("in", 40, 3)], [(20, 20, 1, 2), (30, 40, 1, 3)]),
        # What is full takes no more: a second transfer under the number of the first.
        ([("out", 50, 1), ("in", 50, 2), ("in", 20, 3)], [(20, 20, 3, 3), (50, 50, 1, 2)]),
        # What left only after the receipt is no part of it; nor goes alike with alike against time.
        ([("out", 20, 1), ("in", 50, 2), ("out", 30, 5)], [(20, 50, 1, 2), (30, 30, 5, 5)]),
        ([("out", 10, 1), ("in", 20, 2), ("out", 20, 8), ("in", 10, 9)], [(10, 10, 1, 9), (20, 20, 8, 2)]),
    ],
)
def test_lines_of_one_number(told: list[tuple[str, int, int]], moves: list[tuple[int, int, int, int]]) -> None:
    assert lines(*told) == moves
    assert lines(*reversed(told)) == moves


@pytest.mark.parametrize(("out", "came"), [((20, 30), (50,)), ((50,), (15, 35)), ((20, 30), (30, 20))])
def test_the_shop_holds_what_came_once(tmp_path: Path, out: tuple[int, ...], came: tuple[int, ...]) -> None:
    world = World(f"sqlite:///{tmp_path / 'l.db'}", tmp_path / "keys").sites().born("L", "P", 100)
    world.at(1)
    for n, q in enumerate(out):
        world.put(Transfer(id=f"t{n}", at=world.now, site="P", to="X", lot="OP-P/L", quantity=kg(q), doc="XS-1"))
    world.at(2)
    for n, q in enumerate(came):
        world.put(Receipt(id=f"r{n}", at=world.now, site="X", source="P", lot="OP-P/L", quantity=kg(q), doc="XS-1"))
    with world.ledger.reading() as session:
        answer = recall(session, "OP-P/L", now=micros(world.now))
        (shop,) = answer.outlets
        assert [each.received for each in shop.amounts] == [50_000]
        assert [each.on_hand for each in shop.amounts] == [50_000]
        assert not reconcile(session, now=micros(world.now)).open
    world.ledger.close()
