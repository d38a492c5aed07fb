"""The sites that many lots lead to, as sets that are joined (the rules are those of :mod:`foodtrace.operations.blast`).

A set of sites is a whole number with one bit a site, so that joining two costs a few machine words for every 64 sites.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby

from foodtrace.graph import papers, tellers
from foodtrace.graph.flowkind import FlowKind
from foodtrace.graph.rows import Rows
from foodtrace.recall.plain import HandOver
from foodtrace.recall.plain.lot import LotBooks, Row

_PORTION = 500
_KIND, _OPERATOR = 1, 2
"""Where these stand in what is said of a site."""
_PRODUCED, _CONSUMED, _RECEIPT = int(FlowKind.PRODUCED), int(FlowKind.CONSUMED), int(FlowKind.RECEIPT)
_LEAVING = frozenset((int(FlowKind.DISPATCH), int(FlowKind.RETURN)))
_SPEAKING = frozenset({int(FlowKind.BORN), int(FlowKind.USED), _RECEIPT})
"""What entries do that may say no more than that goods were there: let in at a gate, take a sample."""


class Reach:
    """Where some lots, and everything made from them, lie."""

    def __init__(self, rows: Rows, asked: Sequence[int]) -> None:
        self.rows = rows
        self.odd: set[int] = set()
        """Lots whose way is not plain, and everything they were made from."""
        self._children: dict[int, set[int]] = defaultdict(set)
        """By the lot edges."""
        self._made: dict[int, set[int]] = defaultdict(set)
        """By the transformations that have happened."""
        self._bit: dict[int, int] = {}
        self._held: dict[int, tuple[int, ...]] = {}
        self._sold: dict[int, tuple[int, ...]] = {}
        self._rows_of: set[int] = set()
        self._joined: dict[int, tuple[int, int, frozenset[int]]] = {}
        lots = self._closure(asked)
        self._read(sorted(lots))
        self._check_made()
        self._spread_odd()
        self._shops: int | None = None
        self._unknown = 0

    def outlets(self, lot: int, kinds: Collection[str]) -> tuple[int, int, int]:
        """Return (outlets, sites of unknown kind, lots) of the recall of one lot that is not odd.

        :param kinds: kinds of site that are outlets, the same in every call.
        """
        held, sold, lots = self._sets(lot)
        if self._shops is None:
            said = self.rows.sites_said(list(self._bit))
            self._shops = self._number(tuple(self._bit[site] for site, about in said.items() if about[_KIND] in kinds))
            self._unknown = self._number(tuple(self._bit[site] for site, about in said.items() if not about[_KIND]))
        outlets = (held & self._shops) | sold
        return outlets.bit_count(), (held & self._unknown & ~outlets).bit_count(), sum(bool(self._held.get(each)) for each in lots)

    # -- reading -----------------------------------------------------------------------------------------------------------

    def _closure(self, asked: Collection[int]) -> set[int]:
        lots, fresh = set[int](), set(asked)
        while fresh:
            lots |= fresh
            self.odd.update(lot for lot, _ in self.rows.aliases(fresh))
            self.odd.update(lot for lot, _ in self.rows.same_code(fresh))
            reached: set[int] = set()
            for src, dst in self.rows.children(fresh):
                self._children[src].add(dst)
                reached.add(dst)
            fresh = reached - lots
        return lots

    def _read(self, lots: Sequence[int]) -> None:
        ranks = self.rows.ranks()
        consumed: dict[tuple[int, int], set[int]] = defaultdict(set)
        moved: set[tuple[int, int]] = set()
        produced: dict[tuple[int, int], set[int]] = defaultdict(set)
        for first in range(0, len(lots), _PORTION):
            for lot, mine in self._of(lots[first : first + _PORTION]):
                self._rows_of.add(lot)
                moved.update((row[8], row[9]) for row in mine if row[0] in _SPEAKING)
                for row in mine:
                    if row[0] == _CONSUMED:
                        consumed[row[8], row[9]].add(lot)
                    elif row[0] == _PRODUCED:
                        produced[row[8], row[9]].add(lot)
                try:
                    held = LotBooks(lot, mine, ranks).held
                except HandOver:
                    self.odd.add(lot)
                    continue
                self._held[lot] = tuple(self._bits(held))
                self._sold[lot] = tuple(self._bits(site for site, each in held.items() if each.sold > 0))
        sites = list(self._bit)
        self.odd |= self.rows.elsewhere(lots, lambda _: moved, lambda lot: {sites[bit] for bit in self._held.get(lot, ())})
        for entry, inputs in consumed.items():
            for lot in inputs:
                self._made[lot] |= produced.get(entry, set())

    def _of(self, lots: Sequence[int]) -> Iterable[tuple[int, list[Row]]]:
        """Return the rows of each lot; one that another log objects to is odd."""
        rows = self.rows.rows(lots)
        if rows is None:
            rows = []
            for lot in lots:
                mine = self.rows.rows([lot])
                if mine is None:
                    self.odd.add(lot)
                else:
                    rows += mine
        self._check_papers(rows)
        sites = {site for row in rows for site in (row[2], row[3])} - {0}
        unnamed = {row[0] for row in self.rows.session.each(_UNNAMED, sites)}
        if unnamed:
            self.odd.update(row[1] for row in rows if row[2] in unnamed or row[3] in unnamed)
        open_ = {(row[2], row[11]) for row in rows if row[0] == _RECEIPT and not row[3] and row[11]}
        answered = {(row[3], row[11]) for row in self.rows.bound_for(open_)}
        self.odd.update(row[1] for row in rows if answered and row[0] == _RECEIPT and (row[2], row[11]) in answered)
        return [(lot, list(mine)) for lot, mine in groupby(rows, key=_lot)]

    def _check_papers(self, rows: Sequence[Row]) -> None:
        """Find the lots that another paper of one of their transfers names another lot in place of: they are not plain."""
        logs, session = len(self.rows.ranks()), self.rows.session
        near = papers.another_named(session, {row[1] for row in rows})
        told = papers.sides(row for row in rows if row[1] in near)
        self.odd |= papers.replaced(told, papers.other_sides(session, told, logs=logs))
        senders = {row[2] for row in rows if row[0] in _LEAVING and row[11] and row[3]} if logs > 1 else set[int]()
        written = tellers.writers(session, senders) if senders else {}
        if not written:
            return
        sent = [side for side in papers.sides(rows) if not side.came]
        mine = [tellers.Word(side.transfer, side.lot, side.log, side.seq) for side in sent if side.transfer.sender in written]
        said = self.rows.sites_said({site for word in mine for site in word.transfer[1:]})
        words = [*mine, *tellers.other_words(session, mine, written, lambda site: str(said[site][_OPERATOR]))]
        sides = [papers.Side(word.transfer, came=False, lot=word.lot, log=word.log, seq=word.seq) for word in words]
        self.odd |= papers.replaced(sides, sides)

    def _bits(self, sites: Iterable[int]) -> Iterable[int]:
        bit = self._bit
        return [bit.setdefault(site, len(bit)) for site in sites]

    def _check_made(self) -> None:
        """Find the lots that lead to others by records that have not happened yet: they are not plain."""
        for lot, children in self._children.items():
            if any(child in self._rows_of for child in children - self._made.get(lot, set())):
                self.odd.add(lot)

    def _spread_odd(self) -> None:
        parents: Mapping[int, list[int]] = _turned(self._children)
        waiting = list(self.odd)
        while waiting:
            for parent in parents.get(waiting.pop(), ()):
                if parent not in self.odd:
                    self.odd.add(parent)
                    waiting.append(parent)

    # -- sets --------------------------------------------------------------------------------------------------------------

    def _sets(self, lot: int) -> tuple[int, int, frozenset[int]]:
        """Return (sites, sites with a consumer sale, lots) of a lot and everything made from it."""
        if lot not in self._made or not self._made[lot]:
            return self._number(self._held.get(lot, ())), self._number(self._sold.get(lot, ())), frozenset((lot,))
        if lot in self._joined:
            return self._joined[lot]
        order = self._below(lot)
        held = sold = 0
        lots: set[int] = set()
        for each in order:
            known = self._joined.get(each)
            if known is not None:
                held, sold = held | known[0], sold | known[1]
                lots |= known[2]
            else:
                lots.add(each)
                held |= self._number(self._held.get(each, ()))
                sold |= self._number(self._sold.get(each, ()))
        found = self._joined[lot] = (held, sold, frozenset(lots))
        return found

    def _below(self, lot: int) -> set[int]:
        """Return a lot and everything made from it, not going on where the whole of it is known; cycles end."""
        seen, waiting = {lot}, [lot]
        while waiting:
            here = waiting.pop()
            if here in self._joined:
                continue
            for child in self._made.get(here, ()):
                if child not in seen:
                    seen.add(child)
                    waiting.append(child)
        return seen

    def _number(self, bits: Collection[int]) -> int:
        if not bits:
            return 0
        made = bytearray((max(bits) >> 3) + 1)
        for bit in bits:
            made[bit >> 3] |= 1 << (bit & 7)
        return int.from_bytes(made, "little")


_UNNAMED = "SELECT DISTINCT u.site FROM {ids} CROSS JOIN unnamed AS u WHERE u.site = f.value AND u.n > 0"


def _lot(row: tuple[int, ...]) -> int:
    return row[1]


def _turned(edges: Mapping[int, Iterable[int]]) -> dict[int, list[int]]:
    turned: dict[int, list[int]] = defaultdict(list)
    for src, found in edges.items():
        for dst in found:
            turned[dst].append(src)
    return turned
