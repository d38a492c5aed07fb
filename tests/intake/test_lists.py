"""Short lists: which column is meant, and what is refused because nothing tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from foodtrace.errors import BadData
from foodtrace.intake.lists import EXPECTED, open_list, read_list
from foodtrace.operations.answersfile import ANSWERS, SINGLE


@pytest.mark.parametrize(
    ("headings", "named"),
    [
        ("site,lot,on hand,on hand,unit", "on hand / on hand"),
        ("site,lot,on hand,unit,site", "site / site"),
        ("site,lot,on hand (kg),on hand (g)", "on hand (kg) / on hand (g)"),
        ("site,lot,on hand,quantity,unit", "on hand / quantity"),
        ("网点,批次,批号,现存", "批次 / 批号"),
        ("site,lot,on hand,time,answered", "time / answered"),
        ("site,code,receipt,lot,on hand", "code / receipt"),
    ],
)
def test_two_columns_that_could_be_one_field_are_refused_with_both_named(tmp_path: Path, headings: str, named: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(headings + "\n" + ",".join(["x"] * (headings.count(",") + 1)) + "\n", encoding="utf-8")
    with pytest.raises(BadData) as error:
        open_list(path, ANSWERS, needed=("quantity",), single=SINGLE)
    assert (error.value.code, error.value.value) == ("list.columns_two", named)


@pytest.mark.parametrize("headings", ["site,name,lot,on hand,unit", "site,lot,on hand,note,note", "site,lot,on hand,on hand by book.2"])
def test_a_name_beside_an_id_and_columns_nobody_reads_are_no_question(tmp_path: Path, headings: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(headings + "\n" + ",".join(["x"] * (headings.count(",") + 1)) + "\n", encoding="utf-8")
    assert "site" in open_list(path, ANSWERS, needed=("quantity",), single=SINGLE).headings


def test_of_other_lists_two_columns_of_one_heading_are_refused_and_unlike_ones_are_taken_by_the_first(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text("日期,卖方,数量,数量\n2026-11-20,甲,5kg,7kg\n", encoding="utf-8")
    with pytest.raises(BadData) as error:
        read_list(path, EXPECTED, needed=("seller",))
    assert error.value.code == "list.columns_two"
    path.write_text("日期,卖方,数量,重量\n2026-11-20,甲,5kg,7kg\n", encoding="utf-8")
    assert read_list(path, EXPECTED, needed=("seller",))[0].text("quantity") == "5kg"
