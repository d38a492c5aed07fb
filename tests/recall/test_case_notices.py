"""Notices and what comes back, on both engines: who is told of what, once, and what an answer may say."""

from __future__ import annotations

from typing import Any

import pytest

from foodtrace import Quantity
from foodtrace.errors import FoodtraceError
from foodtrace.events import (
    Notice,
    Output,
    Portion,
    Transfer,
    Transformation,
)
from foodtrace.graph.edges import micros
from foodtrace.intake.lists import ListRow
from foodtrace.operations import cases, disposal, notices
from foodtrace.operations.answersfile import collect
from foodtrace.operations.closing import conditions
from foodtrace.operations.noticepage import as_csv, mailing, page, public_of
from foodtrace.operations.receipts import notice_of
from tests.recall.caselife import LOT, left, now, refuses
from tests.recall.casework import World, day, kg


def test_everybody_gets_one_notice_with_nothing_but_his_own(world: World) -> None:
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "Z", 40).move("OP-Q/K", "Z", "X", 10)
    case = world.open(LOT, "OP-Q/K")
    sent = world.do(notices.notify, case).notices
    mine = {
        each.party.site: {lot.lot: (lot.received + lot.born, lot.on_hand) for lot in (*each.party.lots, *each.party.supplied)}
        for each in sent
    }
    assert mine == {
        "W": {LOT: (100_000, 10_000)},
        "X": {LOT: (60_000, None), "OP-Q/K": (10_000, None)},
        "Y": {LOT: (30_000, None)},
        "Z": {"OP-Q/K": (40_000, 30_000)},
        "P": {LOT: (100_000, 0)},
        "Q": {"OP-Q/K": (40_000, 0)},
    }, "P recalls, and is told as somebody else opened the case; X and Y keep no books: who knows what they sold"
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


def test_a_notice_says_what_was_made_there_beside_what_came_and_adds_no_unlike_pieces(world: World) -> None:
    made = Output(lot="OP-X/R", quantity=kg(30), product="芹菜")
    at = world.now
    world.put(Transformation(id="re", at=at, site="X", kind="repack", inputs=(Portion(LOT, kg(30)),), outputs=(made,)))
    cans, bags = (
        Output(lot=f"OP-X/{code}", quantity=Quantity(q, "piece"), product=name) for code, q, name in (("C", 100, "罐"), ("B", 7, "袋"))
    )
    world.put(Transformation(id="can", at=at, site="X", kind="process", inputs=(Portion(LOT, kg(10)),), outputs=(cans, bags)))
    case = world.open(LOT)
    sent = world.do(notices.notify, case)
    (mine,) = [each for each in sent.notices if each.party.site == "X"]
    (mail,) = [each for each in mailing(sent, contacts=False) if each.site == "X"]
    rows = [(row.unit, row.product, row.received, row.born) for row in mail.lines]
    assert rows == [("g", "", 60_000, 30_000), ("piece", "罐", 0, 100), ("piece", "袋", 0, 7)]
    with world.read() as session:
        public = public_of(session, case, micros(world.now))
    assert "<th>Made there</th>" in page(public, mine, "en")
    (other,) = [each for each in sent.notices if each.party.site == "Y"]
    assert "<th>Made there</th>" not in page(public, other, "en"), "where nothing was made no column says so"


def test_what_stands_against_closing_and_what_to_do_adds_no_unlike_pieces(world: World) -> None:
    cans, bags = (
        Output(lot=f"OP-X/{code}", quantity=Quantity(q, "piece"), product=name) for code, q, name in (("C", 100, "罐"), ("B", 7, "袋"))
    )
    world.put(Transformation(id="can", at=world.now, site="X", kind="process", inputs=(Portion(LOT, kg(60)),), outputs=(cans, bags)))
    case = world.open(LOT)
    world.do(notices.notify, case)
    world.do(notices.acknowledge, case, "X", [], nothing=False)
    with world.read() as session:
        against = conditions(session, micros(world.now), world.case(case))
        assert [(each.product, each.quantity) for each in against if each.site == "X" and each.kind == "free"] == [("罐", 100), ("袋", 7)]
    found = now(world, case)
    assert sorted((each.product, each.quantity) for each in found.today if each.site == "X" and each.what == "seal") == [
        ("罐", 100),
        ("袋", 7),
    ]


