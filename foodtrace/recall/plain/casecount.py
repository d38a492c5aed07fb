"""The tallies of a case over the books of plain lots; the rules are those of :mod:`foodtrace.recall.tally`. Pure.

In a scope of whole lots every holding is affected for all time, so that only the case's clock matters: before or since its opening, before
or after the notice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, TypeAlias

from foodtrace.graph.flowkind import FlowKind
from foodtrace.recall.facts import Case
from foodtrace.recall.plain import HandOver
from foodtrace.recall.plain.casebooks import CaseBooks
from foodtrace.recall.plain.lot import LotBooks, Moved
from foodtrace.recall.settings import Settings
from foodtrace.recall.tally import Brought, Sale, Tally, undo

_SOLD, _BROUGHT, _DESTROYED, _CONSUMED = map(int, (FlowKind.SOLD, FlowKind.CONSUMER_RETURN, FlowKind.DESTROYED, FlowKind.CONSUMED))
_LOSS: Final = frozenset(map(int, (FlowKind.LOST, FlowKind.USED)))
_BACK, _OUT = 0, 1
_Home: TypeAlias = list[tuple[int, int, int]]
"""What came back to own sites since opening, and went out again: (time, which of both, quantity)."""


class CaseCount:
    """One count of the trade.

    :param own: affected sites of who recalls that are of no outlet's kind. :param left_out: lot -> holdings that do not count.
    """

    def __init__(
        self, books: CaseBooks, case: Case, settings: Settings, own: Collection[int], left_out: Mapping[int, Collection[int]]
    ) -> None:
        self.books = books
        self.own = frozenset(own)
        self.left_out = left_out
        self.opened = case.opened
        self.limit = books.now - settings.transit_limit
        self.into = books.gathered.links.outputs

    def tallies(self) -> dict[tuple[int, int], Tally]:
        """Return the tally of every (lot, unit)."""
        made: dict[tuple[int, int], Tally] = {}
        for lot, books in self.books.gathered.books.items():
            if books.held:
                made[lot, books.unit] = self._lot(books, self.left_out.get(lot, ()))
        found = {key: tally for key, tally in made.items() if tally != Tally()}
        if not found:
            raise HandOver("nothing to count")
        return found

    def _lot(self, books: LotBooks, left_out: Collection[int]) -> Tally:
        tally = Tally()
        own = (self.own & books.held.keys()).difference(left_out)
        outside = (self.own & books.held.keys()).union(left_out)
        home: _Home = []
        for move in books.all_moves():
            self._move(move, tally, own, outside, home)
        for row in books.births:
            if row[2] not in outside:
                tally.entered += row[5]
        self._flows(books, tally, own, outside, home)
        for site, each in books.held.items():
            if site not in outside:
                tally.over += each.over
                tally.sealed += each.sealed
                tally.custody += each.back
                gone = each.dispatched + each.consumed + each.returned + each.destroyed + each.sealed
                tally.unrecorded += max(0, min(each.over, gone))
        for _, kind, q in sorted(home):
            part = min(q, tally.back)
            if kind == _BACK:
                tally.back += q
            else:
                tally.back -= part
                tally.entered += q - part
        return tally

    def _move(self, move: Moved, tally: Tally, own: Collection[int], outside: Collection[int], home: _Home) -> None:
        src, dst, sent, received, t_out, t_in, arrived = move[:7]
        surplus = max(received - sent, 0)
        into_trade = dst != 0 and dst not in outside
        if src and src not in outside:
            if move.recall and sent > received and t_out >= self.limit:
                tally.returning += sent - received
            if into_trade or dst in own:
                tally.over += surplus
                tally.unrecorded += surplus if dst in own else 0
            if arrived and dst in self.own:
                self._came_back(tally, home, received, t_in, t_out if move.recall else t_in)
        elif into_trade:
            if src in own and t_out >= self.opened:
                home.append((t_out, _OUT, sent))
            else:
                tally.entered += sent
            tally.over += surplus
        elif not dst and src in own:
            if t_out >= self.opened:
                home.append((t_out, _OUT, sent))
            else:
                tally.entered += sent

    def _came_back(self, tally: Tally, home: _Home, q: int, t: int, late: int) -> None:
        if max(t, late) >= self.opened:
            home.append((t, _BACK, q))
        else:
            tally.back_before += q

    def _flows(self, books: LotBooks, tally: Tally, own: Collection[int], outside: Collection[int], home: _Home) -> None:
        sales: list[Sale] = []
        returns: list[Brought] = []
        for row in books.goes():
            kind, site, q, t = row[0], row[2], row[5], row[6]
            if site in outside:
                if site not in own:
                    continue
                if kind == _CONSUMED and t >= self.opened and (row[8], row[9]) in self.into:
                    raise HandOver("reworked")
                if kind == _SOLD:
                    self._sold_own(q, t, tally, home)
                    self._sold(row, tally, sales if books.custody else None)
            elif kind == _SOLD:
                self._sold(row, tally, sales if books.custody else None)
            elif kind == _DESTROYED:
                if t < self.opened:
                    tally.destroyed_before += q
                else:
                    tally.destroyed_since += q
            elif kind == _CONSUMED and (row[8], row[9]) in self.into:
                tally.used_into += q
            elif t < self.books.known(site):
                tally.lost_before += q
            else:
                tally.lost_after += q
        for row in books.rows if books.custody else ():
            if row[0] == _BROUGHT and (row[2] not in outside or row[2] in own):
                returns.append(Brought(site=row[2], t=row[6], q=row[5], serial=row[11]))
                if row[2] in own:
                    self._came_back(tally, home, row[5], row[6], row[6])
        if returns:
            undo(sales, returns, tally)

    def _sold_own(self, q: int, t: int, tally: Tally, home: _Home) -> None:
        if t >= self.opened:
            home.append((t, _OUT, q))
        else:
            tally.sold_own += q

    def _sold(self, row: tuple[Any, ...], tally: Tally, sales: list[Sale] | None) -> None:
        site, q, t = row[2], row[5], row[6]
        # Whoever recalls knows of it when the case is opened.
        before = t < (min(self.books.known(site), self.opened) if site in self.own else self.books.known(site))
        if before:
            tally.sold_before += q
        else:
            tally.sold_after += q
        if sales is not None:
            sales.append(Sale(site=site, t=t, q=q, serial=row[11], before=before))
