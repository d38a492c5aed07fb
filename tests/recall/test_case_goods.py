"""What happens to recalled goods and what effectiveness checks find: five times per outlet, and no way back to the shelf."""

from __future__ import annotations

from typing import Any

import pytest

from foodtrace.errors import BadData, FoodtraceError
from foodtrace.events import (
    Alias,
    Destroyed,
    DestructionPlanned,
    Output,
    Portion,
    Returned,
    Sale,
    Sealing,
    Transformation,
)
from foodtrace.graph.edges import micros
from foodtrace.operations import cases, checks, destruction, disposal, goods, notices, reselling
from foodtrace.operations.casestatus import status
from foodtrace.operations.common import Doing
from foodtrace.recall import effectiveness
from tests.recall.caselife import LOT, SEED, left, now, refuses
from tests.recall.casework import World, day, kg

# -- goods -------------------------------------------------------------------------------------------------------------------


def test_five_times_each_with_quantity_evidence_and_who(world: World) -> None:
    case = world.open(LOT)
    world.do(notices.notify, case, by="1")
    world.at(3.1).do(notices.acknowledge, case, "X", [(LOT, kg(60))], by="2")
    world.at(3.2).do(disposal.dispose, "seal", case, "X", LOT, kg(60), by="3", evidence="a" * 64)
    world.at(3.3).do(disposal.dispose, "return", case, "X", LOT, kg(40), by="4", to="W", evidence="b" * 64)
    world.at(3.4).do(
        disposal.dispose, "destroy", case, "X", LOT, kg(20), by="5", witness="W-7", place="yard", reported=day(3.35), evidence="c" * 64
    )
    steps = next(row for row in now(world, case).sites if row.site == "X").steps
    assert [(each.kind, each.by, each.quantity, each.evidence[:1]) for each in steps] == [
        ("notice", "1", None, ""),
        ("acknowledgement", "2", 60_000, ""),
        ("sealing", "3", 60_000, "a"),
        ("returned", "4", 40_000, "b"),
        ("destroyed", "5", 20_000, "c"),
    ]
    (row,) = [each for each in world.answer(case).outlets if each.site == "X"]
    assert None not in (row.notified, row.acknowledged, row.sealed, row.returned, row.destroyed)
    assert (row.amounts[0].likely, row.amounts[0].returned, row.amounts[0].destroyed) == (0, 40_000, 20_000)


def test_a_destruction_is_reported_before_it_happens_and_one_that_was_not_stands_there_as_such(world: World) -> None:
    world.keeping("X", "Y", "Z")
    case = world.open(LOT, level=1)
    refuses(world, "case.no_plan", destruction.report_destruction, case, "X")
    refuses(world, "case.due_past", destruction.plan_destruction, case, "X", LOT, kg(60), due=day(2))
    for nowhere in ("", " "):
        refuses(world, "case.place", destruction.plan_destruction, case, "X", LOT, kg(60), due=day(4), place=nowhere, reported=True)
    (plan,) = world.do(destruction.plan_destruction, case, "X", LOT, kg(60), due=day(4), place="yard")
    assert isinstance(plan, DestructionPlanned)
    assert ("report", "X") in [(task.what, task.site) for task in now(world, case).today]
    world.at(3.5).do(destruction.report_destruction, case, "X", doc="B-1")
    refuses(world.at(3.9), "case.report_late", disposal.dispose, "destroy", case, "Y", LOT, None, reported=day(3.9))
    assert now(world.at(4.5), case).late[-1].what == "destroy", "planned for noon and not done"
    (done,) = world.do(disposal.dispose, "destroy", case, "X", LOT, None, witness="W-7")
    assert isinstance(done, Destroyed)
    assert (done.place, done.reported) == ("yard", day(3.5))
    assert {each.kind for each in now(world, case).remarks} == {"no_evidence"}
    world.do(disposal.dispose, "destroy", case, "Y", LOT, None)
    assert {each.kind: each.sites for each in now(world, case).remarks if each.kind != "no_evidence"} == {
        "unreported": ("Y",),
        "unplaced": ("Y",),
        "unwitnessed": ("Y",),
    }


