"""Tracing back under every name of a lot, however many aliases lie between the one asked for and the one with the records."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace.events import Alias, Output, Portion, Transformation
from foodtrace.graph.edges import micros
from foodtrace.operations.blast import blast
from foodtrace.operations.trace import trace
from tests.recall.casework import World, kg
from tests.recall.shapes import LOT, LOTS, PRODUCTS, records
from tests.recall.shapesonrecord import NOW, Told, lot_id, recorded

NAMES = ("OP-F/BULK", "OP-F/CASE", "OP-F/CAN")


@pytest.fixture
def world(empty: World) -> World:
    """FARM1 becomes BULK at F; BULK is CASE is CAN; what is sent on and repacked at W into RP is called CAN."""
    empty.sites().born("FARM1", "P", 10).move("OP-P/FARM1", "P", "F", 10)
    made = (Output(lot=NAMES[0], quantity=kg(5), product="粉"),)
    empty.put(Transformation(id="t1", at=empty.now, site="F", kind="process", inputs=(Portion("OP-P/FARM1", kg(10)),), outputs=made))
    for n, (one, two) in enumerate(pairwise(NAMES)):
        empty.put(Alias(id=f"a{n}", at=empty.now, site="F", lot=one, alias=two))
    empty.at(1).move(NAMES[2], "F", "W", 5)
    out = (Output(lot="OP-W/RP", quantity=kg(5), product="粉"),)
    empty.put(Transformation(id="t2", at=empty.now, site="W", kind="repack", inputs=(Portion(NAMES[2], kg(5)),), outputs=out))
    return empty.at(2)


def test_every_name_leads_to_the_farm_and_to_what_was_made_of_it(world: World) -> None:
    with world.read() as session:
        for name in NAMES:
            back, _ = trace(session, name, now=micros(world.now), direction="back")
            assert ([each.lot for each in back.back], back.beginnings, back.product) == (["OP-P/FARM1"], (), "粉")
            ahead, _ = trace(session, name, now=micros(world.now), direction="forward")
            assert [each.lot for each in ahead.forward] == ["OP-W/RP"]
        back, _ = trace(session, "RP", now=micros(world.now), direction="back")
        assert [(each.lot, each.depth, each.other_names) for each in back.back] == [
            (NAMES[0], 1, (NAMES[2], NAMES[1])),
            ("OP-P/FARM1", 2, ()),
        ], "one lot, whatever it is called"
        assert back.beginnings == ()


def test_no_name_of_it_is_said_to_have_no_origin(world: World) -> None:
    with world.read() as session:
        found = blast(session, start=0, end=micros(world.now), now=micros(world.now))
    assert {each.lot: each.born for each in found.lots} == dict.fromkeys(["OP-P/FARM1", NAMES[0], NAMES[2], "OP-W/RP"], True)


@settings(max_examples=15, deadline=None)
@given(records(least=3, most=12), LOT, st.lists(st.integers(0, 2), min_size=1, max_size=5))
def test_what_a_lot_was_made_of_is_the_closure_of_the_definition(some: list[tuple], lot: str, names: list[int]) -> None:
    def called(part: object, n: int) -> object:
        if isinstance(part, tuple):
            return tuple(called(each, n) for each in part)
        return f"{part}{names[n % len(names)] or ''}" if part in tuple(LOTS) else part

    # A lot of three names in a chain; each record takes one of them.
    told = Told(
        [
            ("birth", lot, "P", 5, 0, "instant"),
            *(each if each[0] == "alias" else tuple(called(part, n) for part in each) for n, each in enumerate(some)),
            *(("alias", f"{each}{one}", f"{each}{two}") for each in LOTS for one, two in (("", 1), (1, 2))),
        ],
        {f"{each}{number}": PRODUCTS[1] for each in LOTS for number in ("", 1, 2)},
    )
    same = [{each[1], each[2]} for each in told.some if each[0] == "alias"]
    makes = [(set(each[2]), set(each[3])) for each in told.some if each[0] == "make"]

    def closed(start: set[str]) -> set[str]:
        found = set(start)
        while more := {name for pair in same if pair & found for name in pair} - found:
            found |= more
        return found

    own = closed({lot})
    every = set(own)
    while more := closed(every | {source for sources, made in makes if made & every for source in sources}) - every:
        every |= more
    with recorded(told) as ledger, ledger.reading() as session:
        found, _ = trace(session, lot_id(lot), now=micros(NOW), direction="back")
        classes = [{each.lot, *each.other_names} for each in found.back]
        assert sorted(name for each in classes for name in each) == sorted(lot_id(each) for each in every - own)
        for each in classes:
            (one,) = [name for name in every if lot_id(name) in each][:1]
            assert each == {lot_id(name) for name in closed({one})}
