"""A case from opening to clearing, by the operations of the command line, on both engines: what would hurt if it were not so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foodtrace import Quantity
from foodtrace.errors import BadData, FoodtraceError, NotFound, Refused
from foodtrace.events import (
    Correction,
    Destroyed,
    DestructionPlanned,
    LotsClause,
    Output,
    Portion,
    RecallOpened,
    RecallWithdrawn,
    Receipt,
    Returned,
    Sale,
    TestRecorded,
    Transfer,
    Transformation,
)
from foodtrace.graph.edges import micros
from foodtrace.intake.lists import ListRow
from foodtrace.operations import batches, cases, checks, disposal, goods, notices, stoplist, till
from foodtrace.operations.answersfile import collect
from foodtrace.operations.blocking import blocks
from foodtrace.operations.casestatus import CaseStatus, overview, status
from foodtrace.operations.closing import conditions
from foodtrace.operations.common import Doing
from foodtrace.operations.noticepage import mailing, page, public_of
from foodtrace.recall import effectiveness
from foodtrace.texts import LANGS, text
from tests.recall.casework import World, chain, day, kg

LOT = "OP-P/L"
SEED = bytes(range(32))


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    url = f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else request.getfixturevalue("pg_url")
    made = World(url, tmp_path / "keys")
    chain(made).at(3)
    yield made
    made.ledger.close()


def refuses(world: World, code: str, operation: Any, *given: Any, **more: Any) -> FoodtraceError:
    with pytest.raises(FoodtraceError) as error:
        world.do(operation, *given, **more)
    assert error.value.code == code
    return error.value


def now(world: World, case: str) -> CaseStatus:
    with world.read() as session:
        return status(session, case, micros(world.now))[0]


def left(world: World, case: str) -> list[tuple[str, str, int]]:
    with world.read() as session:
        return [(each.kind, each.site, each.quantity) for each in conditions(session, micros(world.now), world.case(case))]


# -- opening, publishing, extending ------------------------------------------------------------------------------------------


def test_neither_class_nor_knowledge_nor_reason_is_ever_made_up(world: World) -> None:
    asked = {"level": 2, "known": day(3), "reason": "x"}
    refuses(world, "case.level", cases.open_case, [LOT], **asked | {"level": 4})
    refuses(world, "case.known_later", cases.open_case, [LOT], **asked | {"known": day(4)})
    refuses(world, "case.reason", cases.open_case, [LOT], **asked | {"reason": "  "})
    assert world.refusals() == []


def test_the_plan_stands_in_the_notice_and_people_stand_beside_the_log(world: World) -> None:
    plan = cases.Plan(product="芹菜", harm="急性中毒", refund="凭小票退款", in_charge="王某", phone="0451-1", quantity="100 kg")
    case = world.open(LOT, plan=plan)
    with world.read() as session:
        public = public_of(session, case, micros(world.now))
        entries = b"".join(bytes(row[0]) for row in session.rows("SELECT bytes FROM entry"))
    assert (public.said["harm"], public.said["refund"], public.phone) == ("急性中毒", "凭小票退款", "0451-1")
    assert "王某".encode() not in entries
    assert b"0451-1" not in entries


def test_the_completion_clock_starts_once_and_moves_only_by_a_published_extension(world: World) -> None:
    case = world.open(LOT, level=1)
    assert now(world, case).clocks[1].due is None
    refuses(world, "case.not_published", cases.extend, case, dt.date(2026, 4, 1), "A-1")
    world.do(cases.publish, case)
    refuses(world, "case.published", cases.publish, case)
    first = now(world, case).clocks[1].due_day
    assert first == "2026-03-19", "ten working days after Thursday 5 March"
    refuses(world, "case.approval", cases.extend, case, dt.date(2026, 4, 1), " ")
    refuses(world, "case.extend_earlier", cases.extend, case, dt.date(2026, 3, 19), "A-1")
    world.do(cases.extend, case, dt.date(2026, 4, 1), "A-1")
    assert now(world, case).clocks[1].due_day == first, "an extension nobody published does not count"
    world.do(cases.extend, case, dt.date(2026, 4, 1), "A-1", published=world.now)
    assert (now(world, case).clocks[1].due_day, now(world, case).clocks[1].first_due_day) == ("2026-04-01", first)
    late = now(world.at(33), case)
    assert [(task.what, task.late_by) for task in late.late] == [("complete", 2)], "2 and 3 April were working days"


# -- notices and answers -----------------------------------------------------------------------------------------------------


def test_everybody_gets_one_notice_with_nothing_but_his_own(world: World) -> None:
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "Z", 40).move("OP-Q/K", "Z", "X", 10)
    case = world.open(LOT, "OP-Q/K")
    sent = world.do(notices.notify, case).notices
    mine = {each.party.site: {lot.lot: (lot.received, lot.on_hand) for lot in each.party.lots} for each in sent}
    assert mine == {
        "W": {LOT: (100_000, 10_000)},
        "X": {LOT: (60_000, 60_000), "OP-Q/K": (10_000, 10_000)},
        "Y": {LOT: (30_000, 30_000)},
        "Z": {"OP-Q/K": (40_000, 30_000)},
        "P": {LOT: (100_000, 0)},
        "Q": {"OP-Q/K": (40_000, 0)},
    }, "P recalls, and is told as somebody else opened the case"
    with world.read() as session:
        public = public_of(session, case, micros(world.now))
    for each in sent:
        text = page(public, each, "zh")
        assert each.code in text
        assert "<td>芹菜</td>" in text, "the plan names no product, the records of the lot do"
        assert "T09:00" not in text, "a time is printed as people write it"
        assert "<svg" in text
        assert {name for name in ("X-name", "Y-name", "W-name", "Z-name") if name in text} <= {each.party.name}
    rows = mailing(world.do(notices.notify, case, which="all"), contacts=False)
    assert sorted({row.site for row in rows}) == ["P", "Q", "W", "X", "Y", "Z"]


def test_who_bought_goods_without_lot_gets_a_notice_too(world: World) -> None:
    world.put(Transfer(id="what", at=world.now, site="W", to="Z", product="芹菜", quantity=kg(5)))
    case = world.open(LOT)
    sent = {each.party.site: each for each in world.do(notices.notify, case).notices}
    assert {lot.lot for lot in sent["Z"].party.lots} == {""}
    assert sent["Z"].party.lots[0].on_hand == 5_000
    with world.read() as session:
        assert "未写批次" in page(public_of(session, case, micros(world.now)), sent["Z"], "zh")
    answer = world.answer(case)
    assert answer.rates["R4"].numerator == answer.rates["R4"].denominator == 3
    assert not world.do(notices.notify, case).notices, "told once, and not again every time"
    world.do(notices.acknowledge, case, "Z", [], nothing=True)
    assert world.answer(case).rates["R5"].numerator == 1


def test_told_of_one_lot_is_not_told_of_another(world: World) -> None:
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "X", 10)
    case = world.open(LOT)
    world.do(notices.notify, case)
    world.do(cases.widen, case, ["OP-Q/K"], "too")
    assert world.answer(case).rates["R4"].numerator == 1, "Y: nobody told X of K"
    with world.read() as session:
        against = conditions(session, micros(world.now), world.case(case))
        assert {each.site for each in against if each.kind == "unnotified"} == {"X", "Q"}
    world.do(notices.notify, case)
    assert world.answer(case).rates["R4"].numerator == 2


def test_suppliers_of_what_went_in_are_told_as_well(world: World) -> None:
    world.move(LOT, "W", "F", 10).batch("06909999000012/B1", "F", 100, {LOT: 5})
    case = world.open("06909999000012/B1")
    sent = world.do(notices.notify, case)
    up = {
        each.party.site: [(lot.lot, lot.received) for lot in each.party.lots] for each in sent.notices if each.party.direction == "upstream"
    }
    assert up["P"] == [(LOT, 5_000)]
    assert sorted(up) == ["F", "P"]


def test_a_second_round_reaches_only_whom_the_scope_newly_reached_or_who_is_silent(world: World) -> None:
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "Z", 40)
    case = world.open(LOT)
    world.do(notices.notify, case)
    assert world.do(notices.notify, case).notices == ()
    world.do(cases.widen, case, ["OP-Q/K"], "lab")
    again = world.at(4).do(notices.notify, case)
    assert (sorted(each.party.site for each in again.notices), again.version) == (["Q", "Z"], 2)
    world.do(notices.acknowledge, case, "X", [])
    silent = {each.party.site for each in world.at(5).do(notices.notify, case, which="silent").notices}
    assert "X" not in silent
    assert {"Y", "Z"} <= silent
    assert next(row for row in now(world, case).sites if row.site == "Z").steps[0].at.startswith("2026-03-06"), "the first notice counts"


def test_an_answer_speaks_of_the_sites_own_lots_and_what_is_not_said_stays_unknown(world: World) -> None:
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "Z", 40)
    case = world.open(LOT, "OP-Q/K")
    world.do(notices.notify, case)
    refuses(world, "case.not_affected", notices.acknowledge, case, "X", [("OP-Q/K", kg(1))])
    refuses(world, "case.not_affected", notices.acknowledge, case, "F", [])
    said = world.do(notices.acknowledge, case, "X", [], nothing=True)
    assert [(each.lot, each.quantity.value) for each in said.on_hand] == [(LOT, 0)]
    assert world.do(notices.acknowledge, case, "Y", []).on_hand == ()
    rows = {row.site: row.amounts[0] for row in world.answer(case).outlets}
    assert (rows["X"].on_hand, rows["X"].at_notice, rows["X"].unaccounted) == (0, 0, 60_000), (
        "what the book has and the shop has not is unaccounted, never gone"
    )
    assert (rows["Y"].on_hand, rows["Y"].at_notice, rows["Y"].likely) == (None, None, 30_000)


def test_an_answer_by_receipt_code_however_it_was_typed_and_never_by_a_wrong_one(world: World) -> None:
    case = world.open(LOT)
    sent = next(each for each in world.do(notices.notify, case).notices if each.party.site == "X")
    with world.read() as session:
        for typed in (sent.text, sent.text.lower(), f"  {case}/X/{sent.code}".replace(case, f"receipt/{case}"), sent.text.swapcase()):
            assert notices.notice_of(session, typed).to == "X"
        wrong = sent.text[:-1] + ("A" if sent.text[-1] != "A" else "B")
        other = sent.text.replace("/X/", "/Y/")
        for typed, code in ((wrong, "case.receipt_unknown"), (other, "case.receipt_unknown"), (sent.code, "case.receipt_form")):
            with pytest.raises(FoodtraceError) as error:
                notices.notice_of(session, typed)
            assert error.value.code == code
        entries = b"".join(bytes(row[0]) for row in session.rows("SELECT bytes FROM entry"))
    assert sent.code.encode() not in entries, "whoever reads the log cannot answer for a shop"


def test_a_file_of_answers_is_all_or_nothing_and_changes_nothing_the_second_time(world: World) -> None:
    case = world.open(LOT)
    sent = next(each for each in world.do(notices.notify, case).notices if each.party.site == "Y")
    good = [
        ListRow(2, {"site": "X-name", "lot": "L", "quantity": "55", "unit": "kg"}),
        ListRow(3, {"code": sent.text, "quantity": "60 斤"}),
    ]
    bad = ListRow(4, {"site": "X-name", "lot": "L", "quantity": "lots"})
    spoiled = world.do(collect, case, [*good, bad])
    assert (spoiled.new, [(fault.row, fault.column) for fault in spoiled.faults]) == (0, [(4, "quantity")])
    assert world.do(collect, case, [*good, ListRow(5, {"site": "NOBODY"})], skip_bad=True).new == 2
    assert (again := world.at(3.5).do(collect, case, good), again.new, again.known)[1:] == (0, 2)
    rows = {row.site: row.amounts[0].on_hand for row in world.answer(case).outlets}
    assert rows == {"X": 55_000, "Y": 30_000}
    assert {row.site: row.amounts[0].at_notice for row in world.answer(case).outlets} == rows


def test_an_answer_in_an_unlike_unit_or_with_a_lot_and_no_quantity_is_refused_and_nothing_is_recorded(world: World) -> None:
    case = world.open(LOT)
    world.do(notices.notify, case)
    refuses(world, "quantity.unit_differs", notices.acknowledge, case, "X", [(LOT, Quantity(5, "piece"))])
    for quantity, unit, code in (("5", "piece", "quantity.unit_differs"), ("abc", "g", "quantity.form"), ("", "g", "case.no_quantity")):
        found = world.do(collect, case, [ListRow(2, {"site": "X", "lot": "L", "quantity": quantity, "unit": unit})])
        assert (found.new, [(each.column, each.error.code) for each in found.faults]) == (0, [("quantity", code)])
    assert not [row for row in world.answer(case).outlets if row.acknowledged]


def test_a_case_dated_ahead_says_when_it_opens(world: World) -> None:
    case = world.at(9).open(LOT)
    error = refuses(world.at(3), "case.not_yet", notices.notify, case)
    assert str(error.expected).startswith(day(9).isoformat()[:10])


def test_who_does_not_answer_is_late_after_three_working_days_and_has_a_telephone(world: World) -> None:
    case = world.open(LOT)
    world.do(notices.notify, case)
    world.do(notices.acknowledge, case, "X", [])
    assert [task.what for task in now(world.at(7), case).late] == [], "Friday and Monday: two working days"
    (late,) = [task for task in now(world.at(10), case).late if task.what == "answer"]
    assert (late.site, late.late_by) == ("Y", 2)


def test_a_site_that_holds_newly_recalled_goods_is_told_of_them_though_it_had_a_notice(world: World) -> None:
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "X", 40)
    case = world.open(LOT)
    world.do(notices.notify, case)
    world.do(cases.widen, case, ["OP-Q/K"], "lab")
    again = {each.party.site: [lot.lot for lot in each.party.lots] for each in world.at(4).do(notices.notify, case).notices}
    assert again == {"X": [LOT, "OP-Q/K"], "Q": ["OP-Q/K"]}


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
    case = world.open(LOT, level=1)
    refuses(world, "case.no_plan", disposal.report_destruction, case, "X")
    refuses(world, "case.due_past", disposal.plan_destruction, case, "X", LOT, kg(60), due=day(2))
    (plan,) = world.do(disposal.plan_destruction, case, "X", LOT, kg(60), due=day(4), place="yard")
    assert isinstance(plan, DestructionPlanned)
    assert ("report", "X") in [(task.what, task.site) for task in now(world, case).today]
    world.at(3.5).do(disposal.report_destruction, case, "X", doc="B-1")
    refuses(world.at(3.9), "case.report_late", disposal.dispose, "destroy", case, "Y", LOT, None, reported=day(3.9))
    assert now(world.at(4.5), case).late[-1].what == "destroy", "planned for noon and not done"
    (done,) = world.do(disposal.dispose, "destroy", case, "X", LOT, None, witness="W-7")
    assert isinstance(done, Destroyed)
    assert (done.place, done.reported) == ("yard", day(3.5))
    assert {each.kind for each in now(world, case).remarks} == {"no_evidence"}
    world.do(disposal.dispose, "destroy", case, "Y", LOT, None)
    assert {each.kind: each.sites for each in now(world, case).remarks if each.kind != "no_evidence"} == {
        "unreported": ("Y",),
        "unwitnessed": ("Y",),
    }


def test_nobody_returns_more_than_there_was_nor_goods_of_another_case(world: World) -> None:
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "X", 40)
    case = world.open(LOT)
    refuses(world, "site.insufficient", disposal.dispose, "return", case, "X", LOT, kg(61), to="W")
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


def test_corrected_goods_are_sold_under_their_new_lot_and_the_rest_is_not(world: World) -> None:
    grave = world.open(LOT, level=2)
    asked = {"approved_by": "7", "note": "小票注明"}
    refuses(world, "case.correct_level", disposal.correct, grave, "X", LOT, kg(20), "OP-X/NEW", **asked)
    world.do(cases.withdraw, grave, "x", "7")
    case = world.at(3.1).open(LOT, level=3)
    refuses(world, "case.approved_by", disposal.correct, case, "X", LOT, kg(20), "OP-X/NEW", **asked | {"approved_by": ""})
    refuses(world, "case.note", disposal.correct, case, "X", LOT, kg(20), "OP-X/NEW", **asked | {"note": ""})
    world.do(disposal.correct, case, "X", LOT, kg(20), "OP-X/NEW", **asked)
    world.do(goods.transfer, "OP-X/NEW", kg(5), "Z", source="X")
    refuses(world, "transfer.recalled", goods.transfer, LOT, kg(5), "Z", source="X")
    answer = world.answer(case)
    assert "OP-X/NEW" not in answer.affected_lots
    assert answer.figures[0].retrieved == 20_000


def test_goods_of_a_recall_never_go_back_on_the_shelf_closed_or_not(world: World) -> None:
    """ByHeart 2025: returned cans were put out again in 175 shops."""
    case = world.open(LOT)
    world.do(disposal.dispose, "return", case, "X", LOT, None, to="W")
    refuses(world, "transfer.recalled", disposal.restock, "W", LOT, kg(60))
    world.at(4).do(cases.close, case, "x", "7")
    refuses(world, "transfer.recalled", disposal.restock, "W", LOT, kg(60))
    assert [each.asked for each in world.refusals()] == ["restock", "restock"]
    refuses(world, "case.approved_by", cases.clear, case, [LOT], "lab", "")
    refuses(world, "case.reason", cases.clear, case, [LOT], "", "7")
    world.at(5).do(cases.clear, case, [LOT], "lab", "7")
    assert world.do(disposal.restock, "W", LOT, kg(60)) == LOT


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


# -- closing and after -------------------------------------------------------------------------------------------------------


def test_a_case_closes_when_nothing_is_left_and_everybody_answered(world: World) -> None:
    case = world.open(LOT)
    error = refuses(world, "case.not_done", cases.close, case)
    assert isinstance(error, cases.NotDone)
    assert {each.kind for each in error.conditions} == {"silent", "unnotified", "free"}
    world.do(notices.notify, case)
    for site in "XY":
        world.do(notices.acknowledge, case, site, [])
        world.do(disposal.dispose, "return", case, site, LOT, None, to="W")
    assert left(world, case) == [("free", "W", 10_000), ("sealed", "W", 90_000)]
    world.at(4).do(disposal.dispose, "return", case, "W", LOT, None, to="P")
    assert left(world, case) == [("undisposed", "P", 100_000)]
    world.at(5).do(disposal.dispose, "destroy", case, "P", LOT, None, witness="W-7")
    event, against = world.at(6).do(cases.close, case)
    assert (event.override, against) == ("", [])
    assert now(world, case).state == "closed"
    assert now(world, case).rates["R2"].percent == "100.0"


def test_an_override_has_a_reason_and_a_number_and_the_case_can_go_on(world: World) -> None:
    case = world.open(LOT)
    refuses(world, "case.approved_by", cases.close, case, "bankrupt")
    event, against = world.at(4).do(cases.close, case, "bankrupt", "7")
    assert (event.override, event.approved_by, len(against) > 0) == ("bankrupt", "7", True)
    refuses(world, "case.closed", cases.widen, case, ["OP-P/L"], "x")
    refuses(world, "case.closed", notices.notify, case)
    world.do(disposal.dispose, "seal", case, "X", LOT, kg(1))  # what happens to goods is recorded of a closed case as well
    with world.read() as session:
        assert [each.case for each in blocks(session, LOT, micros(world.now), "X")] == [case]
    refuses(world, "case.reason", cases.reopen, case, "")
    world.at(5).do(cases.reopen, case, "more found")
    refuses(world, "case.not_closed", cases.reopen, case, "x")
    assert now(world, case).state == "open"
    world.do(cases.withdraw, case, "wrong lot", "7")
    refuses(world, "case.withdrawn", cases.reopen, case, "x")


def test_a_log_without_standing_decides_nothing_and_may_still_say_what_happened(world: World) -> None:
    case = world.open(LOT)
    world.do(notices.notify, case)
    world.ledger.init("local/shop", operator="OP-X")
    with world.read() as session:
        (number,) = next(iter(session.rows("SELECT id FROM log WHERE origin = ?", ("local/shop",))))
        with pytest.raises(Refused) as error:
            cases.clear(session, Doing(now=world.now, by="7", log=number), case, [LOT], "mine", "7")
    assert error.value.code == "case.no_standing"
    world.do(notices.acknowledge, case, "X", [(LOT, kg(60))], log="local/shop")
    assert world.answer(case).rates["R5"].numerator == 1


@pytest.mark.parametrize(("level", "log"), [(2, None), (3, "local/shop")])
def test_nobody_relabels_goods_out_of_a_case_that_did_not_approve_it(world: World, level: int, log: str | None) -> None:
    """A record that names the case and says "relabelled" is followed like any other, and nothing counts as retrieved by it."""
    world.ledger.init("local/shop", operator="OP-X")
    case = world.open(LOT, level=level)
    taken, made = (Portion(LOT, kg(20)),), (Output(lot="OP-X/NEW", quantity=kg(20)),)
    more: dict[str, Any] = {"inputs": taken, "outputs": made, "case": case, "approved_by": "7"}
    world.put(Transformation(id="mine", at=world.now, site="X", kind="relabel", **more), log=log)
    world.put(Transfer(id="on", at=world.now, site="X", to="Z", lot="OP-X/NEW", quantity=kg(5)), log=log)
    answer = world.answer(case)
    assert "OP-X/NEW" in answer.affected_lots
    assert "Z" in {row.site for row in answer.outlets}
    assert answer.figures[0].retrieved == 0
    refuses(world, "transfer.recalled", goods.transfer, "OP-X/NEW", kg(5), "Y", source="X")


def test_nobody_takes_a_case_over_by_opening_its_number_with_an_earlier_clock(world: World) -> None:
    case = world.open(LOT)
    other: dict[str, Any] = {"case": case, "level": 3, "reason": "x", "known": day(0)}
    world.ledger.init("local/shop", operator="OP-X")
    there = world.now
    world.at(0.5).put(
        RecallOpened(id="mine", at=there, scope=(LotsClause(lots=("OP-X/ELSE",)),), **other),
        RecallWithdrawn(id="over", at=there, case=case, reason="x", approved_by="7"),
        log="local/shop",
    )
    for _ in range(2):  # withdrawn, and then opened anew and left standing
        world.at(3.5)
        refuses(world, "transfer.recalled", goods.transfer, LOT, kg(5), "Z", source="X")
        with world.read() as session:
            assert case in {line.case for line in stoplist.make(session, micros(world.now), "x").about(LOT)}
            assert 2 in {line.level for line in overview(session, micros(world.now))}
        assert world.ledger.recall(LOT).case == case
        again = RecallOpened(id="again", at=there, scope=(LotsClause(lots=("OP-X/ELSE",)),), **other)
        world.at(0.6).put(again, log="local/shop")
    world.at(3.6).do(cases.publish, case)


def test_a_positive_test_stops_transfer_and_till_and_both_refusals_are_entries(world: World) -> None:
    world.put(TestRecorded(id="t", at=world.now, site="W", lot=LOT, sample="S-1", item="有机磷", verdict="positive"))
    refuses(world, "transfer.test_positive", goods.transfer, LOT, kg(1), "Z", source="W")
    refuses(world, "transfer.test_positive", goods.transform, "W", "repack", [(LOT, kg(1))], [], None)
    world.batch("06909999000012/B1", "F", 100, {LOT: 5})
    refuses(world, "transfer.test_positive", batches.release, "06909999000012/B1", "CJ-1", "F")
    assert [(each.asked, each.reasons) for each in world.refusals()] == [
        ("transfer", ("transfer.test_positive",)),
        ("use", ("transfer.test_positive",)),
        ("release", ("transfer.test_positive",)),
    ]
    lab = TestRecorded(id="lab", at=world.now, site="W", lot=LOT, sample="S", item="有机磷", verdict="negative", rapid=False, confirms="t")
    world.at(3.5).put(lab)
    world.do(goods.transfer, LOT, kg(1), "Z", source="W")


def test_a_positive_test_after_release_stops_the_till_and_the_refusal_is_an_entry(world: World) -> None:
    world.batch("06909999000012/B1", "F", 100, {LOT: 5}, expiry=dt.date(2027, 1, 1))
    world.do(batches.release, "06909999000012/B1", "CJ-1", "F")
    world.do(goods.receive, "06909999000012/B1", Quantity(12, "piece"), "X", source="F")
    sold, _ = world.do(till.sell, "06909999000012/B1", Quantity(1, "piece"), "X", serial="1")
    assert isinstance(sold, Sale)
    world.put(TestRecorded(id="t", at=world.now, site="F", lot="06909999000012/B1", sample="S", item="x", verdict="positive", rapid=False))
    refuses(world.at(3.5), "transfer.test_positive", till.sell, "06909999000012/B1", Quantity(1, "piece"), "X", serial="2")
    assert [(each.asked, each.serial, each.reasons) for each in world.refusals()] == [("sale", "2", ("transfer.test_positive",))]


def test_what_was_taken_out_of_the_books_since_the_opening_is_said(world: World) -> None:
    """A plant that would rather have sent less: a receipt dated back, and a dispatch that "did not occur"."""
    case = world.open(LOT)
    world.at(4).put(Receipt(id="home", at=day(2.5), site="P", source="X", lot=LOT, quantity=kg(50)))
    with world.read() as session:
        moved = session.row("SELECT log, seq FROM move WHERE lot = (SELECT id FROM name WHERE text = ?) AND q = 30000 LIMIT 1", (LOT,))
        assert moved is not None
        row = session.row("SELECT seq, leaf FROM entry WHERE log = ? AND seq = ?", moved)
    assert row is not None
    world.at(5).put(Correction(id="undo", at=world.now, seq=row[0], leaf=bytes(row[1]).hex(), reason="did_not_occur"))
    found = now(world, case)
    remarks = {each.kind: (each.count, each.sites) for each in found.remarks}
    assert (remarks["backdated"], remarks["corrected"]) == ((1, ("P",)), (1, ("Y",)))
    assert all("{" not in text(f"status.{kind}", lang, count=1, names="P") for kind in ("backdated", "corrected") for lang in LANGS)
    with world.read() as session:
        then, _ = status(session, case, micros(day(4.5)), as_known=True)
    assert "corrected" not in {each.kind for each in then.remarks}


def test_an_unknown_case_is_no(world: World) -> None:
    for operation in (cases.publish, cases.close, notices.notify):
        with pytest.raises((NotFound, BadData)) as error:
            world.do(operation, "2026-0099")
        assert error.value.code == "case.not_found"
