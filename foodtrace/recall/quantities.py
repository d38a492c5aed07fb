"""Quantities of holdings (RECALL section 4).

Per holding, every term at least 0::

    born + received + returned_in + over
      = dispatched + consumed + sold + returned_out + destroyed + lost + used + on_hand + unaccounted

Rules:

1. Without a count, on_hand = max(book, 0) and over = max(-book, 0): nothing is clipped, what is missing or too much has its own
   column.
2. A count sets on_hand; later flows are added. The difference to the book is booked as ``unaccounted`` or ``over``.
3. Flows of one instant: what an outlet said lay there when its notice arrived, what arrives, what leaves, what is sealed, what leaves
   custody first (rule 4), counts.
   A move leaves no later than it arrives, whatever a time known to the day only would allow; at an unknown time it arrives before and
   leaves after everything.
4. Custody is the part of on_hand that is sealed or received as sealed (``sealed``), or received as a recall return or brought
   back by a consumer (``back``). What is returned, destroyed or corrected leaves custody first, back before sealed; all else
   leaves free stock first.
5. A sealing is of goods that bore no seal: free ones, then those in custody for another reason. What it names beyond these lay there and
   nobody had booked it: it is ``over``, as if counted, and in custody. Of a kind of custody, what bears no seal leaves first.
6. What a visit found lay there free (:mod:`foodtrace.recall.visited`): what the book has free falls short of it is ``over``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Final, TypeAlias

import msgspec

from foodtrace.graph.flows import UNNAMED, Flow, FlowKind
from foodtrace.recall.moves import Move
from foodtrace.recall.stock import Stock

Key: TypeAlias = tuple[int, int, int]
"""(lot, site, unit)."""
Event: TypeAlias = tuple[int, int, str, int]
"""(time, phase, term, quantity)."""

_SAID, _IN, _OUT, _SEAL, _OUT_SEALED, _COUNT = range(6)
_VISITED: Final = "visited"
"""Comes after whatever else arrives at that moment."""
_TERMS: Final[dict[int, tuple[int, str]]] = {
    FlowKind.BORN: (_IN, "born"),
    FlowKind.PRODUCED: (_IN, "born"),
    FlowKind.CONSUMER_RETURN: (_IN, "brought_back"),
    FlowKind.CONSUMED: (_OUT, "consumed"),
    FlowKind.SOLD: (_OUT, "sold"),
    FlowKind.DESTROYED: (_OUT_SEALED, "destroyed"),
    FlowKind.LOST: (_OUT, "lost"),
    FlowKind.USED: (_OUT, "used"),
    FlowKind.SEALED: (_SEAL, ""),
    FlowKind.FOUND: (_IN, _VISITED),
    FlowKind.COUNT: (_COUNT, ""),
}


class HoldingSum(msgspec.Struct, kw_only=True):
    """The identity's terms for one holding and unit, in base units."""

    born: int = 0
    received: int = 0
    brought_back: int = 0
    """Brought back by consumers."""
    return_in: int = 0
    """Recall returns received."""
    over: int = 0
    dispatched: int = 0
    consumed: int = 0
    sold: int = 0
    returned_out: int = 0
    destroyed: int = 0
    lost: int = 0
    used: int = 0
    on_hand: int = 0
    unaccounted: int = 0
    travelling: int = 0
    """On the way to this holding."""
    back: int = 0
    """Custody that came back: consumer returns, recall returns."""
    sealed: int = 0
    """Custody that was sealed here or received as sealed."""
    marked: int = 0
    """Of the custody: bears a seal by a sealing on record (rule 5)."""
    counted: bool = False

    @property
    def returned_in(self) -> int:
        """Everything that came back."""
        return self.brought_back + self.return_in

    @property
    def inflow(self) -> int:
        """Left side of the identity."""
        return self.born + self.received + self.returned_in + self.over

    @property
    def outflow(self) -> int:
        """Right side of the identity."""
        gone = self.dispatched + self.consumed + self.sold + self.returned_out + self.destroyed + self.lost + self.used
        return gone + self.on_hand + self.unaccounted


