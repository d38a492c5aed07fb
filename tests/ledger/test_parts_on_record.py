"""An event on record in parts means what it means whole: retries, clashing ids, all or none, and what cannot be split."""

from __future__ import annotations

import doctest
import sqlite3
from pathlib import Path

import msgspec
import pytest

import foodtrace.events.parts as splitting
from foodtrace import Ledger, errors
from foodtrace.events import Event, Loss, Packing, Transformation, VoucherLines
from foodtrace.events.canonical import MAX_WHOLE
from foodtrace.events.parts import MAX_PAIRS
from foodtrace.graph import projection
from tests.ledger.parts import around, blend, long_ones, lot, opened, outputs, portions, told
from tests.ledger.rich import AT, kg

LONG = long_ones()


def test_on_record_in_parts_an_event_means_what_it_means_whole(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(url, tmp_path) as ledger:
        receipt = ledger.record([*around(), *LONG])
        assert receipt.new == len(around()) + len(LONG)
        assert receipt.last + 1 - receipt.first > receipt.new
        found = ledger.verify()
        assert found.ok
        assert found.entries == receipt.last + 1
        with ledger.reading() as session:
            split = told(session)
        ledger.rebuild()
        with ledger.reading() as session:
            assert told(session) == split
        assert ledger.verify(full=True).ok
        assert {row.site for row in ledger.recall(lot("IN", 0)).outlets} == {"S-1"}
    monkeypatch.setattr(splitting, "LIMIT", 2**30)
    monkeypatch.setattr("foodtrace.events.canonical.MAX_BYTES", 2**30)
    monkeypatch.setattr("foodtrace.events.parts.MAX_BYTES", 2**30)
    monkeypatch.setattr("foodtrace.tlog.entry.MAX_BYTES", 2**30)
    with opened(f"sqlite:///{tmp_path / 'whole.db'}", tmp_path / "whole") as other:
        entries = other.record([*around(), *LONG])
        assert entries.last + 1 - entries.first == entries.new
        with other.reading() as session:
            assert told(session) == split


def test_a_retry_gives_the_first_receipt_and_other_content_is_refused(url: str, tmp_path: Path) -> None:
    with opened(url, tmp_path) as ledger:
        first = ledger.record([blend()])
        again = ledger.record([blend(), *around()])
        assert again.seqs[0] == first.seqs[0]
        assert again.new == len(around())
        assert ledger.record([blend()]).checkpoint == first.checkpoint
        assert (ledger.record([blend()]).first, ledger.record([blend()]).last) == (first.first, first.last)
        for other in (blend(2999), blend(100), blend(9000)):
            with pytest.raises(errors.Conflict) as raised:
                ledger.record([other])
            assert raised.value.code == "record.id_conflict"
            assert len(raised.value.message()) < 700
        ledger.record([blend(100, name="T-3")])
        with pytest.raises(errors.Conflict):
            ledger.record([blend(3000, name="T-3")])
        assert ledger.verify().ok


@pytest.mark.parametrize("order", [1, -1])
def test_an_id_that_lines_have_is_taken(ledger: Ledger, order: int) -> None:
    clash = Loss(id="T-1~1", at=AT, site="P-1", lot=lot("IN", 1), quantity=kg(1))
    with pytest.raises(errors.Conflict):
        ledger.record([blend(), clash][::order])
    assert ledger.logs()[0].size == 1
    first, second = (clash, blend())[::order]
    ledger.record([first])
    with pytest.raises(errors.Conflict) as raised:
        ledger.record([second])
    assert raised.value.message("en") == "T-1~1 is what lines of T-1 are kept under, it cannot be the id of an event as well"
    assert raised.value.code == "record.id_of_lines"
    assert ledger.verify().ok


def test_all_parts_or_none(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    ledger.record(around())
    size = ledger.logs()[0].size
    with monkeypatch.context() as patch:
        patch.setattr(projection, "apply", fail)
        with pytest.raises(errors.FoodtraceError):
            ledger.record([blend()])
    assert ledger.logs()[0].size == size
    assert ledger.verify().ok
    assert ledger.record([blend()]).new == 1


def test_personal_values_lie_with_the_event(ledger: Ledger) -> None:
    given = {"T-1": {"contact": "张三"}}
    receipt = ledger.record([blend()], personal=given)
    with ledger.reading() as session:
        assert session.rows("SELECT seq, value FROM personal") == [(receipt.seqs[0], "张三")]
    assert ledger.record([blend()], personal=given).new == 0
    assert ledger.verify().ok


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (blend(name="T" * 80), "event.part_id"),
        (VoucherLines(id="x~1", doc="x", part=1, parts=2, at=AT, kind="packing"), "event.part_given"),
        (msgspec.structs.replace(blend(2), parts=3), "event.part_given"),
        (Transformation(id="x", at=AT, site="P-1", kind="blend", inputs=portions("A", 1001), outputs=outputs("B", 1000)), "event.pairs"),
        (Transformation(id="x", at=AT, site="P-1", kind="blend", inputs=portions("A", 10_001), outputs=outputs("B", 1)), "event.too_many"),
        (Packing(id="x", at=AT, parent="P", children=(*("A" * 8 for _ in range(9000)), "坏")), "event.form"),
        (Packing(id="x", at=AT, parent="P", children=tuple("A" * 80 for _ in range(110_000))), "event.size"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_cannot_be_split_is_refused_and_says_why(ledger: Ledger, event: Event, code: str) -> None:
    with pytest.raises(errors.BadData) as raised:
        ledger.record([event])
    assert raised.value.code == code
    assert raised.value.hint("zh")
    assert raised.value.hint("en")
    assert ledger.logs()[0].size == 1


def test_the_page_says_what_happens(ledger: Ledger) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "record.md").read_text("utf-8")
    part = page[page.index("## Long vouchers") : page.index("## Limits")]
    tried = doctest.DocTestParser().get_doctest(part.replace("```", "\n"), {"ledger": ledger, "now": AT}, "record.md", None, 0)
    assert doctest.DocTestRunner().run(tried) == (0, 5)
    for said, is_so in (
        ("10,000 inputs", 10_000),
        ("1,000,000 pairs", MAX_PAIRS),
        ("8 MiB", MAX_WHOLE >> 20),
        ("76 characters", 80 - len("~998")),
    ):
        assert said in part
        assert said.split()[0].replace(",", "") == str(is_so)