def test_goods_that_are_planned_to_be_destroyed_are_not_planned_twice(world: World) -> None:
    world.keeping("X", "Y", "Z")
    case = world.open(LOT)
    plan = destruction.plan_destruction
    (first,) = world.do(plan, case, "X", LOT, kg(50), due=day(4), place="yard")
    error = refuses(world, "case.planned", plan, case, "X", LOT, kg(11), due=day(5), place="yard")
    assert all(word in error.message() for word in (first.id, "50.0 kg", "2026-03-06 09:00", "11.0 kg", "10.0 kg")), error.message()
    (rest,) = world.do(plan, case, "X", None, None, due=day(5), place="yard")
    assert rest.quantity == kg(10), "what is not planned yet"
    refuses(world, "case.planned", plan, case, "X", LOT, None, due=day(5), place="yard")
    refuses(world, "case.planned", plan, case, "X", None, None, due=day(5), place="yard")
    assert world.do(plan, case, "Y", LOT, None, due=day(5), place="yard")[0].quantity == kg(30), "another site's goods"
    called = world.at(3.1).do(destruction.call_off, case, "X")
    assert [(each.plan, each.cancelled) for each in called] == [(first.id, True), (rest.id, True)]
    refuses(world, "case.no_plan", destruction.call_off, case, "X")
    (again,) = world.at(3.2).do(plan, case, "X", LOT, kg(60), due=day(4), place="yard")
    late = [task.quantity for task in now(world.at(4.5), case).late if task.what == "destroy"]
    assert late == [60_000], "what was called off is not late"
    (done,) = world.do(disposal.dispose, "destroy", case, "X", LOT, kg(20), witness="W-7")
    assert done.plan == again.id
    assert [task.quantity for task in now(world, case).late if task.what == "destroy"] == [40_000], "these are planned still"
    refuses(world, "case.planned", plan, case, "X", LOT, kg(40), due=day(6), place="yard")
    (done,) = world.do(disposal.dispose, "destroy", case, "X", LOT, kg(10), plan=again.id)
    world.do(destruction.call_off, case, "X")
    assert world.do(plan, case, "X", LOT, kg(30), due=day(6), place="yard"), "that plan was carried out or called off; these are left"


def test_what_is_sealed_is_not_sealed_again(world: World) -> None:
    world.keeping("X", "Y", "Z")
    case = world.open(LOT)
    world.do(disposal.dispose, "seal", case, "X", LOT, kg(20))
    (rest,) = world.do(disposal.dispose, "seal", case, "X", None, None)
    assert rest.quantity == kg(40), "60 lie there"
    refuses(world, "case.all_sealed", disposal.dispose, "seal", case, "X", None, None)
    (home,) = world.at(4).do(disposal.dispose, "return", case, "X", None, None, to="P")
    assert home.quantity == kg(60)
    refuses(world, "case.nothing_there", disposal.dispose, "seal", case, "X", None, None)


def test_a_plan_put_on_record_twice_is_recorded_and_said(world: World) -> None:
    case = world.open(LOT)
    world.do(destruction.plan_destruction, case, "X", LOT, kg(60), due=day(4), place="yard")
    assert "overplanned" not in {each.kind for each in now(world, case).remarks}
    world.put(DestructionPlanned(id="fact", at=world.now, site="X", case=case, lot=LOT, quantity=kg(1), due=day(5), place="yard"))
    (said,) = [each for each in now(world, case).remarks if each.kind == "overplanned"]
    assert (said.count, said.sites) == (1, ("X",))
    world.at(3.5).do(destruction.call_off, case, "X", LOT)
    assert "overplanned" not in {each.kind for each in now(world, case).remarks}


