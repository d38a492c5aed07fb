"""The completion figures of plain lots without a case (RECALL section 5); the rules are those of :mod:`foodtrace.recall.sums`.

Without a case nobody was notified and nothing was recalled: every sale, loss and destruction was before, and what came back to own sites
came back before opening.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, TypeAlias

from foodtrace.recall.percent import percent
from foodtrace.recall.plain import HandOver
from foodtrace.recall.plain.gather import Gathered
from foodtrace.recall.plain.lot import LotBooks, Moved

Told: TypeAlias = dict[str, Any]

UNIT_NAMES: Final = ("g", "ml", "piece")
_PIECE: Final = 2
_PRODUCT, _CONTENT, _CONTENT_UNIT = 1, 7, 8
"""Where these stand in what is said of a lot."""


class Tally:
    """Sums of some lots in one unit; the words are those of :class:`foodtrace.recall.tally.Tally`."""

    __slots__ = ("back_before", "destroyed_before", "entered", "lost_before", "over", "sold_before", "sold_own", "used_into")

    def __init__(self) -> None:
        self.entered = self.over = self.back_before = self.used_into = 0
        self.sold_own = self.sold_before = self.destroyed_before = self.lost_before = 0

    def nothing(self) -> bool:
        """Say whether every sum is 0."""
        return not any(getattr(self, name) for name in self.__slots__)

    def add(self, other: Tally, factor: int = 1) -> None:
        """Add another tally; ``factor`` turns pieces into what they hold."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + factor * getattr(other, name))

    def told(self, unit: int, product: str) -> Told:
        """Return the figures as an answer tells them: without a case nothing is retrieved."""
        name = UNIT_NAMES[unit]
        distributed = self.entered + self.over + self.sold_own - self.back_before - self.used_into
        should = distributed - self.sold_before - self.destroyed_before - self.lost_before
        accounted = self.sold_before + self.destroyed_before + self.lost_before
        return {
            "unit": name,
            "product": product,
            "distributed": distributed,
            "should_be_recalled": should,
            "retrieved": 0,
            "retrieved_strict": 0,
            "sold": self.sold_before,
            "rates": {"R1": rate(0, distributed, name), "R2": rate(0, should, name), "R3": rate(accounted, distributed, name)},
            "unexplained": 0,
            "on_record": {},
        }


def rate(numerator: int, denominator: int, unit: str) -> Told:
    """Return a rate as an answer tells it."""
    told = {"numerator": numerator, "denominator": denominator, "unit": unit, "percent": percent(numerator, denominator)}
    return told | {"once": None, "at_least": ""}


class Counted:
    """The tallies of plain lots.

    :param own: affected sites of who recalls that are no outlets.
    """

    def __init__(self, gathered: Gathered, own: Collection[int]) -> None:
        self.gathered = gathered
        self.own = frozenset(own)

    def told(self, *, sure: bool) -> list[Told]:
        """Return the figures, the worst first; ``sure``: of confirmed holdings alone."""
        possible = self.gathered.links.possible if sure else {}
        if any(len(sites) >= len(self.gathered.books[lot].held) for lot, sites in possible.items()):
            raise HandOver("a lot nobody can confirm")
        rows: dict[tuple[int, str], Tally] = {}
        merged: dict[tuple[int, str], Tally] | None = {}
        for (unit, product, content, content_unit), tally in self._together(possible).items():
            rows.setdefault((unit, product if unit == _PIECE else ""), Tally()).add(tally)
            if merged is None:
                continue
            if unit != _PIECE:
                merged.setdefault((unit, ""), Tally()).add(tally)
            elif not content:
                merged = None
            else:
                merged.setdefault((content_unit, ""), Tally()).add(tally, content)
        best = merged if merged is not None and len(merged) < len(rows) else rows
        told = [tally.told(unit, product) for (unit, product), tally in sorted(best.items(), key=lambda each: each[0])]
        # Nothing is retrieved: a row is as bad as can be, unless there is nothing to retrieve.
        return sorted(told, key=lambda each: not each["should_be_recalled"])

    def _together(self, possible: Mapping[int, Collection[int]]) -> dict[tuple[int, str, int, int], Tally]:
        """Return the sums of all lots of one unit, product and content."""
        into = self.gathered.links.outputs
        made: dict[tuple[int, str, int, int], Tally] = {}
        for lot, books in self.gathered.books.items():
            tally = self._tally(books, possible.get(lot, ()), into)
            if not tally.nothing():
                said = self.gathered.infos[lot]
                made.setdefault((books.unit, said[_PRODUCT], said[_CONTENT] or 0, said[_CONTENT_UNIT]), Tally()).add(tally)
        if not made:
            raise HandOver("nothing to count")
        return made

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
            tally.lost_before += each.lost + each.used
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
    """Add what one move brings into trade, takes back to an own site or from one to nobody on record."""
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
    elif not move.dst and move.src in own and move.src not in left_out:
        tally.entered += move.sent
