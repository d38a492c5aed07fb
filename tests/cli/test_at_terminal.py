"""What people do at a shop's terminal and a market's desk: wrong keys, Ctrl-D, an input method left on, one can twice."""

from __future__ import annotations

import json

import pytest

from foodtrace_cli.output import cells
from tests.cli.cans import BATCH
from tests.cli.cansale import shop
from tests.cli.inside import Inside, here
from tests.cli.terminal import CTRL_C, CTRL_D, at_terminal

__all__ = ["here", "shop"]

EATEN = "呵他他跑"
"""What a Chinese input method makes of a scan."""
CHOICE = (": ",)


def can(number: int) -> str:
    return f"6909999000012 {number:06d}"


def book(shop: Inside) -> int:
    return int(shop.json("formula", "count")["lines"][0]["book"])


@pytest.fixture
def shelf(shop: Inside) -> Inside:
    """A shop with three cans on its book."""
    shop("formula", "receive", BATCH, "3", "--from", "小北乳业")
    return shop


def test_a_difference_is_recorded_by_2_and_by_nothing_else(shelf: Inside) -> None:
    count = ("formula", "count", f"{BATCH}=2", "--missing", f"{BATCH}=000003")
    said, code = at_terminal(shelf.folder, ["1"], *count, ends=CHOICE)
    assert (code, book(shelf)) == (1, 3)
    assert "1 short: lot 06909999000012/B260912A  book 3  counted 2: 000003" in said
    assert "nothing was recorded" in said
    for lines in ([""], [CTRL_D], [CTRL_C]):
        said, code = at_terminal(shelf.folder, lines, *count, ends=CHOICE)
        assert (code != 0, book(shelf)) == (True, 3), lines
        assert "Traceback" not in said
    said, code = at_terminal(shelf.folder, ["3", EATEN, "2x", "2"], *count, ends=CHOICE, lang="zh")
    assert (code, book(shelf)) == (0, 2), "wrong keys are asked again"
    assert said.count("1 重点  2 记盘亏") == 4
    assert "已记" in said


def test_a_shelf_is_scanned_again_after_1(shelf: Inside) -> None:
    lines = [can(1), can(1), can(2), CTRL_D, "1", can(1), can(2), can(3), CTRL_D]
    said, code = at_terminal(shelf.folder, lines, "formula", "count", "--scan", ends=("> ", "[1]: "))
    assert (code, book(shelf)) == (0, 3)
    assert said.count("1 short") == 1
    assert "recorded." in said


def test_a_code_that_cannot_be_read_does_not_cost_the_count(shelf: Inside) -> None:
    lines = [can(1), EATEN, can(2), "6909999000012 009999", can(3), CTRL_D]
    said, code = at_terminal(shelf.folder, lines, "formula", "count", "--scan", lang="zh")
    assert (code, book(shelf)) == (0, 3)
    assert "scan.input_method" in said
    assert "can.no_batch" in said
    assert "实点 3 罐" in said
    told = shelf("formula", "count", "--scan", stdin=f"{can(1)}\n{EATEN}\n", code=2)
    assert "scan.input_method" in told, "through a pipe nobody would scan it again"


def test_the_till_at_a_terminal(shelf: Inside) -> None:
    lines = [can(184), can(184), EATEN, "", "x", can(185), CTRL_D]
    said, code = at_terminal(shelf.folder, lines, "formula", "sell", lang="zh")
    assert said.count("[ 可售 ]") == 2
    assert "till.already_sold" not in said, "a scanner reads twice; that is no can sold before"
    assert "不重复记" in said
    assert "scan.input_method" in said
    assert "lot.not_found" in said
    assert (code, book(shelf)) == (1, 1)
    said, code = at_terminal(shelf.folder, [can(184), CTRL_D], "formula", "sell")
    assert "till.already_sold" in said, "in another run it is the second sale of one can"
    assert code == 1
    said, code = at_terminal(shelf.folder, [CTRL_D], "formula", "sell")
    assert (code, said.endswith("\n")) == (0, True)


def test_two_cans_without_codes_of_their_own_are_two_sales(shelf: Inside) -> None:
    said, code = at_terminal(shelf.folder, [BATCH, BATCH, CTRL_D], "formula", "sell")
    assert (said.count("[ may sell ]"), code, book(shelf)) == (2, 0, 1)


def test_a_case_scanned_twice_is_received_once(shop: Inside) -> None:
    for case in ("CASE-1", "CASE-2"):
        shop("formula", "pack", case, BATCH, "--at", "小北乳业", "--cans", "6")
    lines = ["CASE-1", "CASE-1", EATEN, "CASE-2", "CASE-1", "CASE-7", CTRL_D]
    said, code = at_terminal(shop.folder, lines, "formula", "receive", "--from", "小北乳业", lang="zh")
    assert (code, book(shop)) == (1, 12)
    assert said.count("不重复记") == 2
    assert "scan.input_method" in said
    assert "pack.unknown" in said
    said, code = at_terminal(shop.folder, ["CASE-1", CTRL_C], "formula", "receive", "--from", "小北乳业")
    assert code != 0
    assert "Traceback" not in said


def test_what_a_table_was_read_as_fits_the_terminal(here: Inside) -> None:
    here("init")
    here("site", "add", "北河农批:market", "福安超市:shop")
    heads = "交易单号,交易时间,商户号,品名,批次,数量,单位,买方信用代码,买方,单价,金额"
    (here.folder / "s.csv").write_text(f"{heads}\nJ1,2026-11-27 05:11,L-0001,西红柿,,240,斤,,福安超市,3,9\n", encoding="gb18030")
    said, _ = at_terminal(here.folder, [], "record", "s.csv", "--dry-run", lang="zh")
    assert "交易单号=id" in said
    assert [line for line in said.splitlines() if cells(line) > 80] == []
    assert "金额" in said
    assert "  J1 2026-11-27 05:11 北河农批 -> 福安超市  西红柿 120.0 kg" in said, "a clerk reads a row, not JSON"
    assert "原文 240" in said


def test_a_second_seller_of_one_name_is_asked_about(here: Inside) -> None:
    here("init")
    here("site", "add", "北河农批:market")
    here("site", "file", "--new", "李记蔬菜", "--stall", "A-17")
    again = ("site", "file", "--new", "李记蔬菜", "--stall", "B-3")
    asked = (": ",)
    for lines in (["n"], [""], [CTRL_D], [CTRL_C], ["x", EATEN, "n"]):
        said, code = at_terminal(here.folder, lines, *again, ends=asked, lang="zh")
        assert "已有叫 李记蔬菜 的档案" in said
        assert "A-17" in said, "shows who that is"
        assert (code != 0, "Traceback" in said) == (True, False), lines
        assert len(files(here)) == 1
    said, code = at_terminal(here.folder, ["y"], *again, ends=asked)
    assert code == 0
    assert sorted(each["name"] for each in files(here)) == ["A-17", "B-3"], "a stranger's own name stands in no list: the stall does"
    assert "seller.same_name" in here(*again, code=2), "without a terminal nobody is asked, and nothing is opened"
    assert len(files(here)) == 2


def files(here: Inside) -> list[dict]:
    return list(json.loads(here.both("site", "file", "--json")[0]))
