"""An outlet answers under whatever names its lot goes by; nothing it said it holds is lost by that, in any order, by any door."""

from __future__ import annotations

import pytest

from foodtrace import Quantity
from foodtrace.events import Acknowledgement, Alias, Held
from foodtrace.intake.lists import ListRow
from foodtrace.intake.model import Cell
from foodtrace.operations import disposal, notices
from foodtrace.operations.answersfile import collect
from tests.recall.caselife import left, refuses
from tests.recall.casework import World, kg

CAN, CASE = "OP-P/CAN", "OP-P/CASE"


@pytest.fixture
def named(empty: World) -> tuple[World, str]:
    """X received 60 kg under the one name of a lot and 40 kg under the other, and has its notice."""
    empty.sites().born("CAN", "P", 100)
    empty.put(Alias(id="a", at=empty.now, site="P", lot=CAN, alias=CASE))
    empty.at(1).move(CAN, "P", "X", 60).move(CASE, "P", "X", 40)
    case = empty.at(2).open(CAN)
    empty.do(notices.notify, case)
    return empty.at(3), case


def held(world: World, case: str, site: str = "X") -> int | None:
    row = next(each for each in world.answer(case).outlets if each.site == site)
    return row.amounts[0].at_notice


@pytest.mark.parametrize("name", [CAN, CASE])
def test_nothing_left_of_the_rest_takes_nothing_from_a_lot_that_was_named(named: tuple[World, str], name: str) -> None:
    world, case = named
    world.do(notices.acknowledge, case, "X", [(name, kg(100))], nothing=True)
    assert held(world, case) == 100_000
    assert ("free", "X", 100_000) in left(world, case), "and the case does not close over it"


@pytest.mark.parametrize("order", [(CAN, CASE), (CASE, CAN)])
def test_an_answer_under_both_names_is_their_sum_in_either_order_and_is_recorded_as_one_figure(
    named: tuple[World, str], order: tuple[str, str]
) -> None:
    world, case = named
    amounts = {CAN: kg(60), CASE: kg(40)}
    event = world.do(notices.acknowledge, case, "X", [(name, amounts[name]) for name in order])
    assert [(each.lot, each.quantity) for each in event.on_hand] == [(order[0], kg(100))]
    assert held(world, case) == 100_000


def test_a_file_says_it_the_same_way(named: tuple[World, str]) -> None:
    world, case = named
    cells: list[dict[str, Cell]] = [
        {"site": "X", "lot": name, "quantity": amount, "unit": "kg"} for name, amount in ((CAN, "60"), (CASE, "40"))
    ]
    rows = [ListRow(number, each) for number, each in enumerate(cells, 2)]
    assert world.do(collect, case, rows).new == 2
    assert held(world, case) == 100_000
    assert world.do(collect, case, rows).known == 2


def test_a_lot_said_twice_under_one_name_is_asked_about_not_chosen_from(named: tuple[World, str]) -> None:
    world, case = named
    error = refuses(world, "case.lot_twice", notices.acknowledge, case, "X", [(CAN, kg(20)), ("CAN", kg(30))])
    assert error.value == CAN
    assert "20.0 kg" in error.message("en")
    assert "30.0 kg" in error.message("en")


def test_a_later_answer_under_the_other_name_replaces_the_earlier_one(named: tuple[World, str]) -> None:
    world, case = named
    world.do(notices.acknowledge, case, "X", [(CAN, kg(60))])
    world.at(4).do(notices.acknowledge, case, "X", [(CASE, kg(90))])
    assert held(world, case) == 90_000


def test_what_is_on_record_under_several_names_is_read_as_their_sum_everywhere(named: tuple[World, str]) -> None:
    world, case = named
    said = (Held(CASE, kg(70)), Held(CAN, Quantity(0, "g")), Held(CASE, kg(25)))
    world.put(Acknowledgement(id="x", at=world.now, site="X", case=case, on_hand=said))
    assert held(world, case) == 95_000
    assert ("free", "X", 95_000) in left(world, case)
    assert world.do(disposal.dispose, "seal", case, "X", CAN, None)[0].quantity == kg(95)
