"""Findings about what holdings hold: too much, too little, beyond a certificate, unseen (RECALL sections 3 and 4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from foodtrace.graph.flows import STYLE2, FlowKind
from foodtrace.recall.finding.look import Entry, Finding, Look, newest
from foodtrace.recall.quantities import HoldingSum, Key


def stock(look: Look) -> Iterator[Finding]:
    """unexplained_stock, unaccounted, returns_exceed_sales, silent_site."""
    for (lot, site, unit), each in look.found.sums.items():
        if (lot, site) not in look.found.holdings:
            continue
        if each.over:
            yield Finding(kind="unexplained_stock", lot=lot, site=site, value=each.over, entries=look.at((lot, site)))
        if each.unaccounted:
            yield Finding(kind="unaccounted", lot=lot, site=site, value=each.unaccounted, entries=look.at((lot, site)))
        if each.brought_back > each.sold:
            back = [
                (flow.t, (flow.log, flow.seq))
                for flow in look.in_entries(look.at((lot, site)))
                if flow.kind == FlowKind.CONSUMER_RETURN and (flow.lot, flow.site, flow.unit) == (lot, site, unit)
            ]
            yield Finding(kind="returns_exceed_sales", lot=lot, site=site, value=each.brought_back - each.sold, entries=newest(back))
        last = look.found.sites[site].last_entry if site in look.found.sites else None
        if each.on_hand and (last is None or look.now - last > look.settings.silent_after):
            yield Finding(kind="silent_site", lot=lot, site=site, value=each.on_hand, entries=look.at((lot, site)))


def over_certified(look: Look) -> Iterator[Finding]:
    """over_certified: more left the place of a certificate than it says, besides what came back or was there for another reason."""
    certificates: dict[Key, list[tuple[int, Entry]]] = defaultdict(list)
    for flow in look.found.flows:
        # A certificate's birth carries its serial; goods let in without one are born at the gate, by weight.
        if (flow.kind == FlowKind.BORN and flow.pair) or (flow.kind == FlowKind.PRODUCED and flow.flags & STYLE2):
            certificates[flow.lot, flow.site, flow.unit].append((flow.t, (flow.log, flow.seq)))
    for (lot, site, unit), issued in certificates.items():
        sums = look.found.sums.get((lot, site, unit))
        if sums is None or (lot, site) not in look.found.holdings:
            continue
        beyond = outflow(sums) - sums.born - sums.received - sums.returned_in
        if beyond > 0:
            entries = tuple(dict.fromkeys((*newest(issued), *look.at((lot, site)))))
            yield Finding(kind="over_certified", lot=lot, site=site, value=beyond, entries=entries)


def outflow(sums: HoldingSum) -> int:
    """Return everything that left a holding by its records."""
    return sums.dispatched + sums.consumed + sums.sold + sums.returned_out + sums.destroyed + sums.lost + sums.used
