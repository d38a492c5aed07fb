"""Records of every shape put on record as events are, in as many logs as they tell of."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from foodtrace import Ledger, Quantity
from foodtrace.events import (
    Alias,
    CertificateIssued,
    Clause,
    ConsumerReturn,
    Correction,
    Event,
    LeftClause,
    LotsClause,
    Output,
    Portion,
    PredicateClause,
    Receipt,
    Sale,
    Site,
    StockCount,
    ThroughClause,
    Transfer,
    Transformation,
)
from foodtrace.graph.edges import UNIT_NAMES, micros
from tests.recall.reference import parties, unit_in, unit_of
from tests.recall.shapes import SITES

START: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
KINDS: Final = {"X": "shop", "Y": "shop"}
NOW: Final = START + dt.timedelta(days=60)
SLACK: Final = 24


def lot_id(lot: str) -> str:
    return f"FT-A/{lot}"


def amount(q: int, unit: int | None = None) -> Quantity:
    return Quantity(q, UNIT_NAMES[unit_of(q) if unit is None else unit])


class Told:
    """The records of a world as events."""

    def __init__(self, some: Sequence[tuple], products: dict[str, str]) -> None:
        self.events: list[Event] = []
        self.some: list[tuple] = []
        """The records that could be told."""
        self.products: dict[str, str] = {}
        """Lot -> product, of lots some event names a product of."""
        self.words: list[tuple[str, str]] = []
        """(lot, product) as the events say it, one after another."""
        self.wanted = products
        for n, record in enumerate(some):
            # A dispatch to nobody is told without a destination; a move that neither side saw is no record.
            self.n = n
            made = list(getattr(self, "_" + record[0])(*record[1:]))
            if made:
                self.events += made
                self.some.append(record)

    def _base(self, site: str, hour: int, how: str, part: int = 0) -> dict[str, Any]:
        at = START + dt.timedelta(hours=hour // 24 * 24 if how == "day" else hour)
        return {"id": f"e{self.n}-{part}", "at": at, "site": site, "precision": how}

    def _named(self, lot: str) -> str:
        """Return the product of a lot as an event names it, and remember that it did."""
        self.products[lot] = self.wanted[lot]
        self.words.append((lot, self.wanted[lot]))
        return self.wanted[lot]

    def _birth(self, lot: str, site: str, q: int, hour: int, how: str) -> Iterator[Event]:
        yield CertificateIssued(
            **self._base(site, hour, how),
            lot=lot_id(lot),
            serial=f"s{self.n}",
            issuer="FT-A",
            product=self._named(lot),
            quantity=amount(q),
        )

    def _sell(self, lot: str, site: str, q: int, hour: int, how: str) -> Iterator[Event]:
        yield Sale(**self._base(site, hour, how), lot=lot_id(lot), quantity=amount(q))

    def _count(self, lot: str, site: str, q: int, hour: int, how: str) -> Iterator[Event]:
        yield StockCount(**self._base(site, hour, how), lot=lot_id(lot), quantity=amount(q))

    def _back(self, lot: str, site: str, q: int, hour: int, how: str) -> Iterator[Event]:
        yield ConsumerReturn(**self._base(site, hour, how), lot=lot_id(lot), quantity=amount(q))

    def _move(self, lot: str, source: str | None, to: str | None, q: int, out: int | None, into: int | None, how: str) -> Iterator[Event]:
        goods: dict[str, Any] = {"lot": lot_id(lot), "doc": f"D{self.n}"}
        if out is not None and source:
            yield Transfer(**self._base(source, out, how), **goods, quantity=amount(q), to=to or "", in_transit=True)
        if into is not None and to:
            yield Receipt(**self._base(to, into, how, 1), **goods, quantity=amount(q, unit_in(q)), source=source or "")

    def _papers(
        self, sent: Sequence[str], got: Sequence[str], source: str, to: str, q: int, out: int, into: int, how: str
    ) -> Iterator[Event]:
        goods: dict[str, Any] = {"doc": f"D{self.n}"}
        for n, lot in enumerate(sent):
            yield Transfer(**self._base(source, out, how, n), **goods, lot=lot_id(lot), quantity=amount(q), to=to, in_transit=True)
        for n, lot in enumerate(got, len(sent)):
            yield Receipt(**self._base(to, into, how, n), **goods, lot=lot_id(lot), quantity=amount(q, unit_in(q)), source=source)

    def _unnamed(self, _name: str, product: str, source: str, to: str, q: int, hour: int, how: str, named: str | None) -> Iterator[Event]:
        doc = f"D{self.n}"
        there, sender = parties(source, to, q) if named else (to, source)
        yield Transfer(
            **self._base(source, hour, how), quantity=amount(q), doc=doc, product=product, to=there or "", in_transit=bool(named)
        )
        if named:
            yield Receipt(**self._base(to, hour, how, 1), quantity=amount(q, unit_in(q)), doc=doc, lot=lot_id(named), source=sender or "")

    def _make(self, site: str, inputs: Sequence[str], outputs: Sequence[str], q: int, hour: int, how: str, _case: str) -> Iterator[Event]:
        made = tuple(Output(lot=lot_id(lot), quantity=amount(q), product=self._named(lot)) for lot in outputs)
        taken = tuple(Portion(lot_id(lot), amount(q)) for lot in inputs)
        yield Transformation(**self._base(site, hour, how), kind="blend", inputs=taken, outputs=made)

    def _alias(self, one: str, two: str) -> Iterator[Event]:
        yield Alias(**self._base("P", 0, "instant"), lot=lot_id(one), alias=lot_id(two))


@contextmanager
def recorded(told: Told, wrong: Sequence[int] = (), strangers: Sequence[tuple[str, str, str]] = ()) -> Iterator[Ledger]:
    """Record a world; of the events at some places a false twin is recorded too, and corrected away.

    :param strangers: (site, operator, kind): what a log of somebody else says of sites.
    """
    now = [micros(NOW)]
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        Ledger.open(f"sqlite:///{name}/x.db", keys=Path(name) / "keys", clock=lambda: now[0]) as ledger,
    ):
        ledger.record(
            [
                Site(id=f"s-{site}", at=START, site=site, operator="FT-A", kind=KINDS.get(site, "plant"), name=site)  # type: ignore[arg-type]
                for site in SITES
            ]
        )
        if told.events:
            ledger.record(told.events)
        for n in sorted({place % len(told.events) for place in wrong} if told.events else ()):
            event = told.events[n]
            new: dict[str, Any] = {"id": f"wrong-{event.id}", "site": SITES[(SITES.index(event.site) + 1) % len(SITES)]}
            new |= {"doc": f"W{n}"} if hasattr(event, "doc") else {}
            new |= {"to": ""} if isinstance(event, Transfer) and event.to == new["site"] else {}
            new |= {"source": ""} if isinstance(event, Receipt) and event.source == new["site"] else {}
            seq = ledger.record([msgspec.structs.replace(event, **new)]).last
            with ledger.reading() as session:
                row = session.row("SELECT leaf FROM entry WHERE log = 1 AND seq = ?", (seq,))
            assert row is not None
            undone = Correction(id=f"undo-{n}", at=NOW, site=new["site"], seq=seq, leaf=bytes(row[0]).hex(), reason="did_not_occur")
            ledger.record([undone])
        if strangers:
            ledger.init("stranger/b")
            said = [
                Site(id=f"str-{n}", at=NOW, site=site, operator=operator, kind=kind, name=site)  # type: ignore[arg-type]
                for n, (site, operator, kind) in enumerate(strangers)
            ]
            ledger.record(said, log="stranger/b")
        yield ledger


def moment(hour: float) -> dt.datetime:
    return START + dt.timedelta(hours=hour)


def clauses_of(scope: Sequence[tuple]) -> list[Clause]:
    made: list[Clause] = []
    for clause in scope:
        if clause[0] == "lots":
            made.append(LotsClause(lots=tuple(map(lot_id, clause[1]))))
        elif clause[0] == "rule":
            made.append(PredicateClause(product=clause[1], code="|".join(clause[2])))
        else:
            kind = LeftClause if clause[0] == "left" else ThroughClause
            made.append(kind(site=clause[1], start=moment(clause[2]), end=moment(clause[3])))
    return made
