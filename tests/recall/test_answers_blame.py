"""Of a file of answers the row that is wrong is named, not the first of its site; every one that is wrong, and no other."""

from __future__ import annotations

import pytest

from foodtrace.intake.lists import ListRow
from foodtrace.operations import notices
from foodtrace.operations.answersfile import bad_rows, collect
from tests.recall.caselife import LOT
from tests.recall.casework import World


@pytest.fixture
def told(world: World) -> tuple[World, str]:
    """X (60 kg of one lot, 40 of another), Y and W have their notices."""
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "X", 40)
    case = world.open(LOT, "OP-Q/K")
    world.do(notices.notify, case)
    return world.at(3), case


def row(number: int, site: str, quantity: str, lot: str = LOT, unit: str = "kg") -> ListRow:
    return ListRow(number, {"site": site, "lot": lot, "quantity": quantity, "unit": unit}, written=(site, lot, quantity, unit))


BLAMED = [
    ("a lot nobody knows", [row(2, "X", "60"), row(3, "Y", "1"), row(4, "X", "5", "ZZZ")], [(4, "lot", "ZZZ", "lot.not_found")]),
    ("a lot of no case", [row(2, "X", "60"), row(4, "X", "5", "OP-Q/N")], [(4, "lot", "OP-Q/N", "case.not_affected")]),
    ("another unit", [row(2, "X", "60"), row(4, "X", "5", "OP-Q/K", "piece")], [(4, "quantity", "5", "quantity.unit_differs")]),
    (
        "two rows, each in its own way",
        [row(2, "X", "5", "ZZZ"), row(3, "X", "60"), row(4, "X", "5", "OP-Q/K", "piece")],
        [(2, "lot", "ZZZ", "lot.not_found"), (4, "quantity", "5", "quantity.unit_differs")],
    ),
    ("one lot twice", [row(2, "X", "60"), row(3, "X", "1", "OP-Q/K"), row(4, "X", "50")], [(4, "lot", LOT, "case.lot_twice")]),
    ("a site of no lot of the case", [row(2, "N", "", ""), row(3, "N", "", "")], [(2, "site", "N", "case.not_affected")]),
]


@pytest.mark.parametrize(("rows", "faults"), [each[1:] for each in BLAMED], ids=[each[0] for each in BLAMED])
def test_the_row_that_is_wrong_is_named(told: tuple[World, str], rows: list[ListRow], faults: list[tuple[int, str, str, str]]) -> None:
    world, case = told
    world.born("N", "Q", 5).sites(N="shop")
    found = world.do(collect, case, rows, skip_bad=True)
    assert [(each.row, each.column, each.value.split()[0], each.error.code) for each in found.faults] == faults
    bad = {each[0] for each in faults}
    mine = [each for each in rows if each.text("site") == rows[-1].text("site")]
    assert [each.row for each in found.left_out] == [each.row for each in mine if each.row not in bad]
    assert {each.because for each in found.left_out} <= {min(bad)}
    for each in bad_rows(found, rows, {}):
        codes = [fault.error.code for fault in each.faults]
        assert codes == ([next(code for number, _, _, code in faults if number == each.row)] if each.row in bad else ["case.left_out"])
