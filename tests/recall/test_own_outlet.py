"""A site of who recalls that sells to consumers: an outlet to everybody who looks, own to whoever counts (docs/adr/0010)."""

from __future__ import annotations

import pytest

from foodtrace.events import ConsumerReturn
from foodtrace.graph.edges import micros
from foodtrace.operations import notices
from foodtrace.operations.blast import blast
from foodtrace.operations.casestatus import status
from foodtrace.operations.closing import conditions
from tests.recall.casework import World, kg

LOT = "OP-P/L"


@pytest.fixture
def world(empty: World) -> World:
    """The farm P sends 90 of its 100 kg on and sells 4 of the rest at its own gate."""
    empty.sites().born("L", "P", 100)
    empty.at(1).move(LOT, "P", "X", 90)
    return empty


def test_a_farm_that_sells_at_its_gate_is_listed_told_and_waited_for(world: World) -> None:
    assert [row.site for row in world.ledger.recall(LOT).outlets] == ["X"]
    world.at(2).sell(LOT, "P", 4)
    answer = world.ledger.recall(LOT)
    assert {row.site: row.role for row in answer.outlets} == {"P": "outlet", "X": "outlet"}
    assert (answer.rates["R4"].denominator, answer.rates["R5"].denominator) == (2, 2)
    case = world.at(3).open(LOT)
    with world.read() as session:
        against = {(each.kind, each.site) for each in conditions(session, micros(world.now), world.case(case))}
    assert {("silent", "P"), ("unnotified", "P")} <= against
    sent = world.do(notices.notify, case)
    assert (sent.outlets, {each.party.site for each in sent.notices if each.party.outlet}) == (2, {"P", "X"})
    world.do(notices.acknowledge, case, "P", [], nothing=True)
    with world.read() as session:
        found, _ = status(session, case, micros(world.now))
    assert (found.rates["R4"].numerator, found.rates["R5"].numerator) == (2, 1)


def test_what_never_left_it_is_not_distributed_and_what_it_sold_is(world: World) -> None:
    world.at(2).sell(LOT, "P", 4)
    case = world.at(3).open(LOT)
    world.at(4).put(ConsumerReturn(id="back", at=world.now, site="P", lot=LOT, quantity=kg(1)))
    (row,) = world.answer(case).figures
    # 90 sent and 4 sold; one of those sold before anybody knew came back.
    assert (row.distributed, row.should_be_recalled, row.retrieved) == (94_000, 91_000, 1_000)
    assert world.ledger.completion(case).rows[0].distributed == 94_000


def test_an_open_ledger_learns_of_it(world: World) -> None:
    case = world.at(3).open(LOT)
    assert world.ledger.completion(case).notified.denominator == 1
    world.at(4).sell(LOT, "P", 4)
    assert world.ledger.completion(case).notified.denominator == 2


def test_blast_foretells_it(world: World) -> None:
    world.at(2).sell(LOT, "P", 4)
    with world.read() as session:
        (radius,) = blast(session, now=micros(world.now), start=0, end=micros(world.now)).lots
    assert radius.outlets == len(world.ledger.recall(LOT).outlets) == 2
