"""A lot that is on record at a site only by what moves no goods: a held truck, a test, a packing, a release, a refused sale.

Somebody recalls it and reads "nothing found": the goods lie there. Every such site is in the answer, possible, with the entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foodtrace import Quantity
from foodtrace.errors import Refused
from foodtrace.events import (
    BatchReleased,
    EffectivenessCheck,
    Event,
    MarketEntry,
    Output,
    Packing,
    Portion,
    PredicateClause,
    Refusal,
    TestRecorded,
    Transfer,
    Transformation,
)
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.graph.spoken import NOT_THERE
from foodtrace.operations import goods
from foodtrace.operations.blast import blast
from foodtrace.operations.scopes import Given, clauses_of
from foodtrace.recall.answer import Answer, recall
from foodtrace.recall.cases import load_case
from tests.recall.casework import World, day, kg

LOT, ODD = "OP-P/L", "OP-V/ODD"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(f"sqlite:///{tmp_path}/x.db", tmp_path / "keys")
    made.sites(P="farm", W="warehouse", M="market", S="retail_stall", X="shop", Y="shop").born("L", "P", 100)
    made.at(1).move(LOT, "P", "W", 100)
    yield made.at(2)
    made.ledger.close()


def ask(world: World, *lots: str, **words: str) -> Answer:
    """Return the answer, the same from rows and from the engine for everything."""
    with world.read() as session:
        scope = clauses_of(session, Given(**words), world.now) if words else ()  # type: ignore[arg-type]
        quick, full = (recall(session, lots, now=micros(world.now), scope=scope, plain=plain) for plain in (True, False))
    assert quick == full
    return quick


def links(answer: Answer) -> dict[str, str]:
    return {row.site: row.link for row in (*answer.outlets, *answer.others)}


def entry(kind: str, site: str, lot: str, at: Any, **more: Any) -> Event:
    common: dict[str, Any] = {"id": f"s-{kind}-{site}", "at": at, "site": site, "lot": lot, **more}
    made: dict[str, Any] = {
        "held": lambda: MarketEntry(decision="held", product=common.pop("product", "芹菜"), quantity=kg(50), source="P", **common),
        "test": lambda: TestRecorded(sample="1", item="rapid", verdict="positive", **common),
        "packing": lambda: Packing(parent="CASE1", children=("a", "b"), quantity=Quantity(2, "piece"), **common),
        "release": lambda: BatchReleased(certificate="c", **common),
        "sale": lambda: Refusal(asked="sale", quantity=kg(3), **common),
        "entry": lambda: Refusal(asked="market_entry", quantity=kg(3), **common),
    }
    event: Event = made[kind]()
    return event


@pytest.mark.parametrize("kind", ["held", "test", "packing", "release", "sale", "entry"])
@pytest.mark.parametrize("lot", [LOT, ODD])
def test_the_site_is_possible_and_the_entry_is_named(world: World, kind: str, lot: str) -> None:
    before = links(ask(world, lot)) if lot == LOT else {}
    world.put(entry(kind, "Y", lot, world.now))
    answer = ask(world, lot)
    assert links(answer) == before | {"Y": "possible"}
    assert [row.site for row in answer.outlets] == ["Y"]
    (row,) = answer.outlets
    assert row.amounts == (), "how much nobody knows, and it is no zero"
    (found,) = [each for each in answer.untraced if each.kind == "same_lot_no_path"]
    assert (found.lot, found.site, len(found.entries)) == (lot, "Y", 1)
    # Of a day before nothing was said yet.
    with world.read() as session:
        early = recall(session, LOT, now=micros(day(1.5)))
    assert "Y" not in links(early)


def test_dated_ahead_it_hides_nobody(world: World) -> None:
    world.put(entry("test", "Y", ODD, day(400)))
    assert links(ask(world, ODD)) == {"Y": "possible"}


@pytest.mark.parametrize("kind", ["held", "test", "sale"])
def test_where_goods_came_by_other_records_nothing_changes(world: World, kind: str) -> None:
    world.move(LOT, "W", "Y", 30)
    before = ask(world, LOT)
    world.put(entry(kind, "Y", LOT, world.now))
    after = ask(world, LOT)
    assert links(after) == links(before) == {"P": "confirmed", "W": "confirmed", "Y": "confirmed"}
    told = [[each.kind for each in answer.untraced if each.kind != "silent_site"] for answer in (before, after)]
    assert told == [[], []], "a site that writes is silent no more; else nothing changes"


def test_a_truck_let_in_later_lies_at_its_stall_and_not_at_the_gate(world: World) -> None:
    world.put(entry("held", "M", ODD, world.now), entry("test", "M", ODD, world.now))
    assert links(ask(world, ODD)) == {"M": "possible"}
    let = MarketEntry(
        id="in", at=world.now, site="M", stall="S", decision="admitted", lot=ODD, product="芹菜", quantity=kg(50), resolves="s-held-M"
    )
    world.put(let)
    assert links(ask(world, ODD)) == {"S": "confirmed"}
    world.put(MarketEntry(id="two", at=world.now, site="M", decision="held", lot=ODD, product="芹菜", quantity=kg(50)))
    assert links(ask(world, ODD)) == {"S": "confirmed", "M": "possible"}, "another truck of the lot stands there still"


def test_what_was_made_of_it_and_what_left_there_without_lot_is_followed(world: World) -> None:
    """Y, where only a test tells of L, sends celery without lot to X."""
    made = Output(lot="OP-W/N", quantity=kg(5))
    world.put(Transformation(id="cut", at=world.now, site="W", kind="repack", inputs=(Portion(LOT, kg(5)),), outputs=(made,)))
    world.put(entry("test", "Y", "OP-W/N", world.now))
    world.put(Transfer(id="on", at=world.now, site="Y", to="X", product="芹菜", quantity=kg(3)))
    assert {site: link for site, link in links(ask(world, LOT)).items() if site in "XY"} == {"X": "possible", "Y": "possible"}


def test_a_rule_finds_goods_of_which_only_such_a_record_tells(world: World) -> None:
    """The truck of milk held at the market: a rule on milk means it, one on tea does not."""
    world.put(entry("held", "M", ODD, world.now, product="牛奶"))
    answer = ask(world, product="牛奶")
    assert links(answer) == {"M": "possible"}
    assert "attribute_missing" in {each.kind for each in answer.untraced}
    with world.read() as session:
        facts = SqlFacts(session, micros(world.now))
        assert list(facts.lots_like(PredicateClause(product="茶"))) == []
        assert list(facts.lots_like(PredicateClause(product="牛奶"))) == [(facts.lot(ODD), False)]
        assert list(facts.lots_like(PredicateClause(code="OD*"))) == [(facts.lot(ODD), True)]


def test_blast_counts_the_outlets_that_a_recall_lists(world: World) -> None:
    world.put(entry("sale", "Y", LOT, world.now))
    with world.read() as session:
        found = blast(session, start=0, end=micros(world.now), now=micros(world.now))
    assert {each.lot: each.outlets for each in found.lots}[LOT] == 1


@pytest.mark.parametrize("lot", ["", LOT])
def test_a_visit_that_found_goods_where_none_were_on_record_is_in_the_answer_of_its_case(world: World, lot: str) -> None:
    case = world.open(LOT)
    world.put(EffectivenessCheck(id="found", at=world.now, site="Y", case=case, level="A", result="found", lot=lot, quantity=kg(9)))
    with world.read() as session:
        state = load_case(session, case, until=micros(world.now))
        quick, full = (recall(session, (), now=micros(world.now), case=state, plain=plain) for plain in (True, False))
    assert quick == full
    assert links(quick) == {"P": "confirmed", "W": "confirmed"} | ({"Y": "possible"} if lot else {})
    assert [(each.lot, each.site, len(each.entries)) for each in quick.untraced if each.kind == "same_lot_no_path"] == [(lot, "Y", 1)]


@pytest.mark.parametrize(("insists", "outlets"), [(False, []), (True, ["Y"])])
def test_a_wrong_sender_typed_into_a_refused_transfer_is_no_outlet(world: World, insists: bool, outlets: list[str]) -> None:
    """Goods that the book of Y never had: nobody may think they are there, unless whoever asked said they are."""
    world.open(LOT)
    for source in ("Y", "W"):
        with pytest.raises(Refused, match="recall"):
            world.do(goods.transfer, LOT, kg(1), "X", source=source, allow_short=insists)
    assert [refusal.reasons[1:] for refusal in world.refusals()] == [() if insists else (NOT_THERE,), ()]
    answer = ask(world, LOT)
    assert [row.site for row in answer.outlets] == outlets
    assert {"P", "W"} <= links(answer).keys()
