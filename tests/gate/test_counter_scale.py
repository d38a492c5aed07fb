"""At the scale: what the clerk may type for a weight, and what is asked again before a truck is on record."""

import pytest

from foodtrace.events import MarketEntry
from tests.gate.clerk import started
from tests.gate.desk import Market


def test_only_the_remainder_is_admitted_when_the_clerk_says_so(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    clerk = started(desk)
    clerk.types(text, "482")
    said = clerk.types(text, "60", "2")
    assert "[ 准入 ]  0002  西红柿 18.0 kg (36 斤)" in said
    assert "不" not in said.rsplit("批次", 1)[1].split("抽检")[0]
    *_, entry = clerk.events()
    assert isinstance(entry, MarketEntry)
    assert (str(entry.quantity), entry.written) == ("18.0 kg", "60")


def test_another_weight_is_asked_when_the_clerk_mistyped(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    clerk = started(desk)
    said = clerk.types(text, "5000", "1", "500")
    assert "[ 准入 ]  0001  西红柿 500.0 kg (1,000 斤)" in said
    assert len(clerk.events()) == 2, "the mistyped weight is no entry"


def test_gross_tare_crates_and_jin(desk: Market) -> None:
    clerk = started(desk)
    for typed, grams, echo in (
        ("600-118", 482_000, "毛 600.0 kg 皮 118.0 kg 净 482.0 kg (964 斤)"),
        ("６００－２４＊５", 480_000, "毛 600.0 kg 皮 120.0 kg 净 480.0 kg (960 斤)"),
        ("24*20", 480_000, "480.0 kg (960 斤)"),
        ("964斤", 482_000, "482.0 kg (964 斤)"),
        ("482。5", 482_500, "482.5 kg (965 斤)"),
    ):
        text = desk.certificate("西红柿", "500 kg")
        said = clerk.types(text, typed)
        assert echo in said
        *_, entry = clerk.events()
        assert isinstance(entry, MarketEntry)
        assert (entry.quantity.value, entry.written) == (grams, typed)
    text = desk.certificate("西红柿", "500 kg")
    said = clerk.types(text, "/", "964")
    assert "过磅 斤 [1000] > " in said
    assert "482.0 kg (964 斤)" in said


def test_enter_takes_what_the_certificate_has_left(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    clerk = started(desk)
    clerk.types(text, "482")
    assert "0002  西红柿 18.0 kg" in clerk.types(text, "")
    said = clerk.types(text, "")
    assert "过磅 kg > " in said, "nothing is left: Enter has nothing to take"
    assert "counter.weight" in said


def test_what_cannot_be_a_weight_is_asked_again(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    clerk = started(desk)
    clerk.types(text)
    for typed, code in (
        ("6901234567892", "counter.weight"),
        ("99999999", "counter.too_much"),
        ("0", "counter.weight"),
        ("5-9", "counter.tare"),
        ("一车", "counter.weight"),
    ):
        assert code in clerk.types(typed)
        assert clerk.counter.prompt == "过磅 kg [500] > "
    assert "[ 准入 ]" in clerk.types("500")


def test_a_scan_at_the_scale_is_no_weight_and_is_not_lost_silently(desk: Market) -> None:
    first, second = desk.certificate("西红柿", "500 kg"), desk.certificate("黄瓜", "300 kg")
    clerk = started(desk)
    clerk.types(first)
    assert "[ 再扫 ]  先把这车过磅, 或按 - 放下" in clerk.types(second)
    assert "(同一码, 3 秒前已扫, 不重复计)" not in clerk.types(second)
    assert "[ 准入 ]  0001  西红柿" in clerk.types("482")
    assert "[ 准入 ]  0002  黄瓜" in clerk.types(second, "")


def test_a_truck_is_dropped_with_minus(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    clerk = started(desk)
    assert "(放下, 没有记)" in clerk.types(text, "-")
    assert "[ 准入 ]" in clerk.types(text, "500", pause=1), "what was dropped may be scanned again at once"


def test_a_weight_below_nothing_does_not_let_the_truck_go(desk: Market) -> None:
    clerk = started(desk)
    said = clerk.types(desk.certificate("西红柿", "500 kg"), "-5", "0", "100-200", "99999999999", "482")
    assert said.count("counter.weight") + said.count("counter.tare") + said.count("counter.heavy") >= 4, said
    assert "[ 准入 ]  0001  西红柿 482.0 kg" in said


@pytest.mark.parametrize("weight", ["482", "600-118", "600斤", "24*5", "１２０"])
def test_a_weight_before_the_scan_is_told_as_that(desk: Market, weight: str) -> None:
    said = started(desk).types(weight)
    assert "先扫码, 再过磅" in said
    assert "输入法" not in said


def test_a_product_code_is_no_weight(desk: Market) -> None:
    assert "scan.product_code" in started(desk).types("6909999000012")