def test_nobody_returns_more_than_there_was_nor_goods_of_another_case(world: World) -> None:
    world.keeping("X", "Y", "Z")
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "X", 40)
    case = world.open(LOT)
    refuses(world, "case.holds_less", disposal.dispose, "return", case, "X", LOT, kg(61), to="W")
    refuses(world, "case.return_to", disposal.dispose, "return", case, "X", LOT, kg(1))
    refuses(world, "case.not_affected", disposal.dispose, "seal", case, "X", "OP-Q/K", kg(1))
    refuses(world, "case.not_affected", disposal.dispose, "seal", case, "F", None, None)
    world.do(disposal.dispose, "return", case, "X", LOT, kg(61), to="W", allow_short=True)
    assert "unexplained_stock" in [each.kind for each in now(world, case).untraced]
    (sent,) = world.do(disposal.dispose, "return", case, "Y", LOT, None, to="W", in_transit=True)
    assert isinstance(sent, Returned)
    assert ("travelling", "W", 30_000) in left(world, case)
    world.do(disposal.dispose, "return", case, "W", LOT, None, to="P")
    refuses(world, "case.nothing_there", disposal.dispose, "return", case, "W", LOT, None, to="P")


def test_what_a_site_answered_is_what_is_sealed_and_taken_back_more_or_less_than_the_book_knew(world: World) -> None:
    world.keeping("X", "Y", "Z")
    case = world.open(LOT)
    world.do(notices.notify, case)
    world.at(3.5).do(notices.acknowledge, case, "X", [(LOT, kg(300))])
    world.do(notices.acknowledge, case, "Y", [(LOT, kg(4))])
    (sealed,) = world.at(4).do(disposal.dispose, "seal", case, "X", LOT, None)
    assert sealed.quantity == kg(300), "the book knew of 60"
    (sealed,) = world.do(disposal.dispose, "seal", case, "Y", None, None)
    assert sealed.quantity == kg(4), "the book had 30, of which 26 are unaccounted"
    assert {row.site: row.amounts[0].sealed for row in world.answer(case).outlets} == {"X": 300_000, "Y": 4_000}
    refuses(world, "case.holds_less", disposal.dispose, "return", case, "X", LOT, kg(301), to="W")
    refuses(world, "case.holds_less", disposal.dispose, "destroy", case, "Y", LOT, kg(5))
    (sent,) = world.at(5).do(disposal.dispose, "return", case, "X", LOT, None, to="P")
    assert sent.quantity == kg(300)
    assert not [each for each in left(world, case) if each[1] == "X"], "nothing is left there to be closed over"
    answer = world.answer(case)
    assert "unexplained_stock" in {each.kind for each in answer.untraced}, "240 nobody recorded are named, never hidden"
    refuses(world, "case.nothing_there", disposal.dispose, "seal", case, "X", LOT, None)


def test_who_answered_that_nothing_is_left_has_nothing_to_seal(world: World) -> None:
    world.keeping("X", "Y", "Z")
    case = world.open(LOT)
    world.do(notices.notify, case)
    world.at(3.5).do(notices.acknowledge, case, "X", [], nothing=True)
    refuses(world.at(4), "case.nothing_there", disposal.dispose, "seal", case, "X", LOT, None)
    world.do(notices.acknowledge, case, "Y", [])
    (sealed,) = world.do(disposal.dispose, "seal", case, "Y", LOT, None)
    assert sealed.quantity == kg(30), "no figure was said: the book stands"


