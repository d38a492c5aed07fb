"""What was done at each site of a case, as the screen, the JSON and the workbook show it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from foodtrace.operations import destruction, disposal
from tests.cli.inside import Inside, here
from tests.recall.casework import World, chain, day, kg

__all__ = ["here"]
LOT = "OP-P/L"
NOW = ("--now", "2026-03-07 12:00")


@pytest.fixture
def case(here: Inside, tmp_path: Path) -> str:
    world = World(f"sqlite:///{tmp_path}/foodtrace.db", tmp_path / "keys")
    case = chain(world).at(3).open(LOT)
    said: dict[str, Any] = {"witness": "W-7", "place": "垃圾焚烧厂", "reported": world.now - dt.timedelta(hours=2)}
    world.at(4).do(disposal.dispose, "destroy", case, "Y", LOT, kg(20), **said)
    world.do(disposal.dispose, "destroy", case, "Y", LOT, kg(10))
    world.do(disposal.dispose, "return", case, "X", LOT, kg(60), to="W")
    world.ledger.close()
    return case


@pytest.mark.parametrize(("lang", "witness", "place", "to"), [("zh", "见证人", "地点", "退到"), ("en", "witness", "place", "to")])
def test_steps_say_who_witnessed_a_destruction_and_where_and_where_goods_went_back_to(
    here: Inside, case: str, lang: str, witness: str, place: str, to: str
) -> None:
    lines = here(*NOW, "case", "status", "--steps", lang=lang).splitlines()
    (first,) = [line for line in lines if "W-7" in line]
    assert f"{witness} W-7  {place} 垃圾焚烧厂" in first
    assert any(f"{witness} -  {place} -" in line for line in lines), "what nobody said is -, never left out"
    assert any(line.endswith(f"{to} W-name") for line in lines)


def test_json_and_the_workbook_say_so_as_well(here: Inside, case: str) -> None:
    steps = {each["site"]: each["steps"] for each in here.json(*NOW, "case", "status")["sites"]}
    assert [(each["witness"], each["place"]) for each in steps["Y"]] == [("W-7", "垃圾焚烧厂"), ("", "")]
    assert [each["to"] for each in steps["X"]] == ["W"]
    here(*NOW, "case", "report", "--out", "r.html", "--xlsx", "r.xlsx")
    sheet = openpyxl.load_workbook("r.xlsx")["Steps"]
    heads = [cell.value for cell in sheet[1]]
    rows = [dict(zip(heads, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=2)]
    assert [(row["witness"], row["place, or where to"]) for row in rows] == [("-", "W"), ("W-7", "垃圾焚烧厂"), ("-", "-")]


def test_a_second_plan_names_the_first_and_a_plan_can_be_called_off(here: Inside, tmp_path: Path) -> None:
    world = World(f"sqlite:///{tmp_path}/foodtrace.db", tmp_path / "keys")
    chain(world).at(3).open(LOT)
    (plan,) = world.do(destruction.plan_destruction, None, "X", LOT, kg(60), due=day(8), place="yard")
    world.ledger.close()
    words = (*NOW, "case", "destroy", "X", "--quantity", "60kg", "--plan", "2026-03-11T09:00", "--place", "yard")
    assert f"case.planned: X-name is to destroy 60.0 kg on 2026-03-10 09:00 already (plan {plan.id})" in here(*words, code=1)
    assert "取消" in here(*NOW, "case", "destroy", "X", "--call-off", lang="zh")
    assert "2026-03-11 09:00" in here("--now", "2026-03-07 12:05", *words[2:])


def test_destroyed_otherwise_than_reported_is_said_at_once_and_in_status_steps_page_and_workbook(here: Inside, tmp_path: Path) -> None:
    world = World(f"sqlite:///{tmp_path}/foodtrace.db", tmp_path / "keys")
    chain(world).at(3).open(LOT)
    world.ledger.close()
    here("--now", "2026-03-06 09:00", "case", "destroy", "X", "--quantity", "40kg", "--plan", "2026-03-08T09:00", "--place", "pit 3")
    here("--now", "2026-03-06 09:10", "case", "destroy", "X", "--report", "--doc", "R-1")
    said = here("--now", "2026-03-07 08:00", "case", "destroy", "X", "--quantity", "55kg", "--place", "pit 4", "--witness", "W-7")
    plan = "(reported 2026-03-06 09:10 R-1 was 40.0 kg, pit 3, 2026-03-08 09:00)"
    assert f"note: X-name OP-P/L: elsewhere: pit 4; before the time planned {plan}; recorded as it is" in said
    assert f"15.0 kg more than planned; elsewhere: pit 4; before the time planned {plan}" in said
    assert "not reported beforehand" in said
    status = here(*NOW, "case", "status", "--steps")
    assert "1 destruction otherwise than planned or reported: X-name" in status
    unlike = f"15.0 kg more than planned; elsewhere: pit 4; before the time planned {plan}"
    assert f"    X-name 2026-03-07 08:00 15.0 kg OP-P/L: {unlike}" in status
    assert "destruction planned  2026-03-06T09:00" in status
    assert "destruction reported  2026-03-06T09:10" in status
    assert "for 2026-03-08 09:00  place pit 3  report R-1" in status
    here(*NOW, "case", "report", "--out", "r.html", "--xlsx", "r.xlsx")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "witness W-7, place pit 4" in page
    assert "not reported beforehand" in page
    assert f"15.0 kg more than planned; elsewhere: pit 4; before the time planned {plan}" in page
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["Steps"]
    heads = [cell.value for cell in sheet[1]]
    rows = [dict(zip(heads, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=2)]
    assert [str(row["reporting"]).split(";")[0] for row in rows] == [
        "for 2026-03-08 09:00",
        "for 2026-03-08 09:00",
        "not reported beforehand",
        "not reported beforehand",
    ]
    assert "见证人 W-7, 地点 pit 4" in _page(here, "zh")


def _page(here: Inside, lang: str) -> str:
    here(*NOW, "case", "report", "--out", f"{lang}.html", lang=lang)
    return (here.folder / f"{lang}.html").read_text(encoding="utf-8")