def test_who_bought_goods_without_lot_gets_a_notice_too(world: World) -> None:
    world.put(Transfer(id="what", at=world.now, site="W", to="Z", product="芹菜", quantity=kg(5)))
    case = world.open(LOT)
    sent = {each.party.site: each for each in world.do(notices.notify, case).notices}
    assert {lot.lot for lot in sent["Z"].party.lots} == {""}
    assert (sent["Z"].party.lots[0].received, sent["Z"].party.lots[0].on_hand) == (5_000, None)
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
    up = {each.party.site: [(lot.lot, lot.received) for lot in each.party.supplied] for each in sent.notices if each.party.supplied}
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
    steps = next(row for row in now(world, case).sites if row.site == "Z").steps
    assert next(step for step in steps if step.kind == "notice").at.startswith("2026-03-06"), "the first notice counts"


def test_an_answer_speaks_of_the_sites_own_lots_and_what_is_not_said_stays_unknown(world: World) -> None:
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "Z", 40)
    case = world.open(LOT, "OP-Q/K")
    world.do(notices.notify, case)
    world.born("N", "Q", 5)
    refuses(world, "case.not_affected", notices.acknowledge, case, "X", [("OP-Q/N", kg(1))])
    refuses(world, "case.not_affected", notices.acknowledge, case, "F", [])
    said = world.do(notices.acknowledge, case, "X", [], nothing=True)
    assert [(each.lot, each.quantity.value) for each in said.on_hand] == [(LOT, 0)]
    assert world.do(notices.acknowledge, case, "Y", []).on_hand == ()
    rows = {row.site: row.amounts[0] for row in world.answer(case).outlets}
    assert (rows["X"].on_hand, rows["X"].at_notice, rows["X"].unaccounted) == (0, 0, 60_000), (
        "what the book has and the shop has not is unaccounted, never gone"
    )
    assert (rows["Y"].on_hand, rows["Y"].at_notice, rows["Y"].likely) == (None, None, 30_000)


def test_what_a_site_answers_of_another_lot_of_the_case_is_part_of_the_recall(world: World) -> None:
    """X has 60 kg of one lot on record, and 30 kg of the other lie there too."""
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "Z", 40)
    case = world.open(LOT, "OP-Q/K")
    world.do(notices.notify, case)
    before = world.answer(case).figures[0].distributed
    world.at(3.1).do(notices.acknowledge, case, "X", [(LOT, kg(60)), ("OP-Q/K", kg(30))])
    answer = world.answer(case)
    assert (answer.figures[0].distributed, answer.figures[0].rates["R2"].denominator) == (before + 30_000, before + 30_000)
    assert ("free", "X", 90_000) in left(world, case)
    said = {(each.kind, each.site): each for each in answer.untraced}
    assert said["unexplained_stock", "X"].value == 30_000
    assert said["same_lot_no_path", "X"].entries, "the answer is the record behind it"
    assert [each.party.site for each in world.do(notices.notify, case).notices] == ["X"], "of the lot that it was not told of"
    (sealed,) = world.at(3.2).do(disposal.dispose, "seal", case, "X", "OP-Q/K", None)
    assert sealed.quantity == kg(30)
    assert ("sealed", "X", 30_000) in left(world, case)


def test_a_site_that_nothing_is_on_record_of_says_what_it_has(world: World) -> None:
    case = world.sites(S="shop").open(LOT)
    refuses(world, "case.not_affected", notices.acknowledge, case, "S", [])
    world.at(3.1).do(notices.acknowledge, case, "S", [(LOT, kg(7))])
    assert ("free", "S", 7_000) in left(world, case)
    assert ("unnotified", "S", 0) in left(world, case)


