"""Who got goods of a case and supplied what they were made of: one notice, one number, one code, one answer (ADR 38)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace import Quantity
from foodtrace.events import Acknowledgement, Notice, Transfer
from foodtrace.graph.edges import micros
from foodtrace.operations import corrections, notices
from foodtrace.operations.common import Doing
from foodtrace.operations.noticepage import as_csv, mailing, page, public_of
from foodtrace.operations.receipts import notice_of
from foodtrace.recall.cases import case_events
from foodtrace.recall.report import case_report
from foodtrace.recall.report_tables import places_grid
from tests.recall.caselife import now
from tests.recall.casework import World, kg

CANS = "06909999000012/B1"
MILK = "OP-X/V"
BOTH = ("downstream", "upstream")


@pytest.fixture
def dairy(tmp_path: Path) -> Iterator[World]:
    """X has a cow and a shop: 20 kg of its milk went into 100 cans, of which it sells 30; Y sells 50, and P supplied only."""
    empty = World(f"sqlite:///{tmp_path / 'l.db'}", tmp_path / "keys")
    empty.sites().born("V", "X", 20, product="牛奶").born("L", "P", 100)
    empty.at(1).move(MILK, "X", "F", 20).move("OP-P/L", "P", "F", 10)
    empty.at(2).batch(CANS, "F", 100, {MILK: 20, "OP-P/L": 10})
    for site, cans in (("X", 30), ("Y", 50)):
        empty.put(Transfer(id=f"to-{site}", at=empty.now, site="F", to=site, lot=CANS, quantity=Quantity(cans, "piece")))
    yield empty.at(3)
    empty.ledger.close()


def sent_to(world: World, case: str, site: str = "X", **more: str) -> list[notices.Sent]:
    return [each for each in world.do(notices.notify, case, **more).notices if each.party.site == site]


def written(world: World, case: str) -> list[tuple[str, tuple[str, ...], bool]]:
    """Return (direction, lots, whether it carries the code) of every entry of a notice to X, as they stand in the log."""
    with world.read() as session:
        entries = sorted((entry, event) for _, event, entry in case_events(session, case))
    told = [event for _, event in entries if isinstance(event, Notice) and event.to == "X"]
    return [(each.direction, each.lots, "receipt" in each.commitments) for each in told]


def earlier_version(world: World, case: str) -> tuple[str, str]:
    """Put two notices to X on record, each with a code of its own, as versions before ADR 38 did; return the codes."""
    codes = ("AAAAAAAAA2", "BBBBBBBBB3")
    for way, lot, code in zip(BOTH, (CANS, MILK), codes, strict=True):
        told = Notice(id=f"old-{way}", at=world.now, case=case, to="X", operator="OP-X", direction=way, lots=(lot,))  # type: ignore[arg-type]
        world.ledger.record([told], personal={told.id: {"receipt": code}}, confirm_clock=True)
    return codes


def test_a_party_told_both_ways_gets_one_paper_one_number_and_one_code(dairy: World) -> None:
    case = dairy.open(CANS, operator="OP-F")
    sent = dairy.do(notices.notify, case)
    assert [(each.number, each.party.site, each.party.directions) for each in sent.notices] == [
        (1, "X", BOTH),
        (2, "Y", BOTH[:1]),
        (3, "F", BOTH[1:]),
        (4, "P", BOTH[1:]),
    ]
    assert (sent.outlets, sent.others, sent.upstream, sent.both) == (2, 0, 2, 1)
    assert written(dairy, case) == [("downstream", (CANS,), True), ("upstream", (MILK,), False)]
    mine = sent.notices[0]
    with dairy.read() as session:
        said = page(public_of(session, case, micros(dairy.now)), mine, "en")
    for words in ("Your goods (nobody", "What you supplied (nobody", "<p>Your goods:</p>", "<p>What you supplied:</p>", MILK, CANS):
        assert said.count(words) == 1, words
    assert said.count("<svg") == 1
    (mail,) = [each for each in mailing(sent, contacts=False) if each.site == "X"]
    assert [(each.direction, each.received, each.on_hand, each.unit, each.lots) for each in mail.lines] == [
        ("downstream", 30, 30, "piece", (CANS,)),
        ("upstream", 20_000, None, "g", (MILK,)),
    ]
    rows = list(csv.DictReader(io.StringIO(as_csv(mailing(sent, contacts=False)).decode("utf-8-sig"))))
    pair = [(row["number"], row["file"], row["receipt"], row["direction"]) for row in rows if row["site"] == "X"]
    assert pair == [("1", mail.file, mail.receipt, way) for way in BOTH]


def test_it_is_one_outlet_told_and_answers_once_and_stands_as_a_supplier_told(dairy: World) -> None:
    case = dairy.open(CANS, operator="OP-F")
    (mine,) = sent_to(dairy, case)
    assert dairy.do(notices.notify, case).notices == ()
    rate = dairy.answer(case).rates["R4"]
    assert (rate.numerator, rate.denominator) == (2, 2)
    assert [step.kind for row in now(dairy, case).sites if row.site == "X" for step in row.steps] == ["notice"]
    with dairy.read() as session:
        report = case_report(session, case, now=micros(dairy.now))[0]
        rows = places_grid("outlets", report.answer.outlets, str, "en", upstream=report.upstream, in_case=True).rows
    assert set(report.upstream) == {"X", "F", "P"}
    (row,) = [row for row in rows if "X-name" in row]
    assert "2026-03-05 09:00 (as a supplier too)" in row
    assert {each.party.site for each in dairy.at(4).do(notices.notify, case, which="silent").notices} == {"X", "Y", "F", "P"}
    with dairy.read() as session:
        told = notice_of(session, mine.code)
    answer: Acknowledgement = dairy.at(5).do(notices.acknowledge, case, "X", [], nothing=True, notice=told.id)
    assert (told.id, answer.notice) == (mine.event.id, mine.event.id)
    assert dairy.do(notices.acknowledge, case, "Y", []).notice != "", "of who answers without a code the last notice that has one"
    rates = dairy.answer(case).rates
    assert (rates["R5"].numerator, rates["R5"].denominator) == (2, 2)
    assert {each.party.site for each in dairy.at(6).do(notices.notify, case, which="silent").notices} == {"F", "P"}


def test_an_answer_without_a_code_is_to_the_paper_and_not_to_its_second_entry(dairy: World) -> None:
    case = dairy.open(CANS, operator="OP-F")
    doing = Doing(now=dairy.now, by="7", id="n")  # ids that stand in the order of the entries
    mine = dairy.ledger.act(lambda session: notices.notify(session, doing, case))[1].notices[0]
    assert (mine.party.site, mine.event.id) == ("X", "n-1")
    assert dairy.at(4).do(notices.acknowledge, case, "X", []).notice == mine.event.id


def test_two_notices_that_an_earlier_version_sent_are_told_answered_and_printed_as_they_were(dairy: World) -> None:
    case = dairy.open(CANS, operator="OP-F")
    codes = earlier_version(dairy, case)
    assert sent_to(dairy, case) == [], "told both ways"
    with dairy.read() as session:
        again = {each.number: each for each in notices.sent_before(session, micros(dairy.now), case).notices}
        assert [(again[n].code, again[n].party.directions) for n in (1, 2)] == [(codes[0], BOTH[:1]), (codes[1], BOTH[1:])]
        assert [notice_of(session, code).direction for code in codes] == list(BOTH)
    (mine,) = sent_to(dairy.at(4), case, which="all")
    with dairy.read() as session:
        last = [each for each in notices.sent_before(session, micros(dairy.now), case).notices if each.party.site == "X"]
    assert [(each.number, each.code, each.party.directions) for each in last] == [(mine.number, mine.code, BOTH)]


def test_told_one_way_it_is_due_the_other_and_goods_that_came_later_are_told_with_both(dairy: World) -> None:
    case = dairy.open(CANS, operator="OP-F")
    dairy.put(Notice(id="down", at=dairy.now, case=case, to="X", lots=(CANS,)))
    (mine,) = sent_to(dairy, case)
    assert mine.party.directions == BOTH


@pytest.mark.parametrize("changes", [{}, {"delivered": "2026-03-05T08:00:00+08:00"}])
def test_one_notice_is_corrected_as_one_and_papers_keep_number_and_code(dairy: World, changes: dict[str, str]) -> None:
    case = dairy.open(CANS, operator="OP-F")
    sent = dairy.do(notices.notify, case).notices
    own = dairy.ledger.writer().number
    dairy.at(3.5)
    doing = Doing(now=dairy.now, by="7")
    dairy.ledger.act(lambda session: corrections.correct(session, doing, own, sent[0].event.id, changes=changes, note="x"))
    with dairy.read() as session:
        left = {each.number: (each.party.site, each.code) for each in notices.sent_before(session, micros(dairy.now), case).notices}
    kept = {each.number: (each.party.site, each.code) for each in sent[0 if changes else 1 :]}
    assert left == kept, "by the paper's own number, and a corrected notice keeps its code"
    if changes:
        with dairy.read() as session:
            assert notice_of(session, sent[0].code).delivered is not None
            told = [event.delivered for _, event, _ in case_events(session, case) if isinstance(event, Notice) and event.to == "X"]
        assert len(told) == 2
        assert None not in told
        return
    assert written(dairy, case) == []
    (again,) = sent_to(dairy, case)
    assert (again.number, again.party.directions) == (5, BOTH)


def test_many_lots_stand_in_further_entries_and_it_stays_one_notice(dairy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    dairy.born("V2", "X", 5, product="牛奶").move("OP-X/V2", "X", "F", 5).batch("06909999000012/B2", "F", 9, {"OP-X/V2": 5})
    dairy.put(Transfer(id="more", at=dairy.now, site="F", to="X", lot="06909999000012/B2", quantity=Quantity(9, "piece")))
    monkeypatch.setattr(notices, "_LOTS", 1)
    case = dairy.open(CANS, "06909999000012/B2", operator="OP-F")
    sent_to(dairy, case)
    assert [(way, code) for way, _, code in written(dairy, case)] == [
        ("downstream", True),
        ("downstream", False),
        ("upstream", False),
        ("upstream", False),
    ]
    with dairy.read() as session:
        (mine,) = [each for each in notices.sent_before(session, micros(dairy.now), case).notices if each.party.site == "X"]
    assert mine.party.directions == BOTH
    assert kg(5).value in {each.received for each in mine.party.supplied}
