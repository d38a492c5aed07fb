"""Goods of every kind that a recall can stand against: a lot, batches made of it, others of another lot; told in days."""

from __future__ import annotations

import datetime as dt
from typing import Final

from foodtrace import Quantity
from foodtrace.events import PredicateClause, RecallOpened, Transfer
from foodtrace.keys import SigningKey
from foodtrace.operations import batches, certificates
from tests.recall.casework import World, kg

KEYS: Final = {"P": SigningKey("issuer", bytes(range(32))), "Q": SigningKey("issuer-q", bytes(range(1, 33)))}
LOT, OTHER = "OP-P/L", "OP-Q/K"
BATCH, FRESH, PLAIN = "06909999000012/B1", "06909999000012/B2", "06909999000012/BK"
CASE = "2026-0001"
CODES: dict[str, str] = {}
"""Lot -> the code on its certificate."""


def pieces(number: int) -> Quantity:
    return Quantity(number, "piece")


def trade(world: World) -> World:
    """L (and K): farm -> warehouse W and plant F; batches B1 (released, 20 cans at the shop X) and B2 (not) of L, BK of K."""
    world.sites(P="farm", Q="farm", W="warehouse", F="plant", X="shop", Y="shop", Z="shop", M="market")
    for code, farm in (("L", "P"), ("K", "Q")):
        issued = world.do(certificates.issue, KEYS[farm], farm, "芹菜", kg(200), ("quality_control",), code=code, valid_days=90)
        CODES[issued.event.lot] = issued.text
    world.at(1).move(LOT, "P", "W", 100).move(OTHER, "Q", "W", 100)
    world.move(LOT, "W", "F", 40).move(OTHER, "W", "F", 40)
    for batch, lot in ((BATCH, LOT), (FRESH, LOT), (PLAIN, OTHER)):
        world.batch(batch, "F", 100, {lot: 5}, expiry=dt.date(2028, 1, 1))
    for batch in (BATCH, PLAIN):
        world.do(batches.release, batch, "CJ-1", "F")
        world.put(Transfer(id=world.name(), at=world.now, site="F", to="X", lot=batch, quantity=pieces(20)))
    return world.at(3)


def suspected(world: World) -> None:
    """A rule that L fits only if a day nobody recorded does."""
    scope = (PredicateClause(producer="OP-P", expiring_from=dt.date(2026, 2, 1), expiring_to=dt.date(2026, 2, 9)),)
    world.put(RecallOpened(id="case", at=world.now, case=CASE, scope=scope, level=2, reason="x", known=world.now))
