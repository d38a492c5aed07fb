"""A return shipped under one number and received under none: whoever prints a rate says in its line what it is if that is one load."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from foodtrace.events import Receipt
from foodtrace.operations import cases, disposal, notices
from tests.cli.inside import Inside, here
from tests.recall.caselife import left, now, refuses
from tests.recall.casework import World, day, kg

__all__ = ["here"]
LOT = "OP-P/L"
NOW = ("--now", "2026-03-07 12:00")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """X had 60; it shipped 30 home, and 30 came home by a paper that names no number."""
    world = World(f"sqlite:///{tmp_path}/foodtrace.db", tmp_path / "keys")
    world.sites(P="farm", X="shop").born("L", "P", 60)
    world.at(1).move(LOT, "P", "X", 60)
    case = world.at(2).open(LOT)
    world.do(cases.publish, case)
    world.do(notices.notify, case)
    world.at(2.1).do(notices.acknowledge, case, "X", [(LOT, kg(60))])
    world.at(3).do(disposal.dispose, "return", case, "X", LOT, kg(30), to="P", in_transit=True)
    world.at(4).got(LOT, "P", 30, "X")
    return world


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_screen_page_or_list_prints_the_rate_bare(here: Inside, world: World, tmp_path: Path, lang: str) -> None:
    world.ledger.close()
    here(*NOW, "case", "report", "--out", "r.html", "--xlsx", "r.xlsx", lang=lang)
    page = (tmp_path / "r.html").read_text("utf-8").replace("<div>", "\n").replace("<tr>", "\n").replace("<p", "\n")
    sheet = openpyxl.load_workbook("r.xlsx")
    cells = [str(cell.value) for each in sheet for row in each for cell in row if "curve" not in each.title.lower()]
    screens = [here(*NOW, *words, lang=lang) for words in (("case", "status"), ("case", "status", "--outlets"), ("recall", LOT))]
    for said in (*screens, page):
        for name in ("R1", "R2", "R3"):
            lines = [line for line in said.splitlines() if line.strip().startswith(f"{name} ")]
            assert lines
            assert all("50.0-100" in line for line in lines), lines
        assert "X-name" in (flat := " ".join(said.split()))
        assert "--set transfer=" in flat
    assert "50.0-100.0 %" in here(*NOW, "case", "list", lang=lang)
    assert sum("50.0-100.0 %" in cell for cell in cells) >= 3
    assert any("--set transfer=" in cell for cell in cells)


def test_json_says_so_in_the_rate_itself(here: Inside, world: World) -> None:
    world.ledger.close()
    for said in (here.json(*NOW, "case", "status"), here.json(*NOW, "recall", LOT)):
        for name in ("R1", "R2", "R3"):
            rate = said["rates"][name]
            assert (rate["percent"], rate["at_least"], rate["once"]) == ("100.0", "50.0", [30_000, 60_000])
        (line,) = said["told_twice"]
        assert (line["source"], line["site"], line["quantity"]) == ("X", "P", 30_000)


def test_the_case_does_not_close_over_it_but_by_name_and_the_record_can_be_mended(here: Inside, world: World) -> None:
    case = "2026-0001"
    world.do(disposal.dispose, "destroy", case, "P", LOT, None)
    world.at(12)  # the return that nobody received by its number is lost on the way by now
    assert [each for each in left(world, case) if each[0] == "twice"] == [("twice", "X", 30_000)]
    refuses(world, "case.not_done", cases.close, case)
    (line,) = now(world, case).told_twice
    world.ledger.close()
    later = ("--now", "2026-03-20 12:00")
    assert "X-name" in here(*later, "case", "close", code=1)
    here(*later, "correct", line.received[0], "--set", f"transfer={line.number}", "--note", "paper 7")
    mended = here.json("--now", "2026-03-20 12:10", "case", "status")
    assert (mended["told_twice"], mended["rates"]["R1"]["percent"], mended["rates"]["R1"]["at_least"]) == ([], "50.0", "")
    assert {(each["kind"], each["site"]) for each in mended["closing"]} == {("free", "X")}, "that is where the other 30 are"


def test_who_sends_says_that_it_came_and_the_receiver_writes_a_paper_of_its_own(tmp_path: Path) -> None:
    """Nothing travels, nothing is left by the book, everybody answered: only this stands against closing."""
    world = World(f"sqlite:///{tmp_path}/b.db", tmp_path / "keys")
    world.sites(P="farm", X="shop").born("L", "P", 60)
    world.at(1).move(LOT, "P", "X", 60)
    case = world.at(2).open(LOT)
    world.do(cases.publish, case)
    world.do(notices.notify, case)
    world.at(2.1).do(notices.acknowledge, case, "X", [(LOT, kg(60))])
    world.at(3).do(disposal.dispose, "return", case, "X", LOT, kg(30), to="P")
    world.put(Receipt(id="paper", at=day(4), site="P", lot=LOT, quantity=kg(30), source="X", doc="P-77"))
    world.at(5).do(disposal.dispose, "destroy", case, "P", LOT, None)
    assert now(world, case).rates["R1"].percent == "100.0"
    assert left(world, case) == [("twice", "X", 30_000)]
    world.do(cases.close, case, "paper P-77 is the same load, X searched", "7")
    assert now(world, case).state == "closed"


def test_what_is_too_much_stands_beside_the_rates(here: Inside, tmp_path: Path, world: World) -> None:
    world.at(4.1).do(disposal.dispose, "destroy", "2026-0001", "X", LOT, kg(45), allow_short=True)
    world.ledger.close()
    here(*NOW, "case", "report", "--out", "r.html")
    for said in (here(*NOW, "case", "status"), here(*NOW, "case", "status", "--outlets"), (tmp_path / "r.html").read_text("utf-8")):
        flat = " ".join(said.split())
        assert "beyond the records, by which the rates may be too high or too low: X-name 45.0 kg (more left, or was" in flat
