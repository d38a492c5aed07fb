"""Law 15 for rules: a lot fits a rule by any of its names, and how surely does not depend on which of them says it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from foodtrace import Quantity
from foodtrace.events import Alias, CertificateIssued, PredicateClause, Receipt
from foodtrace.graph.edges import micros
from foodtrace.graph.flows import Flow, FlowKind, LotInfo
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.blocking import blocks
from foodtrace.operations.gaterecalls import described, recalls
from foodtrace.operations.lineage import lineage
from foodtrace.operations.scopes import Given
from foodtrace.recall.answer import Answer, recall
from foodtrace.recall.memory import MemoryFacts
from tests.recall.casework import World, kg

CODES = "2[2-9]*K8*"
CASE, CAN = "OP-P/CASE7", "OP-P/27032K80"


@pytest.fixture
def world(empty: World) -> World:
    return empty.sites()


def alias(world: World, one: str, two: str) -> World:
    world.put(Alias(id=world.name(), at=world.now, site="P", lot=one, alias=two))
    return world


def by_rule(world: World, **rule: Any) -> Answer:
    with world.read() as session:
        return recall(session, (), now=micros(world.now), scope=(PredicateClause(**rule),), operator="OP-P")


def links(answer: Answer) -> dict[str, str]:
    return {row.site: row.link for row in answer.outlets}


def test_a_rule_on_the_can_finds_the_lot_described_by_its_case_beside_other_lots_that_fit(world: World) -> None:
    """The goods went to Y as cases, Z received cans; X sells another lot that fits: an answer with X alone is an all-clear for Y and Z."""
    world.born("22K8A", "P", 9).move("OP-P/22K8A", "P", "X", 9)
    alias(world.born("CASE7", "P", 9), CASE, CAN).move(CASE, "P", "Y", 9)
    world.put(Receipt(id="r", at=world.now, site="Z", lot=CAN, quantity=kg(1), source="P"))
    world.at(1)
    assert links(by_rule(world, code=CODES)) == dict.fromkeys("XYZ", "confirmed")
    assert links(by_rule(world, code=CODES, product="芹菜")) == dict.fromkeys("XYZ", "confirmed"), "the case says what the can is"
    assert links(by_rule(world, code=CODES, product="白菜")) == {}


def test_a_name_that_stands_on_nothing_but_its_alias_is_a_name(world: World) -> None:
    alias(world.born("99", "P", 9), "OP-P/99", CAN).move("OP-P/99", "P", "Y", 3)
    world.at(1)
    assert links(by_rule(world, code=CODES)) == {"Y": "confirmed"}


@pytest.mark.parametrize("order", [("A", "B", "C"), ("C", "A", "B"), ("B", "C", "A")])
def test_what_is_asked_together_may_stand_under_three_names(world: World, order: tuple[str, str, str]) -> None:
    """A is described, B has the code asked for, C the goods; however the three are put together."""
    names = {"A": "OP-P/A", "B": "OP-Q/K8", "C": "OP-W/C"}
    one, two, three = (names[each] for each in order)
    alias(alias(world.born("A", "P", 9, harvested=dt.date(2026, 3, 1)), one, two), two, three)
    world.put(Receipt(id="r", at=world.now, site="Z", lot=names["C"], quantity=kg(1), source="P"))
    world.at(1)
    asked = {"code": "K8", "product": "芹菜", "producer": "OP-P", "produced_from": dt.date(2026, 3, 1)}
    assert links(by_rule(world, **asked)) == {"Z": "confirmed"}
    assert links(by_rule(world, **{**asked, "produced_from": dt.date(2026, 3, 2)})) == {}


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("second", [0, 1])
def test_two_births_are_two_words_whichever_name_carries_them(world: World, first: int, second: int) -> None:
    """The lot was entered at P and at Q: it may be of either, whoever wrote it down first."""
    names = ("06909999000012/L", "06909999000012/L0")
    alias(world, *names)
    for site, name in (("P", names[first]), ("Q", names[second])):
        issued = CertificateIssued(
            id=f"c-{site}", at=world.now, site=site, lot=name, serial=site, issuer=f"OP-{site}", product="芹菜", quantity=kg(5)
        )
        world.put(issued)
    with world.read() as session:
        facts = SqlFacts(session, micros(world.now))
        verdicts = {who: {fit for _, fit in facts.lots_like(PredicateClause(producer=who))} for who in ("OP-P", "OP-Q", "OP-F")}
    assert verdicts == {"OP-P": {False}, "OP-Q": {False}, "OP-F": set()}


def test_a_supplier_is_who_supplied_the_goods_under_any_name(world: World) -> None:
    """P's milk goes by the plant's tank number there, and the batch by its case's: both ways of calling it lead to P."""
    alias(world.born("MILK", "P", 10), "OP-P/MILK", "OP-F/TANK").move("OP-P/MILK", "P", "F", 10)
    world.batch("06909999000012/B1", "F", 100, {"OP-F/TANK": 5})
    alias(world, "06909999000012/B1", "06909999000012/C1")
    world.put(Receipt(id="r", at=world.now, site="X", lot="06909999000012/C1", quantity=Quantity(9, "piece"), source="F"))
    assert links(by_rule(world.at(1), supplier="OP-P")) == {"X": "confirmed"}


def test_the_gate_and_the_till_know_a_rule_by_any_name(world: World) -> None:
    alias(world.born("CASE7", "P", 9), CASE, CAN).move(CASE, "P", "Y", 3)
    case = world.at(1).open(scope=Given(code=CODES, product="芹菜"))
    # A receipt with another word on the goods takes them out of no recall: the gate may not rule out what the walk takes in.
    world.put(Receipt(id="r", at=world.now, site="Y", lot=CASE, quantity=kg(1), source="P", product="白菜"))
    world.at(2)
    with world.read() as session:
        for name in (CASE, CAN):
            assert [each.case for each in blocks(session, name, micros(world.now), "Y")] == [case]
            found = recalls(session, world.now, name, lineage(session, world.now, name), described(None, "芹菜", "OP-P", name))
            assert [each.case for each in found] == [case]


def test_facts_in_memory_mean_the_same() -> None:
    lots = [LotInfo(lot=1, text="A/1", product="milk"), LotInfo(lot=2, text="A/K8"), LotInfo(lot=3, text="A/3", product="oil")]
    facts = MemoryFacts([Flow(FlowKind.ALIAS, 1, 0, 2, 0, 0, 0, 0, 1, 1, 0)], lots=lots)
    assert facts.lots_like(PredicateClause(product="milk", code="K*")) == [(1, True), (2, True)]
    assert facts.lots_like(PredicateClause(product="oil", code="K*")) == []
