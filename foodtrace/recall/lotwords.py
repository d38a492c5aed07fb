"""Lots of which records say unlike things: product, article number, days, content (see :mod:`foodtrace.operations.reconciling`).

The latest word counts, and a rule takes a lot by any word (:mod:`foodtrace.graph.predicate`); which word is true nobody can tell from the
records. Rules:

1. All names of a lot are one lot. A word that a correction removed, or that is not entitled to stand, is none.
2. Products are unlike where :func:`foodtrace.graph.products.fits_product` says so: blanks, capitals and remarks make no other product.
3. Each attribute is open by itself, with every unlike word and the first entry that says it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from foodtrace.graph.edges import UNIT_NAMES
from foodtrace.graph.fitting import named
from foodtrace.graph.products import fits_product
from foodtrace.recall.breaks import Break, Search
from foodtrace.storage.session import Row

_UNLIKE: Final = (
    "SELECT l.lot FROM lot_fact AS l WHERE l.ended <= 0 GROUP BY l.lot HAVING COUNT(DISTINCT NULLIF(l.product, '')) > 1 "
    "OR COUNT(DISTINCT NULLIF(l.gtin, '')) > 1 OR COUNT(DISTINCT NULLIF(l.produced, -1)) > 1 OR COUNT(DISTINCT NULLIF(l.expiry, -1)) > 1 "
    "OR COUNT(DISTINCT CASE WHEN l.content > 0 THEN l.content * 4 + l.content_unit END) > 1"
)
"""Names of which records say unlike things; one pass over everything, as a reconciliation is."""
_ALIASED: Final = "SELECT DISTINCT a.lot FROM alias AS a WHERE a.n > 0"
_WORDS: Final = (
    "SELECT l.lot, l.product, l.gtin, l.produced, l.expiry, l.content, l.content_unit, l.recorded, l.log, l.seq, l.item, l.ended "
    "FROM {ids} CROSS JOIN lot_fact AS l WHERE l.lot = f.value AND l.ended <= 0"
)
_PORTION: Final = 2_000
"""Lots read at a time."""
_DAY0: Final = dt.date(1970, 1, 1)


def _day(days: int) -> str:
    return (_DAY0 + dt.timedelta(days=days)).isoformat() if days >= 0 else ""


_SAID: Final[Mapping[str, Callable[[Row], str]]] = {
    "product": lambda row: str(row[1]),
    "gtin": lambda row: str(row[2]),
    "produced": lambda row: _day(row[3]),
    "expiry": lambda row: _day(row[4]),
    "content": lambda row: f"{row[5]} {UNIT_NAMES[row[6]]}" if row[5] > 0 else "",
}
"""Attribute -> what a row says of it; empty: nothing."""


class LotWords(Search):
    """Looks through what the records of all logs say of lots."""

    def look(self) -> None:
        """Find every attribute of a lot that records say in unlike ways."""
        lots = sorted({int(row[0]) for sql in (_UNLIKE, _ALIASED) for row in self.session.rows(sql)})
        there = {lot for _, lot in self.facts.stock_lots([self.asked.site])} if self.asked.site is not None else set()
        for first in range(0, len(lots), _PORTION):
            classes = [
                names
                for names in named(self.facts.aliases, lots[first : first + _PORTION])
                if self.asked.site is None or not there.isdisjoint(names)
            ]
            rows = self.session.each(_WORDS, [name for names in classes for name in names])
            standing = self.facts.in_force({(row[8], row[9], row[11]) for row in rows})
            told: dict[int, list[Row]] = defaultdict(list)
            for row in rows:
                if (row[8], row[9]) in standing:
                    told[row[0]].append(row)
            for names in classes:
                self._lot(names, [row for name in names for row in told[name]])

    def _lot(self, names: tuple[int, ...], rows: list[Row]) -> None:
        lot = min(names, key=self.facts.texts(names).__getitem__)
        ranks = self.facts.ranks()
        rows.sort(key=lambda row: (row[7], ranks[row[8]], row[9], row[10]))
        for attribute, say in _SAID.items():
            words = dict(_unlike(rows, say, product=attribute == "product"))
            times = [row[7] for row in words.values()]
            if len(words) > 1 and self.asked.wants(() if self.asked.site is None else (self.asked.site,), times):
                self.open.append(self._break(lot, attribute, words, times))

    def _break(self, lot: int, attribute: str, words: Mapping[str, Row], times: list[int]) -> Break:
        about: dict[str, Any] = {"lot": lot, "site": 0, "at": max(times), "product": self.facts.lots([lot])[lot].product}
        entries = [(row[8], row[9]) for row in words.values()]
        return self.names.break_("described_twice", entries=entries, reason=attribute, words=tuple(words), **about)


def _unlike(rows: list[Row], say: Callable[[Row], str], *, product: bool) -> Iterator[tuple[str, Row]]:
    """Iterate over the unlike words on one attribute, each with the first row that says it (rules 2 and 3)."""
    told: list[str] = []
    for row in rows:
        word = say(row)
        if word and not any(word == each or (product and fits_product(word, each)) for each in told):
            told.append(word)
            yield word, row


__all__ = ["LotWords"]
