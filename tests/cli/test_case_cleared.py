"""Goods that a case cleared, as a person sees them: status, list, recall, report, notices (ADR 36)."""

from __future__ import annotations

import csv
import json

import openpyxl
import pytest

from tests.cli.inside import Inside, here

__all__ = ["here"]


class Cleared:
    """A farm's 100 kg, 60 at a shop where the case cleared them, 30 at another."""

    def __init__(self, here: Inside) -> None:
        self.here = here
        self("26T08:00", "init")
        self("26T08:00", "site", "add", "Farm:farm", "Shop:shop", "Coop:shop")
        said = self("26T08:05", "certificate", "issue", "tomato", "100kg", "--basis", "1", "--out", "a.png")
        self.lot = said.split("  lot ")[1].split()[0]
        self("26T09:00", "transfer", self.lot, "60kg", "--from", "Farm", "--to", "Shop")
        self("26T09:01", "transfer", self.lot, "30kg", "--from", "Farm", "--to", "Coop")
        self("26T12:00", "case", "open", self.lot, "--class", "2", "--known", "2026-11-26T11:00", "--reason", "x")
        self("26T12:05", "case", "clear", "2026-0001", self.lot, "--site", "Shop", "--basis", "lab", "--approved-by", "9")

    def __call__(self, time: str, *words: str, code: int = 0, lang: str = "en") -> str:
        return self.here("--now", "2026-11-" + time, *words, code=code, lang=lang)


@pytest.fixture
def cleared(here: Inside) -> Cleared:
    return Cleared(here)


def test_the_status_says_how_much_is_cleared_where_and_whom_that_lets_off(cleared: Cleared) -> None:
    said = cleared("26T12:10", "case", "status")
    assert "R2 should-be-recalled  0.0 %  0.0 / 90.0 kg" in said
    assert "  cleared, and still in what should be recalled: at most 60.0 kg on hand or on its way\n    at Shop at most 60.0 kg\n" in said
    assert "    outlets all of whose goods are cleared: 1 (Shop)\n" in said
    assert "0 / 2 sites    missing: Coop  cleared, needs no notice: Shop\n" in said
    assert "0 / 2 sites    missing: Coop  cleared, needs no answer: Shop\n" in said
    assert "notify 2 (" in said, "the other shop, and who recalls"
    zh = cleared("26T12:10", "case", "status", lang="zh")
    assert "  已解除, 仍计在应召回里: 至多 60.0 kg (现存或在途)\n" in zh
    assert "缺: Coop  已解除不用通知: Shop\n" in zh
    assert "  cleared, and still in what should be recalled: at most 60.0 kg" in cleared("26T12:10", "case", "list")
    status = cleared.here.json("--now", "2026-11-26T12:10", "case", "status")
    assert status["cleared"]["lines"][0]["quantity"] == 60_000
    (listed,) = cleared.here.json("--now", "2026-11-26T12:10", "case", "list")
    assert listed["cleared"] == status["cleared"]["lines"]