def test_more_sealed_than_the_book_knew_is_found_stays_there_and_keeps_the_case_open(world: World) -> None:
    case = world.open(LOT)
    world.do(notices.notify, case)
    world.at(3.1).do(disposal.dispose, "seal", case, "X", LOT, kg(75), allow_short=True)
    (figures,) = world.answer(case).figures
    assert (figures.distributed, figures.retrieved, figures.unexplained) == (115_000, 75_000, 15_000), "100 and the 15 nobody had booked"
    assert [(each.site, each.value) for each in world.answer(case).untraced if each.kind == "unexplained_stock"] == [("X", 15_000)]
    world.do(disposal.dispose, "destroy", case, "X", LOT, kg(60))
    assert ("sealed", "X", 15_000) in left(world, case)
    (row,) = [each for each in world.answer(case).outlets if each.site == "X"]
    assert (row.amounts[0].on_hand, row.amounts[0].sealed) == (15_000, 15_000)
    # What is found once all is sealed is other goods than those under seal.
    refuses(world, "quantity.zero", disposal.dispose, "seal", case, "X", LOT, kg(0), allow_short=True)
    error = refuses(world, "case.sealed_already", disposal.dispose, "seal", case, "X", LOT, kg(3))
    assert str(error.expected) == "0 g"
    refuses(world, "case.all_sealed", disposal.dispose, "seal", case, "X", LOT, None)
    world.at(3.2).do(disposal.dispose, "seal", case, "X", LOT, kg(3), allow_short=True)
    assert ("sealed", "X", 18_000) in left(world, case)
    (gone,) = world.at(3.3).do(disposal.dispose, "destroy", case, "X", LOT, None)
    assert gone.quantity == kg(18)


def test_goods_sealed_where_no_record_put_them_lie_there(world: World) -> None:
    case = world.sites(S="shop").open(LOT)
    world.at(3.1).put(Sealing(id="found", at=world.now, site="S", lot=LOT, quantity=kg(40), case=case))
    (row,) = [each for each in world.answer(case).outlets if each.site == "S"]
    assert (row.amounts[0].on_hand, row.amounts[0].sealed) == (40_000, 40_000)
    assert ("S", 40_000) in [(each.site, each.value) for each in world.answer(case).untraced if each.kind == "unexplained_stock"]
    assert ("sealed", "S", 40_000) in left(world, case)


def test_corrected_goods_are_sold_under_their_new_lot_and_the_rest_is_not(world: World) -> None:
    grave = world.open(LOT, level=2)
    asked = {"approved_by": "7", "note": "小票注明"}
    refuses(world, "case.correct_level", reselling.correct, grave, "X", LOT, kg(20), "OP-X/NEW", **asked)
    world.do(cases.withdraw, grave, "x", "7")
    case = world.at(3.1).open(LOT, level=3)
    refuses(world, "case.approved_by", reselling.correct, case, "X", LOT, kg(20), "OP-X/NEW", **asked | {"approved_by": ""})
    refuses(world, "case.note", reselling.correct, case, "X", LOT, kg(20), "OP-X/NEW", **asked | {"note": ""})
    world.do(reselling.correct, case, "X", LOT, kg(20), "OP-X/NEW", **asked)
    world.do(goods.transfer, "OP-X/NEW", kg(5), "Z", source="X")
    refuses(world, "transfer.recalled", goods.transfer, LOT, kg(5), "Z", source="X")
    answer = world.answer(case)
    assert "OP-X/NEW" not in answer.affected_lots
    assert answer.figures[0].retrieved == 20_000
    world.do(reselling.correct, case, "X", LOT, kg(1), "OP-X/NEW", **asked)  # more of the same corrected goods


def test_goods_are_not_corrected_into_goods_that_a_case_is_about(world: World) -> None:
    """Else the same 20 kg would be retrieved and distributed anew, and be blocked although somebody was told they may be sold."""
    case = world.open(LOT, level=3)
    asked = {"approved_by": "7", "note": "小票注明"}
    refuses(world, "case.correct_lot", reselling.correct, case, "X", LOT, kg(20), LOT, **asked)
    world.born("OTHER", "Q", 10)
    refuses(world, "case.correct_lot_there", reselling.correct, case, "X", LOT, kg(1), "OP-Q/OTHER", **asked)
    before = world.answer(case).figures[0]
    same = Output(lot=LOT, quantity=kg(20), product="milk")
    goods_in = (Portion(LOT, kg(20)),)
    world.put(
        Transformation(
            id="same", at=world.now, site="X", kind="relabel", inputs=goods_in, outputs=(same,), case=case, approved_by="7", note="x"
        )
    )
    after = world.answer(case).figures[0]
    assert (after.distributed, after.retrieved) == (before.distributed, before.retrieved), "a fact says so: nothing was corrected by it"


