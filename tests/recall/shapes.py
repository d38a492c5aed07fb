"""Records of every shape, drawn: written down, as flows of the projection, and the scopes that are asked."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from foodtrace.graph.flows import (
    ALWAYS,
    CLEARED,
    DAY,
    DELIVERED,
    NEVER,
    UNKNOWN_TIME,
    UNNAMED,
    Flow,
    FlowKind,
    LotInfo,
    SiteInfo,
)
from foodtrace.recall.memory import MemoryFacts
from foodtrace.recall.settings import HOUR
from tests.recall.notation import BASE
from tests.recall.reference import parties, unit_in, unit_of

LOTS, SITES, PRODUCTS = "LKMN", "PSWXY", ("", "a", "b")
_OUT_FLAGS = {"instant": 0, "day": DAY, "unknown": UNKNOWN_TIME}
HOURS = st.integers(0, 16).map(lambda n: 6 * n)
"""Few moments, so that equal ones and steps short by a few hours happen often."""
HOW = st.sampled_from(["instant", "instant", "instant", "day", "unknown"])
LOT, SITE, Q = st.sampled_from(LOTS), st.sampled_from(SITES), st.integers(1, 9)


def _micros(hour: int) -> int:
    return BASE + hour * HOUR


def _out(hour: int, how: str) -> int:
    return {"instant": _micros(hour), "day": _micros(hour // 24 * 24 + 24) - 1, "unknown": NEVER}[how]


def _in(hour: int, how: str) -> int:
    return {"instant": _micros(hour), "day": _micros(hour // 24 * 24), "unknown": ALWAYS}[how]


class Flows:
    """The same records as flows, the way the projection makes them."""

    def __init__(self, records: list[tuple], products: dict[str, str], *, log: int = 1, recorded: int = 0) -> None:
        self.lots = {lot: 1 + n for n, lot in enumerate(LOTS)}
        self.sites = {site: 11 + n for n, site in enumerate(SITES)}
        self.products = dict(products)
        self.flows: list[Flow] = []
        self.log, self.recorded, self.seq = log, recorded, 0
        for record in records:
            self.seq += 1
            getattr(self, "_" + record[0])(*record[1:])

    def add(
        self,
        kind: int,
        lot: str,
        site: str | None,
        q: int,
        t: int,
        other: str | None = None,
        pair: str = "",
        flags: int = 0,
        unit: int = -1,
    ) -> None:
        here, there = (self.sites[each] if each else 0 for each in (site, other))
        place = (self.log, self.seq, len(self.flows))
        said = unit_of(q) if unit < 0 else unit
        self.flows.append(Flow(kind, self.lots[lot], here, there, said, q, t, self.recorded, *place, pair, flags))

    def _birth(self, lot: Any, site: Any, q: Any, hour: Any, how: Any) -> None:
        self.add(FlowKind.BORN, lot, site, q, _in(hour, how), flags=_OUT_FLAGS[how])

    def _back(self, lot: Any, site: Any, q: Any, hour: Any, how: Any) -> None:
        self.add(FlowKind.CONSUMER_RETURN, lot, site, q, _in(hour, how), flags=_OUT_FLAGS[how])

    def _count(self, lot: Any, site: Any, q: Any, hour: Any, how: Any) -> None:
        self.add(FlowKind.COUNT, lot, site, q, _out(hour, how), flags=_OUT_FLAGS[how])

    def _sell(self, lot: Any, site: Any, q: Any, hour: Any, how: Any) -> None:
        self.add(FlowKind.SOLD, lot, site, q, _out(hour, how), flags=_OUT_FLAGS[how])

    def _move(self, lot: Any, source: Any, target: Any, q: Any, out: Any, into: Any, how: Any) -> None:
        pair = f"T{self.seq}"
        if out is not None:
            self.add(FlowKind.DISPATCH, lot, source, q, _out(out, how), target, pair, _OUT_FLAGS[how])
        if into is not None:
            self.seq += 1
            self.add(FlowKind.RECEIPT, lot, target, q, _in(into, how), source, pair, _OUT_FLAGS[how], unit_in(q))

    def _papers(self, sent: Any, got: Any, source: Any, target: Any, q: Any, out: Any, into: Any, how: Any) -> None:
        pair = f"T{self.seq}"
        for lot in sent:
            self.add(FlowKind.DISPATCH, lot, source, q, _out(out, how), target, pair, _OUT_FLAGS[how])
        self.seq += 1
        for lot in got:
            self.add(FlowKind.RECEIPT, lot, target, q, _in(into, how), source, pair, _OUT_FLAGS[how], unit_in(q))

    def _unnamed(self, name: Any, product: Any, source: Any, target: Any, q: Any, hour: Any, how: Any, named: Any) -> None:
        self.lots[name] = 1000 + self.seq
        self.products[name] = product
        flags = _OUT_FLAGS[how] | UNNAMED | (0 if named else DELIVERED)
        to, sender = parties(source, target, q) if named else (target, source)
        self.add(FlowKind.DISPATCH, name, source, q, _out(hour, how), to, name, flags)
        if named:
            self.seq += 1
            self.add(FlowKind.RECEIPT, named, target, q, _in(hour, how), sender, name, _OUT_FLAGS[how], unit_in(q))

    def _make(self, site: Any, inputs: Any, outputs: Any, q: Any, hour: Any, how: Any, case: Any) -> None:
        for lot in inputs:
            self.add(FlowKind.CONSUMED, lot, site, q, _out(hour, how), flags=_OUT_FLAGS[how])
        for lot in outputs:
            self.add(FlowKind.PRODUCED, lot, site, q, _in(hour, how), pair=case, flags=_OUT_FLAGS[how] | (CLEARED if case else 0))

    def _alias(self, one: Any, two: Any) -> None:
        self.flows.append(Flow(FlowKind.ALIAS, self.lots[one], 0, self.lots[two], 0, 0, BASE, 0, self.log, self.seq, 0))

    def facts(self, flows: list[Flow] | None = None) -> MemoryFacts:
        lots = [
            LotInfo(lot=n, text=text if text.startswith("?") else f"FT-A/{text}", product=self.products.get(text, ""), producer="FT-A")
            for text, n in self.lots.items()
        ]
        sites = [SiteInfo(site=n, text=text, kind="shop" if text in "XY" else "plant", operator="FT-A") for text, n in self.sites.items()]
        return MemoryFacts(self.flows if flows is None else flows, lots=lots, sites=sites)


@st.composite
def records(draw: st.DrawFn, least: int = 1, most: int = 10) -> list[tuple]:
    made: list[tuple] = []
    for n in range(draw(st.integers(least, most))):
        kind = draw(
            st.sampled_from(
                ["birth", "move", "move", "move", "move", "unnamed", "unnamed", "make", "make", "papers", "alias", "sell", "back", "count"]
            )
        )
        lot, here, there, q, hour, how = draw(LOT), draw(SITE), draw(SITE), draw(Q), draw(HOURS), draw(HOW)
        if kind in ("birth", "sell", "back", "count"):
            made.append((kind, lot, here, q, hour, how))
        elif kind == "alias" and lot != (other := draw(LOT)):
            made.append(("alias", lot, other))
        elif kind == "make":
            inputs, outputs = draw(st.sets(LOT, min_size=1, max_size=3)), draw(st.sets(LOT, min_size=1, max_size=2))
            made.append(("make", here, tuple(sorted(inputs)), tuple(sorted(outputs)), q, hour, how, draw(st.sampled_from(["", "", "C"]))))
        elif kind == "papers" and here != there:
            named = [tuple(sorted(draw(st.sets(LOT, min_size=1, max_size=2)))) for _ in range(2)]
            made.append(("papers", *named, here, there, q, hour, hour + 6 * draw(st.integers(-2, 6)), how))
        elif kind == "unnamed" and here != there:
            product, named = draw(st.sampled_from(PRODUCTS)), draw(st.sampled_from([None, None, lot]))
            made.append(("unnamed", f"?{n}-{draw(st.integers(0, 10**6))}", product, here, there, q, hour, how, named))
        elif kind == "move" and here != there:
            into = hour + 6 * draw(st.integers(-2, 6))
            sides = draw(st.sampled_from([(hour, into), (hour, into), (hour, None), (None, into)]))
            source = None if sides[0] is None and draw(st.booleans()) else here
            target = None if sides[1] is None and draw(st.integers(0, 3)) == 0 else there
            made.append(("move", lot, source, target, q, *sides, how))
    return made


@st.composite
def scopes(draw: st.DrawFn) -> list[tuple]:
    made: list[tuple] = []
    for _ in range(draw(st.integers(1, 2))):
        kind = draw(st.sampled_from(["lots", "left", "through"]))
        first = draw(HOURS)
        last = first + draw(HOURS)
        made.append(
            ("lots", tuple(sorted(draw(st.sets(LOT, min_size=1, max_size=2))))) if kind == "lots" else (kind, draw(SITE), first, last)
        )
    return made


PRODUCT_MAPS = st.fixed_dictionaries({lot: st.sampled_from(PRODUCTS) for lot in LOTS})