def test_a_cleared_outlet_gets_no_notice_and_the_lists_say_why(cleared: Cleared) -> None:
    assert "notices to 1 outlet + 1 upstream" in cleared("26T12:10", "case", "notify", "--out", "n")
    rows = list(csv.DictReader((cleared.here.folder / "n" / "sending.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert {row["name"] for row in rows} == {"Coop", "Farm"}
    said = cleared("26T12:11", "recall", cleared.lot)
    (row,) = [line for line in said.splitlines() if line.startswith(("1 Shop", "2 Shop"))]
    assert row.rstrip().endswith("cleared") or " cleared " in row
    assert "R4 notified            50.0 %  1 / 2 outlets  1 more cleared" in said
    assert "No outlet is late." in cleared("26T12:12", "recall", cleared.lot, "--late")
    cleared("26T12:13", "recall", cleared.lot, "--csv", "list.csv")
    listed = list(csv.DictReader((cleared.here.folder / "list.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert {row["name"]: row["cleared"] for row in listed} == {"Shop": "all", "Coop": "", "Farm": ""}


def test_the_report_has_the_cleared_goods_on_paper_and_in_a_sheet(cleared: Cleared) -> None:
    cleared("26T12:10", "case", "report", "--out", "r.html", "--xlsx", "r.xlsx")
    page = (cleared.here.folder / "r.html").read_text(encoding="utf-8")
    assert "<h2>Cleared goods (1)</h2>" in page
    assert "No rate is better for it" in page
    assert "cleared, and still in what should be recalled: at most 60.0 kg" in page
    assert "0 / 2 sites<br>1 more cleared" in page
    assert "-, goods cleared" in page, "in the places of the notice and the answer it needs not"
    book = openpyxl.load_workbook(cleared.here.folder / "r.xlsx")
    head, row = list(book["Cleared goods"].iter_rows(values_only=True))
    assert dict(zip(head, row, strict=True))["site"] == "Shop"
    assert dict(zip(head, row, strict=True))["on hand"] == "60.0?", "at most: it keeps no books"
    counts = {row[0]: row[-1] for row in book["Notices, answers, checks"].iter_rows(values_only=True)}
    assert [counts[name] for name in counts if str(name).startswith(("R4", "R5", "R6"))] == [1, 1, 0]


def test_a_closed_case_all_of_whose_goods_were_cleared_says_so_and_breaks_when_the_clearing_lapses(cleared: Cleared) -> None:
    for site in ("Coop", "Farm"):
        cleared("26T12:10", "case", "clear", "2026-0001", cleared.lot, "--site", site, "--basis", "lab", "--approved-by", "9")
    said = cleared("26T12:11", "case", "close")
    assert "closed. All goods that it reaches were cleared." in said
    assert "  cleared, and still in what should be recalled: at most 90.0 kg" in said, "nobody takes the closing for a recall of it"
    assert "no open cases" in cleared("26T12:12", "case", "list")
    assert "R2 0.0 %" in cleared("26T12:12", "case", "list", "--all"), "closed, and no 100 % out of a clearing"
    (place,) = [
        each for each in cleared.here.json("--now", "2026-11-26T12:12", "case", "status")["cleared"]["places"] if each["name"] == "Shop"
    ]
    count = {"type": "stock_count", "id": "n", "at": "2026-11-26T12:13:00+08:00", "site": place["site"], "lot": place["lots"][0]}
    line = json.dumps(count | {"quantity": {"unit": "g", "value": 70_000}})
    (cleared.here.folder / "count.jsonl").write_text(line + "\n", encoding="utf-8")
    cleared("26T12:13", "record", "count.jsonl")
    said = cleared("26T12:14", "case", "list")
    assert "    the worst: Shop, goods left 70.0 kg\n" in said
    assert "the clearing at Shop of 2026-11-26 12:05 holds no more since 2026-11-26 12:13" in cleared("26T12:14", "case", "status")
    cleared("26T12:15", "case", "reopen", "--reason", "more was counted")
    assert "missing: Shop" in cleared("26T12:16", "case", "status")


def test_a_visit_that_finds_cleared_goods_says_so_and_one_that_finds_more_brings_them_back(cleared: Cleared) -> None:
    said = cleared("26T12:10", "case", "check", "Shop", "found", "--quantity", "40kg")
    assert "2026-0001: Shop checked: cleared goods found, which may be sold\n" in said
    assert "60.0 kg of it lie free by the book, and these are taken for them: nothing to seal" in said
    assert "seal at once" not in said
    assert "foodtrace case check" in said
    assert "发现的货已解除, 可以卖" in cleared("26T12:11", "case", "check", "Shop", "found", "--quantity", "41kg", lang="zh")
    assert "就当是这些, 不用封存" in cleared("26T12:12", "case", "status", lang="zh")
    more = cleared.here.json("--now", "2026-11-26T12:13", "case", "check", "Shop", "found", "--quantity", "61kg")
    (find,) = more["finds"]
    assert (find["kind"], find["doubt"], "#" in find["entry"], len(find["others"])) == ("more", 1_000, True, 1)
    assert more["consequences"][:2] == ["seal", "notify"]
    status = cleared.here.json("--now", "2026-11-26T12:14", "case", "status")
    assert find in status["finds"], "the status names the same records"
    cleared("26T12:15", "case", "report", "--out", "r.html")
    page = (cleared.here.folder / "r.html").read_text(encoding="utf-8")
    assert "1.0 kg too much: nobody can tell which were examined" in page


def test_goods_found_again_beside_as_many_under_seal_are_asked_about_and_corrected(cleared: Cleared) -> None:
    cleared("26T12:10", "case", "destroy", "Coop", "--quantity", "30kg", "--place", "kiln", "--witness", "7")
    cleared("26T12:11", "case", "check", "Coop", "found", "--quantity", "40kg")
    cleared("26T12:12", "case", "seal", "Coop", "--quantity", "40kg")
    said = cleared("27T12:13", "case", "check", "Coop", "found", "--quantity", "40kg")
    assert "40.0 kg are under seal or kept apart (" in said
    status = cleared.here.json("--now", "2026-11-27T12:14", "case", "status")
    (find,) = status["finds"]
    assert find["entry"] in said
    assert find["others"][0] in said
    assert "多出的 40.0 kg 若就是那些, 有一条记录不对" in cleared("27T12:14", "case", "status", lang="zh")
    cleared("27T12:15", "correct", find["others"][0], "--did-not-occur")
    after = cleared.here.json("--now", "2026-11-27T12:16", "case", "status")
    assert after["finds"] == []
    assert status["figures"][0]["distributed"] - after["figures"][0]["distributed"] == 40_000