def test_what_one_case_approved_another_still_refuses(world: World) -> None:
    case = world.open(LOT, level=3)
    grave = world.at(3.1).open(LOT, level=1)
    asked = {"approved_by": "7", "note": "小票注明"}
    refuses(world, "transfer.recalled", reselling.correct, case, "X", LOT, kg(20), "OP-X/NEW", **asked)
    assert [(each.asked, each.case) for each in world.refusals()] == [("use", grave)]
    world.do(cases.withdraw, grave, "x", "7")
    world.do(reselling.correct, case, "X", LOT, kg(20), "OP-X/NEW", **asked)


def test_a_clock_set_back_before_the_opening_lets_nothing_pass(world: World) -> None:
    case = world.open(LOT)
    early = Doing(now=world.at(2.9).now, by="7")
    world.ledger.clock_rule = world.ledger.clock_rule._replace(confirmed=True)
    for ask in (
        lambda session: goods.transfer(session, early, LOT, kg(5), "Z", source="X"),
        lambda session: reselling.restock(session, early, "X", LOT, None),
    ):
        with pytest.raises(FoodtraceError) as error:
            world.ledger.act(ask)
        assert error.value.code == "transfer.recalled"
    assert len(world.refusals()) == 2
    world.at(3.2).put(Sale(id="late", at=day(2.5), site="X", lot=LOT, quantity=kg(5)))
    assert {each.kind: each.sites for each in now(world, case).remarks}["entered_late"] == ("X",)


def test_a_site_that_failed_a_visit_nobody_had_drawn_can_be_found_clean_by_the_next(world: World) -> None:
    """Else its case could be closed by override only."""
    case = world.open(LOT)
    refuses(world, "case.not_drawn", checks.check, case, "X", "clean")
    world.do(checks.check, case, "X", "found", quantity=kg(3))
    assert ("check_failed", "X", 0) in left(world, case)
    world.at(4).do(checks.check, case, "X", "clean")
    assert "check_failed" not in {each[0] for each in left(world, case)}


def test_goods_that_a_visit_found_are_of_the_one_lot_they_can_be_of(world: World) -> None:
    """Without a lot they would stand in no figure, and the site on no list."""
    case = world.open(LOT)
    found = world.do(checks.check, case, "Z", "found", quantity=kg(9))
    assert found.event.lot == LOT
    assert "Z" in {row.site for row in world.answer(case).outlets}
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "X", 40)
    two = world.open(LOT, "OP-Q/K")
    assert world.do(checks.check, two, "X", "found", quantity=kg(1)).event.lot == "", "which of the two nobody said"
    assert world.do(checks.check, two, "Y", "found", quantity=kg(1)).event.lot == LOT, "that is what lies there"


def test_what_a_visit_finds_after_closing_is_recorded_and_the_case_is_to_be_reopened(world: World) -> None:
    """ByHeart 2025: cans were found on the shelves after the recall was over."""
    case = world.open(LOT)
    world.at(4).do(cases.close, case, "x", "7")
    found = world.do(checks.check, case, "X", "found", quantity=kg(3))
    assert found.consequences[:2] == ("reopen", "seal")
    world.do(cases.reopen, case, "found on the shelf")
    assert "check_failed" in {each[0] for each in left(world, case)}


