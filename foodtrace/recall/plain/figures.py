"""The completion figures of plain lots without a case (RECALL section 5); the rules are those of :mod:`foodtrace.recall.sums`.

Without a case nobody was notified and nothing was recalled: every sale, loss and destruction was before, and what came back to own sites
came back before opening.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from foodtrace.recall.plain import HandOver
from foodtrace.recall.plain.gather import Gathered
from foodtrace.recall.plain.lot import LotBooks, Moved
from foodtrace.recall.tally import Tally


class Counted:
    """The tallies of plain lots.

    :param own: affected sites of who recalls that are no outlets.
    """

    def __init__(self, gathered: Gathered, own: Collection[int]) -> None:
        self.gathered = gathered
        self.own = frozenset(own)

    def tallies(self, *, sure: bool) -> dict[tuple[int, int], Tally]:
        """Return the tally of every (lot, unit); ``sure``: of confirmed holdings alone."""
        possible = self.gathered.links.possible if sure else {}
        made: dict[tuple[int, int], Tally] = {}
        into = self._into(possible)
        for lot, books in self.gathered.books.items():
            if books.held:
                tally = self._tally(books, possible.get(lot, ()), into)
                if tally != Tally():
                    made[lot, books.unit] = tally
        if not made:
            raise HandOver("nothing to count")
        return made

    def _into(self, possible: Mapping[int, Collection[int]]) -> set[tuple[int, int]]:
        """Return the transformations whose output is affected."""
        outputs = self.gathered.links.outputs
        if any(len(sites) >= len(self.gathered.books[lot].held) for lot, sites in possible.items()):
            raise HandOver("a lot nobody can confirm")
        return set(outputs)

    def _tally(self, books: LotBooks, left_out: Collection[int], into: Collection[tuple[int, int]]) -> Tally:
        tally = Tally()
        own = self.own & books.held.keys() if self.own else frozenset()
        outside = own.union(left_out) if left_out else own
        for row in books.births:
            if row[2] not in outside:
                tally.entered += row[5]
        for row in books.consumed:
            if row[2] in outside:
                continue
            if (row[8], row[9]) in into:
                tally.used_into += row[5]
            else:
                tally.lost_before += row[5]
        for site, each in books.held.items():
            if site in outside:
                if each.sold and site in own and site not in left_out:
                    tally.sold_own += each.sold
                    tally.sold_before += each.sold
                continue
            tally.over += each.over
            tally.sold_before += each.sold
            tally.destroyed_before += each.destroyed
            tally.lost_before += each.gone
        for row in books.clean if outside else ():
            src, dst, q = row[2], row[3], row[5]
            if src in outside:
                if dst not in outside:
                    tally.entered += q
            elif dst in own:
                tally.back_before += q
        for move in books.odd:
            _road(move, tally, own, outside, left_out)
        return tally


def _road(move: Moved, tally: Tally, own: Collection[int], outside: Collection[int], left_out: Collection[int]) -> None:
    """Add what one move brings into trade, or takes back to an own site."""
    surplus = max(move.received - move.sent, 0)
    into_trade = move.dst != 0 and move.dst not in outside
    if move.src and move.src not in outside:
        if into_trade or (move.dst in own and move.dst not in left_out):
            tally.over += surplus
        if move.dst in own and move.arrived:
            tally.back_before += move.received
    elif into_trade:
        tally.entered += move.sent
        tally.over += surplus
