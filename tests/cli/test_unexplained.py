"""One shop writes a thousand where it had thirty: no screen and no page shows the rates without saying so."""

from __future__ import annotations

from pathlib import Path

import pytest

from foodtrace.events import Destroyed
from tests.cli.inside import Inside, here
from tests.recall.casework import World, chain, kg

__all__ = ["here"]
LOT = "OP-P/L"
NOW = ("--now", "2026-03-07 12:00")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_goods_that_no_record_explains_are_said_beside_every_rate(here: Inside, tmp_path: Path, lang: str) -> None:
    world = World(f"sqlite:///{tmp_path}/foodtrace.db", tmp_path / "keys")
    case = chain(world).at(3).open(LOT)
    world.at(4).put(Destroyed(id="d", at=world.now, site="Y", lot=LOT, quantity=kg(1000), case=case))
    world.ledger.close()
    here(*NOW, "case", "report", case, "--out", "r.html", lang=lang)
    said = (
        here(*NOW, "case", "status", case, lang=lang),
        here(*NOW, "recall", LOT, lang=lang),
        (tmp_path / "r.html").read_text("utf-8").split('<div class="rates">')[0],  # before the rates
    )
    for each in said:
        (line,) = [line for line in each.replace("<p", "\n<p").splitlines() if "970.0 " in line and "R1" in line and "R3" in line]
        assert all(word in line for word in ("R1 30.0 %", "R2 30.0 %", "R3 30.0 %")), line