def test_goods_of_a_recall_never_go_back_on_the_shelf_closed_or_not(world: World) -> None:
    """ByHeart 2025: returned cans were put out again in 175 shops."""
    world.keeping("X", "Y", "Z")
    case = world.open(LOT)
    world.do(disposal.dispose, "return", case, "X", LOT, None, to="W")
    refuses(world, "transfer.recalled", reselling.restock, "W", LOT, kg(60))
    world.at(4).do(cases.close, case, "x", "7")
    refuses(world, "transfer.recalled", reselling.restock, "W", LOT, kg(60))
    assert [each.asked for each in world.refusals()] == ["restock", "restock"]
    refuses(world, "case.approved_by", cases.clear, case, [LOT], "lab", "")
    refuses(world, "case.reason", cases.clear, case, [LOT], "", "7")
    world.at(5).do(cases.clear, case, [LOT], "lab", "7")
    assert world.do(reselling.restock, "W", LOT, kg(60)) == LOT


# -- checks ------------------------------------------------------------------------------------------------------------------
def test_the_sample_comes_from_the_seed_of_the_first_entry_and_anybody_can_draw_it_again(world: World) -> None:
    case = world.open(LOT, sample=effectiveness.commit(SEED))
    refuses(world, "case.seed_other", checks.sample, case, b"\1" * 32, "A")
    refuses(world, "case.sample_level", checks.sample, case, SEED)
    refuses(world, "case.sample_percent", checks.sample, case, SEED, "C", percent=50)
    drawn = world.do(checks.sample, case, SEED, "B")
    assert (drawn.frame, drawn.size, len(drawn.new)) == (3, 1, 1)
    everybody = world.at(4).do(checks.sample, case, SEED, "A")
    assert (everybody.size, len(everybody.new)) == (3, 2), "a higher level adds, it never takes out"
    with world.read() as session:
        again = checks.redraw(session, case)
    assert (again.seed_fits, again.agree, again.drawn, again.unexpected, again.missing) == (True, 3, 3, (), ())
    assert now(world, case).rates["R6"].denominator == 3


def test_a_failed_check_names_what_must_follow_raises_the_level_and_keeps_the_case_open(world: World) -> None:
    case = world.open(LOT, sample=effectiveness.commit(SEED))
    site = world.do(checks.sample, case, SEED, "B").new[0][0]
    friend = next(each for each in ("X", "Y", "W") if each != site)
    refuses(world, "case.not_drawn", checks.check, case, friend, "clean")
    refuses(world, "case.found_what", checks.check, case, site, "found")
    none = refuses(world, "case.found_nothing", checks.check, case, site, "found", quantity=kg(0))
    assert f"case check {site} clean" in none.hint("en")
    failed = world.at(4).do(checks.check, case, site, "found", lot=LOT, quantity=kg(2), evidence="d" * 64)
    assert (failed.consequences, failed.level) == (("seal", "notify", "widen_sample", "visit_again"), "A")
    assert now(world, case).check_level == "A"
    assert ("check_failed", site, 0) in left(world, case)
    assert world.do(checks.sample, case, SEED).size == 3, "without a level the raised one is drawn"
    assert world.at(5).do(checks.check, case, site, "clean").consequences == ()
    assert ("check_failed", site, 0) not in left(world, case)
    assert (now(world, case).rates["R6"].numerator, now(world, case).rates["R6"].denominator) == (1, 3)
    assert world.do(checks.check, case, friend, "closed").consequences == ("visit_again",)


def test_what_was_true_and_what_was_known_when_it_was_due_both_stay_on_the_status(world: World) -> None:
    case = world.open(LOT, level=1)
    world.do(cases.publish, case)
    assert now(world, case).at_deadline is None
    due = day(17)
    world.now = due.replace(hour=23, minute=59)
    assert now(world, case).at_deadline is None, "it is due at midnight"
    world.at(19)
    world.put(Returned(id="late", at=day(5), site="X", to="W", lot=LOT, quantity=kg(60), case=case))
    point = now(world, case).at_deadline
    assert point is not None
    assert point.deadline
    assert (point.happened["R1"].numerator, point.known["R1"].numerator) == (60_000, 0)
    with world.read() as session:
        marked = [each for each in status(session, case, micros(world.now), curves=True)[0].curve if each.deadline]
    assert marked == [point]


