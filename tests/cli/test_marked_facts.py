"""Facts recorded in spite of a case: what should have been sealed, who could not know and who did, wherever a reader looks."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from foodtrace.events import Receipt
from foodtrace.operations import cases, disposal, goods, notices
from tests.cli.inside import Inside, here
from tests.recall.caselife import now
from tests.recall.casework import World, kg

__all__ = ["here"]
LOT = "OP-P/L"
NOW = ("--now", "2026-03-07 12:00")
WORDS = {
    "zh": ("立案后收货, 没有记为封存, 仍是可动的货", "应记为封存而没有", "记为封存", "该处知道之后"),
    "en": (
        "received after opening, not booked as sealed, free stock still",
        "should have been booked as sealed",
        "booked as sealed",
        "after the site knew",
    ),
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """The case is opened while goods are on the road; Y, which knows, books its receipt as sealed, X does not; Z sells before it knows."""
    world = World(f"sqlite:///{tmp_path}/foodtrace.db", tmp_path / "keys")
    world.sites(P="farm", X="shop", Y="shop", Z="shop").born("L", "P", 100)
    world.at(1).move(LOT, "P", "Z", 20)
    case = world.at(2).open(LOT)
    world.at(2.1).do(notices.notify, case)
    world.at(2.2).sell(LOT, "Z", 5)
    world.at(2.3).put(Receipt(id="x", at=world.now, site="X", lot=LOT, quantity=kg(40), source="P"))
    world.put(Receipt(id="y", at=world.now, site="Y", lot=LOT, quantity=kg(10), source="P", sealed=True))
    return world


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_status_steps_report_and_history_show_the_marks(here: Inside, world: World, tmp_path: Path, lang: str) -> None:
    free, sealed, booked, knew = WORDS[lang]
    world.ledger.close()
    for words in (("--steps",), ("--outlets",), ()):
        said = here(*NOW, "case", "status", *words, lang=lang)
        (line,) = [line for line in said.splitlines() if free in line and "foodtrace" not in line]
        assert "X-name 40.0" in line
        assert "Y-name" not in line, "that one was booked as sealed"
        assert any("foodtrace case seal X" in line and "40.0" in line for line in said.splitlines())
    lines = here(*NOW, "case", "status", "--steps", lang=lang).splitlines()
    (mine,) = [line for line in lines if sealed in line]
    assert "40.0" in mine
    assert any(booked in line and sealed not in line and "10.0" in line for line in lines)
    assert any(knew in line and "5.0" in line for line in lines), "Z had its notice"
    history = here(*NOW, "correct", "x", lang=lang)
    assert any("2026-0001" in line and sealed in line for line in history.splitlines())
    here(*NOW, "case", "report", "--out", "r.html", "--xlsx", "r.xlsx", lang=lang)
    assert f"{free}: X-name 40.0" in (tmp_path / "r.html").read_text("utf-8")
    cells = [str(cell.value) for sheet in openpyxl.load_workbook("r.xlsx") for row in sheet for cell in row]
    assert any(sealed in cell for cell in cells)


def test_json_has_them_and_sealing_ends_it(here: Inside, world: World) -> None:
    case = now(world, "2026-0001")
    steps = {site.site: [(each.kind, each.marks) for each in site.steps if each.marks] for site in case.sites}
    assert steps == {
        "P": [],
        "X": [("receipt", ("sealed",))],
        "Y": [("receipt", ("booked",))],
        "Z": [("sale", ("after_notice",))],
    }
    assert [(each.site, each.quantity) for each in case.unsealed] == [("X", 40_000)]
    assert [(each.what, each.quantity) for each in case.today if each.site == "X" and each.quantity] == [("seal_received", 40_000)]
    world.at(3).do(disposal.dispose, "seal", "2026-0001", "X", LOT, kg(30))
    assert [(each.site, each.quantity) for each in now(world, "2026-0001").unsealed] == [("X", 10_000)]
    world.do(disposal.dispose, "seal", "2026-0001", "X", LOT, None)
    assert not now(world, "2026-0001").unsealed
    world.ledger.close()
    assert here.json(*NOW, "correct", "x")["marks"] == [{"case": "2026-0001", "marks": ["sealed"]}]
    assert here.json(*NOW, "correct", "y")["marks"] == [{"case": "2026-0001", "marks": ["booked"]}]


def test_what_was_asked_for_is_booked_as_sealed(world: World) -> None:
    world.at(2.5).do(goods.receive, LOT, kg(3), "X", source="P")
    marks = {site.site: [each.marks for each in site.steps if each.kind == "receipt"] for site in now(world, "2026-0001").sites}
    assert marks["X"] == [("sealed",), ("booked",)]
    assert [each.quantity for each in now(world, "2026-0001").unsealed if each.site == "X"] == [40_000], "what was asked for lies sealed"


def test_what_was_cleared_since_has_not_to_be_sealed(world: World) -> None:
    assert now(world, "2026-0001").unsealed
    world.at(3).do(cases.clear, "2026-0001", [], "examined", "9")
    case = now(world, "2026-0001")
    assert not case.unsealed
    assert "seal_received" not in [each.what for each in case.today]
