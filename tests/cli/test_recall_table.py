"""The table a regulator telephones from, row by row: what each width shows, what gives way, and what never does."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace.operations.outletdetails import NOTHING, Details
from foodtrace.recall.answer import Amount, OutletRow
from foodtrace.recall.shortcodes import short_codes
from foodtrace_cli.commands.recall_table import columns, lay_out, line, several_products, totals
from foodtrace_cli.context import Context
from foodtrace_cli.output import cells, wrapped

LANGS = ("zh", "en")
ZH = Context(db="", keys=None, log=None, lang="zh")
EN = Context(db="", keys=None, log=None, lang="en")
STAMP = "2026-11-24T02:12:00Z"
FULL = Details(
    operator_name="福安超市",
    credit_code="91230199FT0000013A",
    licence="JY12301030001239",
    licence_until="2027-03-01",
    first="2026-11-23",
    last="2026-11-24",
)


def amount(**changes: object) -> Amount:
    plain = Amount(
        unit="g", received=120_000, sold=46_000, on_hand=74_000, at_notice=80_000, likely=74_000, returned=10_000, destroyed=2_000,
        unaccounted=1_000, travelling=0, sealed=0,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def outlet(name: str = "福安超市", **changes: object) -> OutletRow:
    plain = OutletRow(
        site="L-0003", name=name, operator="91230199FT0000013A", kind="shop", role="outlet", county="南岗区", contact="李某",
        phone="0451-555-0104", address="北河市虚构路711号", personal="present", lots=("L-0001/261123-1",), suppliers=("北河农批24号档",),
        link="confirmed", tier=2, amounts=(amount(),), notified=STAMP, acknowledged=STAMP, sealed=STAMP, returned=STAMP, destroyed=STAMP,
        last_entry=STAMP,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def laid(ctx: Context, rows: list[OutletRow], width: int | None, *, details: Details = FULL, long: bool = False) -> list[str]:
    named = several_products(rows)
    code = short_codes(lot for row in rows for lot in row.lots)
    lines = [
        line(ctx, row, each, details, number, code, products=named) for number, row in enumerate(rows, 1) for each in row.amounts or (None,)
    ]
    return lay_out(ctx, [("", lines)], totals(ctx, rows, products=named), width, long=long)


ADDED = {80: (), 120: ("operator", "address", "returned", "destroyed", "unaccounted")}
ADDED[200] = (*ADDED[120], "credit_code", "licence", "county", "supplier", "lots", "dates", "stamps")


@pytest.mark.parametrize("ctx", [ZH, EN], ids=LANGS)
@pytest.mark.parametrize("width", [80, 120, 200])
def test_each_width_shows_what_it_promises_and_no_line_is_wider(ctx: Context, width: int) -> None:
    lines = laid(ctx, [outlet(), outlet("第三小学食堂", link="possible"), outlet("东门便民店")], width)
    assert max(map(cells, lines)) <= width
    promised = ["#", "outlet", "phone", "received", "sold", "on_hand", "link", *ADDED[width]]
    headings = lines[0]
    for name in promised:
        assert (name if name == "#" else ctx.t("cli.col." + name)) in headings, name
    for text in ("福安超市", "第三小学食堂", "东门便民店", "0451-555-0104", "74.0", ctx.t("cli.link.possible")):
        assert any(text in each for each in lines), text
    if width == 200:
        for text in ("91230199FT0000013A", "JY12301030001239", "南岗区", "11-23..24"):
            assert text in lines[1], text
        assert lines[1].count("11-24") == 5, "five times, one of each step"


@pytest.mark.parametrize("ctx", [ZH, EN], ids=LANGS)
def test_columns_stand_under_their_headings_though_chinese_is_two_cells_wide(ctx: Context) -> None:
    lines = [each for each in laid(ctx, [outlet("福"), outlet("abc惠民"), outlet("第三小学食堂")], 80) if each[:1] != " "]
    phone = cells(lines[0][: lines[0].index(ctx.t("cli.col.phone"))])
    for each in lines[1:4]:
        assert cells(each[: each.index("0451-")]) == phone
    ends = {cells(each[: each.index("74.0") + 4]) for each in lines[1:4]}
    assert len(ends) == 1, "numbers end in one column"


@pytest.mark.parametrize("ctx", [ZH, EN], ids=LANGS)
@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 160, 200])
def test_outlet_phone_on_hand_and_link_never_give_way(ctx: Context, width: int) -> None:
    big = amount(received=123_456_789_012, sold=None, on_hand=None, likely=123_456_789_012)
    rows = [outlet("一家名字很长很长的婴幼儿配方乳粉专卖店第一分店", amounts=(big,), phone="+86 0451 5550 0104"), outlet("福安超市")]
    lines = laid(ctx, rows, width)
    assert max(map(cells, lines)) <= max(width, 60)
    assert "+86 0451 5550 0104" in lines[1]
    assert "123,456,789.012?" in lines[1], "a number is never cut, and what is unknown is marked"
    assert ctx.t("cli.link.confirmed") in lines[1]
    assert "一" in lines[1]


NEEDED = {
    "outlet": "一家名字很长很长的婴幼儿配方乳粉专卖店第一分店", "operator": "福安超市连锁管理有限责任公司", "address": "北河市虚构路711号",
    "contact": "欧阳某某", "lots": "261123-1", "received": "123,456.789", "sold": "46.001", "on_hand": "74.002", "returned": "10.003",
    "destroyed": "2.004", "unaccounted": "1.005", "link": None, "phone": "+86 0451 5550 0104",
}  # fmt: skip
"""What the issue demands of every row, whatever the width, as it stands in :func:`needed`."""


def needed(ctx: Context, width: int | None) -> tuple[list[str], list[str]]:
    """Lay an outlet out that has all of it; return its lines and those of the totals."""
    sums = amount(received=123_456_789, sold=46_001, on_hand=74_002, likely=74_002, returned=10_003, destroyed=2_004, unaccounted=1_005)
    said = {name: NEEDED[name] for name in ("address", "contact", "phone")}
    row = outlet(NEEDED["outlet"] or "", amounts=(sums,), **said)
    lines = laid(ctx, [row], width, details=msgspec.structs.replace(FULL, operator_name=NEEDED["operator"]))
    end = next(place for place, each in enumerate(lines) if ctx.t("cli.recall.total", count="1") in each)
    assert width is None or max(map(cells, lines)) <= width
    return lines[1:end], lines[end:]


@pytest.mark.parametrize("ctx", [ZH, EN], ids=LANGS)
@pytest.mark.parametrize("width", [60, 80, 120, 200, None])
def test_what_a_telephone_call_needs_is_there_at_every_width(ctx: Context, width: int | None) -> None:
    lines, ends = needed(ctx, width)
    whole = "".join(each.strip() for each in lines).replace(" ", "")
    for name, value in NEEDED.items():
        assert (value or ctx.t("cli.link.confirmed")).replace(" ", "") in whole, (name, lines)
    marks = ctx.t("cli.progress.marks").split()
    ways = ("".join(each + mark for each in marks[:2]) for mark in ("", "11-24", "11-2410:12"))
    assert any(each in whole for each in ways), "notified and acknowledged"
    for value in ("10.003", "2.004", "1.005"):
        assert value in " ".join(ends), "and of all of them together"


def test_what_is_missing_is_seen_to_be_missing_at_80_cells() -> None:
    lines = laid(EN, [outlet(contact="", address="", operator="", lots=())], 80, details=NOTHING)
    assert "operator -  contact -  address -  lots -" in lines[2]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.sampled_from("ab1,;福安超市.-"), min_size=1, max_size=30), max_size=12), st.integers(8, 60), st.integers(0, 3))
def test_a_broken_line_is_never_too_wide_and_loses_nothing_but_spaces(words: list[str], width: int, lead: int) -> None:
    line = " " * lead + " ".join(words)
    parts = wrapped(line, width)
    assert max(map(cells, parts)) <= width
    assert "".join(parts).replace(" ", "") == line.replace(" ", "")
    assert all(each.startswith(" " * (lead + 2)) for each in parts[1:])
    assert wrapped(line, None) == [line]


def test_a_line_breaks_after_a_comma_rather_than_in_a_name() -> None:
    said = "  网点自己的记录: 3 家, 最新到 11-24 10:12; 最旧: 福安超市 11-20 08:00, 惠民菜店 11-21 09:00, 东门便民店 11-22 10:00"
    assert wrapped(said, 80) == [
        "  网点自己的记录: 3 家, 最新到 11-24 10:12; 最旧: 福安超市 11-20 08:00,",
        "    惠民菜店 11-21 09:00, 东门便民店 11-22 10:00",
    ]
    assert wrapped("一家名字很长很长的婴幼儿配方乳粉", 20) == ["一家名字很长很长的婴", "  幼儿配方乳粉"]
    assert wrapped("x" * 30, 20) == ["x" * 20, "  " + "x" * 10]


def test_a_pipe_gets_every_column_uncut() -> None:
    name = "一家名字很长很长的婴幼儿配方乳粉专卖店第一分店"
    lines = laid(ZH, [outlet(name, address="北河市虚构路" * 8)], None)
    assert name in lines[1]
    assert "北河市虚构路" * 8 in lines[1]
    assert "通11-24 10:12 回11-24 10:12" in lines[1]
    assert set(columns(200)) == set(columns(None)) > set(columns(120)) - {"progress"}


def test_the_second_line_says_what_the_width_left_out() -> None:
    lines = laid(ZH, [outlet()], 80, long=True)
    more = " ".join(each.strip() for each in lines[2:-1])
    for text in ("91230199FT0000013A", "JY12301030001239", "南岗区", "李某", "北河市虚构路711号", "261123-1", "11-23..24", "毁11-24 10:12"):
        assert text in more, text
    assert "福安超市" not in more.replace("经营者 福安超市", ""), "what stands in the first line is not said again"
    assert max(map(cells, lines)) <= 80


def test_unknown_is_never_added_to_known_nor_one_unit_to_another() -> None:
    unknown = amount(received=50_000, sold=None, on_hand=None, likely=50_000)
    cans = amount(unit="piece", received=12, sold=2, on_hand=10, likely=10, returned=0, destroyed=0, unaccounted=0)
    ends = totals(ZH, [outlet(), outlet(amounts=(unknown, cans), site="L-0004")])
    by_unit = {each["unit"]: each for each in ends}
    assert by_unit["kg"]["on_hand"] == "74.0+50.0?"
    assert by_unit["kg"]["sold"] == "46.0+?"
    assert by_unit["kg"]["received"] == "170.0"
    assert by_unit["件"]["on_hand"] == "10"
    assert "2" in by_unit["kg"]["outlet"]
    assert "1" in by_unit["件"]["outlet"]
    lines = laid(ZH, [outlet(amounts=(unknown, cans))], 80)
    assert ZH.t("cli.col.unit") in lines[0], "with two units every row says its own"


def test_an_outlet_without_any_quantity_is_listed_with_question_marks() -> None:
    lines = laid(EN, [outlet(amounts=(), phone="", personal="erased")], 80, details=NOTHING)
    assert lines[1].count("?") == 3
    assert "erased" in lines[1]


REPACKED = amount(
    received=30_000, born=30_001, consumed=30_002, sold=10_000, on_hand=20_000, likely=20_000, returned=0, destroyed=0, unaccounted=0
)


@pytest.mark.parametrize("ctx", [ZH, EN], ids=LANGS)
@pytest.mark.parametrize("width", [60, 80, 120, 200, None])
def test_what_was_made_and_used_at_an_outlet_stands_beside_what_it_received_at_every_width(ctx: Context, width: int | None) -> None:
    lines = laid(ctx, [outlet(amounts=(REPACKED,)), outlet("惠民菜店")], width)
    assert width is None or max(map(cells, lines)) <= width
    text = "\n".join(lines)
    for value in ("30.0", "30.001", "30.002"):
        assert value in text.split("惠民菜店")[0], "in its row or below it"
        assert value == "30.0" or value in text.split("惠民菜店")[1], "and in the totals"
    made = ctx.t("cli.col.born")
    assert (made in lines[0]) == (width is None or width >= 120), "a column where there is room for it"
    if width is not None and width < 120:
        assert f"{made} 30.001" in text
    assert ctx.t("cli.col.dispatched") not in text, "nobody sent anything on: no column says so"


@pytest.mark.parametrize("ctx", [ZH, EN], ids=LANGS)
@pytest.mark.parametrize("width", [60, 80, 120, 200, None])
def test_pieces_of_unlike_products_have_lines_and_totals_of_their_own(ctx: Context, width: int | None) -> None:
    plain = {"unit": "piece", "sold": 0, "returned": 0, "destroyed": 0, "unaccounted": 0}
    cans = amount(product="900 g 罐装奶粉", received=100, on_hand=100, likely=100, **plain)
    sachets = amount(product="小袋", received=7, on_hand=7, likely=7, **plain)
    lines = laid(ctx, [outlet(amounts=(cans, sachets)), outlet("惠民菜店", amounts=(sachets,))], width)
    assert width is None or max(map(cells, lines)) <= width
    text = "".join(each.strip() for each in lines).replace(" ", "")
    assert "107" not in text
    assert text.count("900g罐装奶粉") == 2, "in its row and in its total"
    ends = [each for each in lines if ctx.t("cli.recall.total", count="2")[:5] in each or ctx.t("cli.recall.total", count="1")[:5] in each]
    assert len(ends) == 2
    assert ("100" in ends[0]) != ("100" in ends[1])


def test_of_one_product_alone_no_column_says_which() -> None:
    cans = amount(unit="piece", product="奶粉")
    assert "奶粉" not in "".join(laid(ZH, [outlet(amounts=(cans,))], None))


def test_goods_without_lot_are_in_no_total_with_others() -> None:
    loose = amount(without_lot=True, received=50_000, on_hand=50_000, likely=50_000)
    lines = laid(EN, [outlet(amounts=(amount(), loose)), outlet("惠民菜店")], 120)
    ends = [each for each in lines if each.strip().startswith("total")]
    assert ["240.0" in each for each in ends] == [True, False]
    assert ["50.0" in each for each in ends] == [False, True]
    assert sum("without lot" in each for each in lines) == 2, "below the outlet and below the total"
