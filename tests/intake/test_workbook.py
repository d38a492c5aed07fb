"""Workbooks: real cells, what Excel does to codes, several sheets, and workbooks made to hurt."""

import datetime as dt
import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from foodtrace.errors import BadData
from foodtrace.intake import read_events, sheetxml, write_bad
from foodtrace.intake import workbook as module
from tests.intake.books import FIRST, FUAN, SALES, Names, Person, sales, take, workbook

HEAD: list[object] = list(SALES.split(","))
ROW = ["JS1", dt.datetime(2026, 11, 23, 5, 12), "A-17", "芹菜", "261123-G1-0031", 240.5, "斤", FUAN, "福安超市", 3.2, 769.6]  # noqa: DTZ001


def changed(**cells: object) -> list[object]:
    row: list[object] = list(ROW)
    for heading, value in cells.items():
        row[HEAD.index(heading)] = value
    return row


def test_cells_keep_their_types() -> None:
    found = take(workbook(("交易明细", [HEAD, ROW])))
    [event] = found.events
    assert (event.at.isoformat(), event.quantity.value, event.written) == ("2026-11-23T05:12:00+08:00", 120_250, "240.5 斤")  # type: ignore[union-attr]
    assert (found.encoding, found.sheet) == ("XLSX", "交易明细")


def test_sums_of_floats_are_read_as_shown() -> None:
    [event] = take(workbook(("s", [HEAD, changed(数量=0.1 + 0.2, 单位="kg")]))).events
    assert event.quantity.value == 300  # type: ignore[union-attr]


def test_a_date_cell_is_a_day() -> None:
    assert take(workbook(("s", [HEAD, changed(交易时间=dt.date(2026, 11, 23))]))).events[0].precision == "day"


@pytest.mark.parametrize(
    ("heading", "value", "code"),
    [
        ("买方信用代码", 912302301990001234, "record.excel_digits"),
        ("买方信用代码", 9.12302301990001e17, "record.excel_digits"),
        ("交易单号", 20261123000100012, "record.excel_digits"),
        ("批次", dt.datetime(2026, 11, 23), "record.excel_date"),  # noqa: DTZ001
        ("商户号", "#N/A", "record.excel_error"),
        ("数量", "#DIV/0!", "record.excel_error"),
        ("交易时间", "#######", "record.hashes"),
    ],
)
def test_what_excel_did_to_a_cell_is_named(heading: str, value: object, code: str) -> None:
    found = take(workbook(("s", [HEAD, changed(**{heading: value})])))
    assert [(fault.column, fault.code) for fault in found.bad[0].faults] == [(heading, code)]


def test_a_number_that_is_a_code_keeps_its_digits() -> None:
    [event] = take(workbook(("s", [HEAD, changed(交易单号=202611230001)]))).events
    assert event.id == "202611230001"


def test_titles_blank_rows_and_totals() -> None:
    rows: list[list[object]] = [
        ["北河农批结算"],
        [],
        HEAD,
        ROW,
        [None] * 11,
        changed(交易单号="JS2", 数量="x"),
        ["合计", None, None, None, None, 240.5],
    ]
    found = take(workbook(("s", rows)))
    assert (found.rows, [bad.row for bad in found.bad], [each.row for each in found.skipped]) == ([4], [6], [7])


def test_one_sheet_of_several() -> None:
    data = workbook(("说明", [["本表由结算系统导出"]]), ("交易明细", [HEAD, ROW]), ("空", []))
    assert take(data).sheet == "交易明细"
    twice = workbook(("上午", [HEAD, ROW]), ("下午", [HEAD, ROW]))
    assert take(twice, sheet="下午").sheet == "下午"
    assert take(twice, ask=Person(sheet="上午")).sheet == "上午"
    with pytest.raises(BadData) as error:
        take(twice)
    assert error.value.message("zh") == "- 有几张表: 上午, 下午"
    with pytest.raises(BadData) as error:
        take(twice, sheet="晚上")
    assert error.value.message("en") == "no sheet 晚上, there are: 上午, 下午"


