"""Closing a case and after, on both engines: when it may end, who may end it, and what stays blocked."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from foodtrace import Quantity
from foodtrace.errors import BadData, NotFound, Refused
from foodtrace.events import (
    Correction,
    GoodsCleared,
    LotsClause,
    Output,
    Portion,
    RecallOpened,
    RecallWithdrawn,
    Receipt,
    Sale,
    TestRecorded,
    Transfer,
    Transformation,
)
from foodtrace.graph.edges import micros
from foodtrace.operations import batches, cases, disposal, goods, notices, stoplist, till
from foodtrace.operations.blocking import blocks
from foodtrace.operations.caselist import overview
from foodtrace.operations.casestatus import status
from foodtrace.operations.common import Doing
from foodtrace.operations.notdone import NotDone
from foodtrace.operations.scopes import Given
from foodtrace.recall.report import case_report
from foodtrace.recall.report_html import html
from foodtrace.texts import LANGS, text
from tests.recall.caselife import LOT, left, now, refuses
from tests.recall.casework import World, day, kg


def test_a_case_closes_when_nothing_is_left_and_everybody_answered(world: World) -> None:
    world.keeping("X", "Y", "Z")
    case = world.open(LOT)
    error = refuses(world, "case.not_done", cases.close, case)
    assert isinstance(error, NotDone)
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
    assert (now(world, case).closed_over, [each.unmet for each in now(world, case).decisions]) == (0, [0])
    assert "every condition held" in now(world, case).decisions[0].words("en")
    assert now(world, case).rates["R2"].percent == "100.0"
    assert (now(world, case).broken, now(world, case).today) == ((), ())
    world.at(7).put(Transfer(id="late", at=day(2.5), site="W", to="Z", lot=LOT, quantity=kg(10)))
    found = now(world, case)
    assert {(each.kind, each.site) for each in found.broken} >= {("unnotified", "Z"), ("free", "Z")}
    assert [(each.what, each.count) for each in found.today] == [("reopen", 2)], "not notified, so no answer; and goods"
    with world.read() as session:
        (line,) = overview(session, micros(world.now), everything=True)
    assert (line.broken, line.worst) == (2, next(each for each in found.broken if each.kind == "free"))


def test_what_a_case_was_closed_over_is_answered_for_and_nothing_that_came_since(world: World) -> None:
    case = world.open(LOT)
    world.at(4).do(cases.close, case, "bankrupt", "7")
    assert now(world.at(5), case).broken == (), "somebody answers for it"
    world.put(Transfer(id="late", at=day(2.5), site="P", to="Z", lot=LOT, quantity=kg(10)))
    assert {each.site for each in now(world, case).broken} == {"Z"}
    world.do(cases.reopen, case, "more")
    assert now(world, case).broken == ()


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


def test_every_decision_on_a_case_stands_in_status_and_report_with_its_reason_and_who_answers_for_it(world: World) -> None:
    """Closed by override and reopened: the second does not make the first unsaid; what a log without standing decides is none."""
    case = world.open(LOT)
    world.at(4).do(cases.close, case, "bankrupt", "7")
    world.at(5).do(cases.reopen, case, "more found", by="9")
    world.at(6).do(cases.clear, case, [LOT], "lab", "8", site="X")
    world.at(7).do(cases.close, case, "bankrupt", "7")
    world.do(cases.reopen, case, "more", "3", by="9")
    world.ledger.init("local/shop", operator="OP-X")
    world.put(RecallWithdrawn(id="mine", at=world.now, case=case, reason="x", approved_by="1"), log="local/shop")
    found = now(world, case)
    assert [(each.kind, each.reason, each.approved_by) for each in found.decisions] == [
        ("overridden", "bankrupt", "7"),
        ("reopened", "more found", "9"),
        ("cleared", "lab", "8"),
        ("overridden", "bankrupt", "7"),
        ("reopened", "more", "3"),
    ]
    assert found.decisions[2].words("en") == f"2026-03-08 09:00 goods cleared ({LOT}, at X): lab (approved by 8)"
    assert found.decisions[4].words("en") == "2026-03-09 09:00 reopened: more (3)"
    with world.read() as session:
        report, chain = case_report(session, case, now=micros(world.now))
    assert report.decisions == found.decisions
    for lang in LANGS:
        page = html(report, chain, lang=lang)
        assert all(f"{each.words(lang)}" in page for each in found.decisions)
        assert "bankrupt" in found.decisions[0].words(lang)


def test_a_clearing_names_a_few_of_its_lots_in_words_and_all_of_them_as_data(world: World) -> None:
    """Goods of a window are cleared where they lie, in an event for each place: it is one decision."""
    others = [f"OP-P/M{n}" for n in range(7)]
    for lot in others:
        world.born(lot[5:], "P", 10).move(lot, "P", "W", 10)
    case = world.do(
        cases.open_case, scope=Given(through="W", start="2026-03-01", end="2026-03-10"), level=2, known=world.now, reason="x"
    ).case
    world.at(4).do(cases.clear, case, [], "lab", "8")
    (decision,) = now(world, case).decisions
    assert (decision.lots, set(decision.sites)) == (tuple(sorted((LOT, *others))), {"W", "X", "Y"})
    assert f"goods cleared ({', '.join(sorted((LOT, *others))[:5])} and 3 more lots, at " in decision.words("en")
    assert "另 3 批, 在 " in decision.words("zh")
    old = GoodsCleared(id="old", at=world.now, case=case, basis="lab", approved_by="9")
    world.put(old)
    assert "(all that the case reached then): lab (approved by 9)" in now(world, case).decisions[1].words("en")


def test_goods_sent_on_to_nobody_on_record_block_closing_until_it_is_said_to_whom(world: World) -> None:
    """W sent 10 kg on without saying to whom: it has to ask, or the case closes over goods that nobody was told of."""
    world.put(Transfer(id="gone", at=world.now, site="W", to="", lot=LOT, quantity=kg(10)))
    case = world.open(LOT)
    world.at(4).do(notices.notify, case)
    assert ("astray", "W", 10_000) in left(world, case)
    (task,) = [each for each in now(world, case).today if each.what == "pass_on"]
    assert (task.site, task.quantity, [each.lot for each in task.goods]) == ("W", 10_000, [LOT])
    with world.read() as session:
        row = session.row("SELECT seq, leaf FROM entry WHERE id = 'gone'")
    assert row is not None
    said = Transfer(id="gone", at=day(3), site="W", to="Z", lot=LOT, quantity=kg(10))
    fix = Correction(id="fix", at=world.now, seq=row[0], leaf=bytes(row[1]).hex(), reason="incorrect_data", replacement=said)
    world.at(5).put(fix)
    assert {(kind, site) for kind, site, _ in left(world, case) if site in "WZ"} >= {("unnotified", "Z"), ("silent", "Z")}
    assert "astray" not in {kind for kind, _, _ in left(world, case)}
