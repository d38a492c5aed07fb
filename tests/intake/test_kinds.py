"""Other files than settlements: tills, deliveries, counts, losses; and JSON lines."""

import json
import re

import pytest

from foodtrace.errors import BadData
from foodtrace.events import Loss, Receipt, Sale, StockCount, Transfer
from foodtrace.events.canonical import encode
from foodtrace.intake import headings
from foodtrace.quantity import Quantity
from tests.intake.books import FIRST, LIJI, Person, at, sales, take


def test_a_formula_shops_till_sells_cans_one_by_one() -> None:
    till = "小票号,销售时间,门店,商品条码,批号,罐码\nT1,2026-11-23 10:01,安心母婴店,6909999000012,B260903A,000184\n"
    [event] = take(till).events
    assert event == Sale(
        id=event.id,
        at=at("2026-11-23T10:01:00"),
        site="L-0009",
        lot="06909999000012/B260903A",
        quantity=Quantity(1, "piece"),
        serial="000184",
        doc="T1",
    )


def test_a_shops_till_in_english_with_semicolons() -> None:
    till = "Ticket No;Sale time;Lot;Qty (kg)\n17;2026-11-23 10:01;261123-G1-0031;0.845\n"
    found = take(till, site="福安超市")
    [event] = found.events
    assert isinstance(event, Sale)
    assert (event.site, event.quantity, event.doc) == ("L-0003", Quantity(845, "g"), "17")


def test_a_sale_without_lot_is_refused() -> None:
    found = take("小票号,销售时间,门店,批号,数量(kg)\nT1,2026-11-23 10:01,福安超市,,2\n")
    assert [(bad.faults[0].column, bad.faults[0].code) for bad in found.bad] == [("批号", "record.missing")]


def test_a_delivery_names_its_supplier() -> None:
    text = "收货日期,门店,供应商,统一社会信用代码,品名,批号,数量,单位,送货单号\n"
    text += f"2026-11-23,福安超市,李记蔬菜,{LIJI},芹菜,261123-G1-0031,50,kg,S-9\n"
    [event] = take(text).events
    assert isinstance(event, Receipt)
    assert (event.site, event.source, event.doc, event.precision) == ("L-0003", "L-0017", "S-9", "day")
    assert event.quantity == Quantity(50_000, "g")


def test_a_count_may_be_zero() -> None:
    [event] = take("盘点日期,门店,批号,实点数量(kg)\n2026-11-23,福安超市,261123-G1-0031,0\n").events
    assert isinstance(event, StockCount)
    assert event.quantity == Quantity(0, "g")


def test_losses() -> None:
    [event] = take("报损日期,门店,批号,报损数量(kg)\n2026-11-23,福安超市,261123-G1-0031,1.5\n").events
    assert isinstance(event, Loss)
    assert event.quantity == Quantity(1_500, "g")


PLAIN = "日期,门店,批号,数量(kg)\n2026-11-23,福安超市,261123-G1-0031,1.5\n"


def test_a_kind_that_headings_do_not_show_is_asked_or_said() -> None:
    person = Person(kind="stock_count")
    assert isinstance(take(PLAIN, ask=person).events[0], StockCount)
    assert person.questions[0].text("zh") == "- 是哪种文件"
    assert person.questions[0].label("sale", "zh") == "零售 (卖给消费者)"
    assert isinstance(take(PLAIN, kind="sale").events[0], Sale)
    with pytest.raises(BadData) as error:
        take(PLAIN)
    assert error.value.code == "record.kind_unknown"
    assert 'kind = "transfer"' in error.value.message("en")


def test_a_file_of_one_shop_says_which_or_asks() -> None:
    text = "销售时间,批号,数量(kg)\n2026-11-23 10:00,261123-G1-0031,1.5\n"
    assert take(text, site="福安超市").events[0].site == "L-0003"
    asked = take(text, ask=Person(site="福安超市"))
    assert asked.mapping is not None
    assert asked.mapping.site == "福安超市"
    with pytest.raises(BadData) as error:
        take(text)
    assert error.value.code == "record.site_missing"


@pytest.mark.parametrize(
    ("heading", "field", "unit"),
    [
        ("数量(斤)", "quantity", "斤"),
        ("数量（公斤）", "quantity", "公斤"),
        ("净重 KG", "quantity", "kg"),
        ("重量/公斤", "quantity", "公斤"),
        ("Qty (kg)", "quantity", "kg"),
        ("qty_kg", "quantity", "kg"),
        ("斤数", "quantity", "斤"),
        ("数量", "quantity", ""),
        ("件数", "quantity", ""),
        ("Net", "quantity", ""),
        ("Weight", "quantity", ""),
        ("单价(元/公斤)", None, "公斤"),
        ("计量单位", "unit", ""),
        ("交易时间(北京)", "at", ""),
        ("Transaction_ID", "id", ""),
        ("备注", None, ""),
    ],
)
def test_headings(heading: str, field: str | None, unit: str) -> None:
    found = headings.field_of(heading)
    assert (found and found[0]) == field
    assert headings.unit_of(heading) == unit


def test_weight_beats_number_of_crates() -> None:
    assert headings.fields(["件数", "重量(kg)", "数量"]) == {"件数": "", "重量(kg)": "quantity", "数量": ""}


def lines(*events: object) -> bytes:
    return b"\n".join(encode(event) if isinstance(event, Transfer) else json.dumps(event).encode() for event in events)


def test_json_lines_are_taken_as_they_are() -> None:
    [event] = take(sales(FIRST)).events
    found = take(b"\xef\xbb\xbf# a comment\n\n" + lines(event, event))
    assert found.events == [event]
    assert [(each.row, each.reason) for each in found.skipped] == [(4, "repeated")]
    assert take(encode(event).decode().encode("utf-16")).events == [event]


def test_a_bad_line_is_a_bad_row_and_the_others_stay() -> None:
    [event] = take(sales(FIRST)).events
    other = json.loads(encode(event)) | {"product": "西芹"}
    found = take(lines(event, {"type": "transfer"}, other) + b'\n{"type":\n[]\n"\\ud800"\n')
    assert found.rows == [1]
    assert [(bad.row, bad.faults[0].code) for bad in found.bad] == [
        (2, "record.missing"),
        (3, "record.id_repeated"),
        (4, "event.form"),
        (5, "record.json_array"),
        (6, "event.form"),
    ]


SCHEMA = "foodtrace schema event"


@pytest.mark.parametrize(
    ("quantity", "column", "value", "zh", "en"),
    [
        ('{"value":-5,"unit":"g"}', "quantity.value", "-5", "0 .. 9007199254740991", "0 .. 9007199254740991"),
        ('{"value":1.5,"unit":"g"}', "quantity.value", "1.5", "整数", "a whole number"),
        ('{"value":5,"unit":"x"}', "quantity.unit", "x", f"允许的值之一, 见 {SCHEMA}", f"one of the values in {SCHEMA}"),
        ("5", "quantity", "5", "对象 (花括号)", "an object in braces"),
    ],
)
def test_a_bad_line_names_its_field_in_the_readers_language(quantity: str, column: str, value: str, zh: str, en: str) -> None:
    line = '{"type":"transfer","id":"J-1","at":"2026-11-27T06:00:00+08:00","site":"L-0002","to":"L-0003","lot":"A-1/X","quantity":%s}'
    [bad] = take(line % quantity).bad
    [fault] = bad.faults
    assert (fault.column, fault.value, fault.expected("zh"), fault.expected("en")) == (column, value, zh, en)
    assert not re.search(r"'(int|str|float|object)'", fault.message("zh"))