def test_an_answer_by_receipt_code_however_it_was_typed_and_never_by_a_wrong_one(world: World) -> None:
    case = world.open(LOT)
    sent = next(each for each in world.do(notices.notify, case).notices if each.party.site == "X")
    with world.read() as session:
        for typed in (
            sent.code,
            f" {sent.code.lower()} ",
            sent.text,
            sent.text.lower(),
            f"  {case}/X/{sent.code}".replace(case, f"receipt/{case}"),
            sent.text.swapcase(),
        ):
            assert notice_of(session, typed).to == "X"
        wrong = sent.text[:-1] + ("A" if sent.text[-1] != "A" else "B")
        other = sent.text.replace("/X/", "/Y/")
        for typed, code in (
            (wrong, "case.receipt_unknown"),
            (other, "case.receipt_unknown"),
            (wrong[-10:], "case.receipt_unknown"),
            (sent.code[:9], "case.receipt_form"),
        ):
            with pytest.raises(FoodtraceError) as error:
                notice_of(session, typed)
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


def test_a_row_that_names_another_case_or_another_site_than_its_code_is_nobodys_answer(world: World) -> None:
    case = world.open(LOT)
    other = world.open(LOT, level=3)
    sent = next(each for each in world.do(notices.notify, case).notices if each.party.site == "Y")
    row: dict[str, Any] = {"lot": "L", "quantity": "5 kg"}
    for cells, column, code in (
        ({"site": "X", "code": sent.text}, "site", "case.other_site"),
        ({"site": "X", "case": other}, "case", "case.other_case_row"),
        ({"site": "X", "case": "2026-0999"}, "case", "case.not_found"),
    ):
        found = world.do(collect, case, [ListRow(2, {**row, **cells})])
        assert (found.new, [(each.column, each.error.code) for each in found.faults]) == (0, [(column, code)])
    assert world.do(collect, case, [ListRow(2, {**row, "site": "Y", "code": sent.text, "case": case})]).new == 1


def test_a_lot_that_is_none_of_the_case_is_a_fault_of_its_own_row(world: World) -> None:
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "Z", 40)
    case = world.open(LOT)
    world.do(notices.notify, case)
    rows = [ListRow(2, {"site": "X", "lot": LOT, "quantity": "5 kg"}), ListRow(3, {"site": "X", "lot": "OP-Q/K", "quantity": "1 kg"})]
    found = world.do(collect, case, rows)
    assert [(each.row, each.column, each.value) for each in found.faults] == [(3, "lot", "OP-Q/K")]
    assert [(each.row, each.because) for each in found.left_out] == [(2, 3)]


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
    late = [task for task in now(world.at(10), case).late if task.what == "answer"]
    assert [(each.site, each.late_by) for each in late] == [("W", 2), ("Y", 2)], "whoever handed the goods on answers as well"


def test_a_site_that_holds_newly_recalled_goods_is_told_of_them_though_it_had_a_notice(world: World) -> None:
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "X", 40)
    case = world.open(LOT)
    world.do(notices.notify, case)
    world.do(cases.widen, case, ["OP-Q/K"], "lab")
    again = {each.party.site: [lot.lot for lot in each.party.lots] for each in world.at(4).do(notices.notify, case).notices}
    assert again == {"X": [LOT, "OP-Q/K"], "Q": ["OP-Q/K"]}


def test_a_notice_that_names_no_lot_tells_of_what_the_scope_then_meant_and_no_more(world: World) -> None:
    world.born("K", "Q", 40).move("OP-Q/K", "Q", "X", 40)
    case = world.open(LOT)
    for site in ("X", "Y", "W"):
        world.put(Notice(id=f"by-{site}", at=world.now, case=case, version=1, to=site))

    def untold() -> set[str]:
        with world.read() as session:
            return {each.site for each in conditions(session, micros(world.now), world.case(case)) if each.kind == "unnotified"}

    def sent() -> set[str]:
        return {each.party.site for each in world.do(notices.notify, case).notices if each.party.lots}

    assert (world.answer(case).rates["R4"].numerator, untold(), sent()) == (2, set(), set())
    world.at(4).do(cases.widen, case, ["OP-Q/K"], "lab")
    assert (world.answer(case).rates["R4"].numerator, untold()) == (0, {"X", "Y", "W", "Q"}), "nobody told X of K"
    assert sent() == {"X", "Y", "W", "Q"}
    assert (world.answer(case).rates["R4"].numerator, untold(), sent()) == (2, set(), set())
    world.at(5).put(Notice(id="again", at=world.now, case=case, version=2, to="X"))
    assert (world.answer(case).rates["R4"].numerator, sent()) == (2, set())


