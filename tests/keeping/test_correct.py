"""Corrections: figures follow, the record keeps both, and nobody corrects what is not theirs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from foodtrace import Ledger, Quantity, errors
from foodtrace.events import (
    AnyEvent,
    CertificateIssued,
    Correction,
    LotsClause,
    Output,
    Portion,
    RecallOpened,
    Site,
    StockCount,
    TestRecorded,
    Transfer,
    Transformation,
)
from foodtrace.events.model import Fact, kinds
from foodtrace.graph.edges import micros
from foodtrace.graph.mended import DECIDING, LIFTS
from foodtrace.operations import corrections, entries, history
from foodtrace.operations.common import Doing, about, local
from foodtrace.recall.cases import case_events, load_case, without_effect
from tests.cli.shell import lot_of, run, shop
from tests.keeping.sampled import AT, filled

__all__ = ["shop"]

NOW = micros(AT) + 3_600_000_000
LOT = "F-1/261123-1"
FACTS = {tag: kind for tag, kind in kinds().items() if kind in Fact.__args__}


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(url, keys=tmp_path / "keys", clock=lambda: NOW) as opened:
        opened.init("test.example/own", operator="F-1")
        opened.record(
            [
                Site(id="s1", at=AT, site="F-1", operator="F-1", kind="farm", name="永发合作社"),
                Site(id="s2", at=AT, site="S-7", operator="S-7", kind="shop", name="福安超市"),
                Site(id="s3", at=AT, site="S-8", operator="S-8", kind="shop", name="惠民超市"),
                CertificateIssued(
                    id="c1", at=AT, site="F-1", lot=LOT, serial="1", issuer="F-1", product="西红柿", quantity=Quantity(500_000, "g")
                ),
                Transfer(id="t1", at=AT, site="F-1", to="S-7", lot=LOT, quantity=Quantity(120_000, "g")),
            ],
            personal={"s2": {"phone": "0451-555-0104"}},
        )
        yield opened


def correct(ledger: Ledger, entry: str, log: str | None = None, **how: Any) -> corrections.Corrected:
    writer = ledger.writer(log)
    doing = Doing(now=local(NOW), by="07")
    _, done = ledger.act(lambda session: corrections.correct(session, doing, writer.number, entry, **how), log=log)
    assert isinstance(done, corrections.Corrected)
    return done


def story(ledger: Ledger, entry: str) -> history.History:
    with ledger.reading() as session:
        return history.history(session, entries.find_entry(session, entry, ledger.writer().number))


def shops(ledger: Ledger) -> dict[str, int]:
    return {row.site: row.amounts[0].likely for row in ledger.recall("261123-1").outlets}


def held_twice(ledger: Ledger) -> None:
    """Figures by replay are the figures on record."""
    checked = ledger.verify()
    assert checked.ok, checked.findings


def test_a_wrong_figure_and_a_wrong_shop_are_put_right_and_both_stay_on_record(ledger: Ledger) -> None:
    done = correct(ledger, "t1", changes={"quantity": "12kg", "to": "惠民超市"}, note="多写一个零, 也写错了店")
    assert [(each.field, each.before, each.after) for each in done.changes] == [("quantity", "120.0 kg", "12.0 kg"), ("to", "S-7", "S-8")]
    assert shops(ledger) == {"S-8": 12_000}
    held_twice(ledger)
    told = story(ledger, "t1")
    assert told.state == "replaced"
    assert isinstance(told.event, Transfer)
    assert isinstance(told.now, Transfer)
    assert (told.event.to, told.now.to, told.now.id) == ("S-7", "S-8", "t1")
    assert [(step.kind, step.by, step.note, step.counts) for step in told.steps] == [("correction", "07", "多写一个零, 也写错了店", True)]


def test_a_correction_is_not_corrected_and_the_entry_it_is_about_is_named(ledger: Ledger) -> None:
    first = correct(ledger, "t1", changes={"quantity": "100kg"})
    size = ledger.logs()[0].size
    for given in (first.event.id, "#6"):
        for how in ({}, {"changes": {"to": "S-8"}}, {"dispute": True, "note": "?"}):
            with pytest.raises(errors.Refused) as caught:
                correct(ledger, given, **how)
            assert caught.value.code == "correction.by_itself"
            assert "test.example/own#5 (t1)" in caught.value.message("en")
            assert "foodtrace correct test.example/own#5" in caught.value.hint("en")
    assert ledger.logs()[0].size == size
    assert shops(ledger) == {"S-7": 100_000}, "that the correction was wrong is not that the delivery did not occur"
    correct(ledger, "t1", changes={"to": "S-8"})
    assert shops(ledger) == {"S-8": 100_000}, "what was put right before stays right"
    held_twice(ledger)


def test_what_was_taken_out_comes_back_only_if_asked_for(ledger: Ledger) -> None:
    correct(ledger, "t1")
    assert shops(ledger) == {}
    with pytest.raises(errors.Conflict) as caught:
        correct(ledger, "t1")
    assert caught.value.code == "correction.nothing"
    whole = Transfer(id="t1", at=AT, site="F-1", to="S-8", lot=LOT, quantity=Quantity(1, "g"))
    for how in ({"changes": {"quantity": "1kg"}}, {"replacement": whole}):
        with pytest.raises(errors.Refused) as refused:
            correct(ledger, "t1", **how)
        assert refused.value.code == "correction.removed"
        assert "--revive" in refused.value.hint("en")
    assert shops(ledger) == {}
    correct(ledger, "t1", changes={"quantity": "1kg"}, revive=True)
    assert shops(ledger) == {"S-7": 1_000}
    held_twice(ledger)
    assert len(story(ledger, "t1").steps) == 2


def test_the_text_of_the_paper_does_not_stay_beside_a_new_quantity(ledger: Ledger) -> None:
    ledger.record([Transfer(id="t2", at=AT, site="F-1", to="S-7", lot=LOT, quantity=Quantity(20_000, "g"), written="40斤")])
    correct(ledger, "t2", changes={"quantity": "10kg"})
    now = story(ledger, "t2").now
    assert isinstance(now, Transfer)
    assert (now.quantity, now.written) == (Quantity(10_000, "g"), "")
    correct(ledger, "t2", changes={"written": "16斤", "quantity": "8kg"})
    again = story(ledger, "t2").now
    assert isinstance(again, Transfer)
    assert (again.quantity, again.written) == (Quantity(8_000, "g"), "16斤")
    held_twice(ledger)


def test_personal_values_go_along(ledger: Ledger) -> None:
    correct(ledger, "s2", changes={"name": "福安超市一店"})
    (row,) = ledger.recall("261123-1").outlets
    assert (row.name, row.phone, row.personal) == ("福安超市一店", "0451-555-0104", "present")
    held_twice(ledger)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quantty": "1kg"}, "correction.field"),
        ({"id": "x"}, "correction.field"),
        ({"quantity": "viel"}, "quantity.form"),
        ({"quantity.unit": "kg"}, "correction.value"),
        ({"to": "nirgends"}, "site.not_found"),
        ({"at": "gestern"}, "correction.value"),
        ({"commitments": "{}"}, "correction.field"),
    ],
)
def test_what_no_event_can_say_is_refused_and_nothing_recorded(ledger: Ledger, changes: dict[str, str], code: str) -> None:
    with pytest.raises(errors.FoodtraceError) as caught:
        correct(ledger, "t1", changes=changes)
    assert caught.value.code == code
    assert ledger.logs()[0].size == 6


def test_an_entry_is_named_by_number_or_whole_id(ledger: Ledger) -> None:
    ledger.record([Transfer(id=f"voucher-{n}", at=AT, site="F-1", to="S-7", lot=LOT, quantity=Quantity(1, "g")) for n in (1, 2)])
    with ledger.reading() as session:
        own = ledger.writer().number
        for given in ("5", "#5", "test.example/own#5", "t1"):
            assert entries.find_entry(session, given, own).event.id == "t1"
        for given in ("99", "other#5", "nein", "%", "vouch", "voucher-"):
            with pytest.raises(errors.NotFound):
                entries.find_entry(session, given, own)


# -- other logs ----------------------------------------------------------------------------------------------------------------


def test_only_the_operator_of_the_site_corrects_another_log(ledger: Ledger) -> None:
    ledger.init("test.example/shop", operator="S-7")
    ledger.init("test.example/farm2", operator="F-1")
    entry = "test.example/own#5"
    with pytest.raises(errors.Refused) as caught:
        correct(ledger, entry, log="test.example/shop", changes={"quantity": "1kg"})
    assert caught.value.code == "correction.not_yours"
    correct(ledger, entry, log="test.example/shop", dispute=True, note="少两箱")
    assert shops(ledger) == {"S-7": 120_000}, "an objection changes no figure"
    correct(ledger, entry, log="test.example/farm2", changes={"quantity": "100kg"})
    assert shops(ledger) == {"S-7": 100_000}
    told = story(ledger, entry)
    assert sorted((step.kind, step.log, step.counts) for step in told.steps) == [
        ("correction", "test.example/farm2", True),
        ("dispute", "test.example/shop", False),
    ]
    assert told.state == "replaced"
    with pytest.raises(errors.Refused) as other:
        correct(ledger, entry)
    assert other.value.code == "correction.other_side", "both replacements would count"
    correct(ledger, entry, log="test.example/farm2")
    assert shops(ledger) == {}
    assert story(ledger, entry).state == "removed"
    held_twice(ledger)
    assert ledger.rebuild()
    assert shops(ledger) == {}


def test_records_that_move_no_goods_follow_a_correction_from_another_log_too(ledger: Ledger) -> None:
    test = TestRecorded(id="q1", at=AT, site="F-1", lot=LOT, sample="1", item="克百威", verdict="positive")
    ledger.record([test])
    ledger.init("test.example/farm2", operator="F-1")
    correct(ledger, "test.example/own#6", log="test.example/farm2", changes={"verdict": "negative"})
    with ledger.reading() as session:
        found = about(session, LOT, TestRecorded)
    assert [each.event.verdict for each in found if isinstance(each.event, TestRecorded)] == ["negative"]


def test_a_case_opened_by_mistake_in_another_log_is_withdrawn_and_not_corrected_away(ledger: Ledger) -> None:
    opened = RecallOpened(
        id="r1", at=AT, site="F-1", case="2026-0001", level=1, reason="克百威", known=AT, scope=(LotsClause(lots=(LOT,)),)
    )
    ledger.record([opened])
    ledger.init("test.example/farm2", operator="F-1")
    with ledger.reading() as session:
        assert [type(event) for _, event, _ in case_events(session, "2026-0001")] == [RecallOpened]
    with pytest.raises(errors.Refused, match=r"correction\.of_case"):
        correct(ledger, "test.example/own#6", log="test.example/farm2")
    with ledger.reading() as session:
        leaf = entries.find_entry(session, "test.example/own#6", None).leaf
    gone = Correction(id="x1", at=AT, site="F-1", log="test.example/own", seq=6, leaf=leaf, reason="did_not_occur")
    ledger.record([gone], log="test.example/farm2")
    with ledger.reading() as session:
        assert [type(event) for _, event, _ in case_events(session, "2026-0001")] == [RecallOpened]
        assert [len(without_effect(session, load_case(session, "2026-0001")))] == [1]


# -- every kind of record ------------------------------------------------------------------------------------------------------


def event_of(tag: str) -> AnyEvent:
    kind = msgspec.inspect.type_info(FACTS[tag])
    assert isinstance(kind, msgspec.inspect.StructType)
    made: AnyEvent = msgspec.convert({**filled(kind), "id": f"k-{tag}", "site": "F-1"}, AnyEvent)
    return made


def take_back_or_change(ledger: Ledger, changes: dict[str, str] | None = None) -> None:
    """Correct entry 1; one that decides whether a case blocks as another program would, whom nobody asks (ADR 37)."""
    with ledger.reading() as session:
        target = entries.find_entry(session, "1", ledger.writer().number)
    if not isinstance(target.event, DECIDING):
        correct(ledger, "1", changes=changes, revive=bool(changes))
        return
    word = msgspec.convert(msgspec.to_builtins(target.event) | changes, AnyEvent) if changes else None
    reason: Any = "incorrect_data" if changes else "did_not_occur"
    ledger.record([Correction(id=f"c{reason}", at=AT, site="F-1", seq=1, leaf=target.leaf, reason=reason, replacement=word)])


TABLES = ("move", "lot_fact", "site_fact", "about")


@pytest.mark.parametrize("tag", FACTS)
def test_every_kind_of_record_can_be_taken_back_and_changed(tmp_path: Path, tag: str) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=lambda: NOW) as ledger:
        ledger.init("test.example/own", operator="F-1")
        ledger.record([event_of(tag)])
        take_back_or_change(ledger)
        with ledger.reading() as session:
            for table in TABLES:
                rows = session.rows(f"SELECT ended FROM {table} WHERE seq = 1")
                assert all(row[0] == 3 for row in rows), (table, rows)
            sums = [row for row in session.rows("SELECT * FROM holding") if any(row[4:])]
            assert sums == [], "every sum is back at nothing"
            assert not session.rows("SELECT 1 FROM lot_edge WHERE n <> 0 UNION SELECT 1 FROM alias WHERE n <> 0")
        take_back_or_change(ledger, {"at": "2026-11-23T06:00:00+08:00"})
        told = story(ledger, "1")
        if told.now is None:
            assert isinstance(told.event, LIFTS), "what lifted a block and was taken back does not come back"
        else:
            assert (told.state, told.now.at.day, told.event.at.day) == ("replaced", 23, 24)
        held_twice(ledger)


# -- command line --------------------------------------------------------------------------------------------------------------


def test_on_the_command_line(shop: Path) -> None:
    lot = lot_of(shop)
    run(shop, "transfer", lot, "120kg", "--from", "北河农批", "--to", "福安超市", "--id", "JS-7")
    assert "not recorded" in run(shop, "correct", "JS-7", "--set", "quantity=12kg", "--dry-run")
    said = run(shop, "correct", "JS-7", "--set", "quantity=12kg", "--note", "多写一个零", "--by", "07", lang="zh")
    assert "已更正, 更正是第" in said
    told = run(shop, "correct", "JS-7", lang="zh")
    assert "已更正" in told
    assert "多写一个零" in told
    assert "当时记的" in told
    assert "现在算的: 记录编号 JS-7  时间 20" in told
    assert "  数量: 120.0 kg -> 12.0 kg" in told
    assert "quantity" not in told
    answer = json.loads(run(shop, "recall", lot, "--json"))
    assert [row["amounts"][0]["likely"] for row in answer["outlets"]] == [12_000]
    run(shop, "correct", "JS-7", "--did-not-occur")
    assert json.loads(run(shop, "recall", lot, "--json"))["outlets"] == []
    assert "verified" in run(shop, "verify")
    assert "--revive" in run(shop, "correct", "JS-7", "--set", "quantity=1kg", code=1)
    assert "corrected" in run(shop, "correct", "JS-7", "--set", "quantity=1kg", "--revive")
    run(shop, "correct", "JS-7", "--did-not-occur", "--id", "CO-3")
    assert "correction.by_itself" in run(shop, "correct", "CO-3", "--did-not-occur", code=1)
    assert "cli.correct.what" in run(shop, "correct", "JS-7", "--did-not-occur", "--set", "quantity=1kg", code=2)
    assert "correction.of_mark" in run(shop, "correct", "0", "--did-not-occur", code=1)
    assert "entry.not_found" in run(shop, "correct", "JS-99", code=1)
    assert json.loads(run(shop, "correct", "JS-7", "--json"))["state"] == "removed"


def test_an_amount_is_not_corrected_to_zero_but_a_count_is(ledger: Ledger) -> None:
    made = (Output(lot="S-7/A", quantity=Quantity(60, "g")), Output(lot="S-7/B", quantity=Quantity(40, "g")))
    cut = Transformation(id="x1", at=AT, site="S-7", kind="repack", inputs=(Portion(LOT, Quantity(100, "g")),), outputs=made)
    count = StockCount(id="n1", at=AT, site="S-7", lot=LOT, quantity=Quantity(119_900, "g"))
    ledger.record([cut, count])
    size = ledger.logs()[0].size
    for entry, field in (("t1", "quantity"), ("c1", "quantity"), ("x1", "outputs.1.quantity"), ("x1", "inputs.0.quantity")):
        with pytest.raises(errors.BadData) as refused:
            correct(ledger, entry, changes={field: "0 kg"})
        assert (refused.value.code, refused.value.value) == ("correction.zero", field)
        assert "--did-not-occur" in refused.value.hint("en")
    with pytest.raises(errors.BadData, match=r"correction\.zero"):
        correct(ledger, "t1", replacement=Transfer(id="t1", at=AT, site="F-1", to="S-7", lot=LOT, quantity=Quantity(0, "g")))
    assert ledger.logs()[0].size == size, "nothing was recorded"
    assert correct(ledger, "n1", changes={"quantity": "0 kg"}).changes == (
        history.Change(field="quantity", before="119.9 kg", after="0 g"),
    )
    without = msgspec.structs.replace(cut, outputs=made[:1])
    assert correct(ledger, "x1", replacement=without).reason == "incorrect_data", "a line that was not there is left out"


def test_what_was_recorded_as_nothing_can_be_corrected_in_another_field(ledger: Ledger) -> None:
    ledger.record([Transfer(id="t0", at=AT, site="F-1", to="S-7", lot=LOT, quantity=Quantity(0, "g"))])
    assert correct(ledger, "t0", changes={"to": "惠民超市"}).reason == "incorrect_data"


@pytest.mark.parametrize(
    "words",
    [
        ["--did-not-occur", "--by", "老王"],
        ["--did-not-occur", "--id", "x" * 200],
        ["--set", "quantity=1kg", "--note", "x" * 70_000],
        ["--set", "quantity=1kg", "--set", "quantity=2kg"],
        ["--note", "x"],
        ["--by", "07"],
        ["--revive"],
        [],
    ],
)
def test_a_dry_run_refuses_what_the_real_one_refuses(shop: Path, words: list[str]) -> None:
    run(shop, "transfer", lot_of(shop), "120kg", "--from", "北河农批", "--to", "福安超市", "--id", "JS-7")
    before = run(shop, "correct", "JS-7", "--json")
    tried = run(shop, "correct", "JS-7", *words, "--dry-run", code=2)
    if words:
        assert tried == run(shop, "correct", "JS-7", *words, code=2)
    assert run(shop, "correct", "JS-7", "--json") == before
    if "quantity=2kg" in words:
        assert "cli.correct.set_twice: --set says quantity twice: 1kg, 2kg" in tried
    if len(words) < 3 and "quantity=1kg" not in words:
        assert "cli.correct.what" in tried


def test_a_dry_run_leaves_nothing(shop: Path) -> None:
    run(shop, "transfer", lot_of(shop), "120kg", "--from", "北河农批", "--to", "福安超市", "--id", "JS-7")
    before = run(shop, "verify", "--json")
    for words in (["--did-not-occur"], ["--set", "quantity=12kg"]):
        assert "not recorded" in run(shop, "correct", "JS-7", *words, "--dry-run", "--id", "K-1", "--by", "07")
    assert json.loads(run(shop, "verify", "--full", "--json"))["entries"] == json.loads(before)["entries"]
    run(shop, "correct", "JS-7", "--set", "quantity=12kg", "--id", "K-1", "--by", "07")
    run(shop, "verify", "--full")
