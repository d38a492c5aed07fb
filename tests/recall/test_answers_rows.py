"""A file of answers accounts for every row: new, known, faulty, or left out with its reason; and no way of naming a site loses one."""

from __future__ import annotations

import pytest

from foodtrace.intake.lists import ListRow
from foodtrace.operations import notices
from foodtrace.operations.answersfile import Collected, collect
from tests.recall.caselife import LOT
from tests.recall.casework import World


@pytest.fixture
def told(world: World) -> tuple[World, str]:
    """X (60 kg by the book), Y and W have their notices."""
    case = world.open(LOT)
    world.do(notices.notify, case)
    return world.at(3), case


def row(number: int, site: str, quantity: str, lot: str = LOT) -> ListRow:
    return ListRow(number, {"site": site, "lot": lot, "quantity": quantity, "unit": "kg"})


def accounted(found: Collected) -> bool:
    faulty = {each.row for each in found.faults}
    return found.rows == found.new + found.known + len(faulty) + len(found.left_out) and not faulty & {each.row for each in found.left_out}


def test_a_good_row_beside_a_faulty_one_of_its_site_is_left_out_and_said_to_be(told: tuple[World, str]) -> None:
    world, case = told
    rows = [row(2, "X", "10"), row(3, "X", "-5"), row(4, "W", "3")]
    found = world.do(collect, case, rows, skip_bad=True)
    assert (found.rows, found.new, found.known, [each.row for each in found.faults]) == (3, 1, 0, [3])
    assert [(each.row, each.site, each.reason, each.because) for each in found.left_out] == [(2, "X", "same_site", 3)]
    assert accounted(found)


def test_without_skipping_every_good_row_is_left_out_because_of_the_file(told: tuple[World, str]) -> None:
    world, case = told
    world.do(collect, case, [row(2, "Y", "3")])
    found = world.do(collect, case, [row(2, "Y", "3"), row(3, "X", "10"), row(4, "W", "lots"), row(5, "W", "3")])
    assert (found.new, found.known) == (0, 1)
    assert [(each.row, each.reason, each.because) for each in found.left_out] == [(3, "file", 4), (5, "same_site", 4)]
    assert accounted(found)


def test_a_site_named_in_two_ways_gives_one_answer_and_loses_none_of_it(told: tuple[World, str]) -> None:
    world, case = told
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "X", 40)
    case = world.at(4).open(LOT, "OP-Q/K")
    sent = next(each for each in world.do(notices.notify, case).notices if each.party.site == "X")
    rows = [row(2, "X", "60"), row(3, "X-name", "30", "OP-Q/K")]
    found = world.do(collect, case, rows)
    assert (found.new, accounted(found)) == (2, True)
    at_notice = {each.site: each.amounts[0].at_notice for each in world.answer(case).outlets}
    assert at_notice["X"] == 90_000
    twice = [row(2, "X", "60"), ListRow(3, {"code": sent.text, "lot": LOT, "quantity": "30", "unit": "kg"})]
    found = world.do(collect, case, twice, skip_bad=True)
    assert [(each.row, each.error.code) for each in found.faults] == [(3, "case.lot_twice")]
    assert accounted(found)
