"""A report says one thing once: what is on hand, who was told and as what, and when, wherever on its pages."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest

from foodtrace.events import Receipt, Returned
from foodtrace.operations import notices
from tests.cli.inside import Inside, here
from tests.recall.casework import World, kg

__all__ = ["here"]
LOT = "OP-P/L"
NOW = ("--now", "2026-03-07 12:00")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """P -> W -> X 60, Y 30; X answers that 41 lie there, Y never records anything, Z gets goods nobody tells it about."""
    world = World(f"sqlite:///{tmp_path}/foodtrace.db", tmp_path / "keys")
    world.sites().born("L", "P", 100)
    world.at(1).move(LOT, "P", "W", 100)
    world.at(2).move(LOT, "W", "X", 60).move(LOT, "W", "Y", 30)
    case = world.at(3).open(LOT)
    world.do(notices.notify, case)
    world.at(3.1).do(notices.acknowledge, case, "X", [(LOT, kg(41))])
    world.at(3.2).put(Receipt(id="z", at=world.now, site="Z", lot=LOT, quantity=kg(3), source="W"))
    return world


@pytest.mark.parametrize(
    ("lang", "words"),
    [("zh", ("现存", "(作为供货方)", "未通知")), ("en", ("on hand", "(as a supplier)", "not notified"))],
)
def test_the_picture_shows_the_stock_that_the_table_shows_and_the_table_who_was_told(
    here: Inside, world: World, tmp_path: Path, lang: str, words: tuple[str, str, str]
) -> None:
    world.ledger.close()
    here(*NOW, "case", "report", "--out", "r.html", "--xlsx", "r.xlsx", lang=lang)
    page = (tmp_path / "r.html").read_text("utf-8")
    picture = page.split("<svg")[2].split("</svg>")[0]
    assert f"{words[0]} 41.0 kg" in picture, "what X answered, as in the table"
    assert "60.0 kg<" in picture, "what it got stands on the arrow"
    assert f"{words[0]} 60.0" not in picture
    book = openpyxl.load_workbook("r.xlsx").worksheets
    rows = [[str(cell.value) for cell in row] for sheet in book for row in sheet.iter_rows() if len(row) > 20]
    told = {row[1]: row[-3] for row in rows}
    assert told["Z-name"] == words[2]
    assert told["P-name"].endswith(words[1]), "P is who recalls, and was told as a supplier"
    assert told["X-name"].startswith("2026-03-05")
    assert words[1] in page
    assert words[2] in page


def test_stock_that_nobody_knows_has_a_question_mark_in_the_picture_too(here: Inside, tmp_path: Path) -> None:
    world = World(f"sqlite:///{tmp_path}/foodtrace.db", tmp_path / "keys")
    world.sites(P="farm").born("L", "P", 100)
    world.at(1).move(LOT, "P", "NEW", 40)
    world.at(2).open(LOT)
    world.ledger.close()
    here(*NOW, "case", "report", "--out", "r.html")
    picture = (tmp_path / "r.html").read_text("utf-8").split("<svg")[2].split("</svg>")[0]
    assert "on hand 40.0 kg?" in picture


def test_steps_are_in_the_time_of_the_case_whatever_zone_a_record_was_written_in(here: Inside, world: World) -> None:
    utc = (world.now + dt.timedelta(hours=1)).astimezone(dt.UTC)
    world.at(4).put(Returned(id="r", at=utc, site="X", to="W", case="2026-0001", lot=LOT, quantity=kg(1)))
    world.ledger.close()
    shown = f"{utc.astimezone(dt.timezone(dt.timedelta(hours=8))):%Y-%m-%dT%H:%M}"
    assert any(shown in line and "returned" in line for line in here(*NOW, "case", "status", "--steps").splitlines())
    times = [each["at"] for site in here.json(*NOW, "case", "status")["sites"] for each in site["steps"]]
    assert {time[-6:] for time in times} == {"+08:00"}


def test_a_recall_says_first_where_goods_came_to_first(here: Inside, world: World) -> None:
    """Not the shop that happened to write a receipt of its own."""
    world.ledger.close()
    head = here(*NOW, "recall", LOT).splitlines()[0]
    assert "P-name -> W-name" in head
    assert "100.0 kg" in head
