"""Of a file of answers the row that is wrong is named, not the first of its site; every one that is wrong, and no other."""

from __future__ import annotations

import pytest

from foodtrace.intake.lists import ListRow
from foodtrace.operations import notices
from foodtrace.operations.answersfile import bad_rows, collect
from tests.recall.caselife import LOT, refuses
from tests.recall.casework import World, kg

SIXTY = kg(60)


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
    (
        "every row in its own way",
        [
            row(2, "X", "60"),
            row(3, "X", "-5", "OP-Q/K"),
            row(4, "X", "5", "ZZZ"),
            row(5, "Y", "1"),
            row(6, "X", "1", "OP-Q/K"),
            row(11, "X", "50"),
        ],
        [(3, "quantity", "-5", "record.negative"), (4, "lot", "ZZZ", "lot.not_found"), (11, "lot", LOT, "case.lot_twice")],
    ),
    (
        "three times, and another twice",
        [row(2, "X", "60"), row(3, "X", "1", "OP-Q/K"), row(4, "X", "60"), row(5, "X", "2", "OP-Q/K"), row(6, "X", "7")],
        [(4, "lot", LOT, "case.lot_twice"), (5, "lot", "OP-Q/K", "case.lot_twice"), (6, "lot", LOT, "case.lot_twice")],
    ),
    (
        "first named alone, then with what is wrong of the site",
        [row(2, "X", "60"), row(3, "X", ""), row(4, "X", "5", "ZZZ")],
        [(3, "quantity", "X", "case.no_quantity"), (4, "lot", "ZZZ", "lot.not_found")],
    ),
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


def test_one_answer_that_says_a_lot_twice_with_one_figure_is_asked_about(told: tuple[World, str]) -> None:
    """It was added up where both figures were one object, as those of a file are."""
    world, case = told
    refuses(world, "case.lot_twice", notices.acknowledge, case, "X", [(LOT, SIXTY), (LOT, SIXTY)])


def test_of_a_row_without_a_readable_quantity_the_lot_is_judged_all_the_same(told: tuple[World, str]) -> None:
    world, case = told
    rows = [row(2, "X", "-5", "ZZZ"), row(3, "X", "", "OP-Q/N"), row(4, "X", "lots"), row(5, "X", "1", "OP-Q/K")]
    found = world.born("N", "Q", 5).do(collect, case, rows)
    assert [(each.row, each.column, each.error.code) for each in found.faults] == [
        (2, "quantity", "record.negative"),
        (2, "lot", "lot.not_found"),
        (3, "quantity", "case.no_quantity"),
        (3, "lot", "case.not_affected"),
        (4, "quantity", "quantity.form"),
    ]
    assert [(each.row, each.because) for each in found.left_out] == [(5, 2)]
