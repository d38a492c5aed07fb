"""Bounds of an affected set, from the records: gathers what :func:`foodtrace.recall.bounds.bounds` needs (RECALL section 4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from foodtrace.events import Clause, LeftClause, LotsClause, ThroughClause
from foodtrace.graph.copies import flows_once
from foodtrace.graph.edges import micros
from foodtrace.graph.flows import UNNAMED, Flow, FlowKind
from foodtrace.graph.products import may_be
from foodtrace.recall.affected import Affected
from foodtrace.recall.bounds import Bounds, Extent, Key, bounds
from foodtrace.recall.entries import Entry
from foodtrace.recall.facts import Facts
from foodtrace.recall.moves import Move, pair
from foodtrace.recall.quantities import Books, HoldingSum
from foodtrace.recall.records import representatives
from foodtrace.recall.twins import twins

_NAMED: Final = frozenset({FlowKind.SEALED, FlowKind.FOUND})


def measure(
    facts: Facts,
    found: Affected,
    clauses: Sequence[Clause],
    *,
    said: Mapping[Key, tuple[int, int]] | None = None,
    sums: Mapping[Key, HoldingSum] | None = None,
) -> dict[Key, Bounds]:
    """Return least, proportional and most of every affected holding: (lot, site, unit) -> bounds.

    :param found: the affected set of these clauses. :param said: what outlets said lay there when their notice arrived:
        holding -> (moment, quantity), a count like any other. :param sums: quantities of the holdings, with what was said.
    """
    known = {flow.lot for flow in found.flows}
    candidates, moves, flows = _candidates(facts, found, known)
    entries = {(flow.log, flow.seq) for flow in found.flows if flow.kind in (FlowKind.CONSUMED, FlowKind.PRODUCED)}
    others = [flow for flow in facts.entries(entries) if flow.kind != FlowKind.ALIAS]
    read = [*others, *flows, *found.flows, *_counts(said or {})]
    read = [*(flow for flow in read if flow.kind not in _NAMED), *_found_sealed(found, said or {})]
    return bounds(
        [*found.moves, *moves],
        # Own flows last: they carry the representative of their lot, and the last of two copies counts.
        read,
        extent(facts, found, clauses),
        candidates=candidates,
        content=_content(facts, found, read),
        stock={key: each.on_hand for key, each in (found.sums if sums is None else sums).items()},
        ids=facts.ids({(flow.log, flow.seq) for flow in read if flow.log}),
    )


def _content(facts: Facts, found: Affected, flows: Sequence[Flow]) -> dict[int, tuple[int, int]]:
    """Return what one piece of each lot holds, of the inputs too that are not affected: (quantity, unit), by whichever name says it."""
    inputs = {flow.lot for flow in flows if flow.kind == FlowKind.CONSUMED} - found.infos.keys()
    infos = {**(facts.lots(inputs) if inputs else {}), **found.infos}
    said = {lot: (info.content, info.content_unit) for lot, info in infos.items() if info.content}
    return said | {
        lot: min(said[name] for name in names if name in said) for lot, names in found.names.items() if not said.keys().isdisjoint(names)
    }


def _counts(said: Mapping[Key, tuple[int, int]]) -> list[Flow]:
    """Return outlets' own figures as counts; no entry of goods is behind them, so that they have no log."""
    return [
        Flow(FlowKind.COUNT, lot, site, 0, unit, q, t, t, 0, 0, n) for n, ((lot, site, unit), (t, q)) in enumerate(sorted(said.items()))
    ]


def _found_sealed(found: Affected, said: Mapping[Key, tuple[int, int]]) -> list[Flow]:
    """Return what sealings and visits named beyond the books: goods nobody knows the way of, at that moment."""
    sealed = {(flow.lot, flow.site, flow.unit) for flow in found.flows if flow.kind in _NAMED}
    if not sealed:
        return []
    places = {key[:2] for key in sealed}
    books = Books(
        [move for move in found.moves if (move.lot, move.src) in places or (move.lot, move.dst) in places],
        [flow for flow in found.flows if (flow.lot, flow.site) in places],
        said={key: word for key, word in said.items() if key in sealed},
    )
    return [
        Flow(FlowKind.SEALED, lot, site, 0, unit, q, t, t, 0, 1, n)
        for n, (lot, site, unit, t, q) in enumerate((*key, t, q) for key in sorted(sealed) for t, q in books.found_sealed(key))
    ]


def extent(facts: Facts, found: Affected, clauses: Sequence[Clause]) -> Extent:
    """Return what a scope means for quantities."""
    rep = {name: lot for lot, names in found.names.items() for name in names}
    whole: set[int] = set()
    uncertain: set[int] = set()
    left: list[tuple[int, int, int]] = []
    through: list[tuple[int, int, int]] = []
    for clause in clauses:
        if isinstance(clause, LeftClause | ThroughClause):
            site = facts.site(clause.site)
            if site is not None:  # of a site on no record nothing left; goods from nowhere are not from there
                window = (site, micros(clause.start), micros(clause.end))
                (left if isinstance(clause, LeftClause) else through).append(window)
            continue
        fitting = list(facts.lots_like(clause))
        if isinstance(clause, LotsClause):
            fitting += [(other, False) for _, other in facts.same_code([lot for lot, _ in fitting])]
        for lot, certain in fitting:
            (whole if certain else uncertain).add(rep.get(lot, lot))
    return Extent(
        whole=frozenset(whole),
        uncertain=frozenset(uncertain - whole),
        left=tuple(left),
        through=tuple(through),
        affected=frozenset(found.holdings),
        unlike=_unlike(found),
        pairs=frozenset(each.lots for each in found.unlike),
        slack=found.slack,
        presumed=frozenset(holding for holding, link in found.holdings.items() if link.presumed),
    )


