"""Until when a clearing of what lay at one site holds (:mod:`foodtrace.recall.clearing`, rules 5 and 6). Pure.

Rules:

1. It covers what lay there by what was on record. Goods of the lot that come there later (received, come back, brought back, made, sealed),
   or whose coming was recorded later, lie among the others, and nobody can tell them apart: from then on it covers nothing. So do goods
   of which no record says how they came: more was counted there, or left, than there was.
2. Goods that had been cleared themselves where they left take nothing from it, unless they come into custody. Nor do those that the case
   does not mean, in a scope of what left or passed a site.
3. What lies there in custody is not let go, unless the clearing says that it was examined as well: where there is any, it never holds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from foodtrace.graph.flows import BIRTHS, CLEARED, NEVER, Flow, FlowKind
from foodtrace.graph.walk import Holding
from foodtrace.recall.affected import Affected
from foodtrace.recall.facts import Cleared
from foodtrace.recall.letgo import LetGo
from foodtrace.recall.moves import Move
from foodtrace.recall.quantities import Books

Entry = tuple[int, int]
_COMES: Final = BIRTHS | {FlowKind.CONSUMER_RETURN, FlowKind.SEALED}


class _Came(NamedTuple):
    """Something that came to lie at a place, or in custody there."""

    t: int
    entry: Entry
    how: Move | Flow


def lapsed(found: Affected, cleared: Sequence[Cleared]) -> tuple[Cleared, ...]:
    """Return clearings with until when each holds. O(records of the places that were cleared), a few times over.

    :param found: what the case reaches, whatever was let go.
    """
    rep = {name: lot for lot, names in found.names.items() for name in names}
    places = {(rep.get(each.lot, each.lot), each.site) for each in cleared if each.site}
    if not places:
        return tuple(cleared)
    came = _arrivals(found, places)
    recorded = {(flow.log, flow.seq): flow.recorded for flow in found.flows} if came else {}
    books = Books(found.moves, found.flows)
    units = {(lot, site): [unit for unit in range(3) if (lot, site, unit) in found.sums] for lot, site in places}
    used = _inputs(found)
    now = tuple(cleared)
    now = tuple(each._replace(until=each.since) if _in_custody(each, rep, books, units) else each for each in now)
    moments = _moments(found, places)
    now = tuple(each._replace(until=min(each.until, _too_much(each, rep, books, units, moments))) for each in now)
    while True:
        # What came from a place whose own clearing had lapsed takes this one away too.
        let_go = LetGo(now, rep, found.flows)
        then = tuple(_cut(each, came.get((rep.get(each.lot, each.lot), each.site), ()), recorded, let_go, used) for each in now)
        if then == now:
            return now
        now = then


def _arrivals(found: Affected, places: set[Holding]) -> Mapping[Holding, list[_Came]]:
    made: dict[Holding, list[_Came]] = defaultdict(list)
    for move in found.moves:
        if move.arrived and (move.lot, move.dst) in places and _meant(found, move):
            made[move.lot, move.dst].append(_Came(move.t_in, move.entries[-1], move))
    for flow in found.flows:
        if flow.kind in _COMES and (flow.lot, flow.site) in places and not flow.flags & CLEARED:
            made[flow.lot, flow.site].append(_Came(flow.t, (flow.log, flow.seq), flow))
    return made


def _meant(found: Affected, move: Move) -> bool:
    """Say whether a scope of what left or passed a site may mean what a move brings; any other means all of the lot."""
    if not found.partial or not move.src:
        return True
    link = found.holdings.get((move.lot, move.src))
    return link is not None and move.t_out >= link.since - found.slack


def _inputs(found: Affected) -> Mapping[Entry, list[Flow]]:
    """Return what went into what was made, as far as the case reaches it."""
    made: dict[Entry, list[Flow]] = defaultdict(list)
    for flow in found.flows:
        if flow.kind == FlowKind.CONSUMED and (flow.lot, flow.site) in found.holdings:
            made[flow.log, flow.seq].append(flow)
    return made


def _in_custody(each: Cleared, rep: Mapping[int, int], books: Books, units: Mapping[Holding, Sequence[int]]) -> bool:
    """Say whether goods lay in custody at a place when it was cleared, and nobody said that they were examined (rule 3)."""
    if not each.site or each.custody:
        return False
    place = rep.get(each.lot, each.lot), each.site
    sums = (books.sum((*place, unit), before=each.since + 1) for unit in units.get(place, ()))
    return any(now.sealed + now.back for now in sums)


def _moments(found: Affected, places: set[Holding]) -> Mapping[Holding, list[int]]:
    """Return when something was recorded of a place, in order."""
    made: dict[Holding, set[int]] = defaultdict(set)
    for move in found.moves:
        made[move.lot, move.src].add(move.t_out)
    for flow in found.flows:
        made[flow.lot, flow.site].add(flow.t)
    return {place: sorted(made[place]) for place in places}


def _too_much(
    each: Cleared, rep: Mapping[int, int], books: Books, units: Mapping[Holding, Sequence[int]], moments: Mapping[Holding, list[int]]
) -> int:
    """Return when more was counted at a place, or left it, than there was, since it was cleared (rule 1); ``NEVER`` if not."""
    if not each.site:
        return NEVER
    place = rep.get(each.lot, each.lot), each.site

    def over(t: int) -> int:
        return sum(books.sum((*place, unit), before=t + 1).over for unit in units.get(place, ()))

    later = [t for t in moments.get(place, ()) if t > each.since]
    then = over(each.since)
    first = bisect_left(later, 1, key=lambda t: int(over(t) > then))
    return later[first] if first < len(later) else NEVER


def _cut(each: Cleared, came: Sequence[_Came], recorded: Mapping[Entry, int], let_go: LetGo, used: Mapping[Entry, list[Flow]]) -> Cleared:
    later = (max(what.t, each.since) for what in _later(each, came, recorded) if not _examined(what, let_go, used))
    return each._replace(until=min(each.until, min(later, default=NEVER)))


def _later(each: Cleared, came: Sequence[_Came], recorded: Mapping[Entry, int]) -> Iterator[_Came]:
    """Iterate over what came, or was recorded, after a clearing (rule 1)."""
    for what in came:
        known = recorded.get(what.entry, NEVER), what.entry
        before = known[0] < each.recorded or (known[0] == each.recorded and what.entry[0] == each.entry[0] and what.entry < each.entry)
        if what.t > each.since or not before:
            yield what


def _examined(what: _Came, let_go: LetGo, used: Mapping[Entry, list[Flow]]) -> bool:
    """Say whether what came had been cleared itself (rule 2)."""
    if isinstance(what.how, Move):
        return not what.how.custody and let_go.gone(what.how)
    inputs = used.get(what.entry, ()) if what.how.kind == FlowKind.PRODUCED else ()
    return bool(inputs) and all(let_go.gone(flow) for flow in inputs)


__all__ = ["lapsed"]
