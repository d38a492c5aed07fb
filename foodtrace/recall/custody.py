"""Recalled goods that became free again: custody that left as ordinary goods (RECALL sections 3 and 7, ``restocked``). Pure.

Rules:

1. Custody is what was sealed, received as sealed, received as a recall return or brought back by a consumer (RECALL section 1).
   The stock of a holding is followed in time as in :mod:`foodtrace.recall.quantities`.
2. A sale, an ordinary dispatch or a use takes free stock first. What it takes beyond that, out of custody, was put back on the
   shelf: it is the quantity of the finding. Recall returns, destruction, approved corrections and samples take custody rightly.
3. Goods lost out of custody are missing, not free.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

import msgspec

from foodtrace.graph.flows import BIRTHS, SAMPLE, UNNAMED, Flow, FlowKind
from foodtrace.recall.moves import Move
from foodtrace.recall.stock import Stock

_IN, _OUT, _SEAL, _RIGHTLY, _COUNT = range(5)
_FREE: Final = frozenset({FlowKind.SOLD, FlowKind.CONSUMED, FlowKind.USED})
"""Flows by which custody can become free; dispatches are moves."""
_Key: TypeAlias = tuple[int, int, int]
_Happening: TypeAlias = tuple[int, int, str, int, tuple[int, int]]
"""(time, phase, term, quantity, entry)."""


class Freed(msgspec.Struct, frozen=True, kw_only=True):
    """Goods out of custody that went out as ordinary ones."""

    lot: int
    site: int
    unit: int
    t: int
    q: int
    entry: tuple[int, int]


def freed(
    moves: Iterable[Move],
    flows: Iterable[Flow],
    holdings: Collection[tuple[int, int]],
    *,
    corrected: Collection[tuple[int, int]] = (),
    ranks: Mapping[int, int] | None = None,
) -> Iterator[Freed]:
    """Yield what left custody as ordinary goods, at some holdings.

    :param corrected: (log, seq) of transformations by which goods were corrected with approval.
    :param ranks: number of a log -> its place by origin, for ties.
    """
    moves, flows, place = list(moves), list(flows), ranks or {}
    watched = _watched(moves, flows) & set(holdings)
    if not watched:
        return
    happened: dict[_Key, list[_Happening]] = defaultdict(list)
    for move in moves:
        _move(happened, move)
    for flow in flows:
        _flow(happened, flow, corrected)
    for key, events in happened.items():
        if key[:2] in watched:
            yield from _replayed(key, sorted(events, key=lambda each: (*each[:4], place.get(each[4][0], each[4][0]), each[4][1])))


def _watched(moves: Iterable[Move], flows: Iterable[Flow]) -> set[tuple[int, int]]:
    """Return the holdings that ever had goods in custody: most have none, and need no replay."""
    kinds = (FlowKind.SEALED, FlowKind.CONSUMER_RETURN)
    return {(move.lot, move.dst) for move in moves if move.custody} | {(flow.lot, flow.site) for flow in flows if flow.kind in kinds}


def _move(happened: dict[_Key, list[_Happening]], move: Move) -> None:
    if move.src and not move.unnamed:
        leaves = move.leaves
        phase, term = (_RIGHTLY, "rightly") if move.recall else (_OUT, "freely")
        happened[move.lot, move.src, move.unit].append((leaves, phase, term, move.left, move.entries[0]))
    if move.dst and move.arrived:
        term = "return_in" if move.recall else "received_sealed" if move.custody else "received"
        happened[move.lot, move.dst, move.unit_in].append((move.t_in, _IN, term, move.came, move.entries[-1]))


def _flow(happened: dict[_Key, list[_Happening]], flow: Flow, corrected: Collection[tuple[int, int]]) -> None:
    if flow.flags & UNNAMED or not flow.site:
        return
    entry = (flow.log, flow.seq)
    events = happened[flow.lot, flow.site, flow.unit]
    if flow.kind in BIRTHS or flow.kind == FlowKind.CONSUMER_RETURN:
        events.append((flow.t, _IN, "brought_back" if flow.kind == FlowKind.CONSUMER_RETURN else "born", flow.q, entry))
    elif flow.kind in _FREE:
        rightly = bool(flow.flags & SAMPLE) or entry in corrected
        phase, term = (_RIGHTLY, "rightly") if rightly else (_OUT, "freely")
        events.append((flow.t, phase, term, flow.q, entry))
    elif flow.kind in (FlowKind.DESTROYED, FlowKind.LOST):
        phase, term = (_RIGHTLY, "rightly") if flow.kind == FlowKind.DESTROYED else (_OUT, "lost")
        events.append((flow.t, phase, term, flow.q, entry))
    elif flow.kind == FlowKind.SEALED:
        events.append((flow.t, _SEAL, "", flow.q, entry))
    elif flow.kind == FlowKind.COUNT:
        events.append((flow.t, _COUNT, "", flow.q, entry))


def _replayed(key: _Key, events: Iterable[_Happening]) -> Iterator[Freed]:
    stock = Stock()
    lot, site, unit = key
    for t, phase, term, q, entry in events:
        if phase == _IN:
            stock.put(term, q)
        elif phase == _SEAL:
            stock.seal(q)
        elif phase == _COUNT:
            stock.count(q)
        else:
            before = stock.back + stock.sealed
            stock.take(q, custody_first=term == "rightly")
            gone = before - stock.back - stock.sealed
            if gone and term == "freely":
                yield Freed(lot=lot, site=site, unit=unit, t=t, q=gone, entry=entry)