def part(data: bytes, name: str, text: bytes, *, level: int = 9) -> bytes:
    """Return a workbook with one part replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as new:
        for member in old.infolist():
            if member.filename != name:
                new.writestr(member.filename, old.read(member))
        new.writestr(name, text)
    return out.getvalue()


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s<sheetData>%s</sheetData></worksheet>'


def sheet_xml(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("xl/worksheets/sheet1.xml")


GOOD = workbook(("s", [HEAD, ROW]))


def test_the_size_a_sheet_claims_is_not_believed() -> None:
    lying = sheet_xml(GOOD).replace(b'ref="A1:K2"', b'ref="A1"')
    assert lying != sheet_xml(GOOD)
    assert len(take(part(GOOD, "xl/worksheets/sheet1.xml", lying)).events) == 1


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (part(GOOD, "xl/worksheets/sheet1.xml", SHEET % (b"", b"<row/>" * 4_000_000)), "record.workbook_size"),
        (part(GOOD, "xl/styles.xml", b" " * (17 << 20)), "record.workbook_size"),
        (part(GOOD, "xl/sharedStrings.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><sst/>"), "record.workbook"),
        (part(GOOD, "xl/workbook.xml", b"<not xml"), "record.workbook"),
        (part(GOOD, "xl/worksheets/sheet1.xml", SHEET % (b"", b"<row><c r='A1' t='s'><v>999</v></c></row>")), "record.workbook"),
        (GOOD[: len(GOOD) // 2], "record.workbook"),
        (GOOD[:40] + bytes(200) + GOOD[240:], "record.workbook"),
        (b"PK\x03\x04 nothing", "record.workbook"),
        (workbook(("s", [])), "record.empty"),
    ],
    ids=["ratio", "part", "doctype", "xml", "string", "cut", "holes", "start", "empty"],
)
def test_a_workbook_made_to_hurt_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(BadData) as error:
        take(data)
    assert error.value.code == code
    assert error.value.hint("zh")


def test_rows_and_columns_far_away_are_cut_off() -> None:
    far = SHEET % (b"", b"<row r='1'><c r='A1'><v>1</v></c></row><row r='999999999'><c r='XFD999999999'><v>1</v></c></row>")
    with pytest.raises(BadData) as error:
        take(part(GOOD, "xl/worksheets/sheet1.xml", far))
    assert error.value.code == "record.no_headings"


def test_too_many_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MEMBERS", 5)
    with pytest.raises(BadData) as error:
        take(GOOD)
    assert error.value.code == "record.workbook_size"


def test_the_same_rows_as_csv_and_as_workbook_are_the_same_events() -> None:
    rows = [line.split(",") for line in sales(FIRST).splitlines()]
    assert take(workbook(("s", rows))).events == take(sales(FIRST)).events


def merged(rows: list[list[object]], *ranges: str) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for each in ranges:
        sheet.merge_cells(each)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_merged_seller_or_unit_is_that_of_all_its_rows() -> None:
    rows = [HEAD, *(changed(交易单号=f"JS{n}") for n in range(6))]
    for row in rows[2:4]:
        row[HEAD.index("商户号")] = row[HEAD.index("单位")] = None
    found = take(merged([["北河农批", "日结"], *rows, [None] * 11, ["合计"]], "A1:K1", "C3:C5", "G3:G5", "C9:D9"))
    assert (found.bad, len(found.events)) == ([], 6)
    assert {(event.site, event.quantity.value) for event in found.events} == {("L-0017", 120_250)}  # type: ignore[union-attr]
    assert [each.reason for each in found.skipped] == ["total"]


def test_an_empty_cell_below_a_cell_that_is_not_merged_stays_empty() -> None:
    found = take(merged([HEAD, ROW, changed(交易单号="JS2"), changed(交易单号="JS3", 商户号=None)], "C2:C3"))
    assert [(bad.row, bad.faults[0].code) for bad in found.bad] == [(4, "record.missing")]


def test_a_merged_quantity_is_never_counted_for_each_row() -> None:
    found = take(merged([HEAD, ROW, changed(交易单号="JS2", 数量=None), changed(交易单号="JS3")], "F2:F3"))
    assert [(bad.row, fault.column, fault.code) for bad in found.bad for fault in bad.faults] == [
        (2, "数量", "record.merged"),
        (3, "数量", "record.merged"),
    ]
    assert len(found.events) == 1


def test_a_formula_without_result_is_named_and_kept_in_the_file_of_bad_rows(tmp_path: Path) -> None:
    file = tmp_path / "s.xlsx"
    far: list[list[object]] = [changed(交易单号=f"JS{n}", 买方="福安超市") for n in range(3_000)]
    formula = changed(交易单号="JX", 数量='=IF(J3<4,K3*2,"x")', 金额="=J3*2")
    file.write_bytes(workbook(("s", [HEAD, *far, formula])))
    found = read_events(file, directory=Names())
    assert [(bad.row, fault.column, fault.value, fault.code) for bad in found.bad for fault in bad.faults] == [
        (3002, "数量", '=IF(J3<4,K3*2,"x")', "record.formula")
    ]
    sheet = load_workbook(write_bad(file, found))["s"]
    values = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert values[1][6] == "'" + '=IF(J3<4,K3*2,"x")'
    assert values[1][11] == "'=J3*2"
    saved = sheet_xml(file.read_bytes()).replace(b"</f><v></v>", b"</f><v>5</v>").replace(b"</f><v />", b"</f><v>5</v>")
    found = take(part(file.read_bytes(), "xl/worksheets/sheet1.xml", saved.replace(b"</f><v/>", b"</f><v>5</v>")))
    assert (found.bad, found.events[-1].quantity.value) == ([], 2_500)  # type: ignore[union-attr]


def test_merges_and_formulas_beyond_their_bounds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheetxml, "MAX_FORMULAS", 2)
    with pytest.raises(BadData) as error:
        take(workbook(("s", [HEAD, *(changed(交易单号=f"JS{n}", 数量="=1+1") for n in range(3))])))
    assert error.value.code == "record.workbook_size"


def test_what_lies_over_two_pieces_of_the_xml_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    data = sheet_xml(merged([HEAD, changed(数量="=1+1"), *(changed(交易单号=f"JS{n}") for n in range(40))], "C3:C9", "D3:D4"))
    whole = sheetxml.scan(io.BytesIO(data), "x")
    assert (len(whole.merges), whole.formulas) == (2, {2: {5: "=1+1"}})
    for size in (7, 64, 1_001):
        monkeypatch.setattr(sheetxml, "_CHUNK", size)
        assert sheetxml.scan(io.BytesIO(data), "x") == whole
