"""A farm that delivers one lot to a shop, again and again, and the ledger it stands in."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from foodtrace import Ledger, Quantity
from foodtrace.events import CertificateIssued, Event, Site, Transfer
from foodtrace.graph.edges import micros

AT = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
NOW = micros(AT) + 86_400_000_000
LOT = "F-1/261123-1"


def events(count: int = 14) -> list[Event]:
    made: list[Event] = [
        Site(id="s1", at=AT, site="F-1", operator="F-1", kind="farm", name="永发合作社"),
        Site(id="s2", at=AT, site="S-7", operator="S-7", kind="shop", name="福安超市"),
        CertificateIssued(id="c1", at=AT, site="F-1", lot=LOT, serial="1", issuer="F-1", product="西红柿", quantity=Quantity(500_000, "g")),
    ]
    return made + [transfer(f"t{n}") for n in range(count)]


def transfer(name: str, grams: int = 1000) -> Transfer:
    return Transfer(id=name, at=AT, site="F-1", to="S-7", lot=LOT, quantity=Quantity(grams, "g"))


def opened(folder: Path, name: str = "x.db") -> Ledger:
    return Ledger.open(f"sqlite:///{folder / name}", keys=folder / "keys")
