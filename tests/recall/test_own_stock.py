"""What whoever recalls still has is disposed of by a record of what became of it, never by a word that it is gone (RECALL section 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from foodtrace.errors import Refused
from foodtrace.events import Acknowledgement, Held, StockCount
from foodtrace.graph.edges import micros
from foodtrace.operations import cases, disposal, notices
from foodtrace.operations.casestatus import Standing
from foodtrace.operations.closing import conditions
from foodtrace.recall.cases import load_case
from tests.cli.shell import run
from tests.recall.casework import World, day, kg

LOT = "OP-P/L"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(f"sqlite:///{tmp_path}/x.db", tmp_path / "keys")
    made.sites(P="farm", X="shop").born("L", "P", 1000).move(LOT, "P", "X", 600)
    yield made
    made.ledger.close()


def recalled(world: World) -> str:
    """P recalls; X was told, answered, and destroyed all it had."""
    case = str(world.at(4).do(cases.open_case, [LOT], level=2, known=world.now, reason="x", operator="OP-P").case)
    world.at(5).do(notices.notify, case)
    world.at(6).do(notices.acknowledge, case, "X", [(LOT, kg(600))])
    world.do(disposal.dispose, "destroy", case, "X", None, None)
    return case


def undisposed(world: World, case: str) -> dict[str, int]:
    with world.read() as session:
        left = conditions(session, micros(world.now), load_case(session, case))
    assert all(each.kind == "undisposed" for each in left), left
    return {each.site: each.quantity for each in left}


def answered(world: World, case: str) -> None:
    world.put(Acknowledgement(id="own", at=world.now, case=case, site="P", on_hand=(Held(LOT, kg(0)),)))


def counted(world: World, case: str) -> None:
    world.put(StockCount(id="own", at=world.now, site="P", lot=LOT, quantity=kg(0)))


def test_whoever_recalls_answers_no_notice_it_never_got(world: World) -> None:
    case = recalled(world)
    with pytest.raises(Refused) as refused:
        world.at(7).do(notices.acknowledge, case, "P", [], nothing=True)
    assert refused.value.code == "case.own_answer"
    assert undisposed(world, case) == {"P": 400_000}


def test_whoever_recalls_in_a_case_of_somebody_else_says_that_its_notice_came_and_is_reminded_no_more(world: World) -> None:
    case = recalled(world)  # the log does not say whose it is: so P is told
    for said in ({"nothing": True}, {"on_hand": [(LOT, kg(5))]}):
        with pytest.raises(Refused) as refused:
            world.at(7).do(notices.acknowledge, case, "P", said.get("on_hand", []), nothing="nothing" in said)
        assert refused.value.code == "case.own_answer"
        assert "got no notice" not in str(refused.value)
    assert [each.party.site for each in world.do(notices.notify, case, which="silent").notices] == ["P"]
    world.do(notices.acknowledge, case, "P", [])
    assert world.do(notices.notify, case, which="silent").notices == ()
    assert undisposed(world, case) == {"P": 400_000}, "that it knows disposes of nothing"


def counted_before(world: World, case: str) -> None:
    """A count that is put on record after the opening, of a day before it."""
    world.put(StockCount(id="own", at=day(2), site="P", lot=LOT, quantity=kg(0)))


@pytest.mark.parametrize("gone", [answered, counted, counted_before])
def test_own_stock_that_merely_vanished_blocks_closing_until_it_is_disposed_of(world: World, gone: Callable[[World, str], None]) -> None:
    case = recalled(world)
    gone(world.at(7), case)
    assert undisposed(world, case) == {"P": 400_000}
    with pytest.raises(Refused):
        world.do(cases.close, case)
    with world.read() as session:
        assert Standing.of(session, case, micros(world.now)).unaccounted == (), "nobody is told that closing can go on"


def test_what_was_missing_before_anybody_knew_does_not_block(world: World) -> None:
    world.put(StockCount(id="early", at=day(2), site="P", lot=LOT, quantity=kg(390)))
    case = recalled(world)
    assert undisposed(world, case) == {"P": 390_000}
    world.at(7).do(disposal.dispose, "destroy", case, "P", LOT, kg(390))
    assert undisposed(world, case) == {}


def test_a_row_of_whoever_recalls_in_a_file_of_answers_is_a_fault_of_that_row(tmp_path: Path) -> None:
    run(tmp_path, "init", "--operator", "L-0001")
    run(tmp_path, "site", "add", "P:farm", "--operator", "L-0001")
    run(tmp_path, "site", "add", "X:shop")
    run(tmp_path, "certificate", "issue", "芹菜", "100kg", "--basis", "1", "--site", "P", "--code", "A1", "--out", "l.png")
    run(tmp_path, "transfer", "A1", "60kg", "--from", "P", "--to", "X")
    run(tmp_path, "case", "open", "A1", "--class", "2", "--known", "2026-01-01T00:00", "--reason", "x")
    (tmp_path / "a.csv").write_text("site,lot,quantity,unit\nX,A1,60,kg\nP,A1,0,kg\n", encoding="utf-8")
    said = run(tmp_path, "case", "acknowledge", "--file", "a.csv", code=1)
    assert "row 3" in said
    assert "P is who recalls in case 2026-0001" in said
    assert "new 1" in run(tmp_path, "case", "acknowledge", "--file", "a.csv", "--skip-bad", code=1)
