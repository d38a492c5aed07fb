"""The counter's loop: the transcript line by line in both languages, keys and words, and what the clerk sees when something fails."""

import unicodedata

import pytest

from foodtrace import errors
from foodtrace.gate import screen
from tests.gate.clerk import lot, started
from tests.gate.desk import Market


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


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_screen_and_no_word_is_lost(width: int) -> None:
    line = screen.with_code("超出合格证余量 40.0 kg (余 200.0 kg, 过磅 240.0 kg)", "gate.over_certified", "[ 暂缓 ]  ")
    parts = screen.wrapped(line, width)
    assert all(screen.cells(each) <= width for each in parts)
    assert "".join(parts).replace(" ", "") == line.replace(" ", "")
    assert all(each.startswith(screen.INDENT) for each in parts[1:])
    assert screen.wrapped("x" * 200, width)[0] == "x" * width
