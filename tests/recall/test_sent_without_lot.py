"""One transfer told in two halves: the sender names no lot, the receiver names the lot and no sender. It is one move (RECALL section 1)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from foodtrace.events import LotsClause, Receipt, Transfer
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.blast import blast
from foodtrace.operations.trace import trace
from foodtrace.recall import columns
from foodtrace.recall.affected import find
from foodtrace.recall.answer import Answer, recall
from tests.recall.casework import World, kg

L3, L4 = "OP-P/L3", "OP-P/L4"


@pytest.fixture
def world(empty: World) -> World:
    """X, a shop, passes 30 kg on to Z with no word of the lot; Z receives L3 under that number with no word of X. X has L4 as well."""
    empty.sites().born("L3", "P", 100).born("L4", "P", 100)
    empty.at(1).move(L3, "P", "Z", 10).move(L4, "P", "X", 10)
    return empty.at(2)


def halves(world: World, *, to: str = "Z", source: str = "", doc: str = "") -> World:
    number: dict[str, Any] = {"doc": doc} if doc else {"transfer": "TT9", "doc": "D77"}
    world.put(Transfer(id="out", at=world.now, site="X", to=to, product="芹菜", quantity=kg(30), in_transit=True, **number))
    world.put(Receipt(id="in", at=world.now, site="Z", lot=L3, quantity=kg(30), source=source, **number))
    return world.at(3)


def ask(world: World, *lots: str, plain: bool = True, bounds: bool = False) -> Answer:
    with world.read() as session:
        return recall(session, lots, now=micros(world.now), plain=plain, bounds=bounds)


def links(answer: Answer) -> dict[str, str]:
    return {row.site: row.link for row in answer.outlets}


@pytest.mark.parametrize(("to", "source"), [("Z", ""), ("", "X"), ("Z", "X")])
def test_the_sender_is_on_the_list_of_the_lot_that_its_receiver_named(world: World, to: str, source: str) -> None:
    halves(world, to=to, source=source)
    for answer in (ask(world, L3), ask(world, L3, plain=False), ask(world, L3, bounds=True)):
        assert links(answer) == {"X": "confirmed", "Z": "confirmed"}
        assert not {"source_missing", "lot_missing"} & {each.kind for each in answer.untraced}
    assert links(ask(world, L4)) == {"X": "confirmed"}, "what went to Z was L3"
    assert links(ask(world, L3, L4)) == {"X": "confirmed", "Z": "confirmed"}


def test_every_other_way_to_ask_knows_it(world: World) -> None:
    halves(world)
    with world.read() as session:
        now = micros(world.now)
        facts = SqlFacts(session, now)
        holdings = set(find(facts, (LotsClause(lots=(L3,)),)).holdings)
        found = columns.affected(session, (L3,))
        assert set(zip(found.lot, found.site, strict=True)) == holdings
        day = micros(world.now - dt.timedelta(days=10)), now
        assert {each.lot: each.outlets for each in blast(session, start=day[0], end=day[1], now=now).lots} == {L3: 2, L4: 1}
        for direction in ("back", "forward"):
            said, _ = trace(session, L3, now=now, direction=direction, at="Z" if direction == "back" else "")
            site = {place.id: place.site for place in said.places}
            assert ("X", "Z") in {(site[arrow.source], site[arrow.to]) for arrow in said.arrows}, direction


def test_a_number_that_neither_lot_nor_party_bears_out_is_no_match(world: World) -> None:
    """Document numbers repeat: D1 of one shop is not D1 of another, and what a scope holds besides must not make it so."""
    halves(world, to="", source="", doc="D1")
    for lots in ((L3,), (L3, L4)):
        answer = ask(world, *lots)
        assert "source_missing" in {each.kind for each in answer.untraced}
        assert ("X" in links(answer)) == (L4 in lots)


def test_two_lines_of_one_voucher_are_read_alike_whatever_is_asked_with_them(world: World) -> None:
    """The receiver wrote two lots under the one number: the sender's one line is the first of them, in every scope."""
    halves(world)
    world.put(Receipt(id="in2", at=world.now, site="Z", lot=L4, quantity=kg(5), transfer="TT9", doc="D77"))
    world.at(4)
    alone, both = ask(world, L3), ask(world, L3, L4)
    assert links(alone).keys() <= links(both).keys()
    assert [each.site for each in ask(world, L4).untraced if each.kind == "source_missing"] == ["Z"]
    assert [each.lot for each in both.untraced if each.kind == "source_missing"] == [L4]


@pytest.mark.parametrize(("stock", "most"), [(0, 8_000), (50, 4_000)])
def test_what_came_without_lot_dilutes_what_leaves_without_lot(empty: World, stock: int, most: int) -> None:
    """X has 4 kg of the lot and got 4 kg without lot from W, of which somebody knows only where W had clean goods."""
    empty.sites().born("L3", "P", 100).at(1).move(L3, "P", "X", 4)
    if stock:
        empty.born("K", "Q", 50).move("OP-Q/K", "Q", "W", stock)
    for when, source, to, quantity in ((2, "W", "X", 4), (3, "X", "Z", 8)):
        empty.at(when).put(Transfer(id=f"s{when}", at=empty.now, site=source, to=to, product="芹菜", quantity=kg(quantity)))
    (line,) = ask(empty.at(4), L3, bounds=True).without_lot
    assert (line.site, line.quantity, line.least, line.most) == ("Z", 8_000, 0, most)
