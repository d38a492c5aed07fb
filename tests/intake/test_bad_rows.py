"""The file of bad rows: written beside the file, mended by a clerk, sent again as it is."""

import csv
import io
from pathlib import Path

import pytest
from openpyxl import load_workbook

from foodtrace.errors import Storage
from foodtrace.intake import Intake, bad_path, read_events, write_bad
from tests.intake.books import FIRST, SALES, Names, sales, take, workbook

BAD = 'JS2,2026-11-23 05:20,A-17,芹菜,261123-G1-0031,"12,5",斤,{fuan},福安超市,3,37'


def read(file: Path, **options: object) -> Intake:
    return read_events(file, directory=Names(), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_bad_rows_keep_encoding_delimiter_and_headings(tmp_path: Path, encoding: str, delimiter: str) -> None:
    file = tmp_path / "结算_20261123.csv"
    text = sales(FIRST, BAD)
    if delimiter == ";":
        text = text.replace('"12,5"', "12#5").replace(",", ";").replace("12#5", "12,5")
    file.write_bytes(text.encode(encoding))
    found = read(file)
    target = write_bad(file, found, lang="zh")
    assert target == tmp_path / "结算_20261123.错行.csv"
    rows = list(csv.reader(io.StringIO(target.read_text({"utf-8": "utf-8-sig"}.get(encoding, encoding))), delimiter=delimiter))
    assert rows[0] == ["原因 (foodtrace)", *SALES.split(",")]
    assert len(rows) == 2
    assert rows[1][0] == "3: 数量: 12,5 里的逗号不能当小数点, 应如 12.5 (逗号改成小数点)"
    assert rows[1][6] == "12,5"

    assert len(read(target).bad) == 1  # unmended, it is bad again, for the same reason
    text = target.read_bytes().decode(encoding).replace('"12,5"', "12.5").replace(";12,5;", ";12.5;")
    target.write_bytes(text.encode(encoding))
    again = read(target)
    assert ([event.id for event in again.events], again.bad) == (["JS2"], [])
    assert set(again.mapping.columns) == set(found.mapping.columns)  # type: ignore[union-attr]


def test_names_by_language_and_a_mended_file_that_is_still_bad_takes_its_own_place(tmp_path: Path) -> None:
    assert bad_path("a/till.xlsx", "en") == Path("a/till.bad.xlsx")
    assert bad_path("a/结算.错行.csv", "zh") == Path("a/结算.错行.csv")
    assert bad_path("a/结算.错行.csv", "en") == Path("a/结算.bad.csv")
    assert bad_path("events.jsonl", "zh") == Path("events.错行.jsonl")
    file = tmp_path / "till.bad.csv"
    file.write_text(sales(BAD, FIRST), "utf-8")
    assert write_bad(file, read(file)) == file
    assert [bad.row for bad in read(file).bad] == [2]
    assert [path.name for path in tmp_path.iterdir()] == ["till.bad.csv"]


def test_no_cell_of_the_file_is_run_by_a_spreadsheet(tmp_path: Path) -> None:
    file = tmp_path / "till.csv"
    evil = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1"]
    file.write_text(sales(*(f'JS{i},昨天,"{each}",芹菜,,-5,斤,,福安超市,,' for i, each in enumerate(evil))), "utf-8")
    found = read(file)
    target = write_bad(file, found)
    for row in csv.reader(io.StringIO(target.read_text("utf-8-sig"))):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in row), row
    again = read(target)
    assert [[fault.code for fault in bad.faults] for bad in again.bad] == [[fault.code for fault in bad.faults] for bad in found.bad]
    assert again.bad[0].faults[1].value == evil[0]


def test_a_workbook_gives_a_workbook_whose_codes_are_text(tmp_path: Path) -> None:
    file = tmp_path / "结算.xlsx"
    head, row = SALES.split(","), ["JS2", "2026-11-31", "A-17", "=1+1", "001", 5, "斤", None, "福安超市", None, None]
    file.write_bytes(workbook(("说明", [["x"]]), ("明细", [["标题"], head, row])))
    found = read(file)
    target = write_bad(file, found, lang="zh")
    sheet = load_workbook(target)["明细"]
    values = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert values[0] == ["原因 (foodtrace)", *head]
    lot = found.bad[0].faults[1]
    said = f"3: 交易时间: 2026-11-31: 11 月只有 30 天 (11 月只有 30 天); 批次: {lot.message('zh')} ({lot.hint('zh')})"
    assert values[1][0] == said + "; 品名: =1+1 是没有存结果的公式 (用 Excel 打开, 存一次再送, 或直接填值)"
    assert values[1][5:7] == ["001", 5]
    assert all(cell.data_type != "f" for line in sheet.iter_rows() for cell in line)
    again = read(target)
    assert [[fault.value for fault in bad.faults] for bad in again.bad] == [["2026-11-31", "001"]]


def test_json_lines_keep_their_lines_with_the_reason_above(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text('{"type":"transfer"}\nnot json\n', "utf-8")
    target = write_bad(file, read(file))
    text = target.read_text("utf-8").splitlines()
    assert text[1::2] == ['{"type":"transfer"}', "not json"]
    assert all(line.startswith("# ") for line in text[::2])
    assert [bad.row for bad in read(target).bad] == [2, 4]


def test_rows_with_too_many_cells_and_open_quotes_come_back(tmp_path: Path) -> None:
    file = tmp_path / "s.csv"
    file.write_text(sales(FIRST + ",x,y", FIRST.replace("0001", "2").replace("芹菜", '"芹菜')), "utf-8")
    target = write_bad(file, read(file))
    rows = list(csv.reader(io.StringIO(target.read_text("utf-8-sig"))))
    assert rows[1][-2:] == ["x", "y"]
    assert rows[2][4] == '"芹菜'
    target.write_text(target.read_text("utf-8-sig").replace(",x,y", "").replace('"""芹菜"', "芹菜"), "utf-8")
    assert take(target.read_bytes()).bad == []


def test_where_nothing_can_be_written_nothing_is_left(tmp_path: Path) -> None:
    file = tmp_path / "s.csv"
    file.write_text(sales(BAD), "utf-8")
    with pytest.raises(Storage) as error:
        write_bad(file, read(file), to=tmp_path / "no" / "s.csv")
    assert error.value.code == "record.unwritable"
    assert [path.name for path in tmp_path.iterdir()] == ["s.csv"]


@pytest.mark.parametrize("name", ["till.csv", "till.xlsx"])
def test_bad_rows_that_somebody_is_mending_are_never_written_over(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    rows = [each.split(",") for each in sales(FIRST, BAD).replace('"12,5"', "12.5.1").splitlines()]
    file.write_bytes(workbook(("s", rows)) if name.endswith("x") else sales(FIRST, BAD).encode())
    first = write_bad(file, read(file))
    assert write_bad(file, read(file)) == first, "the same rows again are there already"
    mended = b"mended by hand"
    first.write_bytes(mended)
    second = write_bad(file, read(file))
    assert (second.name, first.read_bytes()) == (f"till.bad-2.{name[5:]}", mended)
    assert write_bad(file, read(file)) == second
    assert bad_path(second) == second, "what is still bad in it stays in it"
    assert write_bad(second, read(second)) == second
    assert first.read_bytes() == mended
    assert len(list(tmp_path.iterdir())) == 3
