"""A log of one's own with a farm, a shop whose telephone is kept, and one lot to move."""

from __future__ import annotations

import datetime as dt

from foodtrace import Ledger, Quantity
from foodtrace.events import CertificateIssued, Site, Transfer
from foodtrace.graph.edges import micros

AT = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
NOW = micros(AT)
LOT = "F-1/261123-1"
ORIGIN = "test.example/own"


def clock() -> int:
    return NOW


def fill(ledger: Ledger) -> None:
    ledger.init(ORIGIN, operator="F-1")
    ledger.record(
        [
            Site(id="s1", at=AT, site="F-1", operator="F-1", kind="farm", name="永发合作社"),
            Site(id="s2", at=AT, site="S-7", operator="S-7", kind="shop", name="福安超市"),
            CertificateIssued(
                id="c1", at=AT, site="F-1", lot=LOT, serial="1", issuer="F-1", product="西红柿", quantity=Quantity(500_000, "g")
            ),
        ],
        personal={"s2": {"phone": "0451-555-0104"}},
    )


def move(name: str) -> Transfer:
    return Transfer(id=name, at=AT, site="F-1", to="S-7", lot=LOT, quantity=Quantity(1000, "g"))
