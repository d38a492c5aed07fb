"""Asking for recalled goods: refused, held or taken in as sealed, by way of every operation there is (RECALL section 7)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from foodtrace import Quantity
from foodtrace.errors import FoodtraceError, Refused
from foodtrace.events import (
    Alias,
    ConsumerReturn,
    GoodsCleared,
    LeftClause,
    Output,
    Portion,
    RecallClosed,
    RecallOpened,
    RecallWithdrawn,
    Sale,
    Transformation,
)
from foodtrace.graph.edges import micros
from foodtrace.identifiers import lot as lots
from foodtrace.keys import SigningKey
from foodtrace.operations import batches, certificates, goods, till
from foodtrace.operations.blocking import blocks
from tests.recall.casework import World, chain, day, kg

LOT = "OP-P/L"
BATCH = "06909999000012/B1"
KEY = SigningKey("issuer", bytes(range(32)))


@pytest.fixture
def world(empty: World) -> World:
    return chain(empty)


def links(world: World, lot: str, site: str = "") -> list[tuple[str, str]]:
    with world.read() as session:
        return [(each.case, each.link) for each in blocks(session, lot, micros(world.now), site)]


ASKS: dict[str, Callable[[World], object]] = {
    "transfer": lambda w: w.do(goods.transfer, LOT, kg(1), "Z", source="W"),
    "use": lambda w: w.do(goods.transform, "W", "repack", [(LOT, kg(1))], [Output(lot="OP-W/R", quantity=kg(1))], None),
    "certificate": lambda w: w.do(certificates.issue, KEY, "P", "芹菜", kg(5), ("quality_control",), code="L"),
}


@pytest.mark.parametrize("asked", sorted(ASKS))
def test_an_ask_is_refused_and_the_refusal_is_an_entry_that_moves_nothing(world: World, asked: str) -> None:
    case = world.at(3).open(LOT)
    before = world.answer(case).outlets
    with pytest.raises(Refused) as error:
        ASKS[asked](world)
    code = "transfer.recalled_more" if asked == "certificate" else "transfer.recalled"  # a certificate would make more of the lot
    assert error.value.code == code
    (entry,) = world.refusals()
    assert (entry.asked, entry.lot, entry.case, entry.reasons, entry.by) == (asked, LOT, case, (code,), "7")
    assert world.answer(case).outlets == before


def test_goods_of_more_lots_than_are_looked_at_are_asked_of_every_case(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for n, made in enumerate(("A", "B", "C")):
        taken = (Portion(LOT if not n else f"OP-W/{'ABC'[n - 1]}", kg(2)),)
        made_of = Transformation(
            id=f"cut{n}", at=world.now, site="W", kind="repack", inputs=taken, outputs=(Output(lot=f"OP-W/{made}", quantity=kg(2)),)
        )
        world.put(made_of)
    case = world.at(3).open(LOT)
    monkeypatch.setattr("foodtrace.operations.blocking.MOST", 2)
    assert links(world, "OP-W/C", "W") == [(case, "confirmed")]


def test_before_the_case_is_opened_everything_is_allowed(world: World) -> None:
    world.do(goods.transfer, LOT, kg(1), "Z", source="W")
    world.at(3).open(LOT)
    assert world.refusals() == []


def test_what_was_made_of_a_recalled_lot_is_blocked_whether_made_before_or_after(world: World) -> None:
    world.move(LOT, "W", "F", 10).batch(BATCH, "F", 100, {LOT: 5})
    world.at(3).open(LOT)
    assert links(world, BATCH) == [("2026-0001", "confirmed")]
    with pytest.raises(Refused):
        world.do(batches.release, BATCH, "CJ-1", "F")
    assert [each.asked for each in world.refusals()] == ["release"]
    world.batch("06909999000012/B2", "F", 100, {LOT: 5})  # a fact: recorded although it should not have happened
    assert links(world, "06909999000012/B2") == [("2026-0001", "confirmed")]


def test_a_can_of_a_recalled_batch_is_not_sold_and_the_till_says_so(world: World) -> None:
    world.move(LOT, "W", "F", 10).batch(BATCH, "F", 100, {LOT: 5})
    world.do(batches.release, BATCH, "CJ-1", "F")
    world.do(goods.receive, BATCH, Quantity(12, "piece"), "X", source="F")
    world.at(3).open(LOT)
    event, decision = world.do(till.sell, BATCH, Quantity(1, "piece"), "X", serial="1")
    assert not isinstance(event, Sale)
    assert "till.recalled" in decision.codes
    # The shop got no notice, yet its till knew: a can sold past it after that is sold in spite of the recall, one before is not.
    for name, number in (("early", 2.5), ("later", 3.5)):
        world.put(Sale(id=name, at=day(number), site="X", lot=BATCH, quantity=Quantity(1, "piece")))
    found = {each.kind: each.site for each in world.at(4).answer("2026-0001").untraced if each.kind in ("before_known", "after_notice")}
    assert found == {"after_notice": "X"}


def test_goods_on_the_road_are_received_as_sealed(world: World) -> None:
    world.at(3).open(LOT)
    event, against = world.do(goods.receive, LOT, kg(10), "Z", source="W")
    assert (event.sealed, event.case, against) == (True, "2026-0001", ["2026-0001"])
    (row,) = [each for each in world.answer("2026-0001").outlets if each.site == "Z"]
    assert (row.amounts[0].sealed, row.amounts[0].likely) == (10_000, 10_000)


def test_closing_lifts_nothing_clearing_and_withdrawing_do(world: World) -> None:
    case = world.at(3).open(LOT)
    world.at(4).put(RecallClosed(id="c", at=day(4), case=case, override="x"))
    assert links(world, LOT) == [(case, "confirmed")]
    world.at(5).put(GoodsCleared(id="clear", at=day(5), case=case, lots=(LOT,), site="X", basis="x", approved_by="7"))
    assert links(world, LOT, "X") == []
    assert links(world, LOT, "Y") == [(case, "confirmed")]
    world.at(6).put(RecallWithdrawn(id="w", at=day(6), case=case, reason="x", approved_by="7"))
    assert links(world, LOT, "Y") == []
    assert links(world.at(5.5), LOT, "Y") == [(case, "confirmed")], "what was asked before it was withdrawn stays answered"


def test_clearing_a_lot_that_nobody_ever_named_clears_nothing(world: World) -> None:
    case = world.at(3).open(LOT)
    world.put(GoodsCleared(id="clear", at=day(3), case=case, lots=("OP-P/TYPO",), basis="x", approved_by="7"))
    world.put(GoodsCleared(id="clear2", at=day(3), case=case, lots=(LOT,), site="NOWHERE", basis="x", approved_by="7"))
    assert links(world, LOT) == [(case, "confirmed")]


def test_two_names_are_one_lot(world: World) -> None:
    world.put(Alias(id="a", at=world.now, lot=LOT, alias="OP-P/LL"))
    case = world.at(3).open("OP-P/LL")
    assert links(world, LOT, "X") == [(case, "confirmed")]
    world.put(GoodsCleared(id="clear", at=day(3), case=case, lots=("OP-P/LL",), basis="x", approved_by="7"))
    assert links(world.at(4), LOT, "X") == []


def test_the_same_code_under_an_issuer_on_no_record_is_held(world: World) -> None:
    world.got("OP-NOBODY/L", "Z", 5)
    world.at(3).open(LOT)
    assert links(world, "OP-NOBODY/L", "Z") == [("2026-0001", "possible")]
    with pytest.raises(Refused) as error:
        world.do(goods.transfer, "OP-NOBODY/L", kg(1), "X", source="Z")
    assert error.value.code == "transfer.recall_possible"
    assert world.refusals()[0].reasons == ("transfer.recall_possible",)


def test_in_a_partial_scope_the_holding_decides_and_goods_of_unknown_way_are_held(world: World) -> None:
    """left(W, day 2 only): X and Y have it; goods that left on day 1.5 to Z do not; nobody knows how the lot came to Q."""
    world.now = day(1.5)
    world.move(LOT, "W", "Z", 5)
    world.at(3).put(
        RecallOpened(
            id="open",
            at=day(3),
            case="2026-0001",
            scope=(LeftClause(site="W", start=day(2), end=day(2)),),
            level=2,
            reason="x",
            known=day(3),
        )
    )
    assert links(world, LOT, "X") == [("2026-0001", "confirmed")]
    assert links(world, LOT, "Z") == []
    assert links(world, LOT, "Q") == [("2026-0001", "unknown")]
    assert world.do(goods.transfer, LOT, kg(1), "Q", source="Z")[0].quantity == kg(1)


def test_in_a_partial_scope_goods_from_nowhere_are_held_and_so_is_whatever_they_were_sent_on_as(world: World) -> None:
    """left(W, day 2): nobody knows where Q has its goods from, nor what consumers brought to Z; Q sent some on to F."""
    world.got(LOT, "Q", 5)
    world.move(LOT, "Q", "F", 2)
    world.put(ConsumerReturn(id="back", at=world.now, site="Z", lot=LOT, quantity=kg(1)))
    world.at(3)
    scope = (LeftClause(site="W", start=day(2), end=day(2)),)
    world.put(RecallOpened(id="open", at=day(3), case="2026-0001", scope=scope, level=2, reason="x", known=day(3)))
    assert {site: links(world, LOT, site) for site in "PWQFZ"} == {
        "P": [],
        "W": [],
        "Q": [("2026-0001", "possible")],
        "F": [("2026-0001", "possible")],
        "Z": [("2026-0001", "possible")],
    }
    listed = world.answer("2026-0001")
    assert {row.site: row.link for row in (*listed.outlets, *listed.others)} == dict.fromkeys("XY", "confirmed") | dict.fromkeys(
        "QFZ", "possible"
    )
    assert {each.site for each in listed.untraced if each.kind == "source_missing"} == {"Q"}
    with pytest.raises(Refused) as error:
        world.do(goods.transfer, LOT, kg(1), "X", source="Q")
    assert error.value.code == "transfer.recall_possible"
    assert world.do(goods.receive, LOT, kg(1), "X", source="Q")[0].sealed


def test_a_case_about_other_goods_stands_against_nothing_here(world: World) -> None:
    world.born("K", "Q", 10)
    world.at(3).open("OP-Q/K")
    assert links(world, LOT) == []
    assert links(world, "OP-P/NEVER-SEEN") == []


def test_every_case_is_told_and_all_of_them_are_recorded(world: World) -> None:
    world.at(3).open(LOT)
    world.open(LOT)
    with pytest.raises(FoodtraceError, match="2026-0001"):
        world.do(goods.transfer, LOT, kg(1), "Z", source="W")
    assert [each.case for each in world.refusals()] == ["2026-0001", "2026-0002"]


def test_lot_ids_of_the_tests_are_well_formed() -> None:
    assert lots.format(lots.parse(LOT)) == LOT
