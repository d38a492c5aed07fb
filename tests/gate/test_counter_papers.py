"""Trucks without a certificate of their own at the counter: meat, vouchers, self-growers, sellers by card or by name."""

import datetime as dt

import pytest

from foodtrace.events import MarketEntry, Refusal
from tests.gate.clerk import grower, started
from tests.gate.desk import Market


def test_a_refusal_needs_no_weight_and_says_what_to_tell_the_driver(desk: Market) -> None:
    ((other, *_),) = desk.site("没建档的:shop")
    del other
    ((farm, *_),) = desk.site("远山养殖:collector")
    desk.file(farm, left=dt.date(2026, 11, 1))
    text = desk.certificate("猪肉", "820 kg")
    clerk = started(desk)
    said = clerk.types(text, "", "")
    assert "动物检疫合格证明 编号, 没有按回车 > " in said
    assert "[ 拒入 ]" in said
    assert "gate.quarantine_missing" in said
    assert "告诉司机: 没有检疫证明不能进" in said
    assert "规则包 cn-market-2023, 条文未核实" in said
    *_, entry = clerk.events()
    assert isinstance(entry, Refusal)
    assert (entry.asked, entry.quantity, entry.goods, entry.number) == ("market_entry", None, "meat", 1)


def test_meat_with_its_papers_enters(desk: Market) -> None:
    text = desk.certificate("猪肉", "820 kg")
    clerk = started(desk)
    said = clerk.types(text, "Q-17", "1125", "M-9", "800")
    assert "[ 准入 ]  0001  猪肉 800.0 kg" in said
    *_, entry = clerk.events()
    assert isinstance(entry, MarketEntry)
    assert [(each.kind, each.number, each.valid_until) for each in entry.vouchers] == [
        ("animal_quarantine", "Q-17", dt.date(2026, 11, 25)),
        ("meat_inspection", "M-9", None),
    ]
    assert "gate.paper_expired" in clerk.types(desk.certificate("牛肉", "20 kg"), "Q-18", "1120", "M-9", "", "")


def test_goods_without_a_code_on_the_numeric_pad_alone(desk: Market) -> None:
    clerk = started(desk)
    said = clerk.types("A-17", "0", "1", "2", "17", "44", "35")
    assert "品名 1 芹菜 2 豆角  0 更多 > " in said
    assert "[ 准入 ]  0001  豆角 35.0 kg (70 斤)  批次 261124-1-0001" in said
    *_, entry = clerk.events()
    assert isinstance(entry, MarketEntry)
    assert (entry.seller, entry.certified, entry.basis) == ("A-17", False, "voucher")


def test_a_self_growers_name_and_phone_stay_out_of_the_log(desk: Market) -> None:
    clerk = started(desk)
    clerk.types("A-17", "0", "4", "1", "23019919900101123*", "13812345678", "北河村", "", "R-1", "35")
    *_, entry = clerk.events()
    assert isinstance(entry, MarketEntry)
    assert sorted(entry.commitments) == ["address", "identity", "phone"]
    with desk.ledger.reading() as session:
        sealed = b"".join(bytes(row[0]) for row in session.rows("SELECT bytes FROM entry"))
        kept: dict[str, str] = dict(session.rows("SELECT field, value FROM personal WHERE field IN ('identity','phone','address')"))
    assert kept == {"identity": "23019919900101123X", "phone": "13812345678", "address": "北河村"}
    for value in kept.values():
        assert value.encode() not in sealed


def test_a_self_growers_truck_needs_the_numeric_pad_alone(desk: Market) -> None:
    clerk = grower(desk)
    assert clerk.counter.prompt == "品名 1 白菜 2 萝卜 3 土豆 4 黄瓜 5 西红柿 6 豆角 7 芹菜 8 茄子 9 辣椒  0 更多 > "
    clerk.types("0")
    assert "1 菠菜" in clerk.counter.prompt
    clerk.types("1", "230199199001011078", "23019919900101107*", "13812345678", "1", "", "40")
    entry = clerk.events()[-1]
    assert (entry.product, entry.goods, sorted(entry.commitments)) == ("菠菜", "self_grown", ["address", "identity", "phone"])  # type: ignore[attr-defined]
    with desk.ledger.reading() as session:
        kept: dict[str, str] = dict(session.rows("SELECT field, value FROM personal WHERE field IN ('identity','phone','address')"))
    assert kept == {"identity": "23019919900101107X", "phone": "13812345678", "address": "北河村"}


def test_what_a_market_gets_is_offered_before_what_all_get(desk: Market) -> None:
    clerk = grower(desk)
    clerk.types("山野菜", "", "", "", "V-1", "40", "0", "4", "K-10", "-")
    clerk.types("K-10", "0", "4")
    assert clerk.counter.prompt.startswith("品名 1 山野菜 2 白菜")


