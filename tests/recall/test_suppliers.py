"""A supplier of an input is who made it, and whoever sent it on so that it came to where it was used."""

from __future__ import annotations

import datetime as dt
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace import Quantity
from foodtrace.errors import Refused
from foodtrace.events import Event, Output, Portion, PredicateClause, Receipt, Transfer, Transformation
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations import goods
from foodtrace.operations.scopes import Given
from tests.recall.casework import World, kg
from tests.recall.plaintrade import AT, LOGS, NOW, SITES, Clock, begun, opened
from tests.recall.test_rules_and_names import by_rule, links

INPUTS = ("F-1/L", "P-2/K", "Q-9/J")


@pytest.fixture
def world(empty: World) -> World:
    """Return P's lot, sold through the dealer W to the plant F, which makes M of it, and by P to the shop Z; and a lot of W's own."""
    world = empty.sites().born("L", "P", 90, product="油").born("K", "W", 90, product="油")
    world.move("OP-P/L", "P", "W", 50).move("OP-P/L", "P", "Z", 5).move("OP-P/L", "W", "F", 40).move("OP-W/K", "W", "F", 40)
    world.do(goods.transform, "F", "process", [("OP-P/L", kg(10))], [Output(lot="OP-F/M", quantity=kg(5), product="粉")], None)
    return world.move("OP-F/M", "F", "Y", 5)


def test_a_dealer_that_made_nothing_supplied_what_went_through_its_hands(world: World) -> None:
    assert links(by_rule(world.at(1), supplier="OP-W")) == {"Y": "confirmed"}, "with a lot of its own on record or not"
    assert links(by_rule(world, supplier="OP-P")) == {"Y": "confirmed"}
    assert links(by_rule(world, supplier="OP-Z")) == {}, "who got some of it and sent none on"


def test_nothing_more_is_made_of_what_a_recalled_dealer_sent(world: World) -> None:
    case = world.at(1).open(scope=Given(supplier="OP-W"))
    out = [Output(lot="OP-F/M2", quantity=kg(5), product="粉")]
    with pytest.raises(Refused) as error:
        world.do(goods.transform, "F", "process", [("OP-P/L", kg(10))], out, None)
    assert (error.value.code, error.value.value) == ("transfer.recalled_new", "OP-F/M2")
    assert {each.case for each in world.refusals()} == {case}


def records(rng: random.Random) -> list[Event]:
    """Return moves of three lots, with and without sender, and a batch or two made of them."""
    made: list[Event] = []
    for n in range(rng.randint(2, 9)):
        here, there = rng.sample(sorted(SITES), 2)
        base: dict[str, Any] = {"id": f"e{n}", "at": AT + dt.timedelta(hours=rng.randint(1, 90)), "lot": rng.choice(INPUTS)}
        scan = Transfer(**base, site=here, to=there, quantity=Quantity(5, "g"))
        made.append(scan if rng.random() < 0.7 else Receipt(**base, site=there, source=rng.choice([here, ""]), quantity=Quantity(5, "g")))
    for n in range(rng.randint(1, 2)):
        base = {"id": f"m{n}", "at": AT + dt.timedelta(hours=9), "site": rng.choice(sorted(SITES)), "kind": "blend"}
        inputs = tuple(Portion(lot, Quantity(1, "g")) for lot in rng.sample(INPUTS, rng.randint(1, 2)))
        made.append(Transformation(**base, inputs=inputs, outputs=(Output(lot=f"P-1/B{n}", quantity=Quantity(1, "g"), product="馅"),)))
    return made


def supplied(events: list[Event], made: Transformation, operator: str) -> bool | None:
    """Say by the definition whether an operator supplied an input: every way of every input, step by step back from where it was used."""
    known: set[str] = set()
    for portion in made.inputs:
        known.add(portion.lot.partition("/")[0])
        ways: list[tuple[str, ...]] = [(made.site,)]
        while ways:
            way = ways.pop()
            for each in events:
                if isinstance(each, Transfer | Receipt) and each.lot == portion.lot:
                    sender, to = (each.site, each.to) if isinstance(each, Transfer) else (each.source, each.site)
                    if to != way[-1]:
                        continue
                    known.add("" if sender in ("", "U-1") else "P-1" if sender.startswith("P") else sender)
                    if sender and sender not in way:
                        ways.append((*way, sender))
    return True if operator in known else None if "" in known else False


@given(seed=st.integers(0, 2**32))
@settings(max_examples=5, deadline=None)
def test_suppliers_are_whom_the_definition_says(seed: int) -> None:
    rng = random.Random(seed)
    events, clock = records(rng), Clock()
    clock.now = micros(NOW)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, opened(Path(name), clock) as ledger:
        begun(ledger)
        ledger.record(events, log=LOGS[0])
        with ledger.reading() as session:
            facts = SqlFacts(session, micros(NOW))
            for operator in ("D-1", "D-2", "F-1", "P-1", "X-1", "Q-9"):
                found = dict(facts.lots_like(PredicateClause(supplier=operator, product="馅")))
                for made in events:
                    if isinstance(made, Transformation):
                        number = facts.lot(made.outputs[0].lot)
                        assert number is not None
                        verdict = None if found.get(number) is False else number in found
                        assert verdict is supplied(events, made, operator), (operator, made)
