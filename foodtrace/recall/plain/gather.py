"""Reads the records of whole lots, plain ones, into what an answer is made of.

1. The closure over transformations, level by level; aliases, lots of the same code under an unknown authority, and dispatches without
   lot from any site the goods came to are handed over.
2. Rows come in portions of lots; what is known of a site is read once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

from foodtrace.graph.flows import LotInfo, SiteInfo
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall.plain import HandOver
from foodtrace.recall.plain.links import Links
from foodtrace.recall.plain.lot import LotBooks

_PORTION: Final = 500
"""Lots read at a time."""
_LOT: Final = itemgetter(1)


class Gathered:
    """Everything on record about some lots and all that was made from them.

    :raises HandOver: these records are not plain.
    """

    def __init__(self, facts: SqlFacts, asked: Sequence[int]) -> None:
        self.facts = facts
        self.asked = asked
        self.sites: dict[int, SiteInfo] = {}
        self.books: dict[int, LotBooks] = {}
        lots = self._closure()
        self.infos: dict[int, LotInfo] = dict(facts.lots(lots))
        ranks = facts.ranks()
        several: set[tuple[int, int]] = set()
        for portion in _portions(sorted(lots)):
            for lot, rows in self._rows(portion):
                books = self.books[lot] = LotBooks(lot, rows, ranks)
                several |= {(row[8], row[9]) for row in books.several()}
        if several and facts.copies(several):
            raise HandOver("one event in several logs")
        self.links = Links(self.books, asked)

    def _closure(self) -> set[int]:
        facts, lots, fresh = self.facts, set[int](), set(self.asked)
        while fresh:
            lots |= fresh
            if any(True for _ in facts.aliases(fresh)) or any(True for _ in facts.same_code(fresh)):
                raise HandOver("other names")
            fresh = {made for _, made in facts.children(fresh)} - lots
        return lots

    def _rows(self, lots: Collection[int]) -> Iterator[tuple[int, list[tuple[object, ...]]]]:
        rows = self.facts.rows(lots)
        if rows is None:
            raise HandOver("another log objects")
        new = ({row[2] for row in rows} | {row[3] for row in rows}) - self.sites.keys() - {0}
        if new:
            if self.facts.unnamed(new):
                raise HandOver("dispatches without lot")
            self.sites.update(self.facts.sites(new))
        seen = set()
        for lot, mine in groupby(rows, key=_LOT):
            seen.add(lot)
            yield lot, list(mine)
        for lot in set(lots) - seen:
            yield lot, []

    def suppliers(self) -> dict[int, set[int]]:
        """Return the sites that each site received from."""
        pairs: set[tuple[int, int]] = set()
        for books in self.books.values():
            pairs.update([(row[3], row[2]) for row in books.clean])
            pairs.update([(move.dst, move.src) for move in books.odd if move.src and move.dst])
        found: dict[int, set[int]] = defaultdict(set)
        for dst, src in pairs:
            found[dst].add(src)
        return found


def _portions(lots: list[int]) -> Iterator[list[int]]:
    for first in range(0, len(lots), _PORTION):
        yield lots[first : first + _PORTION]
