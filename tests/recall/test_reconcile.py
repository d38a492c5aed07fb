"""Reconciliation: both sides of every move, the identity, events told twice, certificates spent at two gates; on both databases."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import msgspec

from foodtrace import Ledger
from foodtrace.events import (
    Acknowledgement,
    BatchReleased,
    CertificateIssued,
    CertificateVoided,
    ConsumerReturn,
    Correction,
    Held,
    LotsClause,
    MarketEntry,
    Output,
    Packing,
    Portion,
    RecallOpened,
    Refusal,
    Sale,
    Site,
    StockCount,
    TestRecorded,
    Transfer,
    Transformation,
)
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.reconciling import Reconciliation, reconcile
from foodtrace.recall.breaks import Break
from foodtrace.schemas import schema_of
from tests.recall.dispatched import LOT, NOW, certificate, got, grams, hours, ledger, sent, told

__all__ = ["ledger"]


def shown(found: Reconciliation) -> list[tuple[str, str, str, str, int | None, int | None, int]]:
    return [
        (each.kind, each.lot.rpartition("/")[2], each.source, each.site, each.sent, each.received, each.difference) for each in found.open
    ]


def test_books_that_agree(ledger: Ledger) -> None:
    sale = Sale(id="sale", at=hours(5), site="X-1", lot=LOT, quantity=grams(20))
    found = told(ledger, certificate(), sent("t1", 60, in_transit=True), got("r1", 60, transfer="t1"), sent("t2", 40, to="Y-1"), sale)
    assert found.open == ()
    assert (found.lots, found.holdings, found.moves, found.both_sides) == (1, 3, 2, 2)


def test_a_side_is_missing_or_they_disagree(ledger: Ledger) -> None:
    found = told(
        ledger,
        certificate(q=200),
        sent("lost", 10, in_transit=True),
        sent("less", 20, in_transit=True),
        got("less-r", 18, transfer="less"),
        got("nobody", 7, doc="D-7"),
        got("nowhere", 5, source=""),
        sent("void", 3, to=""),
        sent("travels", 9, hour=24 * 15, in_transit=True),
    )
    assert shown(found) == [
        ("destination_missing", "L", "F-1", "F-1", 3, None, 3),
        ("not_received", "L", "F-1", "X-1", 10, None, 10),
        ("not_sent", "L", "F-1", "X-1", None, 7, 7),
        ("quantity_differs", "L", "F-1", "X-1", 20, 18, -2),
        ("source_missing", "L", "", "X-1", None, 5, 5),
    ]
    by_kind = {each.kind: each for each in found.open}
    assert (by_kind["quantity_differs"].document, by_kind["not_sent"].document) == ("less", "D-7")
    assert by_kind["quantity_differs"].entries == ("b/F-1#7", "b/F-1#8")
    assert by_kind["quantity_differs"].product == "芹菜"
    assert (found.both_sides, found.only_dispatch, found.only_receipt) == (1, 3, 2)


def test_the_identity_of_every_holding(ledger: Ledger) -> None:
    found = told(
        ledger,
        certificate(),
        sent("t", 60),
        sent("u", 40, to="Y-1"),
        Sale(id="sale", at=hours(5), site="X-1", lot=LOT, quantity=grams(70)),
        StockCount(id="count", at=hours(6), site="Y-1", lot=LOT, quantity=grams(25)),
        ConsumerReturn(id="back", at=hours(7), site="Y-1", lot=LOT, quantity=grams(4)),
    )
    assert [each[:4] + each[6:] for each in shown(found)] == [
        ("returns_exceed_sales", "L", "", "Y-1", 4),
        ("unaccounted", "L", "", "Y-1", 15),
        ("unexplained_stock", "L", "", "X-1", 10),
    ]
    assert all(each.entries for each in found.open)


def test_a_receipt_may_name_the_lot_of_a_dispatch_without_one(ledger: Ledger) -> None:
    found = told(ledger, certificate(), sent("t", 60, lot="", in_transit=True), got("r", 60, transfer="t"))
    assert shown(found) == []
    assert (found.moves, found.both_sides, found.without_lot) == (1, 1, 0)
    found = told(ledger, sent("u", 10, lot=""))
    assert [(each.kind, each.sent, each.received, each.difference) for each in found.open] == [("lot_missing", 10, 10, 0)]
    assert found.without_lot == 1


def gates(*quantities: int) -> list[MarketEntry]:
    return [
        MarketEntry(
            id=f"g{n}", at=hours(1 + n), site="M-1", decision="admitted", lot=LOT, product="芹菜", quantity=grams(q), serial="0001",
            certified=True, source="F-1", basis="certificate", gate=str(n + 1),
        )
        for n, q in enumerate(quantities)
    ]  # fmt: skip


def test_two_gates_offline_spend_one_certificate_and_the_merge_says_so(ledger: Ledger) -> None:
    one, two = gates(80, 80)
    found = told(ledger, certificate(), one, other=(two,))
    assert [(each.kind, each.lot, each.document, each.sent, each.received, each.difference) for each in found.open] == [
        ("over_certified", LOT, "0001", 100, 160, 60),
        ("unexplained_stock", LOT, "", None, None, 60),
    ]
    assert found.open[0].entries == ("a/M-1#1", "b/F-1#6"), "both gates, each in its own log, by its name"
    assert found.certificates == 1
    with ledger.reading() as session:
        row = session.row("SELECT e.leaf FROM entry AS e JOIN log AS l ON l.id = e.log WHERE l.origin = 'a/M-1' AND e.seq = 1")
    assert row is not None
    undone = Correction(id="k", at=hours(9), seq=1, leaf=bytes(row[0]).hex(), reason="did_not_occur")
    assert told(ledger, other=(undone,)).open == (), "a truck sent back spends nothing"


def test_a_certificate_nobody_here_issued_is_counted_and_not_judged(ledger: Ledger) -> None:
    found = told(ledger, other=tuple(gates(80)))
    assert (found.certificates, found.certificates_unknown) == (0, 1)


def test_style_2_certificates_beyond_what_came_in(ledger: Ledger) -> None:
    def second(name: str, took: int, q: int) -> CertificateIssued:
        more: dict[str, Any] = {"issuer": "X-1", "style": 2, "product": "芹菜", "upstream": (Portion(LOT, grams(took)),)}
        return CertificateIssued(id=name, at=hours(4), site="X-1", lot=f"X-1/{name.upper()}", serial="1", quantity=grams(q), **more)

    found = told(ledger, certificate(), sent("t", 60), second("a", 40, 40), second("b", 35, 38))
    assert [each[:2] + each[3:4] + each[6:] for each in shown(found)] == [
        ("over_issued", "L", "X-1", 15),
        ("over_issued", "B", "X-1", 3),
        ("unexplained_stock", "L", "X-1", 15),
    ]


def test_more_out_than_in(ledger: Ledger) -> None:
    taken, out = (Portion(LOT, grams(50)),), (Output(lot="F-1/M", quantity=grams(60)),)
    made = Transformation(id="make", at=hours(4), site="F-1", kind="process", inputs=taken, outputs=out)
    assert shown(told(ledger, certificate(), made)) == [("mass_gain", "M", "", "F-1", None, None, 10)]


def test_one_event_id_in_two_logs(ledger: Ledger) -> None:
    sale = Sale(id="S-1", at=hours(5), site="F-1", lot=LOT, quantity=grams(20))
    found = told(ledger, certificate(), sale, other=(sale,))
    assert [(each.kind, each.document, each.entries) for each in found.open if each.kind == "same_id"] == [
        ("same_id", "S-1", ("a/M-1#1", "b/F-1#6"))  # in the order of recording: its own log has had a busier clock
    ]
    other = msgspec.structs.replace(sale, id="S-2")
    unlike = msgspec.structs.replace(other, quantity=grams(30))
    found = told(ledger, other, other=(unlike,))
    assert [each.entries for each in found.open if each.kind == "duplicate_conflict"] == [("b/F-1#7", "a/M-1#2")]
    answer = ledger.recall(LOT)
    amounts = [row.amounts[0] for row in (*answer.outlets, *answer.others) if row.site == "F-1"]
    assert [each.sold for each in amounts] == [40], "each event counts once, as the site's operator has it"
    (conflict,) = [each for each in answer.untraced if each.kind == "duplicate_conflict"]
    assert (conflict.site, conflict.entries) == ("F-1", ("b/F-1#7", "a/M-1#2"))


def test_a_site_and_a_window_choose_what_is_said_not_what_is_read(ledger: Ledger) -> None:
    told(ledger, certificate(q=300), sent("old", 10, in_transit=True), sent("new", 20, to="Y-1", hour=48, in_transit=True))
    assert [each[3] for each in shown(told(ledger))] == ["X-1", "Y-1"]
    assert [each[3] for each in shown(told(ledger, site="Y-1"))] == ["Y-1"]
    assert [each[3] for each in shown(told(ledger, site="F-1"))] == ["X-1", "Y-1"], "its sender takes part too"
    assert [each[3] for each in shown(told(ledger, start=micros(hours(47)), end=micros(hours(49))))] == ["Y-1"]
    assert told(ledger, start=micros(hours(60))).open == ()
    half = told(ledger, got("r", 10, transfer="old", hour=60), start=micros(hours(59)))
    assert half.open == (), "half a move in the window is no break"


def test_what_is_dated_ahead_is_open_until_its_time_comes(ledger: Ledger) -> None:
    """A clock that is ahead, or somebody who wishes his books to look whole: nothing of it is compared yet, and it is said."""
    later = 24 * 40
    found = told(
        ledger,
        certificate(q=100),
        sent("on", 30, hour=later),
        got("nowhere", 5, source="", to="Y-1", hour=later),
        Sale(id="sale", at=hours(later), site="X-1", lot=LOT, quantity=grams(7)),
        Transfer(id="what", at=hours(later), site="F-1", to="Y-1", product="芹菜", quantity=grams(2)),
        sent("now", 60),
    )
    assert sorted(shown(found)) == [
        ("time_contradiction", "", "F-1", "Y-1", 2, None, 2),
        ("time_contradiction", "L", "", "X-1", None, None, 7),
        ("time_contradiction", "L", "", "Y-1", None, None, 5),
        ("time_contradiction", "L", "F-1", "X-1", 30, None, 30),
    ]
    assert {each.entries for each in found.open} == {(f"b/F-1#{seq}",) for seq in (6, 7, 8, 9)}
    assert [each[3] for each in shown(told(ledger, site="Y-1"))] == ["Y-1", "Y-1"]
    recorded = micros(NOW) + 5  # the clock stands still, and each batch is a microsecond later
    assert len(told(ledger, start=micros(hours(later))).open) == len(told(ledger, end=recorded).open) == 4
    with ledger.reading() as session:
        then = reconcile(session, now=micros(hours(later)))
    assert "time_contradiction" not in {each.kind for each in then.open}


def test_the_json_is_what_its_schema_says(ledger: Ledger) -> None:
    found = told(ledger, certificate(), sent("lost", 10, in_transit=True))
    jsonschema.validate(json.loads(msgspec.json.encode(found)), schema_of("reconcile"))
    assert isinstance(found.open[0], Break)


def test_freshness_and_acts_as_the_database_has_them(ledger: Ledger) -> None:
    packing = Packing(id="p", at=hours(2), site="X-1", parent="CASE-1", lot=LOT)
    released = BatchReleased(id="rel", at=hours(3), site="F-1", lot=LOT, certificate="CJ")
    told(ledger, certificate(), packing, released)
    with ledger.reading() as session:
        facts = SqlFacts(session, micros(NOW))
        lot = facts.lot(LOT)
        assert lot is not None
        assert [(act.doing, act.t, act.entry[1]) for act in facts.acts([lot])] == [
            ("packing", micros(hours(2)), 6),
            ("release", micros(hours(3)), 7),
        ]
        assert [act.doing for act in SqlFacts(session, micros(hours(2.5))).acts([lot])] == ["packing"]
        assert [(each.size, each.newest - micros(NOW), each.state) for each in facts.logs()] == [(8, 2, ""), (1, 0, "")]


def test_two_logs_tell_one_transfer_unlike(ledger: Ledger) -> None:
    """Quantities under D1, lots under D2; under D3 they agree."""
    other = "F-1/K"
    mine = (sent("t1", 60, doc="D1"), sent("t2", 10, doc="D2"), sent("t3", 5, doc="D3"))
    theirs = (sent("u1", 40, doc="D1"), sent("u2", 10, lot=other, doc="D2"), sent("u3", 5, doc="D3", hour=2))
    found = told(ledger, certificate(), certificate(other), *mine, other=theirs)
    assert [(each.kind, each.reason, each.lot, each.document, each.difference) for each in found.open] == [
        ("duplicate_conflict", "lots", other, "D2", 0),
        ("duplicate_conflict", "lots", LOT, "D2", 0),
        ("quantity_differs", "told_twice", LOT, "D1", -20),
    ]
    assert all(len(each.entries) == 2 for each in found.open)


def test_goods_that_no_book_put_where_somebody_saw_them_are_open(ledger: Ledger) -> None:
    """A test at Y, where nothing came: a recall lists Y, and so must whoever compares the books."""
    tested = TestRecorded(id="test", at=hours(5), site="Y-1", lot=LOT, sample="1", item="r", verdict="positive")
    there = TestRecorded(id="there", at=hours(5), site="X-1", lot=LOT, sample="2", item="r", verdict="positive")
    found = told(ledger, certificate(), sent("t1", 60), tested, there)
    assert [(each.kind, each.lot, each.site, len(each.entries)) for each in found.open] == [("same_lot_no_path", LOT, "Y-1", 1)]


def test_goods_that_only_an_answer_or_a_visit_tells_of_are_open(ledger: Ledger) -> None:
    base: dict[str, Any] = {"at": hours(6), "case": "2026-0009"}
    scope = (LotsClause(lots=(LOT,)),)
    opened = RecallOpened(**base, id="o", site="F-1", scope=scope, level=1, reason="x", producer="F-1", known=hours(6))
    answer = Acknowledgement(**base, id="a", site="Y-1", on_hand=(Held(LOT, grams(7)),))
    found = told(ledger, certificate(), sent("t1", 60), opened, answer)
    assert ("same_lot_no_path", "Y-1") in [(each.kind, each.site) for each in found.open]


def test_a_site_of_two_words_is_open(ledger: Ledger) -> None:
    other = Site(id="x2", at=hours(1), site="X-1", operator="STRANGER", kind="warehouse", name="X")
    found = told(ledger, certificate(), sent("t1", 60), other=(other,))
    assert [(each.kind, each.site, len(each.entries)) for each in found.open] == [("described_twice", "X-1", 2)]


def test_origin_exit_meets_market_entry(ledger: Ledger) -> None:
    """Of three certificates a gate saw one, another is void; of two trucks one had a certificate."""
    base: dict[str, Any] = {"site": "X-1", "decision": "admitted", "lot": LOT, "product": "芹菜"}
    met = certificate()
    more = [
        CertificateIssued(id=f"c{n}", at=hours(n), site="F-1", lot=f"F-1/C{n}", serial="9", issuer="F-1", product="葱", quantity=grams(n))
        for n in (1, 2)
    ]
    void = CertificateVoided(id="v", at=hours(3), site="F-1", lot="F-1/C1", serial="9", reason="error")
    trucks = [
        MarketEntry(**base, id="in", at=hours(3), serial=met.serial, certified=True, source="F-1", quantity=grams(60)),
        MarketEntry(**{**base, "lot": "Z-1/V"}, id="bare", at=hours(4), quantity=grams(5)),
        MarketEntry(**{**base, "lot": "Z-1/W", "decision": "held"}, id="wait", at=hours(4), quantity=grams(5)),
    ]
    found = told(ledger, met, *more, void, *trucks)
    assert [(each.lot, each.serial, each.site, each.quantity, each.unit) for each in found.not_entered] == [("F-1/C2", "9", "F-1", 2, "g")]
    assert [(each.lot, each.site, each.quantity) for each in found.without_certificate] == [("Z-1/V", "X-1", 5)]
    assert [(each.lot, each.serial, each.quantity) for each in found.not_let_in] == [("Z-1/W", "", 5)]
    assert not [each for each in found.open if each.lot == "Z-1/W"], "where it stands, and why, is on record"


def test_a_certificate_that_a_gate_put_aside_or_refused_is_seen_and_no_key_of_the_index_is_a_lot(ledger: Ledger) -> None:
    base: dict[str, Any] = {"site": "X-1", "product": "葱", "gate": "1"}
    papers = [
        CertificateIssued(id=f"c{n}", at=hours(1), site="F-1", lot=f"F-1/C{n}", serial="9", issuer="F-1", product="葱", quantity=grams(n))
        for n in (1, 2, 3, 4)
    ]
    trucks = [
        MarketEntry(**base, id="w1", at=hours(2), lot="F-1/C1", serial="9", decision="held", number=1, source="F-1", quantity=grams(1)),
        MarketEntry(**base, id="w2", at=hours(2), lot="F-1/C2", serial="9", decision="held", number=2, source="F-1", quantity=grams(2)),
        Refusal(**base, id="r2", at=hours(3), asked="market_entry", lot="F-1/C2", serial="9", number=2, resolves="w2", reasons=("x",)),
        Refusal(**base, id="r3", at=hours(3), asked="market_entry", lot="F-1/C3", serial="9", number=3, reasons=("x",)),
    ]
    found = told(ledger, *papers, *trucks)
    assert [each.lot for each in found.not_entered] == ["F-1/C4"]
    assert [(each.lot, each.site, each.quantity) for each in found.not_let_in] == [
        ("F-1/C1", "X-1", 1),
        ("F-1/C2", "X-1", None),
        ("F-1/C3", "X-1", None),
    ]
    assert not [each.lot for each in found.open if " " in each.lot or each.kind == "same_lot_no_path"]
