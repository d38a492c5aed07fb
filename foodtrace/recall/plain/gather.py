"""Reads the records of whole lots, plain ones, into what an answer is made of.

1. The closure over transformations; aliases, lots of the same code under an unknown authority, and dispatches without
   lot from any site the goods came to are handed over.
2. Rows come in portions of lots; what is known of a site is read once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from foodtrace.graph.rows import Rows
from foodtrace.recall.plain import HandOver
from foodtrace.recall.plain.links import Links
from foodtrace.recall.plain.lot import LotBooks

if TYPE_CHECKING:
    from foodtrace.graph.rows import LotSaid, SiteSaid

TEXT, KIND, OPERATOR, NAME, COUNTY, _, _, LAST_ENTRY = range(8)
"""Where the fields of what is said of a site stand."""
_PORTION: Final = 500
"""Lots read at a time."""
_LOT: Final = itemgetter(1)


class Gathered:
    """Everything on record about some lots and all that was made from them.

    :raises HandOver: these records are not plain.
    """

    def __init__(self, rows: Rows, asked: Sequence[int]) -> None:
        self.rows = rows
        self.asked = asked
        self.sites: dict[int, SiteSaid] = {}
        self.books: dict[int, LotBooks] = {}
        lots = self._closure()
        self.infos: dict[int, LotSaid] = rows.lots_said(lots)
        self.ranks = rows.ranks()
        several: set[tuple[int, int]] = set()
        for portion in _portions(sorted(lots)):
            for lot, mine in self._read(portion):
                books = self.books[lot] = LotBooks(lot, mine, self.ranks)
                several |= {(row[8], row[9]) for row in books.several()}
        if several:
            self._check_copies(several)
        self.links = Links(self.books, asked)

    def _check_copies(self, entries: Collection[tuple[int, int]]) -> None:
        ids: dict[str, int] = {}
        by_log: dict[int, list[int]] = {}
        for log, seq in entries:
            by_log.setdefault(log, []).append(seq)
        for log, seqs in by_log.items():
            sql = "SELECT e.id FROM {ids} CROSS JOIN entry AS e WHERE e.seq = f.value AND e.log = ?"
            for (name,) in self.rows.session.each(sql, seqs, (log,)):
                if ids.setdefault(name, log) != log:
                    raise HandOver("one event in several logs")

    def _closure(self) -> set[int]:
        lots = self.rows.made_of(self.asked)
        if any(True for _ in self.rows.aliases(lots)) or any(True for _ in self.rows.same_code(lots)):
            raise HandOver("other names")
        return lots

    def _read(self, lots: Collection[int]) -> Iterator[tuple[int, list[tuple[object, ...]]]]:
        rows = self.rows.rows(lots)
        if rows is None:
            raise HandOver("another log objects")
        new = ({row[2] for row in rows} | {row[3] for row in rows}) - self.sites.keys() - {0}
        if new:
            if self.rows.pseudo_lots(new):
                raise HandOver("dispatches without lot")
            self.sites.update(self.rows.sites_said(new))
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
