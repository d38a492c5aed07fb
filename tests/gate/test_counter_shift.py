"""A shift at the counter: who begins it, what is handed over, what a power cut, a dead line or a wrong clock leaves."""

import datetime as dt

import msgspec
import pytest

from foodtrace import Ledger
from foodtrace.certificate.keylist import KeyList
from foodtrace.events import GateShift, MarketEntry
from tests.gate.clerk import Clerk, started
from tests.gate.desk import Market


def test_a_dead_line_records_the_hold_nobody_chose_about(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    clerk = started(desk)
    clerk.types(text, "600")
    assert [each.text for each in clerk.counter.close()][-1] == "没有交班: 同一工牌下次接着上"
    *_, entry = clerk.events()
    assert isinstance(entry, MarketEntry)
    assert (entry.decision, entry.reasons) == ("held", ("gate.over_certified",))


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


def test_a_shift_begins_with_the_warning_that_the_key_list_is_out_of_date(desk: Market) -> None:
    ended = KeyList(made=desk.now() - dt.timedelta(days=40), until=desk.now().date() - dt.timedelta(days=1), keys=())
    said = Clerk(desk, key_list=ended).types("S-07")
    assert "密钥名单 2026-11-23 到期, 之后停用的密钥查不到  keylist.stale" in said
    current = msgspec.structs.replace(ended, until=desk.now().date())
    assert "keylist" not in Clerk(desk, key_list=current).types("S-08")


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
