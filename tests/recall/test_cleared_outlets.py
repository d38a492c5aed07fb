"""Who has only goods that a case cleared is not notified, asked or waited for, and no rate is better for it (RECALL section 5)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foodtrace.events import RecallWidened, Receipt, Transfer
from foodtrace.graph.edges import micros
from foodtrace.operations import cases, checks, destruction, disposal, notices
from foodtrace.operations.casestatus import status
from foodtrace.operations.common import Doing
from foodtrace.recall.answer import recall
from foodtrace.recall.effectiveness import commit
from tests.recall.caselife import SEED, left, now
from tests.recall.casework import World, chain, day, kg

LOT, OTHER = "OP-P/L", "OP-Q/K"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = chain(World(f"sqlite:///{tmp_path}/x.db", tmp_path / "keys")).at(3)
    yield made
    made.ledger.close()


def clear(world: World, case: str, *lots: str, site: str = "") -> None:
    world.do(cases.clear, case, list(lots), "lab", "9", site=site)


def due(world: World, case: str, which: notices.Which = "new") -> set[str]:
    """Return whom a notice would go to; nothing is recorded."""
    with world.read() as session:
        made = notices.notify(session, Doing(now=world.now, by="7"), case, which=which)
    return {each.party.site for each in made.answer.notices}


def asked(world: World, case: str) -> set[tuple[str, str]]:
    return {(kind, site) for kind, site, quantity in left(world, case) if not quantity}


def sites(world: World, case: str, name: str) -> tuple[int, int]:
    rate = world.answer(case).rates[name]
    return rate.numerator, rate.denominator


def test_an_outlet_whose_goods_were_cleared_before_it_was_told_is_due_no_notice_and_no_answer(world: World) -> None:
    case = world.at(4).open(LOT)
    assert asked(world, case) == {("silent", "X"), ("silent", "Y"), ("unnotified", "W"), ("unnotified", "X"), ("unnotified", "Y")}
    clear(world.at(5), case, LOT, site="X")
    assert due(world, case) == due(world, case, "all") == {"P", "W", "Y"}
    assert asked(world, case) == {("silent", "Y"), ("unnotified", "W"), ("unnotified", "Y")}
    assert (sites(world, case, "R4"), sites(world, case, "R5")) == ((0, 2), (0, 2))
    world.at(6).do(notices.notify, case)
    world.at(7).do(notices.acknowledge, case, "Y", [], nothing=True)
    assert asked(world, case) == set()
    assert (sites(world, case, "R4"), sites(world, case, "R5")) == ((1, 2), (1, 2)), "a clearing notifies nobody, and answers for nobody"


def test_an_outlet_that_was_told_and_then_cleared_is_neither_late_nor_reminded(world: World) -> None:
    case = world.at(4).open(LOT)
    world.do(notices.notify, case)
    world.at(20)
    late = {task.site for task in now(world, case).late if task.what == "answer"}
    assert late == {"W", "X", "Y"}
    clear(world, case, LOT, site="X")
    found = now(world, case)
    assert {task.site for task in found.late if task.what == "answer"} == late - {"X"}
    assert {each.site for each in found.untraced if each.kind == "no_answer"} == late - {"X"}
    assert due(world, case, "silent") == {"P", "W", "Y"}
    assert "X" not in {each.site for each in found.closing}


def test_a_clearing_that_lapses_counts_as_none_at_once(world: World) -> None:
    case = world.at(4).open(LOT)
    clear(world.at(5), case, LOT, site="X")
    assert "X" not in due(world, case)
    world.at(6).put(Receipt(id="late", at=world.now, site="X", lot=LOT, quantity=kg(5)))
    assert "X" in due(world, case)
    assert {("silent", "X"), ("unnotified", "X")} <= asked(world, case)


def test_a_site_with_other_goods_is_told_of_these_alone(world: World) -> None:
    world.born("K", "Q", 10).move(OTHER, "Q", "X", 10)
    case = world.at(4).open(LOT, OTHER)
    clear(world.at(5), case, LOT, site="X")
    told = world.do(notices.notify, case).notices
    (mine,) = [each for each in told if each.party.site == "X"]
    assert mine.event.lots == (OTHER,)
    assert mine.party.cleared == (LOT,)
    assert ("unnotified", "X") not in asked(world, case)
    assert sites(world, case, "R4") == (1, 2), "X was told of half of what it has"
    world.at(6).do(notices.acknowledge, case, "X", [(OTHER, kg(0))])
    assert asked(world, case) == {("silent", "Y")}
    world.put(Receipt(id="late", at=world.now, site="X", lot=LOT, quantity=kg(5)))
    assert asked(world, case) == {("silent", "X"), ("unnotified", "X"), ("silent", "Y")}


def test_a_notice_of_what_was_cleared_since_waits_for_no_answer_of_other_goods(world: World) -> None:
    """It was told of the one lot, which was cleared, and not yet of the other: it is due a notice, and late with nothing."""
    case = world.at(4).open(LOT)
    world.do(notices.notify, case)
    world.born("K", "Q", 10).move(OTHER, "Q", "X", 10)
    world.at(5).do(cases.widen, case, [OTHER], "also found")
    clear(world, case, LOT, site="X")
    world.at(20)
    found = now(world, case)
    assert "X" not in {task.site for task in found.late if task.what == "answer"}
    assert "X" not in {each.site for each in found.untraced if each.kind == "no_answer"}
    assert "X" in due(world, case)
    assert "X" not in due(world, case, "silent")


def test_a_planned_destruction_of_goods_that_were_cleared_since_is_not_late(world: World) -> None:
    case = world.at(4).open(LOT)
    plan: dict[str, Any] = {"due": day(6), "place": "kiln", "reported": True}
    world.do(destruction.plan_destruction, case, "X", LOT, kg(10), **plan)
    world.do(destruction.plan_destruction, case, "Y", LOT, kg(10), **plan)
    clear(world.at(5), case, LOT, site="X")
    assert [task.site for task in now(world.at(5.5), case).today if task.what == "destroy"] == ["Y"]
    assert [task.site for task in now(world.at(7), case).late if task.what == "destroy"] == ["Y"]


def test_where_goods_without_lot_lie_the_notice_names_the_lot_that_was_cleared_too_for_they_may_be_of_it(world: World) -> None:
    world.at(3).put(Transfer(id="bare", at=world.now, site="W", to="X", product="芹菜", quantity=kg(3)))
    case = world.at(4).open(LOT)
    clear(world.at(5), case, LOT, site="X")
    assert ("unnotified", "X") in asked(world, case)
    (mine,) = [each for each in world.do(notices.notify, case).notices if each.party.site == "X"]
    assert (mine.event.lots, mine.party.cleared) == ((LOT,), ())
    assert ("unnotified", "X") not in asked(world, case)


def test_a_case_all_of_whose_goods_were_cleared_closes_and_its_suppliers_need_no_notice(world: World) -> None:
    world.born("R", "Q", 10).batch("OP-P/B", "P", 4, {"OP-Q/R": 10})
    case = world.at(4).open("OP-P/B", LOT)
    assert "Q" in due(world, case)
    clear(world.at(5), case, "OP-P/B")
    assert due(world, case) == {"P", "W", "X", "Y"}
    clear(world, case, LOT)
    assert due(world, case) == set()
    assert left(world, case) == []
    world.do(cases.close, case)
    assert world.case(case).closed is not None


def test_sealed_goods_that_were_cleared_are_no_obstacle_and_what_another_lot_has_there_is(world: World) -> None:
    world.keeping("X", "Y", "Z")
    world.born("K", "Q", 10).move(OTHER, "Q", "X", 10)
    case = world.at(4).open(LOT, OTHER)
    world.do(disposal.dispose, "seal", case, "X", LOT, None)
    clear(world.at(5), case, LOT)
    assert {(kind, site) for kind, site, quantity in left(world, case) if quantity} == {("free", "X")}


def test_a_drawn_outlet_whose_goods_were_cleared_need_not_be_visited_and_is_no_clean_visit(world: World) -> None:
    case = world.at(4).open(LOT, sample=commit(SEED))
    world.do(checks.sample, case, SEED, "A")
    clear(world.at(5), case, LOT, site="X")
    assert ("unvisited", "X") not in asked(world, case)
    assert "X" not in {task.site for task in now(world, case).today if task.what == "visit"}
    assert sites(world, case, "R6") == (0, 3)
    cleared = world.answer(case).cleared
    assert cleared is not None
    assert cleared.no_visit == ("X",)


def test_what_was_cleared_is_seen_from_when_it_was_cleared_and_recorded(world: World) -> None:
    case = world.at(4).open(LOT)
    clear(world.at(6), case, LOT)
    world.at(9)
    with world.read() as session:
        before, after = (status(session, case, micros(day(t)))[0] for t in (5, 7))
    assert {each.site for each in before.closing if each.kind == "silent"} == {"X", "Y"}
    assert after.closing == ()


def test_what_is_added_to_the_scope_after_a_clearing_has_to_be_told_and_answered(world: World) -> None:
    case = world.at(4).open(LOT)
    clear(world.at(5), case)
    world.do(cases.close, case)
    world.at(6).do(cases.reopen, case, "more")
    assert left(world, case) == []
    scope = world.case(case).versions[0].clauses
    world.at(7).put(RecallWidened(id="w", at=world.now, case=case, version=2, scope=scope, reason="again"))
    assert left(world, case) == [], "the same clause again is no new suspicion"
    world.born("K", "Q", 10).move(OTHER, "Q", "X", 10)
    world.do(cases.widen, case, [OTHER], "also found")
    assert asked(world, case) == {("silent", "X"), ("unnotified", "X"), ("unnotified", "Q")}
    with world.read() as session:
        assert recall(session, (), now=micros(world.now), case=world.case(case)).rates["R4"].denominator == 2
