"""What a scope means: its clauses as seeds of the walk (RECALL sections 2 and 3). Both ends of a window are inclusive.

1. **Lot list, predicate**: every recorded holding of the lot, from all time; confirmed if it has a birth or a move naming both
   ends, and the lot certainly fits. Goods dispatched without lot of which a rule may mean the product are where they went, and possible:
   nobody knows which lot they are of.
2. **left(S, window)**: the destination of each move that left S in the window, from its arrival. A departure known to the day
   only, or not at all, counts late; where it may as well lie in the window the seed is possible. S itself is no seed.
3. **through(S, window)**: each holding at S with stock when the window opens, from then; and each with an arrival in it, be it
   a move, a birth or what a consumer brought back. Stock nobody can know (more left, or was counted, than ever came by the
   records) counts as stock and is possible.
4. Goods **dispatched without lot** are themselves what the two clauses on a site mean: that they left it, lay at it or came to it is on
   record, whichever lot they are of, so that the seed is confirmed. Which lot they are of is what is not known; that makes the steps to
   and from the lots they may be of possible.
5. In the two clauses on a site, **goods nobody knows the way of** are possible too: what came from no source, or from consumers
   beyond what was sold to them, to wherever, once the window had opened, of a lot that left or that lay at or came to the site
   in it. To the site itself they can only have come back once some had left it. Unknown is never none: such goods may be those.
6. Where papers of a transfer name **unlike lots** (ADR 35), what left, or came, in a window by the one of them may stand at the
   receiver under the other: each is a possible seed there from its arrival, as the step from the sender would bring it; and from when
   a window of ``through`` opens, where either lay there by then and the goods had come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from foodtrace.events import Clause, LeftClause, LotsClause, PredicateClause, ThroughClause
from foodtrace.graph.edges import micros
from foodtrace.graph.flows import ALWAYS, BIRTHS, DAY, NEVER, UNKNOWN_TIME, Flow, FlowKind
from foodtrace.graph.walk import Holding
from foodtrace.recall.moves import Move
from foodtrace.recall.quantities import HoldingSum, Key, holdings
from foodtrace.recall.records import Records
from foodtrace.recall.unlikelots import Unlike

Seed: TypeAlias = tuple[Holding, int, bool]
"""(holding, from when, confirmed)."""

_LAST = 86_400_000_000 - 1
_CAME = BIRTHS | {FlowKind.CONSUMER_RETURN}
"""Flows by which goods arrive without a move."""


def seeds(records: Records, clauses: Sequence[Clause]) -> list[Seed]:
    """Return the seeds of a scope; a holding may stand in it more than once."""
    made: list[Seed] = []
    sure = _sure(records)
    for clause, fitting in zip(clauses, records.fitting, strict=True):
        if isinstance(clause, LeftClause):
            made += _left(records, clause)
            made += _wayless(records, clause)
        elif isinstance(clause, ThroughClause):
            made += _through(records, clause)
            made += _wayless(records, clause)
        else:
            made += _whole(records.recorded, sure, fitting)
    return made


def scope_words(clause: Clause) -> str:
    """Return a clause of a scope in words that need no translation."""
    if isinstance(clause, LotsClause):
        return " ".join(clause.lots)
    if isinstance(clause, LeftClause | ThroughClause):
        word = "left" if isinstance(clause, LeftClause) else "through"
        ends = (end.isoformat(sep=" ", timespec="minutes")[:16] for end in (clause.start, clause.end))
        return f"{word} {clause.site} {' - '.join(ends)}"
    fields = {name: getattr(clause, name) for name in clause.__struct_fields__}
    return " ".join(f"{name}={value}" for name, value in fields.items() if value)


def _sure(records: Records) -> set[Holding]:
    """Return the holdings that have a birth or a move naming both ends (rule 1)."""
    sure = {(flow.lot, flow.site) for flow in records.flows if flow.kind in BIRTHS}
    for move in records.moves:
        if move.src and move.dst and not move.unnamed:
            sure.add((move.lot, move.src))
            sure.add((move.lot, move.dst))
    return sure


def _whole(recorded: Mapping[int, set[int]], sure: set[Holding], fitting: Mapping[int, bool]) -> Iterator[Seed]:
    for lot, certain in fitting.items():
        for site in recorded.get(lot, ()):
            yield (lot, site), ALWAYS, certain and (lot, site) in sure


def went_astray(records: Records, clauses: Sequence[Clause]) -> tuple[Move, ...]:
    """Return what left the site of a ``left`` clause in its window for nowhere, or without lot what a rule may mean: no seed, yet meant."""
    gone = [move for clause in clauses if isinstance(clause, LeftClause) for move, _ in _gone(records, clause)]
    meant = {
        lot for clause, fitting in zip(clauses, records.fitting, strict=True) if isinstance(clause, PredicateClause) for lot in fitting
    }
    gone += [move for move in records.moves if move.unnamed and move.lot in meant] if meant else []
    return tuple(dict.fromkeys(move for move in gone if not move.dst))


def vague_departures(records: Records, clauses: Sequence[Clause]) -> frozenset[Holding]:
    """Return where goods came that may have left the site of a ``left`` clause in its window, and may as well not have (rule 2)."""
    gone = [each for clause in clauses if isinstance(clause, LeftClause) for each in _gone(records, clause)]
    return frozenset((move.lot, move.dst) for move, certain in gone if move.dst and not certain and not move.unnamed)


def _left(records: Records, clause: LeftClause) -> Iterator[Seed]:
    gone = list(_gone(records, clause))
    for move, certain in gone:
        if move.dst:
            yield (move.lot, move.dst), move.t_in, certain
    for each in _told_of(records, [move for move, _ in gone]):
        yield from _under_either(each)


def _told_of(records: Records, moves: Iterable[Move]) -> list[Unlike]:
    """Return which two lots papers of the transfers of some moves contradict each other on, a lot of them among the two (rule 6)."""
    if not records.unlike:
        return []
    told = {(move.lot, move.src, move.dst, entry) for move in moves for entry in (*move.entries, *move.words)}
    return [each for each in records.unlike if any((lot, *each.transfer[1:], entry) in told for lot in each.lots for entry in each.entries)]


def _under_either(each: Unlike, since: int = ALWAYS) -> Iterator[Seed]:
    for lot in each.lots:
        yield (lot, each.transfer[2]), max(each.t_in, since), False


def _gone(records: Records, clause: LeftClause) -> Iterator[tuple[Move, bool]]:
    """Iterate over the moves that left a site in a window, or may have; and whether they certainly did (rule 2)."""
    site, start, end = records.facts.site(clause.site), micros(clause.start), micros(clause.end)
    if site is None:
        return
    vague = _vague(records, site)
    for move in records.moves:
        if move.src != site:
            continue
        if start <= move.t_out <= end:
            yield move, True
        elif _earliest(move, vague) <= end and move.t_out >= start:
            yield move, False


def _vague(records: Records, site: int) -> dict[tuple[int, int], int]:
    """Return the entries of what left a site of which the moment is not known, with their flags."""
    return {(flow.log, flow.seq): flow.flags for flow in records.flows if flow.site == site and flow.flags & (DAY | UNKNOWN_TIME)}


def _earliest(move: Move, vague: Mapping[tuple[int, int], int]) -> int:
    """Return the earliest a move may have left: one record for both sides reads its time both ways already, so do words of several logs."""
    if len(move.entries) == 1 or move.early < NEVER:
        return min(move.t_out, move.t_in, move.early) if len(move.entries) == 1 else min(move.t_out, move.early)
    flags = vague.get(move.entries[0], 0)
    return ALWAYS if flags & UNKNOWN_TIME else move.t_out - _LAST if flags & DAY else move.t_out


def _through(records: Records, clause: LeftClause | ThroughClause) -> Iterator[Seed]:
    site, start, end = records.facts.site(clause.site), micros(clause.start), micros(clause.end)
    if site is None:
        return
    moves = [move for move in records.moves if site in (move.src, move.dst)]
    flows: list[Flow] = [flow for flow in records.flows if flow.site == site]
    lay = {key[0] for key, sums in holdings(moves, flows, before=start).items() if key[1] == site and sums.on_hand > 0}
    for lot in lay:
        yield (lot, site), start, True
    for (lot, where, _), sums in records.sums.items():
        if where == site and sums.over > 0:
            yield (lot, site), start, False
    came = [move for move in moves if move.dst == site and start <= move.t_in <= end]
    for move in came:
        yield (move.lot, site), move.t_in, True
    for each in _told_of(records, came):
        yield from _under_either(each)
    for each in records.unlike:
        if each.transfer[2] == site and each.t_in < start and not lay.isdisjoint(each.lots):
            yield from _under_either(each, start)
    for flow in flows:
        if flow.kind in _CAME and start <= flow.t <= end:
            yield (flow.lot, site), flow.t, True


def _wayless(records: Records, clause: LeftClause | ThroughClause) -> Iterator[Seed]:
    """Iterate over goods nobody knows the way of that may be meant (rule 5)."""
    site, start = records.facts.site(clause.site), micros(clause.start)
    if site is None:
        return
    lots = lots_there(records, clause)
    arrivals = list(without_way(records.moves, records.flows, records.sums))
    back = _first_departures(records, site) if any(holding[1] == site for holding, _, _ in arrivals) else {}
    for holding, since, latest in arrivals:
        lot, there = holding
        came_back = there != site or (lot in back and back[lot] <= latest)
        if lot in lots and latest >= start and came_back:
            yield holding, since, False


def lots_there(records: Records, clause: LeftClause | ThroughClause) -> set[int]:
    """Return the lots that left a site, lay at it or came to it in a window, or may have: what is short of a record may be of them."""
    lots = {holding[0] for holding, _, _ in _through(records, clause)}
    if isinstance(clause, LeftClause):
        gone = [move for move, _ in _gone(records, clause)]
        lots |= {move.lot for move in gone} | {lot for each in _told_of(records, gone) for lot in each.lots}
    return lots


def without_way(moves: Iterable[Move], flows: Iterable[Flow], sums: Mapping[Key, HoldingSum]) -> Iterator[tuple[Holding, int, int]]:
    """Iterate over (holding, earliest, latest) of arrivals from no source, and from consumers beyond what was sold to them."""
    for move in moves:
        if move.arrived and move.dst and not move.src:
            yield (move.lot, move.dst), move.t_in, move.t_out
    for flow in flows:
        if flow.kind == FlowKind.CONSUMER_RETURN:
            there = sums[flow.lot, flow.site, flow.unit]
            if there.brought_back > there.sold:
                yield (flow.lot, flow.site), flow.t, flow.t + _LAST if flow.flags & DAY else NEVER if flow.flags & UNKNOWN_TIME else flow.t


def _first_departures(records: Records, site: int) -> dict[int, int]:
    """Return when goods of each lot may first have left a site."""
    first: dict[int, int] = {}
    vague = _vague(records, site)
    for move in records.moves:
        if move.src == site:
            first[move.lot] = min(first.get(move.lot, NEVER), _earliest(move, vague))
    for each in records.unlike:
        if each.transfer[1] == site:  # and what left under the one may be the other
            left = [_earliest(move, vague) for move in records.moves if move.src == site and _told_of_one(each, move)]
            for lot in each.lots:
                first[lot] = min(first.get(lot, NEVER), *left, each.t_out)
    return first


def _told_of_one(each: Unlike, move: Move) -> bool:
    return move.lot in each.lots and move.dst == each.transfer[2] and not {*move.entries, *move.words}.isdisjoint(each.entries)
