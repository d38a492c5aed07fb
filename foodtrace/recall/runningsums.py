"""Sums of a case that records can be added to and taken out of; what may be is decided in :mod:`foodtrace.recall.running`. Pure.

Rules:

1. What goes in can be taken out again exactly: every sum is a plain sum, and what depends on the order of time is kept in that order.
2. One more record costs what it touches, not what there is: of a holding with many events the running stock is kept at marks.
"""

from __future__ import annotations

import bisect
import copy
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from foodtrace.graph.flows import Flow
from foodtrace.recall.affected import Affected
from foodtrace.recall.facts import Case, Facts
from foodtrace.recall.moves import Move
from foodtrace.recall.quantities import Books, HoldingSum, Key, closed, follow
from foodtrace.recall.settings import Settings
from foodtrace.recall.stock import Stock
from foodtrace.recall.sums import Count
from foodtrace.recall.tally import Tally, undo

LotUnit: TypeAlias = tuple[int, int]

_MARK: Final = 1000
"""Events of one holding between two marks of its running stock."""
_REWORKED: Final = 1


class Part:
    """What some records add to the tallies."""

    def __init__(self) -> None:
        self.made: dict[LotUnit, Tally] = defaultdict(Tally)
        self.home: list[tuple[int, int, int, int, int, tuple[int, int]]] = []
        self.sales: dict[LotUnit, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))


class RunningCount(Count):
    """A count of the trade that records can be added to and taken out of."""

    def __init__(
        self,
        facts: Facts,
        found: Affected,
        holdings: Mapping[tuple[int, int], int],
        case: Case,
        settings: Settings,
        books: RunningBooks,
    ) -> None:
        super().__init__(facts, found, holdings, case, settings)
        # What the sums of the affected set say as they are need not be followed again (:class:`foodtrace.recall.sums.Count`).
        self.books = None if self.books is None else books
        self.gather()
        self.books = books
        self.reworked = any(each[1] == _REWORKED for each in self.home)
        self._homes: dict[LotUnit, Home] = defaultdict(Home)
        self._fill(self.home, 1)
        self._undone: dict[LotUnit, tuple[int, Tally]] = {}
        self._affected = {lot for lot, _ in (*self.trade, *self.own)}

    def part(self, moves: Iterable[Move], flows: Iterable[Flow], keys: Iterable[Key]) -> Part:
        """Return what these moves and flows, and the stock of these holdings, add."""
        mine = Part()
        mine.made, self.made = self.made, mine.made
        mine.home, self.home = self.home, mine.home
        mine.sales, self.sales = self.sales, mine.sales
        try:
            for move in moves:
                self._move(move)
            for flow in flows:
                self._flow(flow)
            for key in keys:
                if key[:2] in self.trade:
                    self._stock(key)
        finally:
            mine.made, self.made = self.made, mine.made
            mine.home, self.home = self.home, mine.home
            mine.sales, self.sales = self.sales, mine.sales
        return mine

    def change(self, before: Part, after: Part) -> None:
        """Put one part in the place of another."""
        for part, factor in ((before, -1), (after, 1)):
            for key, tally in part.made.items():
                self.made[key].add(tally, factor)
            self._fill(part.home, factor)
        for key, (sales, returns) in after.sales.items():
            self.sales[key][0].extend(sales)
            self.sales[key][1].extend(returns)

    def _fill(self, home: Iterable[tuple[int, int, int, int, int, tuple[int, int]]], factor: int) -> None:
        for t, kind, lot, unit, q, _ in home:
            self._homes[lot, unit].put(t, kind, q, taken=factor < 0)

    def settled(self) -> dict[LotUnit, Tally]:
        """Return the tally of every (lot, unit), as :meth:`foodtrace.recall.sums.Count.tallies` does."""
        made = {key: copy.copy(tally) for key, tally in self.made.items()}
        for key, (sales, returns) in self.sales.items():
            if returns:
                made.setdefault(key, Tally()).add(self._undo(key, sales, returns))
        for key, home in self._homes.items():
            back, entered = home.settled()
            tally = made.setdefault(key, Tally())
            tally.back += back
            tally.entered += entered
        mine = {key: tally for key, tally in made.items() if key[0] in self._affected}
        return {key: tally for key, tally in mine.items() if tally != Tally()} or mine

    def _undo(self, key: LotUnit, sales: list[Any], returns: list[Any]) -> Tally:
        size, tally = self._undone.get(key, (-1, Tally()))
        if size != len(sales) + len(returns):
            tally = Tally()
            undo(map(copy.copy, sales), map(copy.copy, returns), tally)
            self._undone[key] = (len(sales) + len(returns), tally)
        return tally


class Home:
    """What came back to own sites and went out again, of one lot and unit, in the order of time."""

    def __init__(self) -> None:
        self._events: list[tuple[int, int, int]] = []
        self._done = 0
        self._back = self._entered = 0

    def put(self, t: int, kind: int, q: int, *, taken: bool) -> None:
        """Add something, or take it out."""
        place = bisect.bisect_left(self._events, (t, kind, q))
        if taken:
            del self._events[place]
        else:
            self._events.insert(place, (t, kind, q))
        if place < self._done:
            self._done = self._back = self._entered = 0

    def settled(self) -> tuple[int, int]:
        """Return (back and not sent out again, sent out beyond what had come back)."""
        for _, kind, q in self._events[self._done :] if self._done else self._events:
            if kind == 0:
                self._back += q
            else:
                part = min(q, self._back)
                self._back -= part
                self._entered += q - part
        self._done = len(self._events)
        return self._back, self._entered


class RunningBooks(Books):
    """Books whose events change; of holdings with many, the running stock is kept at marks."""

    def put(self, events: Iterable[tuple[Key, Any]]) -> None:
        """Add events."""
        for key, event in events:
            if event is not None:
                bisect.insort(self._events[key], event)
                self._forget(key, event)

    def take(self, events: Iterable[tuple[Key, Any]]) -> None:
        """Take events out."""
        for key, event in events:
            if event is not None:
                mine = self._events[key]
                del mine[bisect.bisect_left(mine, event)]
                self._forget(key, event)

    def _forget(self, key: Key, event: Any) -> None:
        marks = self._marks.get(key)
        while marks and marks[-1][0] >= event:
            marks.pop()

    @property
    def _marks(self) -> dict[Key, list[tuple[Any, int, HoldingSum, Stock]]]:
        found: dict[Key, list[tuple[Any, int, HoldingSum, Stock]]] = self.__dict__.setdefault("marks", {})
        return found

    def sum(self, key: Key, *, before: int | None = None, phase: int = 0) -> HoldingSum:
        """See :class:`foodtrace.recall.quantities.Books`."""
        events = self._events.get(key, ())
        if before is not None or len(events) < 2 * _MARK:
            return super().sum(key, before=before, phase=phase)
        marks = self._marks.setdefault(key, [])
        done, sums, stock = (marks[-1][1], marks[-1][2], marks[-1][3]) if marks else (0, HoldingSum(), Stock())
        while True:
            sums, stock = copy.copy(sums), copy.copy(stock)
            if len(events) - done <= _MARK:
                follow(sums, stock, events[done:])
                return closed(sums, stock)
            follow(sums, stock, events[done : done + _MARK])
            done += _MARK
            marks.append((events[done - 1], done, sums, stock))


__all__ = ["LotUnit", "Part", "RunningBooks", "RunningCount"]
