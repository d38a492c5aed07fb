"""An entry is named by the number on the paper: whole, and where several answer none is chosen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace import Ledger, Quantity, errors
from foodtrace.events import CertificateIssued, Event, Loss, MarketEntry, Receipt, Site, Transfer
from foodtrace.events.base import Voucher
from foodtrace.keeping import proving
from foodtrace.operations import corrections, documents, vouchers
from foodtrace.operations.common import Doing, local, new_id
from foodtrace.operations.entries import Target, find_entry
from tests.cli.shell import run
from tests.keeping.ownlog import AT, LOT, NOW, ORIGIN, clock

KG = Quantity(1000, "g")


def sent(name: str, doc: str, *, site: str = "F-1", to: str = "S-7", lot: str = LOT) -> Transfer:
    return Transfer(id=name, at=AT, site=site, to=to, lot=lot, quantity=KG, doc=doc)


EVENTS: list[Event] = [
    Site(id="s1", at=AT, site="F-1", operator="F-1", kind="farm", name="永发合作社"),
    Site(id="s2", at=AT, site="S-7", operator="S-7", kind="shop", name="福安超市"),
    CertificateIssued(
        id="c1", at=AT, site="F-1", lot=LOT, serial="Z-77", issuer="F-1", product="西红柿", quantity=KG, number="哈农 第0012号"
    ),
    sent("t1", "XS-0012"),
    sent("t2", "XS-0013"),
    sent("t3", "XS-0013"),
    Receipt(id="r1", at=AT, site="S-7", source="F-1", lot=LOT, quantity=KG, doc="GH-5"),
    sent("t4", "GH-5"),
    Receipt(id="r2", at=AT, site="S-7", lot=LOT, quantity=KG, doc="GH-6"),
    sent("t10", "GH-6"),
    sent("t11", "V-250101-9999"),
    sent("t5", "5"),
    sent("t6", "0005"),
    sent("t7", "261123-1"),
    sent("t8", "甲-1", site="S-7", to="F-1"),
    sent("t9", "甲-1"),
    sent("voucher-10", "voucher-11"),
    sent("voucher-11", ""),
    Loss(id="l1", at=AT, site="F-1", lot=LOT, quantity=KG),
    MarketEntry(
        id="m1",
        at=AT,
        site="F-1",
        decision="admitted",
        lot="F-1/1",
        product="芹菜",
        quantity=KG,
        source="S-7",
        vouchers=(Voucher(kind="purchase", number="JH-31"), Voucher(kind="identity", number="JH-32")),
    ),
]
SEQ = {event.id: place for place, event in enumerate(EVENTS, 1)}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else request.getfixturevalue("pg_url")
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as opened:
        opened.init(ORIGIN, operator="F-1")
        opened.record(EVENTS)
        yield opened


def entry(ledger: Ledger, given: str) -> Target:
    with ledger.reading() as session:
        return find_entry(session, given, ledger.writer().number)


def several(ledger: Ledger, given: str) -> list[str]:
    with pytest.raises(errors.Ambiguous) as told:
        entry(ledger, given)
    assert told.value.code == "entry.ambiguous"
    return list(told.value.candidates)


def proven(ledger: Ledger, given: str) -> list[int]:
    with ledger.reading() as session:
        return [seq for _, seq in proving.entries_of(session, given)]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("XS-0012", "t1"),
        (" XS-0012 ", "t1"),
        ("ＸＳ－００１２", "t1"),
        ("哈农 第0012号", "c1"),
        ("Z-77", "c1"),
        ("0005", "t6"),
        ("JH-31", "m1"),
        ("V-250101-9999", "t11"),
        (f"#{SEQ['t2']}", "t2"),
        (f"{ORIGIN}#{SEQ['t2']}", "t2"),
    ],
)
def test_the_number_of_a_paper_names_its_entry(ledger: Ledger, given: str, meant: str) -> None:
    assert entry(ledger, given).event.id == meant


@pytest.mark.parametrize("given", ["XS-001", "S-0012", "xs-0012", "XS%", "JH-32", "", "x" * 500, 'X"', "第0012号"])
def test_half_a_number_and_an_identity_card_name_nothing(ledger: Ledger, given: str) -> None:
    with pytest.raises(errors.NotFound) as told:
        entry(ledger, given)
    assert told.value.code == "entry.not_found"


def test_a_number_of_ours_that_nothing_has_is_told_as_one(ledger: Ledger) -> None:
    with pytest.raises(errors.NotFound) as told:
        entry(ledger, "V-261124-0999")
    assert told.value.code == "voucher.none"


def test_the_beginning_of_an_id_is_named_as_near_and_not_taken(ledger: Ledger) -> None:
    with pytest.raises(errors.NotFound) as told:
        entry(ledger, "voucher-1")
    assert list(told.value.near) == ["voucher-10", "voucher-11"]


def test_where_several_entries_have_the_number_all_are_listed(ledger: Ledger) -> None:
    assert several(ledger, "GH-5") == [
        f"{ORIGIN}#{SEQ['r1']}  receipt  {LOT}  S-7",
        f"{ORIGIN}#{SEQ['t4']}  transfer  {LOT}  F-1 -> S-7",
    ]
    assert len(several(ledger, "XS-0013")) == 2
    with ledger.reading() as session, pytest.raises(errors.Ambiguous) as told:
        corrections.correct(session, Doing(now=local(NOW)), ledger.writer().number, "GH-5")
    assert told.value.candidates[0].in_words("zh") == f"{ORIGIN}#{SEQ['r1']}  收货  {LOT}  S-7"  # type: ignore[attr-defined]


def test_a_bare_number_that_an_entry_and_a_document_have_is_asked_about(ledger: Ledger) -> None:
    assert [each.partition("  ")[0] for each in several(ledger, "5")] == [f"{ORIGIN}#5", f"{ORIGIN}#{SEQ['t5']}"]
    assert entry(ledger, "#5").event.id == EVENTS[4].id
    assert entry(ledger, "4").event.id == EVENTS[3].id, "what no document has is the entry's"


def test_what_was_written_wrongly_and_put_right_is_found_by_both_numbers(ledger: Ledger) -> None:
    own = ledger.writer().number
    ledger.act(lambda session: corrections.correct(session, Doing(now=local(NOW)), own, "XS-0012", changes={"doc": "XS-0021"}))
    assert (entry(ledger, "XS-0012").event.id, entry(ledger, "XS-0021").event.id) == ("t1", "t1")
    ledger.act(lambda session: corrections.correct(session, Doing(now=local(NOW)), own, "XS-0021"))
    assert entry(ledger, "XS-0012").event.id == "t1", "also when it did not occur: its history is asked for"
    assert proven(ledger, "XS-0012") == [SEQ["t1"], len(EVENTS) + 1, len(EVENTS) + 2]


def test_an_id_is_not_looked_for_among_documents_unless_somebody_chose_it(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    made = new_id(local(NOW))
    receipt = ledger.record([sent(made, "")])

    def looked(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(documents, "of_number", looked)
    assert entry(ledger, made).event.id == made
    assert entry(ledger, "#4").event.id == "t1"
    with pytest.raises(AssertionError):
        entry(ledger, "t1")
    assert proven(ledger, made) == [receipt.last], "every entry would have to be looked at"
    assert SEQ["t1"] in proven(ledger, LOT)


# -- prove ---------------------------------------------------------------------------------------------------------------------


def test_a_document_is_proven_whole(ledger: Ledger) -> None:
    assert proven(ledger, "XS-0013") == [SEQ["t2"], SEQ["t3"]]
    assert proven(ledger, "GH-5") == [SEQ["r1"], SEQ["t4"]], "both sides of one move"
    assert proven(ledger, "GH-6") == [SEQ["r2"], SEQ["t10"]], "a receipt that names no sender is of the other's"
    assert proven(ledger, "哈农 第0012号") == [SEQ["c1"]], "a text that no lot can be called"


def test_an_id_that_somebody_chose_hides_no_document_of_that_number(ledger: Ledger) -> None:
    ledger.record([sent("XS-0012", ""), sent("XS-0013", "XS-0013")])
    first, second = len(EVENTS) + 1, len(EVENTS) + 2
    with pytest.raises(errors.Ambiguous) as told:
        proven(ledger, "XS-0012")
    assert told.value.code == "prove.ambiguous"
    assert [each.partition("  ")[0] for each in told.value.candidates] == [f"{ORIGIN}#{first}", f"{ORIGIN}#{SEQ['t1']}"]
    assert proven(ledger, f"{ORIGIN}#{first}") == [first]
    assert proven(ledger, "XS-0013") == [SEQ["t2"], SEQ["t3"], second], "a part of the document: all of it is shown"
    assert proven(ledger, "t1") == [SEQ["t1"]]


def test_an_id_that_reads_like_the_number_of_another_transfer_hides_it_not(ledger: Ledger) -> None:
    with ledger.reading() as session:
        number = vouchers.number_of(session, ledger.writer().number, SEQ["t1"])
    assert proven(ledger, number) == [SEQ["t1"]]
    ledger.record([sent(number, "")])
    with pytest.raises(errors.Ambiguous) as told:
        proven(ledger, number)
    assert [each.partition("  ")[0] for each in told.value.candidates] == [f"{ORIGIN}#{len(EVENTS) + 1}", f"{ORIGIN}#{SEQ['t1']}"]


def test_two_senders_documents_of_one_number_are_not_proven_as_one(ledger: Ledger) -> None:
    with pytest.raises(errors.Ambiguous) as told:
        proven(ledger, "甲-1")
    assert told.value.code == "prove.ambiguous"
    assert [each.partition("  ")[0] for each in told.value.candidates] == [f"{ORIGIN}#{SEQ[name]}" for name in ("t8", "t9")]


def test_a_lots_code_that_is_a_documents_number_too_is_asked_about(ledger: Ledger) -> None:
    ledger.record([sent("other", "261123-1", lot="F-1/9")])
    with pytest.raises(errors.Ambiguous) as told:
        proven(ledger, "261123-1")
    assert told.value.candidates[0] == LOT
    assert f"{ORIGIN}#{len(EVENTS) + 1}" in told.value.candidates[1]
    assert SEQ["t1"] in proven(ledger, LOT)


def test_a_number_that_nothing_has_is_told_as_a_lot_that_is_not_there(ledger: Ledger) -> None:
    for given, code in (("XS-0099", "lot.not_found"), ("哈农 第0099号", "lot.form"), ("V-261124-0999", "voucher.none")):
        with pytest.raises(errors.FoodtraceError) as told:
            proven(ledger, given)
        assert told.value.code == code


def test_as_a_user_types_it(tmp_path: Path) -> None:
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "永发合作社:farm", "福安超市:shop", "惠民超市:shop")
    run(tmp_path, "certificate", "issue", "西红柿", "500kg", "--basis", "1", "--out", "label.png")
    lot = json.loads(run(tmp_path, "scan", "label.png", "--json"))[0]["text"].split("/")[5]
    for to, doc in (("福安超市", "XS-1"), ("惠民超市", "XS-2"), ("福安超市", "XS-2")):
        run(tmp_path, "transfer", lot, "10kg", "--from", "永发合作社", "--to", to, "--doc", doc)
    assert "XS-1" in run(tmp_path, "correct", "XS-1")
    said = run(tmp_path, "correct", "XS-2", "--did-not-occur", code=2)
    assert "XS-2 stands for more than one entry (2)" in said
    assert said.count("transfer  ") == 2
    place = said[said.rindex("local/") :].split()[0]
    run(tmp_path, "correct", place, "--set", "doc=XS-3")
    run(tmp_path, "correct", "XS-3", "--set", "quantity=1kg")
    wrote = run(tmp_path, "prove", "XS-1", "--out", "p")
    assert "1" in wrote
    assert len(list((tmp_path / "p").glob("*.tlog-proof"))) == 1
    assert json.loads(run(tmp_path, "correct", "XS-9", "--json", code=1))["error"]["code"] == "entry.not_found"