def _unlike(found: Affected) -> dict[tuple[int, Entry], tuple[int, int]]:
    """Return (lot, word) of each load that papers call by two lots -> when it left by any of them, earliest and latest."""
    if not found.unlike:
        return {}
    told: dict[tuple[int, Entry], list[Move]] = defaultdict(list)
    for move in found.moves:
        for entry in {*move.entries, *move.words}:
            told[move.lot, entry].append(move)
    left: dict[tuple[int, Entry], list[int]] = defaultdict(list)
    for each in found.unlike:
        words = [(lot, entry) for lot in each.lots for entry in each.entries if (lot, entry) in told]
        times = [each.t_out, *(move.t_out for word in words for move in told[word] if (move.src, move.dst) == each.transfer[1:])]
        for word in words:
            left[word] += times
    return {word: (min(times), max(times)) for word, times in left.items()}


def _candidates(facts: Facts, found: Affected, known: set[int]) -> tuple[dict[int, frozenset[int]], list[Move], list[Flow]]:
    """Return which lots a dispatch without lot may have been, and the records of those that were not read yet, at its sender.

    What came to the sender without lot lies there like any other goods, affected or not; so it is asked of that dispatch as well.
    """
    rep = {name: lot for lot, names in found.names.items() for name in names}
    own = {lot: set(found.products(lot)) for lot in found.names}
    candidates: dict[int, frozenset[int]] = {}
    senders: set[int] = set()
    flows: list[Flow] = []
    read = set(known)
    fresh = [move for move in found.moves if move.unnamed and (move.lot, move.dst) in found.holdings]
    while fresh:
        senders |= {move.src for move in fresh}
        stock: dict[int, set[int]] = defaultdict(set)
        for site, lot in facts.stock_lots({move.src for move in fresh}):
            stock[site].add(rep.get(lot, lot))
        unread = {lot for lots in stock.values() for lot in lots} | {move.lot for move in fresh}
        products = {lot: set(info.all_products) for lot, info in facts.lots(unread - own.keys()).items()} | own
        fitting: dict[tuple[int, str], frozenset[int]] = {}
        """Of a sender and a product, which lots lay there; the same for all that it sent of that product."""
        sent: dict[tuple[int, str], set[int]] = defaultdict(set)
        for move in fresh:
            key = (move.src, wanted := min(products[move.lot], default=""))
            if key not in fitting:
                fitting[key] = frozenset(lot for lot in stock[move.src] if may_be(products[lot], wanted))
            candidates[move.lot] = fitting[key] - {move.lot} if move.lot in fitting[key] else fitting[key]
            sent[key].add(move.lot)
        drawn = {lot for key, lots in fitting.items() for lot in lots if sent[key] != {lot}}
        flows += facts.flows(drawn - read)
        read |= drawn
        fresh = [move for move in (*found.moves, *_sent_without_lot(flows, facts)) if move.lot in drawn and move.unnamed]
        fresh = [move for move in fresh if move.lot not in candidates]
    flows, _ = flows_once(facts, [flow for flow in flows if flow.site in senders or flow.other in senders], rep)
    return _told_once(facts, candidates, flows, found.flows)


def _told_once(
    facts: Facts, candidates: dict[int, frozenset[int]], flows: list[Flow], before: Sequence[Flow]
) -> tuple[dict[int, frozenset[int]], list[Move], list[Flow]]:
    """Return the same with each dispatch without lot that several logs tell as one lot (:mod:`foodtrace.recall.twins`).

    :param before: what was read before: all words of its lots are among it, those of copies but for the one that counts.
    """
    unnamed = [flow for flow in (*before, *flows) if flow.flags & UNNAMED]
    same = twins(unnamed, facts.lots({flow.lot for flow in unnamed})) if unnamed else set()
    known = {(flow.log, flow.seq, flow.item): flow.lot for flow in before}
    same |= {(flow.lot, known.get((flow.log, flow.seq, flow.item), flow.lot)) for flow in flows}
    same = {pair for pair in same if pair[0] != pair[1]}
    read = set(known.values())
    if same:
        names = {lot for both in same for lot in both}
        one = representatives(names, same, facts.texts(names))
        kept = {one[lot]: lot for lot in sorted(read & names, reverse=True)}
        one = {lot: kept.get(top, top) for lot, top in one.items()}
        flows = [msgspec.structs.replace(flow, lot=one.get(flow.lot, flow.lot)) for flow in flows]
        candidates = {one.get(lot, lot): frozenset(one.get(each, each) for each in lots) for lot, lots in candidates.items()}
    flows = [flow for flow in flows if flow.lot not in read]
    return candidates, pair(flows, {}, facts.ranks()), flows


def _sent_without_lot(flows: Sequence[Flow], facts: Facts) -> list[Move]:
    return pair([flow for flow in flows if flow.flags & UNNAMED], {}, facts.ranks())
