"""What is scanned at the counter: codes that are no certificate, doubled and forged ones, and the gate's own slips."""

import pytest

from foodtrace.events import MarketEntry, Refusal
from foodtrace.keys import SigningKey
from tests.gate.clerk import Clerk, started
from tests.gate.desk import Market


def test_a_slip_is_printed_and_known_when_scanned_again(desk: Market) -> None:
    clerk = started(desk)
    clerk.types(desk.certificate("西红柿", "500 kg"), "482")
    assert "入场单 -> 261124-1-0001.png" in clerk.types("+")
    (slip,) = clerk.slips
    assert slip.code.startswith("foodtrace-entry:beihe.example/gate1:")
    said = clerk.types(slip.code)
    assert "入场单属实, 已准入: 北河农批 1 0001 车" in said
    assert "(beihe.example/gate1 第 " in said
    forged = slip.code[:-1] + ("0" if slip.code[-1] != "0" else "1")
    assert "入场单不属实" in clerk.types(forged)
    assert "别的日志" in clerk.types(slip.code.replace("gate1", "gate9"))
    clerk.types("-", "")
    assert "已撤销或更正" in clerk.types(slip.code), "a slip of a truck that was undone is worth nothing"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("6901234567892", "scan.product_code"),
        ("http://hgz.example/q/1", ""),
        ("https://example.org/x", "scan.not_ours"),
        ("A-99", "scan.not_a_code"),
        ("https://trace.example/lot/L-0001/261124-1/261124-1?c=AAAA", "scan.truncated"),
    ],
)
def test_what_is_no_certificate_is_called_by_its_name(desk: Market, typed: str, code: str) -> None:
    said = started(desk).types(typed)
    assert code in said
    assert "别的平台的合格证" in said if not code else "[ 再扫 ]" in said


def test_full_width_and_doubled_scans_are_one_truck(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    wide = "".join(chr(ord(c) + 0xFEE0) if 0x21 <= ord(c) <= 0x7E else c for c in text)
    clerk = started(desk)
    said = clerk.types(wide, "482")
    assert "(全角已自动更正)" in said
    assert "[ 准入 ]  0001" in said
    other = desk.certificate("黄瓜", "5 kg")
    assert "[ 准入 ]  0002" in clerk.types(other + other, "")
    first, second = desk.certificate("黄瓜", "5 kg"), desk.certificate("黄瓜", "6 kg")
    assert "scan.several" in clerk.types(first + " " + second)


def test_a_forged_code_does_not_hide_the_genuine_one_scanned_after_it(desk: Market) -> None:
    clerk = Clerk(desk)
    text = desk.certificate("西红柿", "500 kg")
    forged = desk.forged(text, SigningKey("other", bytes(range(1, 33))))
    clerk.types("S-07", forged)
    assert "过磅" in clerk.types(text, "482", pause=1)
    assert [each.decision for each in clerk.events() if isinstance(each, MarketEntry)] == ["admitted"]
    assert len([each for each in clerk.events() if isinstance(each, Refusal)]) == 1