def test_a_quantity_without_a_lot_is_of_the_one_lot_there_and_asked_about_where_there_are_several(world: World) -> None:
    world.keeping("X", "Y", "Z")
    world.born("K", "Q", 40)
    case = world.open(LOT, "OP-Q/K")
    (sealed,) = world.do(disposal.dispose, "seal", case, "X", None, kg(10))
    assert (sealed.lot, sealed.quantity) == (LOT, kg(10))
    world.at(3.1).got("OP-Q/K", "X", 7)
    asked = refuses(world, "case.which_lot_here", disposal.dispose, "return", case, "X", None, kg(10), to="W")
    assert asked.as_dict()["candidates"] == ["OP-P/L 60.0 kg", "OP-Q/K 7.0 kg"]
    planned: dict[str, Any] = {"due": day(5), "place": "yard"}
    refuses(world, "case.which_lot_here", destruction.plan_destruction, case, "X", None, kg(10), **planned)
    world.do(disposal.dispose, "return", case, "X", "OP-Q/K", None, to="W")
    (plan,) = world.do(destruction.plan_destruction, case, "X", None, kg(10), **planned)
    assert plan.lot == LOT, "of the other nothing is there"
    refuses(world, "case.holds_less", disposal.dispose, "destroy", case, "X", None, kg(61))
    world.do(disposal.dispose, "return", case, "X", LOT, None, to="W")
    nothing = refuses(world, "case.which_lot_here", disposal.dispose, "seal", case, "X", None, kg(1), allow_short=True)
    assert nothing.as_dict()["candidates"] == ["OP-P/L", "OP-Q/K"], "of none is anything there by the book"


def test_two_names_of_one_lot_are_one_lot_to_a_quantity(world: World) -> None:
    world.keeping("X", "Y", "Z")
    world.put(Alias(id="a", at=world.now, site="P", lot=LOT, alias="OP-P/BOX"))
    case = world.open(LOT)
    (sealed,) = world.do(disposal.dispose, "seal", case, "X", None, kg(10))
    assert (sealed.lot in {LOT, "OP-P/BOX"}, sealed.quantity) == (True, kg(10))
    (rest,) = world.do(disposal.dispose, "seal", case, "Y", None, None)
    assert rest.quantity == kg(30)


def test_goods_do_not_go_back_to_where_they_are_by_command_or_as_an_event(world: World) -> None:
    world.keeping("X", "Y", "Z")
    case = world.open(LOT)
    refuses(world, "case.return_same_site", disposal.dispose, "return", case, "X", LOT, kg(5), to="X")
    with pytest.raises(BadData) as error:
        world.put(Returned(id="r", at=world.now, site="X", to="X", case=case, lot=LOT, quantity=kg(5)))
    assert error.value.code == "case.return_same_site"
    world.do(disposal.dispose, "return", case, "X", LOT, None, to="P")
    refuses(world, "case.return_same_site", disposal.dispose, "return", case, "X", LOT, None, to="X")  # though nothing is left there


def test_a_return_to_somebody_who_never_supplied_the_goods_is_recorded_and_said(world: World) -> None:
    case = world.open(LOT)
    world.sites(D="disposal")
    for to, strange in (("W", []), ("Y", ["Y"]), ("P", []), ("D", [])):
        events = world.do(disposal.dispose, "return", case, "X", LOT, kg(5), to=to)
        with world.read() as session:
            assert disposal.strange_returns(session, events, micros(world.now)) == strange, to


def test_a_destruction_that_was_reported_before_the_risk_was_known_was_not_duly_reported(world: World) -> None:
    world.keeping("X", "Y", "Z")
    case = world.open(LOT)
    long_ago = day(-2000)
    (event,) = world.at(4).do(disposal.dispose, "destroy", case, "Y", LOT, None, reported=long_ago, witness="W-7", place="yard")
    with world.read() as session:
        assert destruction.reported_early(session, event)
    assert {each.kind for each in now(world, case).remarks} == {"reported_early", "reported_after", "no_evidence"}
