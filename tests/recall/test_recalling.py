"""A recall of lots on which a case stands: who was told is in the answer, or the answer says where to look."""

from __future__ import annotations

import pytest

from foodtrace.events import Output
from foodtrace.operations import cases, goods, notices
from foodtrace.operations.scopes import Given
from foodtrace.recall.answer import Answer
from tests.recall.casework import World, chain, kg

LOT = "OP-P/L"


@pytest.fixture
def world(empty: World) -> World:
    return chain(empty)


def asked(world: World, *lots: str) -> Answer:
    return world.ledger.recall(lots)


def test_notices_of_the_case_with_these_lots_are_in_the_answer(world: World) -> None:
    before = asked(world, LOT)
    assert (before.case, before.cases, before.rates["R4"].numerator) == ("", (), 0)
    case = world.at(3).open(LOT)
    world.at(4).do(notices.notify, case)
    found = asked(world.at(5), LOT)
    assert (found.case, found.version, found.cases) == (case, 1, ())
    assert found == world.answer(case)
    assert found.rates["R4"].numerator == found.rates["R4"].denominator == len(found.outlets) > 0
    assert all(row.notified for row in found.outlets)


def test_of_a_case_with_another_scope_only_the_number_is_told(world: World) -> None:
    made = Output(lot="OP-W/R", quantity=kg(10))
    world.at(3).do(goods.transform, "W", "repack", [(LOT, kg(10))], [made], None)
    case = world.open(LOT)
    assert (asked(world, "OP-W/R").case, asked(world, "OP-W/R").cases) == ("", (case,)), "made from recalled goods"
    inner = world.open("OP-W/R")
    assert (asked(world, LOT).case, asked(world, LOT).cases) == (case, (inner,)), "what was made of it is recalled as well"
    both = asked(world, LOT, "OP-W/R")
    assert (both.case, both.cases) == ("", (case, inner))


def test_a_case_that_was_narrowed_is_named_of_the_goods_it_left_out(world: World) -> None:
    """They are held until they are cleared; whoever asks what for must find the case."""
    world.born("K", "Q", 10)
    case = world.at(3).open(LOT, "OP-Q/K")
    world.at(4).do(cases.narrow, case, [LOT], reason="lab", approved_by="7")
    assert (asked(world, "OP-Q/K").case, asked(world, "OP-Q/K").cases) == ("", (case,))
    assert asked(world, LOT).case == case


def test_two_cases_of_the_same_lot_are_never_mixed_and_a_withdrawn_one_is_gone(world: World) -> None:
    first = world.at(3).open(LOT)
    second = world.at(4).open(LOT)
    assert (asked(world, LOT).case, asked(world, LOT).cases) == ("", (first, second))
    world.at(5).do(cases.withdraw, first, "wrong lot", "8")
    assert (asked(world, LOT).case, asked(world, LOT).cases) == (second, ())


def test_a_case_by_rule_is_told_only_where_it_reaches_the_lot(world: World) -> None:
    world.born("M", "P", 5, product="牛奶")
    case = world.at(3).do(cases.open_case, level=2, known=world.now, reason="x", scope=Given(product="芹菜")).case
    assert asked(world, LOT).cases == (case,)
    assert asked(world, "OP-P/M").cases == ()
