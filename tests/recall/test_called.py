"""A lot is told of by the names people know it by: those recorded where they are, and every one of them in a list of lots (law 15)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace.events import Alias, Event, Receipt, Transfer
from foodtrace.graph.edges import micros
from foodtrace.graph.fitting import named
from foodtrace.graph.reader import SqlFacts
from foodtrace.intake.lists import ListRow
from foodtrace.intake.model import Cell
from foodtrace.operations import notices
from foodtrace.operations.answersfile import collect
from foodtrace.operations.noticepage import as_csv, mailing, page, public_of
from foodtrace.operations.reconciling import reconcile
from foodtrace.operations.stoplist import make
from foodtrace.operations.trace import trace
from foodtrace.recall.report import case_report
from tests.recall.casework import World, kg
from tests.recall.shapes import LOT, LOTS, PRODUCT_MAPS, records
from tests.recall.shapesonrecord import Told, lot_id, recorded

CAN, CASE = "OP-P/L", "OP-P/CASE"
"""The case has the smaller text, X only ever got the can."""


@pytest.fixture
def world(empty: World) -> World:
    empty.sites().born("L", "P", 100)
    empty.put(Alias(id="a", at=empty.now, site="P", lot=CAN, alias=CASE))
    return empty.at(1).move(CAN, "P", "X", 40).move(CASE, "P", "Y", 30)


def rows_of(answer: Any) -> dict[str, tuple[str, ...]]:
    return {row.site: row.lots for row in (*answer.outlets, *answer.others)}


@pytest.mark.parametrize("asked", [CAN, CASE])
def test_a_shop_reads_the_code_that_its_goods_bear(world: World, asked: str) -> None:
    answer = world.ledger.recall(asked)
    assert answer.affected_lots == (CASE, CAN)
    assert answer.same_lots == ((CASE, CAN),)
    assert answer.lots_affected == 1, "names are not lots"
    assert rows_of(answer) == {"X": tuple(sorted({CAN, asked})), "Y": tuple(sorted({CASE, asked})), "P": (CASE, CAN)}
    for row in (*answer.outlets, *answer.others):
        assert {*row.lots, *row.also} == {CASE, CAN}
    columns = answer.columns()
    assert dict(zip(columns["site"], columns["lots"], strict=True)) == {row.site: row.lots for row in answer.outlets}


@pytest.mark.parametrize("asked", [CAN, CASE])
def test_a_finding_and_a_bound_at_a_site_name_the_lot_as_the_site_does(world: World, asked: str) -> None:
    answer = world.ledger.recall(asked, bounds=True)
    found = {(each.site, each.lot) for each in answer.untraced if each.kind == "silent_site"}
    assert {("X", CAN), ("Y", CASE)} <= found
    held = {each.site: [holding.lot for holding in each.holdings] for each in answer.bounds or ()}
    assert (held["X"], held["Y"]) == ([CAN], [CASE])


@pytest.mark.parametrize("asked", [CAN, CASE])
def test_every_paper_of_a_case_has_the_names_of_its_reader(world: World, asked: str) -> None:
    case = world.at(2).open(asked)
    told = world.do(notices.notify, case)
    mine = {each.party.site: each for each in told.notices}
    with world.read() as session:
        public = public_of(session, case, micros(world.now))
        report, chain = case_report(session, case, now=micros(world.now))
        stopped = {line.lot for line in make(session, micros(world.now), "log").lines}
    list_ = {row["site"]: row for row in csv.DictReader(io.StringIO(as_csv(mailing(told, contacts=False)).decode("utf-8-sig")))}
    for site, name in (("X", CAN), ("Y", CASE)):
        assert name in page(public, mine[site], "zh")
        assert set(list_[site]["lots"].split()) == {name, asked}
        assert list_[site]["goods"].split()[0] == "=".join(dict.fromkeys((name, asked)))
        assert mine[site].event.lots == (name,), "one name a lot: it is a record of lots"
        assert {place.lot for place in chain.places if place.site == site} == {name}
    assert [{each.lot, *each.also} for each in report.lots] == [{CAN, CASE}]
    assert stopped == {CAN, CASE}
    assert world.do(notices.notify, case).notices == (), "whoever was told by one name was told"


def test_an_answer_by_the_list_of_a_recall_may_name_the_lot_by_all_its_names(world: World) -> None:
    case = world.at(2).open(CAN)
    world.do(notices.notify, case)
    both: dict[str, Cell] = {"site": "Y", "lot": f"{CASE} {CAN}", "quantity": "25 kg"}
    other: dict[str, Cell] = {"site": "X", "lot": f"{CAN} OP-P/OTHER", "quantity": "25 kg"}
    found = world.do(collect, case, [ListRow(row=2, cells=both), ListRow(row=3, cells=other)], skip_bad=True)
    assert (found.new, [each.row for each in found.faults]) == (1, [3]), "two lots in one cell stay an error"


def test_the_way_of_goods_says_at_each_place_what_they_are_called_there(world: World) -> None:
    with world.read() as session:
        forward, _ = trace(session, CAN, now=micros(world.now), direction="forward")
        back, _ = trace(session, CAN, now=micros(world.now), direction="back", at="Y")
    assert forward.other_names == (CASE,)
    places = {place.site: (place.lot, place.also) for place in forward.places}
    assert places["X"] == (CAN, ())
    assert places["Y"] == (CASE, (CAN,))
    assert {place.site: (place.lot, place.also) for place in back.places}["Y"] == (CASE, (CAN,))


def test_a_break_of_the_books_names_the_lot_as_the_site_does(world: World) -> None:
    world.put(Transfer(id="t", at=world.now, site="P", to="X", lot=CAN, doc="D", quantity=kg(5), in_transit=True))
    world.put(Receipt(id="r", at=world.now, site="X", source="P", lot=CAN, doc="D", quantity=kg(4)))
    with world.read() as session:
        found = [each for each in reconcile(session, now=micros(world.now)).open if each.kind == "quantity_differs"]
    assert [(each.site, each.lot, each.also) for each in found] == [("X", CAN, ())]


def said(event: Event) -> Iterator[tuple[str, str]]:
    """The (lot, site) that an event gives."""
    site, lot = event.site, getattr(event, "lot", "")
    if lot and not isinstance(event, Alias):
        yield from ((lot, where) for where in (site, getattr(event, "to", ""), getattr(event, "source", "")) if where)
    for portion in (*getattr(event, "inputs", ()), *getattr(event, "outputs", ())):
        yield portion.lot, site


@settings(max_examples=20, deadline=None)
@given(records(most=9), PRODUCT_MAPS, LOT, st.lists(st.permutations(LOTS).map(lambda each: each[:2]), max_size=3))
def test_names_are_closed_under_alias_and_no_site_misses_its_own(
    some: list[tuple], products: dict[str, str], lot: str, same: list[list[str]]
) -> None:
    told = Told([*some, ("birth", lot, "P", 5, 0, "instant"), *(("alias", *pair) for pair in same)], products)
    with recorded(told) as ledger, ledger.reading() as session:
        answer = ledger.recall(lot_id(lot))
        facts = SqlFacts(session, ledger.clock())
        for text in answer.affected_lots:
            names = {facts.texts([each])[each] for each in named(facts.aliases, [facts.lot(text) or 0])[0]}
            assert names <= set(answer.affected_lots)
            assert (tuple(sorted(names)) in answer.same_lots) == (len(names) > 1)
        rows = rows_of(answer)
        first = {name: group[0] for group in answer.same_lots for name in group}
        for each in told.events:
            for name, site in said(each):
                counted = {first.get(lot, lot) for lot in rows.get(site, ())}
                if first.get(name, name) in counted:
                    assert name in rows[site], (name, site)
        for site, lots in rows.items():
            given_there = {name for each in told.events for name, at in said(each) if at == site}
            # No name that nobody gave them there; of others only the way of the goods says that they were there.
            known = {first.get(name, name) for name in given_there}
            assert {name for name in lots if first.get(name, name) in known} <= given_there | {lot_id(lot)}
