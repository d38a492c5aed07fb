"""What a case cleared is a figure of its own: beside the rates, which stay what they are (ADR 36)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace import Quantity
from foodtrace.events import GoodsCleared, Receipt, StockCount, Transfer
from foodtrace.graph.edges import micros
from foodtrace.graph.known import facts_by
from foodtrace.operations import cases, disposal, notices
from foodtrace.operations.casestatus import status
from foodtrace.recall.answer import Answer
from foodtrace.recall.cleared import ClearedGoods
from foodtrace.recall.clearedwords import cleared_words
from foodtrace.recall.curve import curve
from foodtrace.recall.running import Running
from tests.recall.casework import World, chain, day, kg

LOT, OTHER = "OP-P/L", "OP-Q/K"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = chain(World(f"sqlite:///{tmp_path}/x.db", tmp_path / "keys")).at(3)
    yield made
    made.ledger.close()


def clear(world: World, case: str, *lots: str, site: str = "", custody: bool = False) -> None:
    world.do(cases.clear, case, list(lots), "lab", "9", site=site, custody=custody)


def cleared(world: World, case: str) -> ClearedGoods:
    found = world.answer(case).cleared
    assert found is not None
    return found


def rates(answer: Answer) -> object:
    return answer.figures, answer.confirmed_only, answer.rates, answer.without_lot


def test_of_what_should_be_recalled_it_says_how_much_is_cleared_and_no_rate_changes(world: World) -> None:
    world.sell(LOT, "X", 25)
    case = world.at(4).open(LOT)
    world.do(notices.notify, case)
    before = world.answer(case)
    assert before.cleared is None
    clear(world.at(5), case, LOT, site="X")
    after = world.answer(case)
    assert rates(after) == rates(before)
    assert after.cleared is not None
    (line,) = after.cleared.lines
    assert (line.unit, line.quantity, line.custody, line.own, line.unknown) == ("g", 35_000, 0, 0, False)
    assert (line.sold, line.sold_before) == (0, 25_000), "what its buyers took home was not examined"
    assert line.quantity <= after.figures[0].should_be_recalled
    (place,) = after.cleared.places
    assert (place.site, place.name, place.role, place.lots, place.on_hand) == ("X", "X-name", "outlet", (LOT,), 35_000)
    assert {row.site: row.cleared for row in (*after.outlets, *after.others)} == {"X": "all", "Y": "", "W": "", "P": ""}
    assert (after.cleared.outlets, after.cleared.no_notice, after.cleared.no_answer) == (("X",), (), ("X",)), "X had its notice"
    world.at(6).sell(LOT, "X", 5)
    (line,) = cleared(world, case).lines
    assert (line.quantity, line.sold, line.sold_before) == (30_000, 5_000, 25_000)


def test_custody_stands_in_what_is_retrieved_and_own_stock_in_no_base(world: World) -> None:
    case = world.at(4).open(LOT, operator="OP-W")
    world.do(disposal.dispose, "seal", case, "Y", LOT, kg(30))
    clear(world.at(5), case, LOT)
    answer = world.answer(case)
    assert answer.cleared is not None
    (line,) = answer.cleared.lines
    assert (line.quantity, line.custody, line.own) == (90_000, 30_000, 10_000)
    assert (answer.figures[0].retrieved, answer.figures[0].should_be_recalled) == (30_000, 90_000)
    assert answer.cleared.no_notice == answer.cleared.no_answer == answer.cleared.outlets == ("X", "Y")
    assert {each.site for each in answer.cleared.places} == {"P", "W", "X", "Y"}


def test_cleared_goods_sold_without_a_notice_stay_in_what_should_be_recalled(world: World) -> None:
    """By the letter they were sold before any notice, and out of B: two clearings and a sale had made 100 % of what was left."""
    world.keeping("X", "Y", "Z")
    world.sell(LOT, "X", 10)
    case = world.at(4).open(LOT, operator="OP-W")
    world.do(disposal.dispose, "destroy", case, "Y", LOT, None)
    clear(world.at(5), case, LOT, site="X")
    before = world.answer(case).figures[0]
    assert (before.retrieved, before.should_be_recalled) == (30_000, 80_000)
    world.at(6).sell(LOT, "X", 50)
    after = world.answer(case).figures[0]
    assert (after.retrieved, after.should_be_recalled, after.rates["R2"].percent) == (30_000, 80_000, "37.5")
    with world.read() as session:
        rows = Running(case).completion(session, micros(world.now)).rows
    assert (rows[0].should, rows[0].sold_before) == (80_000, 10_000)
    world.at(7).put(Receipt(id="late", at=world.now, site="X", lot=LOT, quantity=kg(5)))
    world.at(8).sell(LOT, "X", 5)
    assert world.answer(case).figures[0].should_be_recalled == 80_000, "the clearing had lapsed: sold before any notice, by the letter"


def test_the_curve_knows_a_clearing_from_its_moment_and_as_known_from_its_record(world: World) -> None:
    case = world.at(4).open(LOT, operator="OP-W")
    world.at(6).sell(LOT, "X", 50)
    world.at(8).put(GoodsCleared(id="late", at=day(5), case=case, lots=(LOT,), site="X", basis="x", approved_by="9"))
    with world.read() as session:
        made = curve(world.case(case), [micros(day(t)) for t in (4.5, 7, 9)], lambda t, known: facts_by(session, t, known))
    assert [point.rows[0].should for point in made.as_happened] == [90_000, 90_000, 90_000], "it was cleared when it was sold"
    assert [point.rows[0].should for point in made.as_known] == [90_000, 40_000, 90_000], "nobody knew that on the seventh"
    assert world.answer(case).figures[0].should_be_recalled == 90_000


def test_a_site_that_keeps_no_books_has_at_most_so_much(world: World) -> None:
    case = world.at(4).open(LOT)
    clear(world.at(5), case, LOT, site="X")
    found = cleared(world, case)
    assert [(each.quantity, each.unknown) for each in found.lines] == [(60_000, True)]
    assert [(each.on_hand, each.unknown, each.sold, each.sold_before) for each in found.places] == [(60_000, True, None, None)]
    assert "at most 60.0 kg" in cleared_words(found, {}, "en")[0]
    assert "至多 60.0 kg" in cleared_words(found, {}, "zh")[0]


def test_pieces_stand_in_the_unit_of_the_rate_where_every_lot_says_what_one_holds(world: World) -> None:
    world.batch("OP-F/B", "F", 24, {}, content=Quantity(900, "g"))
    world.put(Transfer(id="cans", at=world.now, site="F", to="X", lot="OP-F/B", quantity=Quantity(10, "piece")))
    case = world.at(4).open("OP-F/B", LOT)
    clear(world.at(5), case, "OP-F/B")
    answer = world.answer(case)
    assert answer.cleared is not None
    assert [(row.unit, row.should_be_recalled) for row in answer.figures] == [("g", 109_000)]
    assert [(each.unit, each.quantity, each.own) for each in answer.cleared.lines] == [("g", 9_000, 12_600)]
    assert {(each.site, each.unit, each.on_hand) for each in answer.cleared.places} == {("F", "piece", 14), ("X", "piece", 10)}


def test_a_site_with_other_goods_is_cleared_in_part(world: World) -> None:
    world.born("K", "Q", 10).move(OTHER, "Q", "X", 10)
    case = world.at(4).open(LOT, OTHER)
    clear(world.at(5), case, LOT, site="X")
    answer = world.answer(case)
    assert answer.cleared is not None
    assert {row.site: row.cleared for row in answer.outlets} == {"X": "part", "Y": ""}
    assert (answer.cleared.outlets, answer.cleared.no_notice) == ((), ())
    assert [each.quantity for each in answer.cleared.lines] == [60_000]


@pytest.mark.parametrize("what", ["a receipt", "a count of more"])
def test_a_clearing_that_lapsed_is_in_no_figure_and_is_named(world: World, what: str) -> None:
    world.sell(LOT, "X", 1)
    case = world.at(4).open(LOT)
    clear(world.at(5), case, LOT, site="X")
    world.at(6)
    if what == "a receipt":
        world.put(Receipt(id="late", at=world.now, site="X", lot=LOT, quantity=kg(5)))
    else:
        world.put(StockCount(id="count", at=world.now, site="X", lot=LOT, quantity=kg(70)))
    found = cleared(world, case)
    assert (found.lines, found.places, found.outlets, found.no_notice, found.no_answer) == ((), (), (), (), ())
    (lapsed,) = found.lapsed
    assert (lapsed.site, lapsed.lots, lapsed.cleared, lapsed.lapsed) == ("X", (LOT,), "2026-03-07T01:00:00Z", "2026-03-08T01:00:00Z")
    assert "holds no more since 2026-03-08 09:00" in cleared_words(found, {}, "en")[0]
    assert not [row for row in world.answer(case).outlets if row.cleared]
    clear(world.at(7), case, LOT, site="X")
    assert cleared(world, case).lapsed == (), "it was cleared again"
    assert cleared(world, case).outlets == ("X",)


def test_a_clearing_of_a_moment_when_goods_lay_in_custody_there_never_held(world: World) -> None:
    case = world.at(4).open(LOT)
    world.do(disposal.dispose, "seal", case, "X", LOT, kg(10))
    world.at(5).put(GoodsCleared(id="c", at=world.now, case=case, lots=(LOT,), site="X", basis="x", approved_by="9"))
    (lapsed,) = cleared(world, case).lapsed
    assert lapsed.cleared == lapsed.lapsed
    clear(world.at(6), case, LOT, site="X", custody=True)
    assert [(each.quantity, each.custody) for each in cleared(world, case).lines] == [(60_000, 10_000)]


def test_it_is_seen_as_of_a_moment_and_of_a_withdrawn_case_nothing_is_cleared(world: World) -> None:
    case = world.at(4).open(LOT)
    clear(world.at(6), case, LOT)
    world.at(9)
    with world.read() as session:
        assert status(session, case, micros(day(5)))[0].cleared is None
        now = status(session, case, micros(day(7)), as_known=True)[0].cleared
    assert now is not None
    assert now.outlets == ("X", "Y")
