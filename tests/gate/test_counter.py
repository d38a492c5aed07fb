"""The counter's loop, line by line: what the clerk types, what the screen says, what is on record."""

import datetime as dt
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from foodtrace import Ledger, errors
from foodtrace.certificate.keylist import KeyList
from foodtrace.events import Correction, GateShift, MarketEntry, Refusal, SellerFile
from foodtrace.events.canonical import decode
from foodtrace.gate import pad, screen
from foodtrace.gate.rules import load
from foodtrace.keys import SigningKey
from foodtrace.operations.counter import Counter, Setting
from foodtrace.operations.slips import SlipText
from foodtrace.tlog.entry import event_bytes
from tests.gate.desk import Market

RULES = load()


class Clerk:
    """A clerk at the counter: types lines, remembers the screen."""

    def __init__(self, desk: Market, lang: str = "zh", **setting: object) -> None:
        self.desk = desk
        self.slips: list[SlipText] = []
        writer = desk.ledger.writer()
        self.counter = Counter(
            desk.ledger,
            Setting(
                market=desk.market,
                name="北河农批",
                gate="1",
                origin=writer.origin,
                log=writer.number,
                rules=RULES,
                lang=lang,  # type: ignore[arg-type]
                slip=self._slip,
                **setting,  # type: ignore[arg-type]
            ),
        )
        self.screen: list[str] = []

    def _slip(self, slip: SlipText) -> str:
        self.slips.append(slip)
        return f"{slip.name}.png"

    def types(self, *lines: str, pause: float = 20) -> str:
        said: list[str] = []
        for line in lines:
            self.desk.clock.later(seconds=pause)
            said.append(self.counter.prompt)
            said += [each.text for each in self.counter.feed(line)]
        self.screen += said
        return "\n".join(said)

    def events(self) -> list[object]:
        with self.desk.ledger.reading() as session:
            rows = session.rows("SELECT bytes FROM entry ORDER BY log, seq")
        found = [decode(event_bytes(bytes(row[0]))) for row in rows]
        return [each for each in found if isinstance(each, (MarketEntry, Refusal, Correction, GateShift))]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Market]:
    market = Market(str(tmp_path / "gate.db"), tmp_path / "keys")
    market.site("李记蔬菜:stall", site_id="A-17")
    market.file("A-17", card="A-17", agreement_until=dt.date(2027, 6, 30), kinds=("芹菜", "豆角"))
    yield market
    market.ledger.close()


def started(desk: Market, **more: object) -> Clerk:
    clerk = Clerk(desk, **more)  # type: ignore[arg-type]
    clerk.types("S-07")
    return clerk


