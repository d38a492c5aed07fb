"""Settlement files of a market: rows become transfers, and whatever is wrong with a row is explained."""

import datetime as dt
from pathlib import Path

import pytest

from foodtrace.errors import BadData, NotFound
from foodtrace.events import Transfer
from foodtrace.identifiers.checksums import mod_11_2
from foodtrace.intake import Intake, read_events
from foodtrace.quantity import Quantity
from tests.intake.books import FIRST, FUAN, HUIMIN, SALES, Names, Person, at, sales, take


def faults(intake: Intake, lang: str = "en") -> list[tuple[int, str, str, str]]:
    return [(bad.row, fault.column, fault.value, fault.code) for bad in intake.bad for fault in bad.faults]


def test_a_row_becomes_a_transfer_between_the_stall_and_the_shop() -> None:
    found = take(sales(FIRST))
    assert found.events == [
        Transfer(
            id="JS261123-0001",
            at=at("2026-11-23T05:12:00"),
            site="L-0017",
            to="L-0003",
            lot="L-0002/261123-G1-0031",
            product="芹菜",
            quantity=Quantity(120_000, "g"),
            doc="JS261123-0001",
            written="240 斤",
        )
    ]
    assert (found.rows, found.bad, found.total, found.encoding) == ([2], [], 1, "UTF-8")


def test_the_three_wrong_rows_of_a_clerks_morning() -> None:
    found = take(
        sales(
            FIRST,
            'JS2,2026-11-23 05:20,A-17,芹菜,261123-G1-0031,"12,5",斤,{fuan},福安超市,3,37',
            "JS3,2026-11-23 05:30,A-17,芹菜,261123-G1-0031,30,斤,9.12302E+17,福安超市,3,90",
            "JS4,2026-11-31 05:12,A-17,芹菜,261123-G1-0031,30,斤,{fuan},福安超市,3,90",
        ).encode("gb18030")
    )
    table = [(b.row, f.column, f.value, f.expected("zh"), f.hint("zh")) for b in found.bad for f in b.faults]
    assert table == [
        (3, "数量", "12,5", "数, 如 12.5", "逗号改成小数点"),
        (4, "买方信用代码", "9.12302E+17", "18 位代码", "列设为文本再导出 (Excel)"),
        (5, "交易时间", "2026-11-31 05:12", "存在的日期", "11 月只有 30 天"),
    ]
    english = [(f.expected("en"), f.hint("en")) for b in found.bad for f in b.faults]
    assert english == [
        ("a number such as 12.5", "write a point for the comma"),
        ("a code of 18 digits", "in Excel make the column text, then export again"),
        ("a date that exists", "November 2026 has 30 days only"),
    ]
    assert found.encoding == "GB18030"
    assert len(found.events) == 1


def test_every_fault_of_a_row_is_told_at_once() -> None:
    found = take(sales("JS1,昨天,Z-99,,芹菜#7,-3,箱,123456789012345678X,无名店,,"))
    assert faults(found) == [
        (2, "交易时间", "昨天", "record.time"),
        (2, "商户号", "Z-99", "site.not_found"),
        (2, "买方信用代码", "123456789012345678X", "uscc.too_long"),
        (2, "批次", "芹菜#7", "lot.form"),
        (2, "数量", "-3", "record.negative"),
    ]
    assert all(fault.hint(lang) for fault in found.bad[0].faults for lang in ("zh", "en") if not fault.code.startswith("site."))


def test_a_lot_or_a_buyer_may_be_lacking_and_is_counted() -> None:
    found = take(sales("JS1,2026-11-23,A-17,芹菜,无,30,斤,,散客,,", "JS2,2026-11-23,A-17,芹菜,,30,斤,-,福安超市,,"))
    assert [(event.lot, event.to, event.precision) for event in found.events] == [("", "", "day"), ("", "L-0003", "day")]  # type: ignore[union-attr]
    assert (found.without_lot, found.without_buyer) == (2, 1)


def test_without_lot_and_product_nothing_says_what_was_sold() -> None:
    assert faults(take(sales("JS1,2026-11-23,A-17,,,30,斤,,福安超市,,"))) == [(2, "品名", "", "record.missing")]


def test_one_credit_code_with_two_shops_is_decided_by_the_name() -> None:
    row = "JS{n},2026-11-23 05:12,A-17,芹菜,,30,斤,{code},{name},,"
    found = take(sales(row.format(n=1, code=HUIMIN, name="惠民二店"), row.format(n=2, code=HUIMIN, name="")))
    assert [event.to for event in found.events] == ["L-0005"]  # type: ignore[union-attr]
    [bad] = found.bad
    assert (bad.faults[0].column, bad.faults[0].code, bad.faults[0].expected("zh")) == ("买方信用代码", "site.ambiguous", "L-0004, L-0005")


