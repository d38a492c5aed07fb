"""What one side says it sent and the other that it got, and how their records are reconciled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foodtrace import Ledger, Quantity
from foodtrace.events import (
    CertificateIssued,
    Event,
    Receipt,
    Site,
    Transfer,
)
from foodtrace.graph.edges import micros
from foodtrace.operations.reconciling import Reconciliation, reconcile

AT = dt.datetime(2026, 11, 2, 4, tzinfo=dt.timezone(dt.timedelta(hours=8)))
LOT = "F-1/L"
NOW = AT + dt.timedelta(days=20)


def grams(n: int) -> Quantity:
    return Quantity(n, "g")


def hours(n: float) -> dt.datetime:
    return AT + dt.timedelta(hours=n)


def site(name: str, kind: str) -> Site:
    return Site(id=f"s-{name}", at=AT, site=name, operator=name, kind=kind, name=f"name {name}")  # type: ignore[arg-type]


def certificate(lot: str = LOT, *, at: dt.datetime = AT, q: int = 100, **more: Any) -> CertificateIssued:
    return CertificateIssued(
        id=f"c-{lot}", at=at, site="F-1", lot=lot, serial="0001", issuer="F-1", product="芹菜", quantity=grams(q), **more
    )


def sent(name: str, q: int, *, lot: str = LOT, source: str = "F-1", to: str = "X-1", hour: float = 1, **more: Any) -> Transfer:
    return Transfer(id=name, at=hours(hour), site=source, to=to, lot=lot, product="芹菜", quantity=grams(q), **more)


def got(name: str, q: int, *, lot: str = LOT, to: str = "X-1", source: str = "F-1", hour: float = 3, **more: Any) -> Receipt:
    return Receipt(id=name, at=hours(hour), site=to, source=source, lot=lot, quantity=grams(q), **more)


SITES = [site("F-1", "farm"), site("X-1", "shop"), site("Y-1", "shop"), site("M-1", "market")]


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with two logs: that of the farm, ``b/F-1``, and that of the market, ``a/M-1``."""
    with Ledger.open(url, keys=tmp_path / "keys", clock=lambda: micros(NOW)) as opened:
        opened.init("b/F-1", operator="F-1")
        opened.init("a/M-1", operator="M-1")
        opened.record(SITES, log="b/F-1")
        yield opened


def told(ledger: Ledger, *events: Event, other: tuple[Event, ...] = (), **asked: Any) -> Reconciliation:
    if events:
        ledger.record(list(events), log="b/F-1")
    if other:
        ledger.record(list(other), log="a/M-1")
    with ledger.reading() as session:
        return reconcile(session, now=micros(NOW), **asked)