class Books:
    """What happened at every holding, sorted once; sums as of any moment.

    :param corrected: (log, seq) of transformations by which goods of the case were corrected (relabelled) and left it.
    :param said: (lot, site, unit) -> (moment, quantity): what lay there when the notice arrived, by the outlet's own word.
    """

    def __init__(
        self,
        moves: Iterable[Move],
        flows: Iterable[Flow],
        *,
        corrected: Collection[tuple[int, int]] = (),
        said: dict[Key, tuple[int, int]] | None = None,
    ) -> None:
        self._events: dict[Key, list[Event]] = defaultdict(list)
        self._roads: list[tuple[Key, int, int]] = []
        for move in moves:
            self._move(move)
        for flow in flows:
            event = flowed(flow, corrected)
            if event is not None:
                self._events[flow.lot, flow.site, flow.unit].append(event)
        for key, (t, q) in (said or {}).items():
            self._events[key].append((t, _SAID, "", q))
        for events in self._events.values():
            events.sort()

    def _move(self, move: Move) -> None:
        for key, event in moved(move):
            if event is None:
                self._events[key]  # the holding exists, with nothing in it
            else:
                self._events[key].append(event)
        if move.dst and move.travelling:
            self._roads.append(((move.lot, move.dst, move.unit), move.t_out, move.travelling))

    def __iter__(self) -> Iterator[Key]:
        """Iterate over every holding and unit on record."""
        return iter(self._events)

    def sum(self, key: Key, *, before: int | None = None, phase: int = 0) -> HoldingSum:
        """Return the terms of one holding (nothing, if none is on record), travelling left out.

        :param before: only what happened strictly before this moment; with ``phase``, also what of that moment comes before it.
        """
        events = self._events.get(key, ())
        if before is not None:
            stop = (before, phase)
            events = [event for event in events if event[:2] < stop]
        if len(events) == 1 and events[0][2] == "received":
            return HoldingSum(received=events[0][3], on_hand=events[0][3])  # most holdings of a recall: one delivery, and no more is known
        return _sum(events)

    def at_notice(self, key: Key, notice: int) -> int:
        """Return what lay there when the notice arrived: what came by then is in, what leaves at that moment is not out yet."""
        return self.sum(key, before=notice, phase=_OUT).on_hand

    def found_sealed(self, key: Key) -> list[tuple[int, int]]:
        """Return when sealings, or visits, named more than the books of a holding knew of, and how much more (rules 5 and 6)."""
        sums, stock, found = HoldingSum(), Stock(), list[tuple[int, int]]()
        for event in self._events.get(key, ()):
            if event[1] == _SEAL or event[2] == _VISITED:
                beyond = stock.seal(event[3]) if event[1] == _SEAL else stock.visit(event[3])
                found += [(event[0], beyond)] if beyond else []
            else:
                follow(sums, stock, [event])
        return found

    def all(self, *, before: int | None = None) -> dict[Key, HoldingSum]:
        """Return the terms of every holding that something happened at."""
        made = {key: self.sum(key, before=before) for key, each in self._events.items() if before is None or (each and each[0][0] < before)}
        for key, t_out, q in self._roads:
            if before is None or t_out < before:
                made.setdefault(key, HoldingSum()).travelling += q
        return made


def holdings(moves: Iterable[Move], flows: Iterable[Flow], *, before: int | None = None) -> dict[Key, HoldingSum]:
    """Return the quantities of every holding: (lot, site, unit) -> sums.

    :param before: only what happened strictly before this moment (stock at a moment).
    """
    return Books(moves, flows).all(before=before)


def moved(move: Move) -> Iterator[tuple[Key, Event | None]]:
    """Return what a move does at its two ends; nothing at an end that goods have not reached, but the holding exists."""
    leaves = move.leaves
    if move.src and not move.unnamed:
        phase, term = (_OUT_SEALED, "returned_out") if move.recall else (_OUT, "dispatched")
        yield (move.lot, move.src, move.unit), (leaves, phase, term, move.left)
    if not move.dst:
        return
    key = (move.lot, move.dst, move.unit_in)
    if move.arrived:
        term = "return_in" if move.recall else "received_sealed" if move.custody else "received"
        yield key, (move.t_in, _IN, term, move.came)
    else:
        yield key, None


def flowed(flow: Flow, corrected: Collection[tuple[int, int]] = ()) -> Event | None:
    """Return what a flow that is no move does at its site, none if it does nothing."""
    phase, term = _TERMS.get(flow.kind, (-1, ""))
    if phase < 0 or not flow.site or flow.flags & UNNAMED:
        return None
    if term == "consumed" and (flow.log, flow.seq) in corrected:
        phase, term = _OUT_SEALED, "corrected"
    return flow.t, phase, term, flow.q


_COUNTED_AS: Final = {"received_sealed": "received", "corrected": "consumed"}
"""What stock tells apart -> the term of the identity that it is."""


def _sum(events: Iterable[Event]) -> HoldingSum:
    sums, stock = HoldingSum(), Stock()
    follow(sums, stock, events)
    return closed(sums, stock)


def follow(sums: HoldingSum, stock: Stock, events: Iterable[Event]) -> None:
    """Add events, in the order of time, to the terms and to the running stock."""
    for _, phase, term, q in events:
        if phase == _SEAL:
            stock.seal(q)
        elif term == _VISITED:
            stock.visit(q)
        elif phase in (_SAID, _COUNT):
            sums.counted = True
            stock.count(q)
        else:
            if phase == _IN:
                stock.put(term, q)
            else:
                stock.take(q, custody_first=phase == _OUT_SEALED)
            name = _COUNTED_AS.get(term, term)
            setattr(sums, name, getattr(sums, name) + q)


def closed(sums: HoldingSum, stock: Stock) -> HoldingSum:
    """Put what the running stock came to into the terms."""
    sums.on_hand = max(stock.book, 0)
    sums.over = stock.over + max(-stock.book, 0)
    sums.unaccounted = stock.unaccounted
    sums.back = stock.back
    sums.sealed = stock.sealed
    sums.marked = stock.marked
    return sums