def test_a_code_and_a_name_of_two_shops_are_refused() -> None:
    found = take(sales("JS1,2026-11-23 05:12,A-17,芹菜,,30,斤,{fuan},惠民菜店,,"))
    assert found.bad[0].faults[0].message("en") == f"{FUAN} / 惠民菜店 are two sites: the code L-0003, the name L-0004"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (FUAN[:17], "uscc.length"),
        (FUAN[:4] + "O" + FUAN[5:], "uscc.letter"),
        ("912302301990001000", "uscc.excel"),
    ],
)
def test_a_damaged_credit_code_is_called_by_its_cause(code: str, expected: str) -> None:
    found = take(sales(f"JS1,2026-11-23,A-17,芹菜,,30,斤,{code},,,"))
    assert faults(found) == [(2, "买方信用代码", code, expected)]


def test_a_persons_identity_number_is_not_repeated() -> None:
    number = "23019919900101123"
    number += mod_11_2(number)
    [bad] = take(sales(f"JS1,2026-11-23,A-17,芹菜,,30,斤,{number},,,")).bad
    assert (bad.faults[0].code, bad.faults[0].value) == ("uscc.personal_id", "230199************")


def test_a_column_of_times_alone_holds_dates() -> None:
    found = take("时间,商户号,品名,数量(斤),买方\n2026-11-23 05:12,A-17,芹菜,30,福安超市\n")
    assert found.events[0].at == at("2026-11-23T05:12:00")


def test_an_empty_cell_is_named_by_its_heading() -> None:
    found = take(sales("JS1,,,芹菜,,,斤,,福安超市,,"))
    assert [fault.message("zh") for fault in found.bad[0].faults] == ["交易时间 空着", "商户号 空着", "数量 空着"]


def test_protected_codes_are_read_as_the_codes_they_protect() -> None:
    found = take(sales(f'\tJS1,2026-11-23 05:12,\'A-17,芹菜,"=""261123-g1-0031""",３０,斤,\t{FUAN},,,'))
    assert found.bad == []
    [event] = found.events
    assert isinstance(event, Transfer)
    assert (event.id, event.lot, event.to, event.quantity) == ("JS1", "L-0002/261123-G1-0031", "L-0003", Quantity(15_000, "g"))


def test_totals_footers_repeated_headings_and_zeros_are_skipped_and_said() -> None:
    found = take(
        sales(
            FIRST,
            SALES,
            "JS2,2026-11-23 05:13,A-17,芹菜,,0,斤,,福安超市,,",
            "小计,,,,,240,,,,,",
            ",,,本页合计,,240,,,,,768",
            "合计12笔,,,,,240,,,,,768",
            "制表人: 0012,,,,,,,,,,",
            "",
        )
    )
    assert [(each.row, each.reason) for each in found.skipped] == [
        (3, "heading"),
        (4, "zero"),
        (5, "total"),
        (6, "total"),
        (7, "total"),
        (8, "footer"),
    ]
    assert found.skipped[2].text("zh") == "第 5 行是合计, 不记: 小计 240"
    assert found.skipped[2].text("en") == "row 5 is a total, not recorded: 小计 240"
    assert (found.bad, found.total) == ([], 1)


def test_a_product_called_total_is_no_total() -> None:
    found = take(sales("JS1,2026-11-23 05:12,A-17,合计饼干,,30,斤,,福安超市,,"))
    assert len(found.events) == 1


def test_the_same_row_twice_is_one_and_the_same_number_with_other_content_is_refused() -> None:
    others = [f"JS{i},2026-11-23 05:12,A-17,芹菜,,{i},斤,,福安超市,," for i in range(10, 60)]
    found = take(sales(FIRST, FIRST, FIRST.replace("240", "250"), *others))
    assert [(each.row, each.reason) for each in found.skipped] == [(3, "repeated")]
    assert [bad.faults[0].message("zh") for bad in found.bad] == ["单号 JS261123-0001 第 2 行已用, 内容不同"]
    assert len(found.events) == 51


def test_a_document_of_many_lines_gives_each_line_an_id_of_its_own() -> None:
    rows = [f"JS{i // 3},2026-11-23 05:12,A-17,菜{i},,{i + 1},斤,,福安超市,," for i in range(30)]
    found = take(sales(*rows))
    assert len({event.id for event in found.events}) == 30
    assert {event.doc for event in found.events} == {f"JS{i}" for i in range(10)}  # type: ignore[union-attr]
    assert found.mapping is not None
    assert found.mapping.columns["交易单号"] == "doc"
    assert [note.code for note in found.notes] == ["record.note.hash_ids", "record.note.id_is_doc"]
    # One of its lines, sent again by itself under the remembered mapping, is still the same event.
    again = take(sales(rows[4]), saved=[found.mapping])
    assert [event.id for event in again.events] == [found.events[4].id]


HEADLESS = "日期,商户号,品名,数量(斤),买方"


def test_without_numbers_equal_rows_are_counted_and_the_same_file_gives_the_same_ids() -> None:
    text = f"{HEADLESS}\n2026-11-23,A-17,芹菜,30,福安超市\n2026-11-23,A-17,芹菜,30,福安超市\n2026-11-23,A-17,芹菜,31,福安超市"
    first, again = take(text), take(text.encode("gb18030"))
    assert first.events == again.events
    ids = [event.id for event in first.events]
    assert len(set(ids)) == 3
    assert [each[-2:] for each in ids] == ["-1", "-2", "-1"]
    assert all(each.startswith("R20261123T000000-") for each in ids)
    assert [note.text("zh")[:8] for note in first.notes] == ["没有单号列: 编号"[:8]]


