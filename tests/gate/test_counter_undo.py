"""Undoing at the counter: a correction, of the truck that was meant, while its goods are still there."""

import datetime as dt

import pytest

from foodtrace import errors
from foodtrace.events import Correction, MarketEntry
from foodtrace.gate import pad
from tests.gate.clerk import lot, started
from tests.gate.desk import Market


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


def test_an_undone_truck_may_be_scanned_again_at_once(desk: Market) -> None:
    text = desk.certificate("西红柿", "500 kg")
    clerk = started(desk)
    said = clerk.types(text, "", "-", "", text, "", pause=1)
    assert "不重复计" not in said
    assert "[ 准入 ]  0002" in said
