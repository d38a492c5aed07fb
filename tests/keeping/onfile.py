"""A ledger with personal values of a farm and of the shop that got its lot, and the erasing of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace import Ledger, Quantity
from foodtrace.events import CertificateIssued, Operator, SellerFile, Site, Transfer
from foodtrace.graph.edges import micros
from foodtrace.operations import erasing
from foodtrace.operations.common import Doing, local

AT = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
NOW = micros(AT)
LOT = "F-1/261123-1"
PHONE, NAME = "0451-555-0104", "王桂芳"


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(url, keys=tmp_path / "keys", clock=lambda: NOW) as opened:
        filled(opened)
        yield opened


def filled(ledger: Ledger) -> None:
    ledger.init("test.example/own", operator="F-1")
    ledger.record(
        [
            Operator(id="o1", at=AT, operator="S-7", kind="individual"),
            Site(id="s1", at=AT, site="F-1", operator="F-1", kind="farm", name="永发合作社"),
            Site(id="s2", at=AT, site="S-7", operator="S-7", kind="shop", name="福安超市"),
            SellerFile(id="f1", at=AT, site="F-1", seller="S-7"),
            CertificateIssued(
                id="c1", at=AT, site="F-1", lot=LOT, serial="1", issuer="F-1", product="西红柿", quantity=Quantity(500_000, "g")
            ),
            Transfer(id="t1", at=AT, site="F-1", to="S-7", lot=LOT, quantity=Quantity(120_000, "g")),
        ],
        personal={
            "o1": {"name": NAME},
            "s2": {"phone": PHONE, "contact": NAME},
            "f1": {"identity": "230100190001010000", "contact": NAME},
            "s1": {"phone": "0451-555-0999"},
        },
    )


def erase(ledger: Ledger, what: str, *fields: str, log: str | None = None) -> erasing.Erased:
    writer = ledger.writer(log)
    doing = Doing(now=local(NOW), by="07")
    _, done = ledger.act(
        lambda session: erasing.erase(session, doing, writer.number, writer.origin, what, fields=fields, reason="退出市场"), log=log
    )
    assert isinstance(done, erasing.Erased)
    return done