def test_a_number_in_chinese_becomes_an_id_that_depends_on_it_alone() -> None:
    found = take(sales("结算第7号,2026-11-23 05:12,A-17,芹菜,,30,斤,,福安超市,,"))
    again = take(sales("结算第7号,2026-11-23 05:12,A-17,芹菜,,40,斤,,福安超市,,"))
    assert found.events[0].id == again.events[0].id
    assert found.events[0].id.startswith("D-")
    assert found.events[0].doc == "结算第7号"  # type: ignore[union-attr]


def test_each_name_is_looked_up_once() -> None:
    names = Names()
    take(sales(*(f"JS{i},2026-11-23 05:12,A-17,芹菜,261123-G1-0031,30,斤,{{fuan}},福安超市,," for i in range(200))), directory=names)
    assert names.asked == 4


def test_more_cells_than_headings_is_a_bad_row_not_a_shifted_one() -> None:
    found = take(sales(FIRST, "JS2,2026-11-23 05:12,A-17,芹菜, 小把,261123-G1-0031,30,斤,{fuan},福安超市,3,90"))
    assert [(bad.row, bad.faults[0].code) for bad in found.bad] == [(3, "record.columns")]
    assert "put that cell in double quotes" in found.bad[0].faults[0].hint("en")


def test_a_year_is_asked_once() -> None:
    person = Person(year="2026")
    rows = [f"JS{i},11-23 05:1{i},A-17,芹菜,,30,斤,,福安超市,," for i in range(3)]
    found = take(sales(*rows), ask=person)
    assert [event.at.year for event in found.events] == [2026] * 3
    assert [question.about for question in person.questions] == ["year"]
    assert [fault[3] for fault in faults(take(sales(*rows)))] == ["record.time_no_year"] * 3


def test_times_have_the_zone_that_was_said() -> None:
    found = take(sales(FIRST), tz=dt.timezone(dt.timedelta(hours=6)))
    assert found.events[0].at.isoformat() == "2026-11-23T05:12:00+06:00"


def test_rows_of_the_day_after_tomorrow_are_bad_when_the_present_is_known() -> None:
    now = at("2026-11-21T12:00:00")
    assert faults(take(sales(FIRST), now=now)) == [(2, "交易时间", "2026-11-23 05:12", "record.time_future")]
    assert take(sales(FIRST), now=now + dt.timedelta(days=1)).bad == []


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    take(sales(*(f"JS{i},2026-11-23 05:12,A-17,芹菜,,3,斤,,福安超市,," for i in range(1200))), progress=lambda *each: told.append(each))
    assert told == [(500, 1200), (1000, 1200), (1200, 1200)]


def test_a_file_on_disk_and_one_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "结算_20261123.csv"
    file.write_bytes(sales(FIRST).encode("gb18030"))
    found = read_events(file, directory=Names())
    assert (found.name, found.mapping and found.mapping.name) == ("结算_20261123.csv", "结算")
    with file.open("rb") as stream:
        assert read_events(stream, directory=Names()).events == found.events
    with pytest.raises(NotFound) as missing:
        read_events(tmp_path / "没有.csv", directory=Names())
    assert missing.value.code == "record.no_file"
    with pytest.raises(BadData) as folder:
        read_events(tmp_path, directory=Names())
    assert folder.value.message("zh").endswith("是文件夹")


@pytest.mark.parametrize(
    ("product", "lot", "bad"),
    [
        ("西瓜", "261123-G1-0031", True),
        ("西芹", "261123-G1-0031", False),
        ("Celery", "261123-G1-0031", False),
        ("Water melon", "L-0002/EN-1", True),
        ("celery sticks", "L-0002/EN-1", False),
        ("婴儿配方奶粉", "06909999000012/B260903A", False),
        ("西瓜", "", False),
        ("西瓜", "L-0009/NEW-1", False),
    ],
)
def test_a_product_that_is_not_what_its_lot_is_on_record_as_is_a_bad_row(product: str, lot: str, bad: bool) -> None:
    found = take(sales(FIRST.replace("芹菜", product).replace("261123-G1-0031", lot)))
    assert [(fault.column, fault.value, fault.code) for row in found.bad for fault in row.faults] == (
        [("品名", product, "record.product_differs")] if bad else []
    )


def test_a_sale_from_a_site_to_itself_is_a_bad_row() -> None:
    found = take(sales(FIRST.replace("A-17", "福安超市"), FIRST.replace("{fuan},福安超市", ",李记蔬菜").replace("0001", "2")))
    assert [(row.row, fault.column, fault.code) for row in found.bad for fault in row.faults] == [
        (2, "买方信用代码", "record.same_party"),
        (3, "买方", "record.same_party"),
    ]
