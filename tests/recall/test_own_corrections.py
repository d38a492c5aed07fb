"""What a case had on record and somebody corrected is named: in its status, in the list, on paper and in the workbook."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from foodtrace.events import Correction, EffectivenessCheck, Event
from foodtrace.graph.edges import micros
from foodtrace.operations import cases, checks, corrections, disposal, notices
from foodtrace.operations.caselist import overview
from foodtrace.operations.casestatus import status
from foodtrace.operations.common import Doing
from foodtrace.operations.entries import find_entry
from foodtrace.recall.cases import case_events
from foodtrace.recall.effectiveness import commit
from foodtrace.recall.report import case_report
from foodtrace.recall.report_html import html
from foodtrace.recall.report_sheets import workbook
from foodtrace.recall.report_tables import list_headings
from foodtrace.texts import LANGS, text
from foodtrace.tlog.pagelists import Form, Heading, looks_like
from tests.recall.caselife import LOT, SEED, now
from tests.recall.casework import World, chain, kg

OFFICE, SHOP = "local/office", "local/shop"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A case on L, told and answered, drawn, found at X, sealed at Y."""
    made = World(f"sqlite:///{tmp_path / 'l.db'}", tmp_path / "keys")
    with made.ledger:
        made.ledger.init(OFFICE)
        chain(made).at(3).open(LOT, sample=commit(SEED))
        made.do(notices.notify, None)
        made.do(notices.acknowledge, None, "Y", [(LOT, kg(30))])
        made.do(checks.sample, None, SEED, "A")
        made.do(checks.check, None, "X", "found", quantity=kg(3))
        made.do(disposal.dispose, "seal", None, "Y", LOT, kg(30))
        yield made.at(4)


def entry_of(world: World, kind: str) -> Event:
    """Return the newest record of a kind in the case."""
    with world.read() as session:
        told = sorted((entry, event) for _, event, entry in case_events(session, "2026-0001"))
    return [event for _, event in told if event.__struct_config__.tag == kind][-1]


def correct(world: World, kind: str, note: str = "", **changes: str) -> None:
    event, own = entry_of(world, kind), world.ledger.writer().number
    doing = Doing(now=world.now, by="7")
    world.ledger.act(lambda session: corrections.correct(session, doing, own, event.id, changes=changes, note=note))


def told(world: World) -> list[tuple[str, str, str, str, str, bool]]:
    found = now(world, "2026-0001").own_corrections
    return [(each.kind, each.site, each.reason, each.by, each.note, each.effect) for each in found]


def test_what_was_corrected_away_of_a_case_is_named_with_who_and_why_wherever_the_case_is_told(world: World) -> None:
    assert told(world) == []
    correct(world, "effectiveness_check", "another shop")
    correct(world, "acknowledgement", "a slip", **{"on_hand.0.quantity": "25kg"})
    correct(world, "acknowledgement", "", **{"on_hand.0.quantity": "26kg"})
    correct(world, "sealing", "never sealed")
    assert told(world) == [
        ("effectiveness_check", "X", "did_not_occur", "7", "another shop", True),
        ("acknowledgement", "Y", "incorrect_data", "7", "a slip", True),
        ("acknowledgement", "Y", "incorrect_data", "7", "", True),
        ("sealing", "Y", "did_not_occur", "7", "never sealed", True),
    ]
    found = now(world, "2026-0001")
    remarks = {each.kind: (each.count, each.sites) for each in found.remarks}
    assert remarks["own_corrected"] == (4, ("X", "Y"))
    assert "corrected" not in remarks, "the sealing is named once"
    assert [each.correction for each in found.own_corrections] == list(next(e for e in found.remarks if e.kind == "own_corrected").entries)
    with world.read() as session:
        (line,) = overview(session, micros(world.now))
        report, chain_ = case_report(session, "2026-0001", now=micros(world.now))
        then, _ = status(session, "2026-0001", micros(world.now) - 1, as_known=True)
    assert (line.own_corrected, then.own_corrections) == (4, ())
    page = html(report, chain_, lang="en")
    assert "4 entries of the case itself were corrected" in page
    forms = [Form(*(Heading(*each) for each in list_headings(lang))) for lang in LANGS]
    lists = page.index(text("report.proof.title", "en"))
    assert looks_like(page[:lists], forms) is None, "the table is not taken for one of those that are proven"
    assert "<h2>Corrections of own entries (4)</h2>" in page
    rows = list(load_workbook(io.BytesIO(workbook(report, lang="zh")))["案件自己记录的更正"].iter_rows(values_only=True))
    assert [row[3] for row in rows[1:]] == ["更正为没有发生", "内容已更正", "内容已更正", "更正为没有发生"]
    assert rows[1][2] == "X"
    assert rows[1][6:] == ("7", "another shop")


def test_a_correction_without_effect_is_named_as_that(world: World) -> None:
    with world.read() as session:
        target = find_entry(session, entry_of(world, "recall_opened").id, 1)
    world.put(Correction(id="no", at=world.now, seq=target.seq, leaf=target.leaf, reason="did_not_occur", note="we never recalled"))
    assert told(world) == [("recall_opened", "", "did_not_occur", "", "we never recalled", False)]
    (word,) = now(world, "2026-0001").own_corrections
    at = f"{world.now:%Y-%m-%d %H:%M}"
    assert word.words("en") == (
        f"{OFFICE}#{target.seq} recall opened: said not to have occurred ({word.correction}, {at}, -): we never recalled; without effect"
    )
    assert word.words("zh").endswith(": we never recalled; 不起作用")


def test_a_shop_that_denies_the_check_is_named_and_a_taken_back_clearing_too(world: World) -> None:
    correct(world, "effectiveness_check")
    world.do(cases.clear, None, [LOT], "lab", "9")
    correct(world, "goods_cleared", "the wrong sample")
    assert told(world)[1:] == [("goods_cleared", "", "did_not_occur", "7", "the wrong sample", True)]
    event = world.do(checks.check, None, "X", "found", quantity=kg(2)).event
    assert isinstance(event, EffectivenessCheck)
    with world.read() as session:
        target = find_entry(session, event.id, 1)
    world.ledger.init(SHOP, operator="OP-X")
    word = Correction(id="deny", at=world.now, site="X", log=OFFICE, seq=target.seq, leaf=target.leaf, reason="did_not_occur", note="lies")
    world.put(word, log=SHOP)
    (denied,) = [each for each in now(world, "2026-0001").own_corrections if each.correction.startswith(SHOP)]
    assert (denied.entry, denied.kind, denied.note, denied.effect) == (f"{OFFICE}#{target.seq}", "effectiveness_check", "lies", False)
