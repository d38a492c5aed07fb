"""Goods that a visit found are to be recalled until a record says what became of them (RECALL sections 4 to 6)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace.events import EffectivenessCheck
from foodtrace.graph.edges import micros
from foodtrace.operations import cases, checks, disposal, notices
from foodtrace.operations.closing import conditions
from foodtrace.quantity import Quantity
from foodtrace.recall.answer import recall
from foodtrace.recall.cases import load_case
from foodtrace.recall.running import Running
from tests.recall.casework import World, kg

LOT, OTHER = "OP-P/L", "OP-P/K"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(f"sqlite:///{tmp_path}/x.db", tmp_path / "keys")
    made.sites(P="farm", X="shop", Z="shop").born("L", "P", 600).move(LOT, "P", "X", 600)
    yield made
    made.ledger.close()
    KEPT.clear()


def recalled(world: World, *lots: str) -> str:
    case = str(world.at(4).do(cases.open_case, list(lots or (LOT,)), level=2, known=world.now, reason="x", operator="OP-P").case)
    world.at(5).do(notices.notify, case)
    world.at(6).do(notices.acknowledge, case, "X", [(LOT, kg(600))])
    world.do(disposal.dispose, "destroy", case, "X", LOT, None)
    return case


KEPT: dict[str, Running] = {}


def rates(world: World, case: str) -> list[tuple[int, int]]:
    """Return R1 and R2, after seeing that all ways to them say the same."""
    with world.read() as session:
        now = micros(world.now)
        kept = KEPT.setdefault(str(id(world)), Running(case)).completion(session, now)
        assert kept == Running(case).completion(session, now)
        told = load_case(session, case)
        plain, engine = (recall(session, (), now=micros(world.now), case=told, plain=each) for each in (True, False))
    assert plain == engine
    return [(engine.rates[name].numerator, engine.rates[name].denominator) for name in ("R1", "R2")]


def left(world: World, case: str) -> set[tuple[str, str, int]]:
    with world.read() as session:
        return {
            (each.kind, each.site, each.quantity) for each in conditions(session, micros(world.now), load_case(session, case)) if each.unit
        }


def found(world: World, case: str, site: str, quantity: Quantity, lot: str = LOT) -> None:
    world.do(checks.check, case, site, "found", lot=lot, quantity=quantity)


def test_found_goods_stay_open_until_they_are_sealed_although_a_later_visit_finds_none(world: World) -> None:
    world.keeping("X", "Y", "Z")
    case = recalled(world)
    assert rates(world, case) == [(600_000, 600_000)] * 2
    found(world.at(7), case, "X", kg(40))
    found(world, case, "Z", kg(40))
    found(world.at(8), case, "Z", kg(40))
    assert rates(world, case) == [(600_000, 680_000)] * 2
    assert left(world, case) == {("free", "X", 40_000), ("free", "Z", 40_000)}
    world.at(9).do(checks.check, case, "X", "clean")
    assert rates(world, case) == [(600_000, 680_000)] * 2
    world.do(disposal.dispose, "seal", case, "X", LOT, None)
    world.do(disposal.dispose, "destroy", case, "X", LOT, None)
    world.do(disposal.dispose, "destroy", case, "Z", LOT, None)
    assert rates(world, case) == [(680_000, 680_000)] * 2
    assert left(world, case) == set()


def test_found_goods_that_the_book_has_are_counted_once(world: World) -> None:
    case = str(world.at(4).do(cases.open_case, [LOT], level=2, known=world.now, reason="x", operator="OP-P").case)
    found(world.at(7), case, "X", kg(40))
    assert rates(world, case) == [(0, 600_000)] * 2


def test_found_goods_of_no_lot_stand_open_until_as_much_is_disposed_of_there(world: World) -> None:
    world.keeping("X", "Y", "Z")
    world.born("K", "P", 10).move(OTHER, "P", "X", 10)
    case = recalled(world, LOT, OTHER)
    world.do(disposal.dispose, "destroy", case, "X", OTHER, None)
    world.at(7).put(EffectivenessCheck(id="c", at=world.now, site="X", case=case, result="found", quantity=kg(40)))
    assert rates(world, case) == [(610_000, 650_000)] * 2
    assert left(world, case) == {("found", "X", 40_000)}
    world.at(8).do(disposal.dispose, "seal", case, "X", OTHER, kg(40), allow_short=True)
    assert rates(world, case) == [(650_000, 650_000)] * 2
    assert left(world, case) == {("sealed", "X", 40_000)}
