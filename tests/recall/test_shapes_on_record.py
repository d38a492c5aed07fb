"""Random worlds of every shape, recorded in a ledger and asked as a user asks, against the reference written from the definition.

``test_affected_shapes`` puts the same worlds to the engine in memory. Here they go the whole way: events, sealed entries, the projection,
the reader, quick answers of plain lots; and some records are wrong at first and corrected, so that what is no longer live must not count.
A rule's attributes, known and unknown, and lots of the same code under an issuer on no record are among the shapes.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

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
from foodtrace.graph.flows import ALWAYS, NEVER
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall.affected import find
from foodtrace.recall.settings import HOUR, Settings
from foodtrace.storage.session import Session
from tests.recall.reference import INF, Reference, unit_in, unit_of
from tests.recall.shapes import LOT, LOTS, PRODUCT_MAPS, PRODUCTS, SITES, records, scopes

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

    def _unnamed(self, _name: str, product: str, source: str, to: str, q: int, hour: int, how: str, named: str | None) -> Iterator[Event]:
        doc = f"D{self.n}"
        yield Transfer(**self._base(source, hour, how), quantity=amount(q), doc=doc, product=product, to=to, in_transit=bool(named))
        if named:
            yield Receipt(**self._base(to, hour, how, 1), quantity=amount(q, unit_in(q)), doc=doc, lot=lot_id(named), source=source)

    def _make(self, site: str, inputs: Sequence[str], outputs: Sequence[str], q: int, hour: int, how: str, _case: str) -> Iterator[Event]:
        made = tuple(Output(lot=lot_id(lot), quantity=amount(q), product=self._named(lot)) for lot in outputs)
        taken = tuple(Portion(lot_id(lot), amount(q)) for lot in inputs)
        yield Transformation(**self._base(site, hour, how), kind="blend", inputs=taken, outputs=made)

    def _alias(self, one: str, two: str) -> Iterator[Event]:
        yield Alias(**self._base("P", 0, "instant"), lot=lot_id(one), alias=lot_id(two))


@contextmanager
def recorded(told: Told, wrong: Sequence[int] = ()) -> Iterator[Ledger]:
    """Record a world; of the events at some places a false twin is recorded too, and corrected away."""
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
        yield ledger


def moment(hour: float) -> dt.datetime:
    return START + dt.timedelta(hours=hour)


def clauses_of(scope: Sequence[tuple]) -> list[Clause]:
    made: list[Clause] = []
    for clause in scope:
        if clause[0] == "lots":
            made.append(LotsClause(lots=tuple(map(lot_id, clause[1]))))
        elif clause[0] == "rule":
            made.append(PredicateClause(product=clause[1]))
        else:
            kind = LeftClause if clause[0] == "left" else ThroughClause
            made.append(kind(site=clause[1], start=moment(clause[2]), end=moment(clause[3])))
    return made


Found = list[tuple[str, str, float, str]]
"""(lot, site, since, link), sorted; a dispatch without lot is ``?``."""


def by_engine(session: Session, clauses: Sequence[Clause], slack: int) -> Found:
    facts = SqlFacts(session, micros(NOW))
    found = find(facts, clauses, settings=Settings(clock_slack=slack * HOUR))
    texts = facts.texts({number for holding in found.holdings for number in holding})
    made = []
    for (lot, site), link in found.holdings.items():
        since = -INF if link.since == ALWAYS else INF if link.since == NEVER else (link.since - micros(START)) / HOUR
        made.append((texts[lot].partition("/")[2] if not texts[lot].startswith("?") else "?", texts[site], since, link.link))
    return sorted(made)


def by_definition(told: Told, scope: Sequence[tuple], slack: int) -> Found:
    # Of a rule the reference is told what it means: lots that fit, and lots that may.
    reference = Reference(told.some, {lot: told.products.get(lot, "") for lot in LOTS}, slack=slack)
    named = {lot for lot, _ in reference.held} | set(told.products)
    meant: list[tuple] = []
    possible: list[tuple] = []
    for clause in scope:
        if clause[0] != "rule":
            meant.append(clause)
            continue
        known = [lot for lot in LOTS if told.products.get(lot) == clause[1]]
        unknown = [lot for lot in LOTS if not told.products.get(lot) and lot in named]
        meant.append(("lots", tuple(known)))
        possible.append(("lots", tuple(unknown)))
    answer, e1, _ = reference.answer([*meant, *possible])
    if possible:
        # A seed of a lot that only may fit is no confirmed one.
        sure = Reference(told.some, reference.products, slack=slack)
        _, e1, _ = sure.answer(meant)
    shown = [("?" if lot.startswith("?") else lot, site, float(since), lot, site) for (lot, site), since in answer.items()]
    return sorted((lot, site, since, "confirmed" if (name, where) in e1 else "possible") for lot, site, since, name, where in shown)


@settings(max_examples=25, deadline=None)
@given(
    records(most=9),
    PRODUCT_MAPS,
    scopes(),
    st.lists(st.integers(0, 30), max_size=3),
    st.sampled_from([0, SLACK]),
)
def test_what_is_on_record_means_what_the_definition_says(
    some: list[tuple], products: dict[str, str], scope: list[tuple], wrong: list[int], slack: int
) -> None:
    told = Told(some, products)
    with recorded(told, wrong) as ledger, ledger.reading() as session:
        assert by_engine(session, clauses_of(scope), slack) == by_definition(told, scope, slack)


@settings(max_examples=15, deadline=None)
@given(
    records(most=9),
    PRODUCT_MAPS,
    st.sampled_from(PRODUCTS[1:]),
    st.booleans(),
)
def test_a_rule_takes_what_fits_and_what_may_fit(some: list[tuple], products: dict[str, str], product: str, more: bool) -> None:
    told = Told([each for each in some if each[0] != "alias"], products)
    scope = [("rule", product), *([("left", "S", 24, 72)] if more else [])]
    with recorded(told) as ledger, ledger.reading() as session:
        assert by_engine(session, clauses_of(scope), SLACK) == by_definition(told, scope, SLACK)


@settings(max_examples=15, deadline=None)
@given(records(most=9), PRODUCT_MAPS, LOT, st.lists(st.integers(0, 30), max_size=3))
def test_the_list_of_a_recall_has_every_site_of_the_definition(
    some: list[tuple], products: dict[str, str], lot: str, wrong: list[int]
) -> None:
    told = Told([*some, ("birth", lot, "P", 5, 0, "instant")], products)
    expected = by_definition(told, [("lots", (lot,))], SLACK)
    with recorded(told, wrong) as ledger:
        for answer in (ledger.recall(lot_id(lot)), ledger.recall(lot_id(lot), bounds=True)):
            rows = [*answer.outlets, *answer.others]
            assert {(row.site, row.link) for row in rows} == {
                (site, "confirmed" if any(each[1] == site and each[3] == "confirmed" for each in expected) else "possible")
                for site in {each[1] for each in expected}
            }
            shown = {("?" if each.startswith("?") else each.partition("/")[2], row.site) for row in rows for each in row.lots}
            assert shown == {(each[0], each[1]) for each in expected}
            assert {row.site for row in answer.outlets} >= {row.site for row in rows if row.kind == "shop"}


def test_the_same_code_under_an_issuer_on_no_record_joins_and_is_possible() -> None:
    told = Told([("birth", "L", "P", 9, 0, "instant"), ("move", "L", "P", "X", 4, 6, 6, "instant")], dict.fromkeys(LOTS, "a"))
    stray = Receipt(id="stray", at=moment(12), site="Y", lot="NO-ONE/L", quantity=Quantity(3, "g"))
    with recorded(told) as ledger:
        ledger.record([stray])
        answer = ledger.recall(lot_id("L"))
    links = {row.site: row.link for row in (*answer.outlets, *answer.others)}
    assert links == {"P": "confirmed", "X": "confirmed", "Y": "possible"}
    assert "code_only" in {each.kind for each in answer.untraced}
