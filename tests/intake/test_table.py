"""Text files: encodings, delimiters, titles, quotes. Never mojibake."""

import codecs
import gzip

import pytest

from foodtrace.errors import BadData
from foodtrace.intake import open_table
from foodtrace.intake.source import MAX_BYTES, open_source
from tests.intake.books import FIRST, FUAN, Person, sales, take

TEXT = sales(FIRST)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "UTF-8"),
        (TEXT.encode("utf-8-sig"), "UTF-8"),
        (TEXT.encode("gb18030"), "GB18030"),
        (TEXT.encode("gbk"), "GB18030"),
        (TEXT.replace("芹菜", "㐀𠮷菜").encode("gb18030"), "GB18030"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "UTF-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "UTF-16"),
        (TEXT.encode("utf-16-le"), "UTF-16"),
        (TEXT.encode("utf-16-be"), "UTF-16"),
        (TEXT.replace("\r\n", "\n").encode(), "UTF-8"),
        (TEXT.replace("\r\n", "\r").encode("gb18030"), "GB18030"),
    ],
)
def test_every_usual_encoding_reads_the_same(data: bytes, encoding: str) -> None:
    found = take(data)
    assert found.encoding == encoding
    [event] = found.events
    assert event.product in {"芹菜", "㐀𠮷菜"}  # type: ignore[union-attr]
    assert event.to == "L-0003"  # type: ignore[union-attr]


def test_chinese_late_in_a_long_file_is_seen() -> None:
    head = "id,date,stall,product,qty (kg),buyer"
    rows = "".join(f"{i},2026-11-23,A-17,celery,1,L-0003\n" for i in range(50_000))
    found = take(f"{head}\n{rows}last,2026-11-23,A-17,芹菜,1,L-0003\n".encode("gb18030"))
    assert found.encoding == "GB18030"
    assert found.events[-1].product == "芹菜"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("data", "row"),
    [
        (TEXT.encode() + "JS2,2026-11-23 05:12,A-17,芹菜,,30,斤,,福安超市,,\n".encode("gb18030"), 3),
        (TEXT.encode("gb18030")[:-1] + b"\x81", 2),
        ((TEXT * 2).encode("gb18030") + b"\xff\n", 5),
    ],
)
def test_mixed_or_cut_files_are_refused_with_the_row(data: bytes, row: int) -> None:
    with pytest.raises(BadData) as error:
        take(data)
    assert (error.value.code, error.value.params["row"]) == ("record.encoding", row)


def test_what_bytes_cannot_tell_is_asked_or_refused() -> None:
    data = b"id,date,stall,product,qty (kg),buyer\n1,2026-11-23,A-17,Caf\xc3\xa9,1,L-0003\n"
    with pytest.raises(BadData) as error:
        take(data)
    assert error.value.code == "record.encoding_unclear"
    assert "Café" in error.value.message("en")
    assert "Caf茅" in error.value.message("zh")
    person = Person(encoding="utf-8")
    assert take(data, ask=person).events[0].product == "Café"  # type: ignore[union-attr]
    assert [answer for answer, _ in person.questions[0].options] == ["utf-8", "gb18030"]
    assert take(data, encoding="UTF-8").encoding == "UTF-8"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "，"])
def test_delimiters(delimiter: str) -> None:
    text = TEXT.replace(",", delimiter)
    table = open_table(text.encode("gb18030"))
    assert table.delimiter == delimiter
    assert take(text).events == take(TEXT).events


def test_a_line_sep_decides() -> None:
    table = open_table(b"sep=;\r\n" + TEXT.replace(",", ";").encode())
    assert (table.delimiter, table.first_row) == (";", 2)


def test_titles_above_the_headings_are_passed_over_and_rows_keep_their_numbers() -> None:
    text = "北河农批市场结算明细表\r\n日期: 2026-11-23,打印: 08:00\r\n\r\n" + sales(FIRST, FIRST.replace("240", "x"))
    found = take(text)
    assert (found.rows, [bad.row for bad in found.bad]) == ([5], [6])


def test_headings_twice_or_without_name() -> None:
    table = open_table(sales(FIRST + ",x,y", head="交易单号,交易时间,,品名,批次,数量,数量,买方,买方,单价,金额").encode())
    assert table.headings == ("交易单号", "交易时间", "#3", "品名", "批次", "数量", "数量.2", "买方", "买方.2", "单价", "金额")


def test_the_reason_column_is_no_column() -> None:
    text = '原因 (foodtrace),日期,商户号,品名,数量(斤),买方\n"2: 数量, 错",2026-11-23,A-17,芹菜,30,福安超市'
    table = open_table(text.encode())
    assert table.headings == ("日期", "商户号", "品名", "数量(斤)", "买方")
    assert take(text).bad == []


def test_a_quote_left_open_costs_one_row_only() -> None:
    rows = [f"JS{i},2026-11-23 05:12,A-17,芹菜,,30,斤,{FUAN},福安超市,3,90" for i in range(300)]
    rows[10] = rows[10].replace("芹菜", '"芹菜')
    rows[299] = rows[299].replace("芹菜", '"芹菜')
    rows[20] = rows[20].replace("芹菜", '"芹"菜')
    found = take(sales(*rows))
    assert [(bad.row, bad.faults[0].code) for bad in found.bad] == [(12, "record.quote"), (22, "record.quote"), (301, "record.quote")]
    assert len(found.events) == 297


def test_a_cell_of_several_lines_is_one_row() -> None:
    found = take(sales(FIRST.replace("福安超市", '"福安\r\n超市"'), "坏"))
    assert [bad.row for bad in found.bad] == [3]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "record.empty"),
        (b"\xef\xbb\xbf \r\n\r\n", "record.empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "record.format.old_excel"),
        (b"%PDF-1.7\n", "record.format.pdf"),
        (b"\x89PNG\r\n\x1a\n", "record.format.picture"),
        (gzip.compress(TEXT.encode()), "record.format.archive"),
        (b"SQLite format 3\x00" + bytes(90), "record.format.database"),
        ("<html><table><tr><td>品名".encode(), "record.format.markup"),
        (b"<?xml version='1.0'?><Workbook>", "record.format.markup"),
        (bytes(range(256)) * 8, "record.not_text"),
        (b"2026-11-23,1,2\n2026-11-24,3,4\n", "record.no_headings"),
        ("只有一列\n1\n2\n".encode(), "record.no_headings"),
    ],
)
def test_what_is_no_table_is_said(data: bytes, code: str) -> None:
    with pytest.raises(BadData) as error:
        take(data)
    assert error.value.code == code
    for lang in ("zh", "en"):
        assert "?" not in error.value.message(lang)
        assert error.value.hint(lang)


def test_a_sheet_of_a_text_file_is_refused() -> None:
    with pytest.raises(BadData) as error:
        take(TEXT, sheet="交易明细")
    assert error.value.code == "record.no_sheets"


def test_a_file_over_the_limit_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foodtrace.intake.source.MAX_BYTES", 100)
    assert MAX_BYTES == 268_435_456
    with pytest.raises(BadData) as error:
        open_source(TEXT.encode())
    assert error.value.code == "record.too_large"
