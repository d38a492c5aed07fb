"""``case acknowledge --file --skip-bad``: what was not recorded stands in a file beside it, to mend and send again."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from tests.cli.inside import Inside, here
from tests.cli.twoshops import noticed

__all__ = ["here"]


def rows_of(file: Path, encoding: str) -> list[list[str]]:
    with file.open(encoding=encoding, newline="") as stream:
        return list(csv.reader(stream))


def test_rows_that_were_not_recorded_are_kept_with_their_reasons_mended_and_sent_again(here: Inside) -> None:
    folder, lot = here.folder, noticed(here)
    lines = f"网点,批次,现存,单位,备注\n福安超市,{lot},55,kg,好\n惠民菜店,{lot},很多,kg,=1\n惠民菜店,,,,问过\n没有的店,{lot},5,kg,\n"
    (folder / "回执.csv").write_bytes(lines.encode("gb18030"))
    said = here("case", "acknowledge", "--file", "回执.csv", "--skip-bad", code=1, lang="zh")
    assert "错的行 -> 回执.错行.csv" in said
    assert "第 3 行  现存  很多" in said
    heading, *bad = rows_of(folder / "回执.错行.csv", "gb18030")
    assert heading == ["原因 (foodtrace)", "网点", "批次", "现存", "单位", "备注"]
    assert [row[1:] for row in bad] == [
        ["惠民菜店", lot, "很多", "kg", "'=1"],
        ["惠民菜店", "", "", "", "问过"],
        ["没有的店", lot, "5", "kg", ""],
    ]
    assert bad[0][0].startswith("3: 现存: "), "the heading of the file, as the clerk knows it"
    assert "3" in bad[1][0].partition(": ")[2], "a good row of a site with a faulty one says which"
    mended = (folder / "回执.错行.csv").read_text(encoding="gb18030").replace("很多", "7").replace("没有的店", "惠民菜店")
    (folder / "好.csv").write_text("\n".join(mended.splitlines()[:2]) + "\n", encoding="gb18030")
    assert "new 1" in here("case", "acknowledge", "--file", "好.csv"), "the reason column is ignored"


def test_a_file_that_is_there_is_left_as_it_is_and_the_same_rows_are_not_written_twice(here: Inside) -> None:
    folder, lot = here.folder, noticed(here)
    (folder / "a.csv").write_text(f"site,lot,on hand\n福安超市,{lot},5 kg\n惠民菜店,{lot},lots\n", encoding="utf-8")
    (folder / "a.bad.csv").write_text("mine\n", encoding="utf-8")
    for _ in range(2):
        said = here("case", "acknowledge", "--file", "a.csv", "--skip-bad", code=1)
        assert "bad rows -> a.bad-2.csv  (a.bad.csv is there and was left as it is)" in said
    assert (folder / "a.bad.csv").read_text(encoding="utf-8") == "mine\n"
    assert sorted(each.name for each in folder.glob("a.*")) == ["a.bad-2.csv", "a.bad.csv", "a.csv"]


def test_nothing_is_written_where_nothing_is_skipped(here: Inside) -> None:
    folder, lot = here.folder, noticed(here)
    (folder / "a.csv").write_text(f"site,lot,on hand\n福安超市,{lot},5 kg\n惠民菜店,{lot},lots\n", encoding="utf-8")
    here("case", "acknowledge", "--file", "a.csv", code=1)
    (folder / "b.csv").write_text(f"site,lot,on hand\n福安超市,{lot},5 kg\n", encoding="utf-8")
    here("case", "acknowledge", "--file", "b.csv", "--skip-bad")
    assert not list(folder.glob("*.bad*"))


def test_of_a_workbook_it_is_a_workbook_and_with_json_the_file_is_told_beside_it(here: Inside) -> None:
    folder, lot = here.folder, noticed(here)
    book = Workbook()
    sheet: Any = book.active
    for row in (["site", "lot", "on hand (kg)"], ["福安超市", lot, 5], ["惠民菜店", lot, "lots"]):
        sheet.append(row)
    book.save(folder / "a.xlsx")
    said = here("case", "acknowledge", "--file", "a.xlsx", "--skip-bad", "--json", code=1)
    assert "bad rows -> a.bad.xlsx" in said
    sheet = load_workbook(folder / "a.bad.xlsx").active
    assert [cell.value for cell in sheet[2]][1:] == ["惠民菜店", lot, "lots"]


def test_a_row_with_a_comma_too_many_is_a_bad_row_and_holds_back_only_its_site(here: Inside) -> None:
    folder, lot = here.folder, noticed(here)
    (folder / "a.csv").write_text(f"site,lot,on hand\n福安超市,{lot},1,200 g\n惠民菜店,{lot},7 kg\n", encoding="utf-8")
    said = here("case", "acknowledge", "--file", "a.csv", "--skip-bad", code=1)
    assert "new 1" in said
    assert rows_of(folder / "a.bad.csv", "utf-8-sig")[1][1:] == ["福安超市", lot, "1", "200 g"]