def test_what_came_by_the_records_is_named_beside_what_may_have_come(world: World) -> None:
    """300 are on record at X and 100 on the way: "received ?" had named neither the 300 nor what the question mark is about."""
    world.put(Transfer(id="t-more", at=world.now, site="W", to="Y", lot=LOT, quantity=kg(5), in_transit=True))
    world.open(LOT)
    sent = world.do(notices.notify, None)
    (mine,) = [each for each in sent.notices if each.party.site == "Y"]
    assert [(each.received, each.recorded, each.travelling) for each in mine.party.lots] == [(None, 30_000, 5_000)]
    mails = mailing(sent, contacts=False)
    (mail,) = next(each for each in mails if each.site == "Y").lines
    assert (mail.received, mail.recorded, mail.travelling, mail.goods[0].recorded) == (None, 30_000, 5_000, 30_000)
    assert f"{LOT} 30000+? ? 5000 confirmed" in as_csv(mails).decode("utf-8-sig")
    assert next(each for each in mails if each.site == "X").lines[0].recorded == 0, "what is known is in received"
    with world.read() as session:
        for lang, words in (("en", "at least 30.0 kg (60 斤)"), ("zh", "至少 30.0 kg (60 斤)")):
            assert words in page(public_of(session, sent.case, micros(world.now)), mine, lang)  # type: ignore[arg-type]


def test_what_is_on_the_way_to_a_site_without_books_is_unknown_there_and_every_lot_has_its_own_figures(world: World) -> None:
    world.put(Transfer(id="t-road", at=world.now, site="W", to="Z", lot=LOT, quantity=kg(5), in_transit=True))
    world.born("N", "P", 20).move("OP-P/N", "P", "Y", 10)
    world.open(LOT, "OP-P/N")
    sent = world.do(notices.notify, None)
    (mine,) = [each for each in sent.notices if each.party.site == "Z"]
    assert [(each.received, each.on_hand, each.travelling) for each in mine.party.lots] == [(None, None, 5_000)]
    mails = mailing(sent, contacts=False)
    (road,) = next(each for each in mails if each.site == "Z").lines
    assert (road.received, road.on_hand, road.travelling) == (None, None, 5_000)
    (two,) = next(each for each in mails if each.site == "Y").lines
    assert [(each.lot, each.received, each.product) for each in two.goods] == [(LOT, 30_000, "芹菜"), ("OP-P/N", 10_000, "芹菜")]
    listed = as_csv(mails).decode("utf-8-sig")
    assert f"{LOT} ? ? 5000 confirmed" in listed
    assert f"{LOT} 30000 ? 0 confirmed; OP-P/N 10000 ? 0 confirmed" in listed
    with world.read() as session:
        printed = page(public_of(session, sent.case, micros(world.now)), mine, "en")
    assert "On the way" in printed
    assert "<td class=n>?</td>" in printed


def test_a_site_without_books_that_has_answered_reads_its_own_figure_in_the_next_notice(world: World) -> None:
    """It said 12 of the 30 kg delivered to it; of the lot it is told of anew it has said nothing."""
    case = world.open(LOT)
    world.do(notices.notify, case)
    world.at(4).do(notices.acknowledge, case, "Y", [(LOT, kg(12))])
    world.born("N", "P", 20).move("OP-P/N", "P", "Y", 10)
    world.at(5).do(cases.widen, case, ["OP-P/N"], "too")
    (mine,) = [each for each in world.do(notices.notify, case).notices if each.party.site == "Y"]
    told = {each.lot: (each.received, each.on_hand) for each in mine.party.lots}
    assert told == {LOT: (30_000, 12_000), "OP-P/N": (10_000, None)}
