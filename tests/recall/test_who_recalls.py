"""Who recalls what left a site or lay there, who is told of it upstream, and what a rule's producer is (RCL15 Art. 19-21)."""

from __future__ import annotations

from typing import Any

from foodtrace.events import MarketEntry, RecallOpened
from foodtrace.graph.edges import micros
from foodtrace.operations import cases, notices
from foodtrace.operations.recalling import recall
from foodtrace.operations.scopes import Given, clauses_of, producers_of
from foodtrace.recall.answer import Answer
from tests.recall.casework import World, day, kg

ROOM = Given(through="W", start="2026-03-02", end="2026-03-10")


def opened(world: World, scope: Given, **more: Any) -> RecallOpened:
    event = world.do(cases.open_case, level=2, known=world.now, reason="x", scope=scope, again=True, **more)
    assert isinstance(event, RecallOpened)
    return event


def told(world: World, case: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    sent = world.do(notices.notify, case).notices
    assert len({each.party.site for each in sent}) == len(sent), "nobody gets two notices"
    assert all(len(each.party.directions) == 1 for each in sent)
    return {each.party.site: (way, tuple(lot.lot for lot in each.party.said(way))) for each in sent for way in each.party.directions}


def test_goods_of_one_producer_that_lay_in_a_room_are_recalled_by_it_and_the_room_is_in_the_trade(world: World) -> None:
    event = opened(world, ROOM)
    assert (event.producer, event.operator) == ("OP-P", "OP-P")
    answer = world.answer(event.case)
    assert {row.site: row.role for row in answer.others} == {"W": "intermediary"}
    assert answer.figures[0].distributed == 100_000, "what lies in the room counts, and has to come back (RECALL, world 5)"
    assert told(world, event.case) == {
        "W": ("downstream", ("OP-P/L",)),
        "X": ("downstream", ("OP-P/L",)),
        "Y": ("downstream", ("OP-P/L",)),
        "P": ("upstream", ("OP-P/L",)),
    }


def test_goods_of_several_are_recalled_by_the_sites_operator_and_each_producer_is_told(world: World) -> None:
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "W", 40)
    event = opened(world, ROOM)
    assert (event.producer, event.operator) == ("", "OP-W")
    found = told(world, event.case)
    assert found["P"] == ("upstream", ("OP-P/L",))
    assert found["Q"] == ("upstream", ("OP-Q/K",))
    assert opened(world, ROOM, operator="OP-Q").operator == "OP-Q"


def test_who_recalls_gets_no_notice_of_what_it_supplied_to_itself(world: World) -> None:
    world.move("OP-P/L", "W", "F", 10)
    world.born("MIX", "F", 20, product="预混料").batch("06909999000012/B1", "F", 100, {"OP-P/L": 5, "OP-F/MIX": 5})
    case = world.open("06909999000012/B1")
    assert told(world, case) == {"F": ("upstream", ("06909999000012/B1",)), "P": ("upstream", ("OP-P/L",))}


def test_a_rule_by_producer_finds_a_lot_by_who_gave_it_its_code(world: World) -> None:
    """The farm keeps no log: its lot is first recorded at the market's gate."""
    lot = "FT-FARM/261101-1"
    world.put(MarketEntry(id="in", at=day(3), site="W", lot=lot, product="芹菜", quantity=kg(7), decision="admitted", seller="FT-FARM"))
    world.move(lot, "W", "Z", 7)

    def sites(producer: str) -> Answer:
        return world.answer(opened(world, Given(producer=producer)).case)

    assert {row.site: row.link for row in sites(producer="FT-FARM").outlets} == {"Z": "confirmed"}
    assert "Z" in {row.site for row in sites(producer="OP-W").outlets}, "and by the site of its birth, as before"
    assert {row.site for row in sites(producer="OP-P").outlets} == {"X", "Y"}


def test_goods_of_a_rule_are_recalled_by_their_producer_if_one_made_all_of_them(world: World) -> None:
    world.born("L2", "P", 10).born("K", "Q", 40, product="韭菜").move("OP-Q/K", "Q", "X", 40)
    celery = Given(product="芹菜", produced_from="2026-03-01", produced_to="2026-03-31")
    event = opened(world, celery)
    assert (event.producer, event.operator) == ("OP-P", "OP-P")
    answer = world.answer(event.case)
    assert answer.operator == "OP-P"
    assert "own" in {row.role for row in answer.others}, "the farm's own stock was never distributed"


def test_of_a_rule_that_fits_goods_of_several_nobody_is_known_to_recall(world: World) -> None:
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "X", 40)
    event = opened(world, Given(product="芹菜"))
    assert (event.producer, event.operator) == ("", "")
    answer = world.answer(event.case)
    assert answer.operator == ""
    assert not [row for row in answer.others if row.role == "own"]
    assert opened(world, Given(product="芹菜"), operator="OP-Q").operator == "OP-Q"


def test_an_answer_about_a_rule_says_who_recalls_as_its_case_would(world: World) -> None:
    with world.read() as session:
        rule = clauses_of(session, Given(product="芹菜"), world.now)
        who = producers_of(session, rule, micros(world.now))
        answer = recall(session, (), now=micros(world.now), scope=rule, operator=who[1])
        lots = recall(session, "OP-P/L", now=micros(world.now))
    assert (who, answer.operator, lots.operator) == (("OP-P", "OP-P"), "OP-P", "OP-P")
