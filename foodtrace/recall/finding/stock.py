"""Findings about what holdings hold: too much, too little, beyond a certificate, unseen (RECALL sections 3 and 4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from foodtrace.graph.flows import ALWAYS, BIRTHS, STYLE2, FlowKind
from foodtrace.recall.finding.look import Entry, Finding, Look
from foodtrace.recall.quantities import HoldingSum, Key
from foodtrace.recall.silence import free

_GOES = frozenset({FlowKind.CONSUMED, FlowKind.SOLD, FlowKind.DESTROYED, FlowKind.LOST, FlowKind.USED})


def stock(look: Look) -> Iterator[Finding]:
    """unexplained_stock, unaccounted, returns_exceed_sales."""
    for (lot, site, unit), each in look.sums.items():
        if (lot, site) not in look.found.holdings:
            continue
        if each.over:
            yield Finding(kind="unexplained_stock", lot=lot, site=site, value=each.over, unit=unit, entries=look.counted((lot, site)))
        if each.unaccounted:
            yield Finding(kind="unaccounted", lot=lot, site=site, value=each.unaccounted, unit=unit, entries=look.counted((lot, site)))
        if each.brought_back > each.sold:
            value, entries = each.brought_back - each.sold, look.newest(look.brought_back[lot, site, unit])
            yield Finding(kind="returns_exceed_sales", lot=lot, site=site, value=value, unit=unit, entries=entries)


def silence(look: Look) -> Iterator[Finding]:
    """silent_site: stock on hand, and no entry of late; nor is one that only says what was sealed, went back or was destroyed there."""
    for (lot, site, unit), each in look.sums.items():
        if (lot, site) not in look.found.holdings:
            continue
        last = look.found.sites[site].last_entry if site in look.found.sites else None
        quiet = last is None or look.now - last > look.settings.silent_after
        if each.on_hand and (quiet or (free(each) > 0 and (lot, site) not in look.answers and _not_its_own(look, site, last))):
            entries = look.at((lot, site)) or look.counted((lot, site))
            yield Finding(kind="silent_site", lot=lot, site=site, value=each.on_hand, unit=unit, entries=entries)


def _not_its_own(look: Look, site: int, last: int | None) -> bool:
    """Say whether the last entry at a site that keeps no books only says what was sealed, went back or was destroyed there."""
    return last is not None and last <= look.by_case.get(site, last - 1) and site in look.unheard


def over_certified(look: Look) -> Iterator[Finding]:
    """over_certified: more left the place of a certificate than it says, besides what had come back or lay there for another reason.

    A certificate counts from before all else: that goods left ahead of it is ``time_contradiction``, and no more had left for it.
    """
    certificates: dict[Key, list[tuple[int, Entry]]] = defaultdict(list)
    for flow in look.found.flows:
        # A certificate's birth carries its serial; goods let in without one are born at the gate, by weight.
        if (flow.kind == FlowKind.BORN and flow.pair) or (flow.kind == FlowKind.PRODUCED and flow.flags & STYLE2):
            certificates[flow.lot, flow.site, flow.unit].append((flow.t, (flow.log, flow.seq)))
    suspect = {
        key
        for key in certificates
        if key[:2] in look.found.holdings and (sums := look.found.sums.get(key)) is not None and outflow(sums) > sums.born
    }
    for (lot, site, unit), beyond in _deepest(look, suspect).items() if suspect else ():
        entries = tuple(dict.fromkeys((*look.newest(certificates[lot, site, unit]), *look.at((lot, site)))))
        yield Finding(kind="over_certified", lot=lot, site=site, value=beyond, unit=unit, entries=entries)


def _deepest(look: Look, keys: set[Key]) -> dict[Key, int]:
    """Return by how much, at the worst moment, more had left than was ever born and had come by then; what comes later excuses nothing."""
    changes: dict[Key, list[tuple[int, int]]] = defaultdict(list)
    for move in look.found.moves:
        if not move.unnamed:
            changes[move.lot, move.src, move.unit].append((move.leaves, -move.left))
        if move.arrived:
            changes[move.lot, move.dst, move.unit_in].append((move.t_in, move.came))
    for flow in look.found.flows:
        if flow.kind in BIRTHS:
            changes[flow.lot, flow.site, flow.unit].append((ALWAYS, flow.q))
        elif flow.kind == FlowKind.CONSUMER_RETURN:
            changes[flow.lot, flow.site, flow.unit].append((flow.t, flow.q))
        elif flow.kind in _GOES:
            changes[flow.lot, flow.site, flow.unit].append((flow.t, -flow.q))
    made: dict[Key, int] = {}
    for key in keys:
        there = least = 0
        for _, change in sorted(changes[key], key=lambda each: (each[0], each[1] < 0)):
            there += change
            least = min(least, there)
        if least < 0:
            made[key] = -least
    return made


def outflow(sums: HoldingSum) -> int:
    """Return everything that left a holding by its records."""
    return sums.dispatched + sums.consumed + sums.sold + sums.returned_out + sums.destroyed + sums.lost + sums.used
