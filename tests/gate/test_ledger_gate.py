"""`Ledger.gate`: facts, decision and entry in one transaction, on both engines; every kind of false code its own answer."""

import datetime as dt

import pytest

from foodtrace import errors
from foodtrace.events import MarketEntry, Refusal
from foodtrace.gate.facts import Paper
from foodtrace.identifiers.lot import parse_gate_code
from foodtrace.keys import SigningKey
from foodtrace.operations.common import about
from foodtrace.operations.market import Truck
from tests.gate.desk import Market

OTHER = SigningKey("other", bytes(range(1, 33)))


@pytest.fixture
def desk(either: Market) -> Market:
    return either


def entries(desk: Market, subject: str) -> list[MarketEntry | Refusal]:
    with desk.ledger.reading() as session:
        return [each.event for each in about(session, subject, MarketEntry, Refusal)]  # type: ignore[misc]


def test_a_truck_is_admitted_and_its_certificate_used_up(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    first = desk.ledger.gate(text, market="北河农批", weight="482 kg", id="T-1", by="S-07")
    assert (first.verdict, first.number, first.gate, str(first.remaining)) == ("admit", 1, "1", "18.0 kg")
    desk.clock.later(minutes=5)
    second = desk.ledger.gate(text, market="北河农批", weight="60 kg", id="T-2")
    assert (second.verdict, second.decision.codes, second.number) == ("hold", ("gate.over_certified",), 2)
    assert [note.code for note in second.decision.notes] == ["gate.used_before"]
    assert second.decision.notes[0].params["quantity"] == first.quantity
    (entry,) = entries(desk, f"truck {desk.market} 1 2026-11-24 000001")
    assert isinstance(entry, MarketEntry)
    assert (entry.decision, entry.by, entry.certified, entry.seller) == ("admitted", "S-07", True, desk.farm)


def test_a_retry_gives_the_first_answer_and_other_content_is_a_conflict(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    first = desk.ledger.gate(text, weight="482 kg", id="T-1")
    desk.clock.later(minutes=5)
    again = desk.ledger.gate(text, weight="482 kg", id="T-1")
    assert (again.verdict, again.entry, again.at, again.number, again.remaining) == ("admit", "T-1", first.at, 1, first.remaining)
    with pytest.raises(errors.Conflict) as caught:
        desk.ledger.gate(desk.certificate("黄瓜", "5 kg"), weight="5 kg", id="T-1")
    assert caught.value.code == "record.id_conflict"
    assert len(entries(desk, f"gate {desk.market}")) == 1


def test_a_held_answer_is_told_again_with_its_reasons_in_full(desk: Market) -> None:
    text = desk.certificate("西红柿", "10 kg")
    desk.ledger.gate(text, weight="12 kg", id="T-1")
    desk.clock.later(minutes=5)
    again = desk.ledger.gate(text, weight="12 kg", id="T-1")
    assert again.decision.reasons[0].message("en") == "2.0 kg over what the certificate has left (10.0 kg left, 12.0 kg weighed)"


def test_the_same_code_within_seconds_is_one_scan(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    first = desk.ledger.gate(text)
    desk.clock.later(seconds=2)
    second = desk.ledger.gate(text)
    assert (second.duplicate, second.entry, second.verdict) == (True, first.entry, "admit")
    desk.clock.later(seconds=10)
    third = desk.ledger.gate(text)
    assert (third.duplicate, third.verdict, third.decision.codes) == (False, "hold", ("gate.over_certified",))


def test_an_id_of_its_own_is_a_truck_of_its_own(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    first = desk.ledger.gate(text, id="T-1")
    second = desk.ledger.gate(text, id="T-2")
    assert (first.verdict, second.verdict, second.duplicate, second.decision.codes) == ("admit", "hold", False, ("gate.over_certified",))
    assert desk.ledger.gate(text, id="T-2").entry == "T-2"


def test_another_weight_or_seller_seconds_later_is_another_truck(desk: Market) -> None:
    ((other, *_),) = desk.site("远山农场:farm")
    text = desk.certificate("西红柿", "500 kg")
    assert desk.ledger.gate(text, weight="100 kg").verdict == "admit"
    assert desk.ledger.gate(text, weight="100 kg").duplicate
    assert not desk.ledger.gate(text, weight="120 kg").duplicate
    assert not desk.ledger.gate(text, weight="100 kg", truck=Truck(seller=other)).duplicate
    assert len(entries(desk, f"gate {desk.market}")) == 3


def test_papers_shown_seconds_after_a_refusal_are_looked_at(desk: Market) -> None:
    text = desk.certificate("猪肉", "100 kg")
    refused = desk.ledger.gate(text)
    assert "gate.quarantine_missing" in refused.decision.codes
    assert desk.ledger.gate(text).duplicate
    papers = (Paper(kind="animal_quarantine", number="Q-1"), Paper(kind="meat_inspection", number="M-1"))
    second = desk.ledger.gate(text, truck=Truck(papers=papers))
    assert (second.verdict, second.duplicate) == ("admit", False)


@pytest.mark.parametrize("id", ["", "T-1"])
def test_a_forged_code_gets_no_answer_of_the_genuine_one(desk: Market, id: str) -> None:  # noqa: A002 - the gate's own word
    text = desk.certificate("西红柿", "500 kg")
    forged = desk.forged(text, OTHER)
    assert desk.ledger.gate(text, weight="100 kg", id=id).verdict == "admit"
    if id:
        with pytest.raises(errors.Conflict) as caught:
            desk.ledger.gate(forged, weight="100 kg", id=id)
        assert caught.value.code == "record.id_conflict"
        return
    second = desk.ledger.gate(forged, weight="100 kg")
    assert (second.verdict, second.duplicate) == ("refuse", False)
    assert "gate.certificate_bad_signature" in second.decision.codes


def test_the_genuine_code_is_not_refused_for_a_forged_one_before_it(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    assert desk.ledger.gate(desk.forged(text, OTHER)).verdict == "refuse"
    assert desk.ledger.gate(text).verdict == "admit"


def test_a_key_revoked_seconds_after_counts_at_once(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    assert desk.ledger.gate(text, weight="100 kg").verdict == "admit"
    desk.issuer_key(desk.key, desk.farm, "revoke", desk.clock.later(seconds=1))
    second = desk.ledger.gate(text, weight="100 kg")
    assert (second.duplicate, "gate.certificate_revoked" in second.decision.codes) == (False, True)


def test_two_gates_are_two_scans(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    desk.ledger.gate(text, weight="300 kg", gate="1")
    second = desk.ledger.gate(text, weight="200 kg", gate="2")
    assert (second.duplicate, second.verdict, second.number) == (False, "admit", 1)


def test_a_forged_code_is_refused(desk: Market) -> None:
    text = desk.forged(desk.certificate("西红柿", "500 kg"), OTHER)
    answer = desk.ledger.gate(text)
    assert answer.verdict == "refuse"
    assert "gate.certificate_bad_signature" in answer.decision.codes
    (entry,) = entries(desk, f"gate {desk.market}")
    assert isinstance(entry, Refusal)
    assert (entry.asked, entry.reasons, entry.serial != "") == ("market_entry", answer.decision.codes, True)


def test_a_changed_quantity_is_a_forgery(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    raised = desk.forged(text, OTHER, quantity=900_000)
    assert "gate.certificate_bad_signature" in desk.ledger.gate(raised, weight="900 kg").decision.codes


def test_a_key_nobody_registered_is_unknown_and_held(desk: Market) -> None:
    text = desk.forged(desk.certificate("西红柿", "500 kg"), OTHER, as_kid=desk.farm, lot="X1", serial="X1")
    answer = desk.ledger.gate(text, truck=Truck(product="西红柿"))
    assert answer.verdict == "hold"
    assert "gate.certificate_unknown_key" in answer.decision.codes


def test_another_issuers_good_key_is_no_word_of_this_issuer(desk: Market) -> None:
    ((other, *_),) = desk.site("远山农场:farm")
    desk.issuer_key(OTHER, other)
    text = desk.forged(desk.certificate("西红柿", "500 kg"), OTHER, as_kid=other, lot="X2", serial="X2")
    answer = desk.ledger.gate(text, truck=Truck(seller=desk.farm, product="西红柿"))
    assert answer.verdict == "refuse"
    assert "gate.certificate_foreign_key" in answer.decision.codes


def test_a_revoked_key_is_held(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    desk.issuer_key(desk.key, desk.farm, "revoke", desk.clock.later(minutes=1))
    answer = desk.ledger.gate(text)
    assert answer.verdict == "hold"
    assert "gate.certificate_revoked" in answer.decision.codes


def test_a_rehosted_code_is_told_and_counts(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg").replace("https://trace.example/", "https://evil.example/")
    answer = desk.ledger.gate(text)
    assert (answer.verdict, [note.code for note in answer.decision.notes]) == ("admit", ["gate.certificate_host"])
    assert desk.ledger.gate(desk.certificate("黄瓜", "5 kg"), hosts=("beihe.example",)).decision.notes[0].code == "gate.certificate_host"


def test_the_path_before_the_identifiers_is_told_like_the_host(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg").replace("https://trace.example/", "https://trace.example/pay/")
    answer = desk.ledger.gate(text)
    assert (answer.verdict, [note.code for note in answer.decision.notes]) == ("admit", ["gate.certificate_host"])


def test_a_replayed_code_says_where_and_when_it_was_used(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    desk.ledger.gate(text)
    desk.clock.later(hours=1)
    answer = desk.ledger.gate(text)
    assert (answer.verdict, answer.decision.codes) == ("hold", ("gate.over_certified",))
    note = answer.decision.notes[0]
    assert note.message("en") == f"used: 2026-11-24 03:40 北河农批 1, 500.0 kg, lot {answer.lot}"


def test_an_expired_certificate_is_held(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg", days=1)
    desk.clock.later(days=2)
    answer = desk.ledger.gate(text)
    assert answer.verdict == "hold"
    assert "gate.certificate_expired" in answer.decision.codes


def test_goods_without_a_lot_in_law_get_one_with_a_check_digit(desk: Market) -> None:
    desk.file(desk.farm, agreement_until=dt.date(2027, 6, 30))
    truck = Truck(seller=desk.farm, product="豆角", goods="self_grown", grower={"identity": "x" * 18, "phone": "138", "address": "村"})
    answer = desk.ledger.gate("", weight="35 kg", truck=truck)
    code = parse_gate_code(answer.lot.partition("/")[2])
    assert (code.day, code.gate, code.number) == (dt.date(2026, 11, 24), "1", 1)
    assert (answer.verdict, answer.decision.codes) == ("hold", ("gate.quality_voucher_missing",))
    with desk.ledger.reading() as session:
        kept = session.rows("SELECT field, value FROM personal")
        sealed = b"".join(bytes(row[0]) for row in session.rows("SELECT bytes FROM entry"))
    assert ("phone", "138") in kept
    assert b'"phone":"138"' not in sealed


def test_a_seller_without_file_is_refused_and_the_refusal_is_an_entry(desk: Market) -> None:
    ((other, *_),) = desk.site("新来的:shop")
    answer = desk.ledger.gate(desk.certificate("西红柿", "5 kg"), truck=Truck(seller=other))
    assert (answer.verdict, answer.decision.codes) == ("refuse", ("gate.seller_file_missing",))
    assert [each.reasons for each in entries(desk, f"gate {desk.market}")] == [("gate.seller_file_missing",)]


def test_what_is_no_certificate_is_an_error_and_leaves_no_trace(desk: Market) -> None:
    for text in ("hello", "6901234567892", "https://trace.example/lot/L-0001/X/Y?c=AAAA"):
        with pytest.raises(errors.BadData):
            desk.ledger.gate(text)
    with pytest.raises(errors.BadData) as caught:
        desk.ledger.gate("", weight="5 kg", truck=Truck(seller=desk.farm))
    assert caught.value.code == "gate.product"
    assert entries(desk, f"gate {desk.market}") == []


def test_the_ledger_verifies_and_rebuilds_with_gate_entries(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    desk.ledger.gate(text, weight="482 kg")
    desk.ledger.gate(text, weight="60 kg", gate="2")
    assert desk.ledger.verify().ok
    desk.ledger.rebuild()
    assert desk.ledger.verify().ok


def test_a_sales_voucher_on_record_is_the_purchase_voucher_and_counts_once(desk: Market) -> None:
    from foodtrace import Quantity
    from foodtrace.events import Transfer

    ((other, *_),) = desk.site("南河农批:distributor")
    lot, size = f"{other}/261123-1-00017", Quantity(300_000, "g")
    sent = Transfer(id="V-9", at=desk.now(), site=other, to=desk.market, lot=lot, product="芹菜", quantity=size, doc="V-9", in_transit=True)
    desk.ledger.record([sent])
    desk.clock.later(hours=1)
    answer = desk.ledger.gate("", weight="300 kg", truck=Truck(seller=other, product="芹菜", lot=lot))
    assert answer.decision.codes == ("gate.quality_voucher_missing",), "the purchase voucher is on record"
    (held,) = entries(desk, f"gate {desk.market}")
    assert isinstance(held, MarketEntry)
    assert [(each.kind, each.number) for each in held.vouchers] == [("sales", "V-9")]
    assert held.source == other
    from functools import partial

    from foodtrace.gate.rules import load
    from foodtrace.operations.common import Doing
    from foodtrace.operations.goods import stock_of
    from foodtrace.operations.held import resolve

    doing = Doing(now=desk.clock.later(minutes=1), by="S-01")
    desk.ledger.act(partial(resolve, doing=doing, rules=load(), market=desk.market, given="1", verdict="admit", second="S-02"))
    with desk.ledger.reading() as session:
        there = {each.site: str(each.quantity) for each in stock_of(session, lot, desk.ledger.clock())}
    assert there[desk.market] == "300.0 kg"


def test_more_than_any_truck_brings_is_refused_before_it_is_recorded(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    with pytest.raises(errors.BadData) as caught:
        desk.ledger.gate(text, weight="100001 kg", id="T-1")
    assert caught.value.code == "counter.too_much"
    assert desk.ledger.gate(text, weight="100000 kg", id="T-1").verdict == "hold"


def test_a_staff_cards_secret_is_no_number(desk: Market) -> None:
    with pytest.raises(errors.BadData) as caught:
        desk.ledger.gate(desk.certificate("西红柿", "500 kg"), by="FTSTAFF-S-01-AAAAAAAAAAAAAAAAAAAAAAAAAA")
    assert caught.value.code == "counter.staff"
    assert "AAAA" not in str(caught.value)
