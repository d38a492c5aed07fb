"""Goods that came without lot are traced back to what lay at their sender by then, and to nothing that came there later."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from foodtrace.events import CertificateIssued, Event, Output, Portion, Transfer, Transformation
from foodtrace.operations.trace import trace
from foodtrace.recall.answer import recall
from tests.recall.dispatched import grams, hours
from tests.recall.manylogs import ASKED, LOGS, recorded


def born(lot: str, product: str = "奶粉") -> Event:
    return CertificateIssued(id=lot, at=hours(0), site="P", lot=lot, serial=lot[-1], issuer="OP-P", product=product, quantity=grams(30))


def moved(number: str, lot: str, hour: float) -> Event:
    return Transfer(id=number, at=hours(hour), site="P", to="W", lot=lot, quantity=grams(30))


@pytest.mark.parametrize("direction", ["back", "both"])
def test_the_way_back_of_goods_without_lot(tmp_path: Path, direction: Literal["back", "both"]) -> None:
    told = [born("OP-P/L"), born("OP-P/K"), born("OP-P/LATE"), born("OP-P/OIL", "菜籽油")]
    told += [moved("a", "OP-P/L", 1), moved("b", "OP-P/K", 1), moved("c", "OP-P/OIL", 1), moved("d", "OP-P/LATE", 60)]
    told.append(Transfer(id="u", at=hours(2), site="W", to="Y", product="奶粉", quantity=grams(20)))
    with recorded(tmp_path / "a", list(LOGS), [("P", each) for each in told]) as ledger, ledger.reading() as session:
        (goods,) = recall(session, "OP-P/L", now=ASKED).without_lot
        found, _ = trace(session, goods.goods, now=ASKED, direction=direction)
    places = {place.id: (place.site, place.lot) for place in found.places}
    arrows = {(places[each.source], places[each.to], each.way) for each in found.arrows}
    wanted = {((site, lot), ("W", lot), "move") for lot in ("OP-P/L", "OP-P/K") for site in "P"}
    wanted |= {(("W", lot), ("Y", goods.goods), "unnamed") for lot in ("OP-P/L", "OP-P/K")}
    assert arrows == wanted
    assert [each.lot for each in found.back] == ["OP-P/K", "OP-P/L"]
    assert found.beginnings == (), "it is known where they may have begun"


def test_forward_goods_without_lot_are_drawn_from_lots_of_their_product_alone(tmp_path: Path) -> None:
    told: list[Event] = [born("OP-P/L"), moved("a", "OP-P/L", 1)]
    made = Output(lot="OP-W/M", quantity=grams(10), product="炼乳")
    told.append(Transformation(id="m", at=hours(1.5), site="W", kind="process", inputs=(Portion("OP-P/L", grams(10)),), outputs=(made,)))
    told.append(Transfer(id="u", at=hours(2), site="W", to="Y", product="奶粉", quantity=grams(9)))
    with recorded(tmp_path / "a", list(LOGS), [("P", each) for each in told]) as ledger, ledger.reading() as session:
        found, _ = trace(session, "OP-P/L", now=ASKED, direction="forward")
    places = {place.id: (place.site, place.lot) for place in found.places}
    assert [places[each.source] for each in found.arrows if each.way == "unnamed"] == [("W", "OP-P/L")]
