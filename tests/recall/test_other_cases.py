"""Opening a case beside others: those about the same goods are named, the very same one is asked about."""

from __future__ import annotations

from typing import Any

import pytest

from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations import cases
from foodtrace.operations.managing import reach_of
from foodtrace.operations.othercases import also_about
from foodtrace.operations.scopes import Given
from tests.recall.caselife import LOT, refuses
from tests.recall.casework import World


def beside(world: World, case: str) -> list[str]:
    """Return the other open cases about what a case reaches."""
    with world.read() as session:
        facts = SqlFacts(session, micros(world.now))
        return [each.case for each in also_about(session, facts, reach_of(facts, world.case(case)).lots, micros(world.now), but=case)]


@pytest.fixture
def blended(world: World) -> World:
    """L -> M <- K at W; N is nobody's business."""
    world.born("K", "W", 40).born("N", "Q", 5)
    return world.batch("OP-W/M", "W", 10, {LOT: 1, "OP-W/K": 1})


def test_a_case_of_the_lot_of_what_it_was_made_from_or_into_is_named_and_no_other(blended: World) -> None:
    first = blended.open(LOT)
    assert beside(blended, first) == []
    down = blended.open("OP-W/M")
    assert beside(blended, down) == [first], "what the lot was made from"
    assert beside(blended, first) == [down], "what was made of it"
    other = blended.open("OP-W/K")
    assert beside(blended, other) == [first, down], "both reach the blend"
    assert beside(blended, blended.open("OP-Q/N")) == []
    ruled = blended.open(scope=Given(product="芹菜", producer="OP-P"))
    assert beside(blended, ruled) == [first, down, other]
    assert ruled in beside(blended, down), "a rule's case too"


def test_closed_and_withdrawn_cases_are_not_open(blended: World) -> None:
    closed, gone = blended.open(LOT), blended.open("OP-W/M")
    blended.do(cases.close, closed, "x", "7")
    blended.do(cases.withdraw, gone, "x", "7")
    assert beside(blended, blended.open(LOT)) == []


def test_the_same_scope_and_class_is_refused_unless_another_is_meant(blended: World) -> None:
    first = blended.open(LOT, "OP-W/M")
    error = refuses(blended, "case.open_already", cases.open_case, ["OP-W/M", LOT], level=2, known=blended.now, reason="y")
    assert (error.value, error.params["opened"]) == (first, f"{blended.now:%Y-%m-%d %H:%M}")
    blended.open(LOT, "OP-W/M", level=1)
    blended.open(LOT)
    blended.open(LOT, "OP-W/M")
    by_rule: dict[str, Any] = {"scope": Given(product="芹菜"), "level": 2, "known": blended.now, "reason": "x"}
    blended.do(cases.open_case, [], **by_rule)
    refuses(blended, "case.open_already", cases.open_case, [], **by_rule)
    blended.do(cases.widen, first, ["OP-W/K"])
    blended.do(cases.narrow, first, [LOT], reason="x", approved_by="7")
    refuses(blended, "case.open_already", cases.open_case, [LOT], level=2, known=blended.now, reason="x")