@pytest.mark.parametrize("typed", ["", "+", "*", "**", "/", ".", "-7", "123", "- ", "K-10", "___", "http://a.b"])
def test_signs_are_no_product_and_keys_mean_what_they_always_mean(desk: Market, typed: str) -> None:
    clerk = grower(desk)
    said = clerk.types(typed)
    if typed.strip() == "-":
        assert "(放下, 没有记)" in said
        return
    assert clerk.counter.prompt.startswith("品名 "), said
    assert len(clerk.events()) == 1, "the shift's beginning"
    assert ("扫码: 商户卡" in said) == (typed == ".")


@pytest.mark.parametrize(("typed", "code"), [(".", "扫码: 商户卡"), ("**", "先答这一问"), ("-", "(放下, 没有记)"), ("*", "先答这一问")])
def test_the_kind_of_goods_knows_the_keys_too(desk: Market, typed: str, code: str) -> None:
    clerk = started(desk)
    clerk.types("A-17", "0")
    assert clerk.counter.prompt.startswith("货类")
    assert code in clerk.types(typed)


def test_what_is_recorded_of_a_grower_must_be_able_to_be_true(desk: Market) -> None:
    clerk = grower(desk)
    clerk.types("1")
    for typed, code in (
        ("0", "按上面的数字选"),
        ("+", "先答这一问"),
        ("12", "按上面的数字选"),
        ("2301991990010112", "grower.identity_length"),
        ("230199199013011231", "grower.identity_day"),
        ("230199199001011231", "末位是 1, 按前 17 位应为 X"),
        ("A30199199001011231", "grower.identity_form"),
    ):
        assert code in clerk.types(typed), typed
        assert clerk.counter.prompt.startswith("身份证号")
    assert "护照 号码" in (clerk.types("1") + clerk.counter.prompt)
    assert "grower.paper_number" in clerk.types("4")
    clerk.types("E12345678")
    for typed in ("4", "0", "138123456789", "1381234567"):
        assert "grower.phone" in clerk.types(typed), typed
    assert "先答这一问" in clerk.types("-4")
    clerk.types("0451-555-0104")
    for typed in ("K-10", "2", "_", "0451"):
        assert "grower.address" in clerk.types(typed), typed
    clerk.types("北河村", "", "40")
    with desk.ledger.reading() as session:
        kept: dict[str, str] = dict(session.rows("SELECT field, value FROM personal WHERE field IN ('identity','phone','address')"))
    assert kept == {"identity": "passport E12345678", "phone": "0451-555-0104", "address": "北河村"}


def test_what_the_seller_file_has_is_not_asked_again(desk: Market) -> None:
    clerk = grower(desk, identity="23019919900101107X", phone="13812345678", address="北河村")
    said = clerk.types("1")
    assert "身份证号" not in clerk.counter.prompt
    assert "检验报告 编号" in clerk.counter.prompt, said
    clerk.types("", "40")
    entry = clerk.events()[-1]
    assert (entry.reasons, entry.decision) == (("gate.quality_voucher_missing",), "held")  # type: ignore[attr-defined]


def test_a_hold_of_no_certificate_asks_for_a_test_first(desk: Market) -> None:
    clerk = started(desk)
    said = clerk.types("A-17", "0", "1", "1", "V-1", "", "300")
    assert "gate.quality_voucher_missing" in said
    assert "[ 暂缓 ]" in said


def test_a_seller_without_a_card_is_typed(desk: Market) -> None:
    clerk = started(desk)
    said = clerk.types("0", "1", "李记蔬菜")
    assert "李记蔬菜 A-17  已建档" in said
    assert clerk.counter.prompt == "品名 1 芹菜 2 豆角  0 更多 > "
    clerk.types("-")
    assert "没有卡号是 谁 的档案" in clerk.types("0", "1", "谁")


def test_a_card_speaks_for_one_truck_and_not_for_long(desk: Market) -> None:
    clerk = started(desk)
    clerk.types("A-17", desk.certificate("西红柿", "5 kg"), "-")
    assert "卖方 永发合作社" in clerk.types(desk.certificate("黄瓜", "5 kg")), "a dropped truck takes its card along"
    clerk.types("", "A-17")
    assert "卖方 永发合作社" in clerk.types(desk.certificate("黄瓜", "5 kg"), pause=200)
    clerk.types("", "A-17")
    assert "卖方 李记蔬菜" in clerk.types(desk.certificate("黄瓜", "5 kg"), "")
    assert "卖方 永发合作社" in clerk.types(desk.certificate("黄瓜", "5 kg"))
