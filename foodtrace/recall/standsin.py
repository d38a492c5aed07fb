"""Goods of one transfer that stand under two lots, by the sender's paper and by the receiver's, counted once (ADR 35). Pure.

Rules:

1. Where papers of a transfer name unlike lots and both are affected at the receiver, they are one load: as much as both papers name, in one
   unit. It stands there under the lot that the receiver's paper names, for by that name the receiver sells, counts and sends it on.
2. What one of them names beyond the other stands under its own lot as that paper says: the larger word counts, as of a transfer that
   several logs tell (ADR 28). Quantities in unlike units cannot be compared, and both count.
3. The sender's book loses the lot that its own paper names, and keeps what the receiver's paper calls the load, whichever of the two is
   affected there. Where neither is, nobody looks at that book, and it loses what the receiver's paper says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

import msgspec

from foodtrace.graph.walk import Holding
from foodtrace.recall.entries import Entry
from foodtrace.recall.moves import Move
from foodtrace.recall.unlikelots import Unlike


def counted_once(moves: Sequence[Move], unlike: Iterable[Unlike], holdings: Collection[Holding]) -> list[Move]:
    """Return moves, those that stand under another lot or instead of one with how much of them does.

    :param holdings: affected (lot, site).
    """
    apart = [each for each in unlike if all((lot, each.transfer[2]) in holdings for lot in each.lots)]
    if not apart:
        return list(moves)
    lots = {lot for each in apart for lot in each.lots}
    places: dict[tuple[int, Entry], list[int]] = defaultdict(list)
    rest: dict[int, int] = {}
    for n, move in enumerate(moves):
        if move.lot in lots and not move.unnamed:
            rest[n] = max(move.sent, move.received)
            for entry in dict.fromkeys((*move.entries, *move.words)):
                places[move.lot, entry].append(n)
    under: dict[int, list[tuple[int, int]]] = defaultdict(list)
    instead: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for each in sorted(apart, key=lambda each: _first(places, each)):
        sent, came = (_of(moves, places, lot, each) for lot in each.lots)
        for one in sent:
            for two in came:
                q = min(rest[one], rest[two]) if moves[one].unit == moves[two].unit_in else 0
                if q:
                    rest[one] -= q
                    rest[two] -= q
                    under[one].append((moves[two].lot, q))
                    if any((lot, moves[one].src) in holdings for lot in each.lots):
                        instead[two].append((moves[one].lot, q))
    return [
        msgspec.structs.replace(move, under=tuple(under.get(n, ())), instead=tuple(instead.get(n, ())))
        if n in under or n in instead
        else move
        for n, move in enumerate(moves)
    ]


def _of(moves: Sequence[Move], places: dict[tuple[int, Entry], list[int]], lot: int, each: Unlike) -> list[int]:
    """Return where the moves of a lot by this transfer's papers stand, in the order of the moves."""
    found = {n for entry in each.entries for n in places.get((lot, entry), ())}
    return sorted(n for n in found if (moves[n].src, moves[n].dst) == each.transfer[1:])


def _first(places: dict[tuple[int, Entry], list[int]], each: Unlike) -> list[int]:
    """Return a place in the order of the moves: numbers of lots follow the order of arrival."""
    return [min((n for entry in each.entries for n in places.get((lot, entry), ())), default=-1) for lot in each.lots]


__all__ = ["counted_once"]