def test_the_transcript(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    clerk = started(desk)
    assert clerk.screen[1:] == [
        "S-07 上班 11-24 03:40  (工号未经工牌证实)",
        "北河农批 1号门 | 单位 kg | 准入 0 暂缓 0 拒入 0 | 日志 15 条 | 03:40",
        "回车 按证重   * 详情   + 打单   - 撤销   / 换单位 kg,斤   ** 交班   . 帮助",
        "-" * 77,
    ]
    assert clerk.types("A-17") == "扫码> \n李记蔬菜 A-17  已建档, 协议至 2027-06-30"
    said = clerk.types(text, "482")
    assert said.split("\n") == [
        "扫码> ",
        f"[合格证 {len(text)} 字]",
        "西红柿  永发合作社  证 500.0 kg, 余 500.0 kg  11-24 采  卖方 李记蔬菜",
        "过磅 kg [500] > ",
        f"[ 准入 ]  0001  西红柿 482.0 kg (964 斤)  批次 {lot(text)}   证余 18.0 kg   抽检: 无计划",
    ]
    assert clerk.types(text, pause=2) == "扫码> \n(同一码, 2 秒前已扫, 不重复计)"
    said = clerk.types(text, "60")
    assert said.split("\n")[-2:] == [
        "[ 暂缓 ]  超出合格证余量 42.0 kg (余 18.0 kg, 过磅 60.0 kg) gate.over_certified",
        f"          已用: 2026-11-24 03:41 北河农批 1 482.0 kg 批次 {desk.farm}/{lot(text)}",
    ]
    assert clerk.counter.prompt == "          1 改重量   2 只准入 18.0 kg   3 留给值班人 [3] > "
    said = clerk.types("3")
    assert "已记 0002, 11-24 15:" in said
    assert "超出" not in said.split("\n", 1)[1], "the reasons stand on the screen already"
    said = clerk.types("呵他他跑")
    assert said == '扫码> \n[ 再扫 ]  中文输入法开着。按一下 Shift, 看到 "英" 再扫。'
    events = clerk.events()
    assert [(type(each).__name__, getattr(each, "decision", "")) for each in events] == [
        ("GateShift", ""),
        ("MarketEntry", "admitted"),
        ("MarketEntry", "held"),
    ]
    assert [each.by for each in events] == ["S-07"] * 3  # type: ignore[attr-defined]


def lot(text: str) -> str:
    return text.split("/")[5]


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


def test_a_dead_line_records_the_hold_nobody_chose_about(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    clerk = started(desk)
    clerk.types(text, "600")
    assert [each.text for each in clerk.counter.close()][-1] == "没有交班: 同一工牌下次接着上"
    *_, entry = clerk.events()
    assert isinstance(entry, MarketEntry)
    assert (entry.decision, entry.reasons) == ("held", ("gate.over_certified",))


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


def test_undo_is_a_correction_and_gives_the_certificate_back(desk: Market) -> None:
    text = desk.certificate("黄瓜", "300 kg")
    clerk = started(desk)
    clerk.types(text, "")
    said = clerk.types("-", "")
    assert "撤销 0001 黄瓜 300.0 kg 准入 (11-24 03:41)? 原记录保留, 另记更正。 回车=撤销  0=不撤 > " in said
    assert "[ 已撤 ]  更正记录 第 " in said
    entry, correction = clerk.events()[-2:]
    assert isinstance(entry, MarketEntry)
    assert isinstance(correction, Correction)
    assert (correction.reason, correction.by) == ("did_not_occur", "S-07")
    assert "0002  黄瓜 300.0 kg" in clerk.types(text, "", pause=1), "the number is not used again"
    assert "gate.no_truck" in clerk.types("-1")
    assert "没有可撤的" not in clerk.types("- 2", "0")


def test_nothing_is_undone_by_the_next_trucks_scan_or_by_zero(desk: Market) -> None:
    first, second = desk.certificate("黄瓜", "300 kg"), desk.certificate("西红柿", "300 kg")
    clerk = started(desk)
    clerk.types(first, "")
    assert "(没有撤)" in clerk.types("-", "0")
    said = clerk.types("-", second)
    assert "(没有撤)" in said
    assert "西红柿  永发合作社" in said
    assert not any(isinstance(each, Correction) for each in clerk.events())


@pytest.mark.parametrize(
    ("size", "gone", "left"), [("300 kg", "50 kg", "还在 250.0 kg"), ("240 个", "12 个", "还在 228 件"), ("240 个", "240 个", "还在 0 件")]
)
def test_goods_that_moved_on_are_not_undone(desk: Market, size: str, gone: str, left: str) -> None:
    from functools import partial

    from foodtrace import Quantity
    from foodtrace.operations import goods
    from foodtrace.operations.common import Doing

    text = desk.certificate("黄瓜", size)
    clerk = started(desk)
    clerk.types(text, "")
    doing = Doing(now=desk.clock.later(minutes=1))
    sent = partial(goods.transfer, doing=doing, lot=lot(text), quantity=Quantity.parse(gone), to=desk.shop)
    desk.ledger.act(lambda session: sent(session, source=desk.market))
    said = clerk.types("-")
    assert "gate.undo_moved" in said
    assert left in said
    assert "pcs" not in said


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


def grower(desk: Market, **kept: str) -> Clerk:
    """Give a clerk before whom a self-grower stands whose file names no kinds."""
    desk.site("老赵菜摊:stall", site_id="K-10")
    event = SellerFile(
        id="file-k10",
        at=desk.now(),
        site=desk.market,
        seller="K-10",
        card="K-10",
        agreement_until=dt.date(2027, 6, 30),
        sources=("北河村",),
    )
    desk.ledger.record([event], personal={event.id: kept} if kept else {})
    clerk = started(desk)
    clerk.types("K-10", "0", "4")
    return clerk


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


def test_a_shift_is_summed_up_and_handed_over(desk: Market) -> None:
    texts = [desk.certificate("西红柿", "500 kg") for _ in range(3)]
    clerk = started(desk, report=lambda lines, name: f"交班-{name}.pdf")
    clerk.types(texts[0], "482", texts[1], "600", "3", texts[2], "", "-", "", "0", "1", "", pause=30)
    said = clerk.types("-", "**")
    lines = said.split("\n")
    assert lines[-4:-2] == [
        "交班 03:40-03:47  准入 1 (482.0 kg)  暂缓 1 (未决 1)  拒入 0  撤销 1",
        "  未决: 0002 西红柿 -> 交给下一班",
    ]
    assert lines[-1] == "  存 交班-261124-1.pdf"
    assert clerk.counter.finished
    *_, shift = clerk.events()
    assert isinstance(shift, GateShift)
    assert (shift.action, shift.admitted, shift.held, shift.refused, shift.undone) == ("end", 1, 1, 0, 1)


def test_a_power_cut_goes_on_with_the_shift(desk: Market) -> None:
    clerk = started(desk)
    clerk.types(desk.certificate("西红柿", "500 kg"), "")
    again = started(desk)
    assert "S-07 接着上 11-24 03:40 起的班" in again.screen[1]
    assert "准入 1 暂缓 0 拒入 0" in again.screen[2]
    assert "S-08 上班" in started_as(desk, "S-08")


def started_as(desk: Market, card: str) -> str:
    return Clerk(desk).types(card)


@pytest.mark.parametrize("card", ["张三", "13812345678", "230199199001011231", "https://trace.example/x", "x" * 41])
def test_a_name_or_a_phone_is_no_staff_number(desk: Market, card: str) -> None:
    clerk = Clerk(desk)
    said = clerk.types(card)
    assert "counter.staff" in said
    assert not card.isdigit() or card not in said, "what may be personal is masked"
    assert clerk.events() == []


def test_the_header_returns_every_tenth_truck(desk: Market) -> None:
    clerk = started(desk)
    for _ in range(10):
        clerk.types(desk.certificate("西红柿", "5 kg"), "")
    assert sum("北河农批 1号门 | " in line for line in clerk.screen) == 2
    assert "准入 10 暂缓 0 拒入 0" in clerk.screen[-3]


def test_words_work_like_keys(desk: Market) -> None:
    clerk = started(desk)
    assert "过磅: 净重 482" in clerk.types("帮助")
    assert "没有可撤的" in clerk.types("撤销")
    assert "单位 斤" in clerk.types("／")
    assert "还没有记录" in clerk.types("＊")
    assert "还没有记录" in clerk.types("+")
    assert "交班 03:40-" in clerk.types("交班")


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


def test_verdict_words_are_equally_wide() -> None:
    from foodtrace.gate.screen import bracket

    for lang in ("zh", "en"):
        words = [bracket(word, lang) for word in ("admit", "hold", "refuse", "again", "undone")]
        assert len({sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in word) for word in words}) == 1


def test_the_same_scene_in_english(desk: Market) -> None:
    text = desk.certificate("tomato", "500 kg")
    clerk = started(desk, lang="en")
    assert clerk.screen[2].startswith("北河农批 gate 1 | unit kg | in 0 held 0 refused 0 | log ")
    assert "[ ADMIT  ]  0001  tomato 482.0 kg (964 斤)" in clerk.types(text, "482")
    said = clerk.types(text, "60")
    assert "[ HOLD   ]  42.0 kg over what the certificate has left (18.0 kg left, 60.0 kg weighed) gate.over_certified" in said
    assert clerk.counter.prompt == "          1 change weight   2 admit 18.0 kg only   3 leave for supervisor [3] > "


def test_a_broken_ledger_ends_the_loop_and_a_busy_one_does_not(desk: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    text = desk.certificate("西红柿", "500 kg")
    clerk = started(desk)
    clerk.types(text)
    real = desk.ledger.act

    def busy(*_: object, **__: object) -> object:
        raise errors.Busy("storage.busy", value="gate.db")

    monkeypatch.setattr(desk.ledger, "act", busy)
    assert "storage.busy" in clerk.types("482")
    assert clerk.counter.prompt == "过磅 kg [500] > "
    monkeypatch.setattr(desk.ledger, "act", real)
    assert "[ 准入 ]  0001" in clerk.types("482")

    def broken(*_: object, **__: object) -> object:
        raise errors.Integrity("ledger.rolled_back", value=1, expected=2, log="x")

    clerk.types(desk.certificate("西红柿", "5 kg"))
    monkeypatch.setattr(desk.ledger, "act", broken)
    with pytest.raises(errors.Integrity):
        clerk.counter.feed("5")


def test_a_night_shift_undoes_across_midnight(desk: Market) -> None:
    desk.clock.now = dt.datetime(2026, 11, 24, 23, 58, tzinfo=desk.clock.now.tzinfo)
    first, second = desk.certificate("黄瓜", "300 kg"), desk.certificate("西红柿", "300 kg")
    clerk = started(desk)
    clerk.types(first, "")
    desk.clock.later(minutes=5)
    assert "撤销 0001 黄瓜 300.0 kg" in clerk.types("-", "0")
    assert "0001  西红柿" in clerk.types(second, ""), "a new day begins at one"
    assert "撤销 0001 西红柿 300.0 kg 准入 (11-25 00:0" in clerk.types("-", "")
    said = clerk.types("-1")
    assert "2026-11-25 没有第 0001 车" in said, "yesterday's truck of that number is another truck"
    assert "-0001/1124" in said
    assert clerk.counter.prompt == "扫码> "
    assert sum(isinstance(each, Correction) for each in clerk.events()) == 1
    assert "撤销 0001 黄瓜 300.0 kg 准入 (11-24 23:5" in clerk.types("-0001/1124", "0")
    assert "撤销 0001 黄瓜" in clerk.types("-1/1124", "")
    assert sum(isinstance(each, Correction) for each in clerk.events()) == 2
    assert "2026-11-24 没有第 0001 车" in clerk.types("-1/1124")
    assert "counter.day" in clerk.types("-1/1399")


def test_the_day_of_a_truck_to_be_undone_is_a_day_that_was() -> None:
    assert pad.dated("-43/1231", dt.date(2027, 1, 1)) == (43, dt.date(2026, 12, 31))
    assert pad.dated("撤销 43／20261123", dt.date(2027, 1, 1)) == (43, dt.date(2026, 11, 23))
    assert pad.dated("-43", dt.date(2027, 1, 1)) is None
    with pytest.raises(errors.BadData):
        pad.dated("-43/0229", dt.date(2028, 1, 10))


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


def test_an_undone_truck_may_be_scanned_again_at_once(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    clerk = started(desk)
    said = clerk.types(text, "", "-", "", text, "", pause=1)
    assert "不重复计" not in said
    assert "[ 准入 ]  0002" in said


def test_a_shift_begins_with_the_warning_that_the_key_list_is_out_of_date(desk: Market) -> None:
    ended = KeyList(made=desk.now() - dt.timedelta(days=40), until=desk.now().date() - dt.timedelta(days=1), keys=())
    said = Clerk(desk, key_list=ended).types("S-07")
    assert "密钥名单 2026-11-23 到期, 之后停用的密钥查不到  keylist.stale" in said
    current = msgspec.structs.replace(ended, until=desk.now().date())
    assert "keylist" not in Clerk(desk, key_list=current).types("S-08")


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


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_screen_and_no_word_is_lost(width: int) -> None:
    line = screen.with_code("超出合格证余量 40.0 kg (余 200.0 kg, 过磅 240.0 kg)", "gate.over_certified", "[ 暂缓 ]  ")
    parts = screen.wrapped(line, width)
    assert all(screen.cells(each) <= width for each in parts)
    assert "".join(parts).replace(" ", "") == line.replace(" ", "")
    assert all(each.startswith(screen.INDENT) for each in parts[1:])
    assert screen.wrapped("x" * 200, width)[0] == "x" * width


def test_a_forged_code_does_not_hide_the_genuine_one_scanned_after_it(desk: Market) -> None:
    clerk = Clerk(desk)
    text = desk.certificate("西红柿", "500 kg")
    forged = desk.forged(text, SigningKey("other", bytes(range(1, 33))))
    clerk.types("S-07", forged)
    assert "过磅" in clerk.types(text, "482", pause=1)
    assert [each.decision for each in clerk.events() if isinstance(each, MarketEntry)] == ["admitted"]
    assert len([each for each in clerk.events() if isinstance(each, Refusal)]) == 1


def test_a_line_that_goes_dead_before_the_weight_says_that_nothing_is_recorded(desk: Market) -> None:
    clerk = Clerk(desk)
    clerk.types("S-07", desk.certificate("西红柿", "500 kg"))
    assert [each.text for each in clerk.counter.close()] == ["(放下, 没有记)", "没有交班: 同一工牌下次接着上"]
    assert not [each for each in clerk.events() if isinstance(each, MarketEntry)]


@pytest.mark.parametrize(("jump", "code"), [({"days": 40}, "log.clock_ahead"), ({"days": -2}, "log.clock_behind")])
def test_a_clock_that_jumps_is_said_with_the_way_out_and_loses_no_truck(desk: Market, jump: dict[str, float], code: str) -> None:
    clerk = started(desk)
    text = desk.certificate("西红柿", "500 kg", days=90)
    clerk.types(text)
    good = desk.clock.now
    desk.clock.later(**jump)
    said = clerk.types("482")
    assert code in said
    assert "foodtrace --confirm-clock gate" in said
    assert "[ 再扫 ]" in said
    assert not [each for each in clerk.events() if isinstance(each, MarketEntry)], "nothing is recorded at a time nobody answers for"
    desk.clock.now = good
    assert "[ 准入 ]" in clerk.types("482"), "the clock was set: the same truck goes on"
    desk.clock.later(**jump)
    assert code in clerk.types("**"), "the shift cannot end at a wrong time"
    clerk.counter.close()


def test_a_clock_that_jumped_before_the_shift(desk: Market) -> None:
    desk.clock.later(days=40)
    clerk = Clerk(desk, "en")
    said = clerk.types("S-07")
    assert "log.clock_ahead" in said
    assert "leave with Ctrl+D" in said
    confirmed = Ledger.open(desk.url, keys=desk.ledger.keys, clock=desk.clock, confirm_clock=True)
    desk.ledger.close()
    desk.ledger = confirmed
    assert "S-07" in Clerk(desk, "en").types("S-07")
