"""The chain of goods seen back: over which places they can have come, and when (rule 3 of :mod:`foodtrace.recall.chain`). Pure."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

from foodtrace.graph.copies import flows_once
from foodtrace.graph.flows import ALWAYS, BIRTHS, LEAVING, NEVER, UNNAMED, Flow, FlowKind
from foodtrace.graph.products import may_be
from foodtrace.graph.walk import Holding
from foodtrace.recall.aliases import with_aliases
from foodtrace.recall.called import Called
from foodtrace.recall.chain import Chain, Drawing, info_of
from foodtrace.recall.facts import Facts
from foodtrace.recall.moves import Move, pair, without_source
from foodtrace.recall.quantities import holdings
from foodtrace.recall.records import first_there, representatives
from foodtrace.recall.settings import DEFAULT, Settings
from foodtrace.recall.standsin import counted_once
from foodtrace.recall.twins import twins
from foodtrace.recall.unlikelots import Unlike, told_unlike, under_another, whose, without_repeats

__all__ = ["backward", "drawn_from"]

_UNLIKE: Final = -1
"""Stands for a log where a step back is one between unlike lots; beside it which."""
Drawn: TypeAlias = tuple[Move, int]
"""(goods that went without lot, lot that they may have been)."""


def backward(facts: Facts, lots: Collection[int], *, settings: Settings = DEFAULT, at: int = 0) -> Chain:
    """Return the chain that led to some lots (all of their names count).

    :param at: number of a site: the chain that led to what is on record there; 0: to the lots (rule 3).
    """
    names, rep, flows = _ancestors(facts, lots)
    unlike = told_unlike(without_repeats(facts, flows), rep, facts.party, whose(facts))
    texts = facts.texts(rep)
    called = Called(rep, texts, flows, asked={texts[lot] for lot in lots if lot in rep})
    flows, _ = flows_once(facts, flows, rep)
    moves = pair(flows, rep, facts.ranks())
    flows = [msgspec.structs.replace(flow, lot=rep.get(flow.lot, flow.lot)) for flow in flows]
    asked = {rep[lot] for lot in names if lot in rep}
    entries = {(flow.log, flow.seq) for flow in flows if flow.kind == FlowKind.PRODUCED}
    made = [msgspec.structs.replace(flow, lot=rep.get(flow.lot, flow.lot)) for flow in facts.entries(entries)] if entries else []
    ends, onward = _ends(asked, moves, flows, at)
    slack = settings.clock_slack
    drawn_of = _may_have_been(facts, moves, flows, rep, slack)
    until, used = _sources(ends, onward, moves, drawn_of, made, unlike, slack)
    wanted = set(until)
    unlike = [each for n, each in enumerate(unlike) if (_UNLIKE, n) in used]
    moves = counted_once(moves, unlike, wanted)
    infos = facts.lots(rep)
    by_lot: dict[int, list[int]] = defaultdict(list)
    for name, lot in rep.items():
        by_lot[lot].append(name)
    drawn = Drawing(
        called,
        wanted,
        {lot: info_of(infos, each) for lot, each in by_lot.items()},
        facts.sites({site for _, site in wanted}),
        holdings(moves, flows),
    )
    for place in wanted:
        drawn.place(place, asked=place[0] in asked)
    drawn.moves([move for move in moves if (move.log, move.seq) in used])
    drawn.unlike(unlike, moves, dict.fromkeys(wanted, ALWAYS))
    drawn.unseen([move for move in moves if not move.src and move.t_in - slack <= until.get((move.lot, move.dst), ALWAYS)], out=False)
    drawn.made([flow for flow in made if (flow.log, flow.seq) in used])
    return drawn.chain()


def _ancestors(facts: Facts, lots: Collection[int]) -> tuple[set[int], dict[int, int], list[Flow]]:
    """Return (names of the lots asked for, name -> lot, flows of every lot they were made from)."""
    asked = with_aliases(facts, lots)
    every: set[int] = set()
    aliases: set[tuple[int, int]] = set()
    flows: list[Flow] = []
    fresh = set(asked)
    while fresh:
        every |= fresh
        mine = facts.flows(fresh)
        flows += mine
        named = set(facts.aliases(fresh))
        aliases |= named
        reached = {src for src, _ in facts.parents(fresh)} | {lot for both in named for lot in both}
        reached |= {lot for _, lot in drawn_from(facts, mine)}
        fresh = (reached | under_another(facts, mine)) - every
    sent = facts.sent_to(without_source(flows))
    nameless = {flow.lot for flow in sent}
    aliases |= twins(sent, facts.lots(nameless)) if nameless else set()
    return asked, representatives(every | nameless, aliases, facts.texts(every | nameless)), [*flows, *sent]


def drawn_from(facts: Facts, flows: Iterable[Flow]) -> set[tuple[int, int]]:
    """Return (goods dispatched without lot, lot that they may have been) of what their sender held at any time (rule 3)."""
    gone = [flow for flow in flows if flow.flags & UNNAMED and flow.kind in LEAVING and flow.site]
    held: dict[int, set[int]] = defaultdict(set)
    for site, lot in facts.stock_lots({flow.site for flow in gone}) if gone else ():
        held[site].add(lot)
    infos = facts.lots({flow.lot for flow in gone} | {lot for lots in held.values() for lot in lots}) if held else {}
    products = {lot: info.all_products for lot, info in infos.items()}
    return {
        (flow.lot, lot)
        for flow in gone
        for lot in held[flow.site]
        if lot != flow.lot and may_be(products.get(lot, ()), min(products.get(flow.lot, ()), default=""))
    }


def _may_have_been(facts: Facts, moves: Sequence[Move], flows: Sequence[Flow], rep: Mapping[int, int], slack: int) -> list[Drawn]:
    """Return dispatches without lot, each with every lot that had come to its sender by then (rule 3)."""
    gone = [move for move in moves if move.unnamed and move.src and move.dst]
    first = first_there(moves, flows) if gone else {}
    lots: dict[int, set[int]] = defaultdict(set)
    for lot, other in drawn_from(facts, [flow for flow in flows if flow.flags & UNNAMED]) if gone else ():
        lots[rep.get(lot, lot)].add(rep.get(other, other))
    return [
        (move, other) for move in gone for other in sorted(lots[move.lot]) if first.get((other, move.src), NEVER) <= move.t_out + slack
    ]  # fmt: skip


def _ends(asked: set[int], moves: Sequence[Move], flows: Sequence[Flow], at: int) -> tuple[dict[Holding, int], set[Holding]]:
    """Return where the way back begins, and until when goods that came there count; and where goods went on to from there (rule 3)."""
    held = {(flow.lot, flow.site) for flow in flows if flow.lot in asked and flow.site and flow.kind != FlowKind.DISCARDED}
    held |= {(move.lot, site) for move in moves if move.lot in asked for site in (move.src, move.dst) if site}
    if at:
        return {place: NEVER for place in held if place[1] == at}, set()
    born: dict[Holding, int] = {}
    for flow in flows:
        if flow.lot in asked and flow.site and flow.kind in BIRTHS:
            born[flow.lot, flow.site] = max(flow.t, born.get((flow.lot, flow.site), ALWAYS))
    onward: dict[Holding, list[Holding]] = defaultdict(list)
    for move in moves:
        if move.lot in asked and move.src and move.dst:
            onward[move.lot, move.src].append((move.lot, move.dst))
    reached, fresh = set(born), list(born)
    while fresh:
        fresh = [there for here in fresh for there in onward[here] if there not in reached]
        reached.update(fresh)
    return born | dict.fromkeys(held - reached, NEVER), reached - born.keys()


def _sources(
    ends: Mapping[Holding, int],
    onward: Collection[Holding],
    moves: Sequence[Move],
    drawn: Iterable[Drawn],
    made: Sequence[Flow],
    unlike: Sequence[Unlike],
    slack: int,
) -> tuple[dict[Holding, int], set[tuple[int, int]]]:
    """Walk back over holdings, the latest departure first (rule 3); return (holding -> until when goods count, entries of the steps taken).

    :param ends: where the way back begins, and until when goods that came there count. :param onward: where goods went on to from there.
    """
    into: dict[Holding, list[tuple[int, int, Holding, tuple[int, int]]]] = defaultdict(list)
    for move in moves:
        if move.src and move.dst and not move.unnamed:
            into[move.lot, move.dst].append((move.t_out, move.t_in, (move.lot, move.src), (move.log, move.seq)))
    for move, lot in drawn:
        into[move.lot, move.dst].append((move.t_out + slack, move.t_in, (lot, move.src), (move.log, move.seq)))
    for n, apart in enumerate(unlike):
        for here, there in apart.steps:
            into[there].append((apart.t_out, apart.t_in, here, (_UNLIKE, n)))
    taken: dict[tuple[int, int], list[Flow]] = defaultdict(list)
    for flow in made:
        if flow.kind == FlowKind.CONSUMED:
            taken[flow.log, flow.seq].append(flow)
    for flow in made:
        if flow.kind == FlowKind.PRODUCED:
            for each in taken.get((flow.log, flow.seq), ()):
                into[flow.lot, flow.site].append((each.t, flow.t, (each.lot, each.site), (flow.log, flow.seq)))
    best: dict[Holding, int] = dict(ends)
    queue = [(-until, place) for place, until in ends.items()]
    heapq.heapify(queue)
    used: set[tuple[int, int]] = set()
    while queue:
        late, place = heapq.heappop(queue)
        until = -late
        if until < best[place]:
            continue
        for t_out, t_in, source, entry in into.get(place, ()):
            if t_in - (0 if source in onward and place in ends else slack) > until:
                continue
            used.add(entry)
            left = min(t_out, until)
            if left > best.get(source, ALWAYS - 1):
                best[source] = left
                heapq.heappush(queue, (-left, source))
    return best, used
