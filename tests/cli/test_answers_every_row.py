"""``case acknowledge``: every wrong row of a file is named at once, and an answer of before its notice is refused with the way on."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable

import pytest

from foodtrace import ledger
from tests.cli.inside import Inside, here
from tests.cli.twoshops import CASE, issued, supplied

__all__ = ["here"]

CHINA = dt.timezone(dt.timedelta(hours=8))
DAY = dt.timedelta(days=1)


def one_site_in_every_way(here: Inside) -> tuple[str, str]:
    """Write a file in which one shop's rows are wrong each in its own way; return its two lots."""
    here("init")
    here("site", "add", "永发合作社:farm", "福安超市:shop", "惠民菜店:shop", "--phone", "0451-555-0104")
    one, two = issued(here), issued(here, product="菠菜")
    for lot in (one, two):
        here("transfer", lot, "100kg", "--from", "永发合作社", "--to", "福安超市")
    here("transfer", one, "100kg", "--from", "永发合作社", "--to", "惠民菜店")
    here("case", "open", one, two, *CASE)
    here("case", "notify", "--out", "n")
    rows = [
        f"福安超市,{one},120.5,kg",
        f"福安超市,{two},-5,kg",
        "福安超市,ZZZ,5,kg",
        f"惠民菜店,{one},7,kg",
        f"福安超市,{one},130,kg",
    ]
    (here.folder / "a.csv").write_text("\n".join(["site,lot,on hand,unit", *rows, ""]), encoding="utf-8")
    return one, two


def test_every_wrong_row_of_one_site_is_named_and_only_the_right_one_is_left_out(here: Inside) -> None:
    one, _ = one_site_in_every_way(here)
    said = here("case", "acknowledge", "--file", "a.csv", code=1)
    for line in (
        "row 3  on hand  -5",
        "row 4  lot  ZZZ",
        f"row 6  lot  {one}",
        "row 2  福安超市  left out: row 3 of the same site is faulty",
    ):
        assert line in said
    assert said.count("left out: row") == 1
    assert "faulty 3" in said
    assert "第 6 行" in (zh := here("case", "acknowledge", "--file", "a.csv", code=1, lang="zh"))
    assert "说了两次: 120.5 kg 和 130.0 kg" in zh
    told = here.json("case", "acknowledge", "--file", "a.csv", code=1)
    assert [(each["row"], each["column"], each["error"]["code"]) for each in told["faults"]] == [
        (3, "quantity", "record.negative"),
        (4, "lot", "lot.not_found"),
        (6, "lot", "case.lot_twice"),
    ]
    assert [(each["row"], each["because"]) for each in told["left_out"] if each["reason"] == "same_site"] == [(2, 3)]


def test_the_bad_rows_have_each_its_own_reason_and_mended_once_they_are_all_taken(here: Inside) -> None:
    one, two = one_site_in_every_way(here)
    here("case", "acknowledge", "--file", "a.csv", "--skip-bad", code=1)
    with (here.folder / "a.bad.csv").open(encoding="utf-8-sig", newline="") as stream:
        _, *bad = csv.reader(stream)
    assert [row[1:4] for row in bad] == [["福安超市", lot, q] for lot, q in ((one, "120.5"), (two, "'-5"), ("ZZZ", "5"), (one, "130"))]
    assert [row[0].partition(": ")[0] for row in bad] == ["2", "3", "4", "6"]
    for row, word in zip(bad, ("row 3 of the same site", "-5", "ZZZ", "said twice"), strict=True):
        assert word in row[0]
    text = (here.folder / "a.bad.csv").read_text(encoding="utf-8-sig").splitlines()
    mended = [text[0], text[1], text[2].replace(",'-5,", ",5,")]
    (here.folder / "b.csv").write_text("\n".join(mended) + "\n", encoding="utf-8")
    assert "new 2" in here("case", "acknowledge", "--file", "b.csv")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.timedelta], None]:
    """Give a way to put the clock forward."""
    real = ledger.wall_clock

    def forward(by: dt.timedelta) -> None:
        monkeypatch.setattr(ledger, "wall_clock", lambda: real() + by // dt.timedelta(microseconds=1))

    return forward


def test_an_answer_of_before_its_notice_is_refused_until_the_notice_says_it_came_earlier(
    here: Inside, later: Callable[[dt.timedelta], None]
) -> None:
    lot = supplied(here)
    here("case", "open", lot, *CASE)
    later(DAY)
    here("case", "notify", "--out", "n")
    before = dt.datetime.now(CHINA) + DAY - dt.timedelta(minutes=5)
    later(2 * DAY)
    lines = (
        f"site,lot,on hand,unit,time\n福安超市,{lot},20,kg,{before:%Y-%m-%d %H:%M}\n惠民菜店,{lot},20,kg,{before + DAY:%Y-%m-%d %H:%M}\n"
    )
    (here.folder / "a.csv").write_text(lines, encoding="utf-8")
    told = here.json("case", "acknowledge", "--file", "a.csv", "--skip-bad", code=1)
    (fault,) = told["faults"]
    assert (fault["row"], fault["column"], fault["error"]["code"], told["new"]) == (2, "time", "case.before_notice", 1)
    said = here("case", "acknowledge", "--file", "a.csv", code=1)
    assert f"row 2  time  {before:%Y-%m-%d %H:%M}  the answer of 福安超市 is dated" in said
    assert "hint: mend the time" in said
    assert "早于给它的通知" in (zh := here("case", "acknowledge", "--file", "a.csv", code=1, lang="zh"))
    assert "提示: 时间写错了就改" in zh
    notice = fault["error"]["hint"]["en"].partition("foodtrace correct ")[2].partition(" ")[0]
    here("correct", notice, "--set", f"delivered={(before - dt.timedelta(hours=1)).isoformat(timespec='seconds')}")
    assert "new 1  known 1" in here("case", "acknowledge", "--file", "a.csv")


def test_one_answer_told_by_a_clock_that_runs_behind_is_refused_with_both_times(
    here: Inside, later: Callable[[dt.timedelta], None]
) -> None:
    lot = supplied(here)
    here("case", "open", lot, *CASE)
    later(dt.timedelta(minutes=30))
    here("case", "notify", "--out", "n")
    later(dt.timedelta(minutes=29))
    answer = ("--confirm-clock", "case", "acknowledge", "福安超市", "--on-hand", f"{lot}=20kg")
    here(*answer)
    later(dt.timedelta(minutes=20))
    said = here(*answer, code=2)
    assert "case.before_notice: the answer of 福安超市 is dated" in said
    assert "none typed: this machine's clock" in said
    assert "没写时间就核对本机时钟" in here(*answer, code=2, lang="zh")
