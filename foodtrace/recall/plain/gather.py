"""Reads the records of whole lots, plain ones, into what an answer is made of.

1. The closure over transformations; aliases and lots of the same code under an unknown authority are handed over.
2. Rows come in portions of lots; what is known of a site is read once.
3. Dispatches without lot matter where they left a site that had these goods, not before the lot began: of the same product (or one
   that nobody named) they can have been of these goods, of another the records must show that it was there. They matter too where a
   receipt of these goods bears their number. Those are handed over.
4. So are lots of which a test, a packing, a refusal and the like says that they were where no flow put them.
5. So are lots of which a receipt names a dispatch by another of its numbers (:mod:`foodtrace.graph.numbers`).
6. So are lots of which another log tells a transfer as one of another lot (:mod:`foodtrace.graph.tellers`), or the other side's paper does
   (:mod:`foodtrace.graph.papers`): a paper that names another and not this one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from foodtrace.graph import papers
from foodtrace.graph.flowkind import ALWAYS, DAY, UNKNOWN_TIME, UNNAMED, FlowKind
from foodtrace.graph.products import may_be
from foodtrace.graph.rows import Rows
from foodtrace.graph.tellers import Transfer, Word, of_senders, other_words, writers
from foodtrace.recall.contacts import CONTACTS
from foodtrace.recall.plain import HandOver
from foodtrace.recall.plain.defaults import CLOCK_SLACK
from foodtrace.recall.plain.links import Links
from foodtrace.recall.plain.lot import LotBooks, Row
from foodtrace.recall.silence import tells

if TYPE_CHECKING:
    from foodtrace.graph.words import LotSaid, SiteSaid

TEXT, KIND, OPERATOR, NAME, COUNTY, _, _, LAST_ENTRY, WORDS = range(9)
"""Where the fields of what is said of a site stand."""
PRODUCT: Final = 1
"""Where the product stands in what is said of a lot."""
PRODUCTS: Final = 9
"""Where every product that any record says stands in it."""
_RECEIPT: Final = int(FlowKind.RECEIPT)
_PRODUCED: Final = int(FlowKind.PRODUCED)
_LEAVING: Final = frozenset(map(int, (FlowKind.DISPATCH, FlowKind.RETURN)))
_PORTION: Final = 500
"""Lots read at a time."""
_ASKED: Final = 20
"""Products of senders looked up one by one; more are handed over."""
_LOT: Final = itemgetter(1)
_LAST: Final = 86_400_000_000 - 1


def _earliest(row: Row) -> int:
    """Return when a flow may have happened at the earliest; what arrives counts early already."""
    return ALWAYS if row[12] & UNKNOWN_TIME else row[6] - _LAST if row[12] & DAY else row[6]


class Gathered:
    """Everything on record about some lots and all that was made from them.

    :param asked: numbers of lots. :param names: the same lots by id, where they are asked for by it: then no question has to wait for
        their numbers. :param in_case: goods may be in custody. :raises HandOver: these records are not plain.
    """

    def __init__(self, rows: Rows, asked: Sequence[int], names: Sequence[str] = (), *, in_case: bool = False) -> None:
        self.rows = rows
        self.asked = asked
        self.sites: dict[int, SiteSaid] = {}
        self.books: dict[int, LotBooks] = {}
        lots = sorted(self._closure(names))
        self._few = len(lots) <= _PORTION
        if self._few:
            rows.session.ahead(*rows.of_lots(lots))
        self.ranks = rows.ranks()
        several: set[tuple[int, int]] = set()
        for portion in _portions(lots):
            for lot, mine in self._read(portion):
                books = self.books[lot] = LotBooks(lot, mine, self.ranks, in_case=in_case)
                several |= {(row[8], row[9]) for row in books.several()}
        self.infos: dict[int, LotSaid] = rows.lots_said(lots)
        self._check_numbers()
        if several:
            self._check_copies(several)
        self._check_spoken(lots)
        self._check_unnamed()
        self._check_tellers()
        self._check_papers()
        if rows.dated_ahead:
            raise HandOver("dated ahead")
        self.links = Links(self.books, asked)

    def _check_numbers(self) -> None:
        """See that no receipt names a dispatch by another number than it is told under (rule 5)."""
        told = [row for books in self.books.values() if books.renumbered for row in books.rows if row[11]]
        if not told:
            return
        from foodtrace.graph.flows import Flow  # noqa: PLC0415 - most recalls need no structs
        from foodtrace.graph.numbers import under_one_number  # noqa: PLC0415

        flows = [Flow(*row[:13]) for row in told]
        if under_one_number(self.rows.session, flows) != flows:
            raise HandOver("a transfer under two numbers")

    def _check_spoken(self, lots: Sequence[int]) -> None:
        """See that no record that moves nothing says goods were where no other puts them (rule 4)."""

        def moved(lot: int) -> set[tuple[int, int]]:
            return {(row[8], row[9]) for row in self.books[lot].rows}

        if self.rows.elsewhere(lots, moved, lambda lot: self.books[lot].held):
            raise HandOver("a record of goods where none came")

    def _check_unnamed(self) -> None:
        """See that no dispatch without lot can have been of these goods, nor is named by a receipt of theirs (rule 3)."""
        receipts = {
            (row[2], row[11]) for books in self.books.values() for row in books.rows if row[0] == _RECEIPT and not row[3] and row[11]
        }
        if receipts and self.rows.bound_for(receipts):
            raise HandOver("a receipt of goods dispatched without lot")
        seen: set[int] = set()
        fresh = set(self.sites)
        while fresh and (pseudo := self.rows.pseudo_lots(sorted(fresh))):
            rows = self.rows.rows(pseudo)
            if rows is None:
                raise HandOver("another log objects")
            numbers = {row[11] for row in rows if row[12] & UNNAMED and row[11]}
            if numbers and any(row[11] in numbers for books in self.books.values() for row in books.rows if row[0] == _RECEIPT):
                raise HandOver("a receipt of goods dispatched without lot")
            products = {lot: said[PRODUCT] for lot, said in self.rows.lots_said(pseudo).items()}
            self._check_senders([(row[2], row[6], products[row[1]]) for row in rows if row[12] & UNNAMED])
            seen |= fresh
            fresh = ({row[2] for row in rows} | {row[3] for row in rows}) - seen - {0}

    def _check_senders(self, sent: Collection[tuple[int, int, str]]) -> None:
        """:param sent: (sender, when at the latest, product) of dispatches without lot."""
        senders = {site for site, _, _ in sent}
        other: dict[tuple[int, str], int] = {}
        for lot, books in self.books.items():
            there = senders.intersection(books.held)
            if not there:
                continue
            products, begun = self.infos[lot][PRODUCTS], min(map(_earliest, books.rows)) - CLOCK_SLACK
            for site, left, wanted in sent:
                if site in there and (begun <= left or self.rows.speaking([lot])):
                    if may_be(products, wanted):
                        raise HandOver("dispatches without lot")
                    other[site, wanted] = min(left, other.get((site, wanted), left))
        if len(other) > _ASKED or any(not self.rows.surely_held(*pair, by) for pair, by in other.items()):
            raise HandOver("dispatches without lot of what may not have been there")

    @staticmethod
    def _senders(rows: Iterable[Row]) -> set[int]:
        return {row[2] for row in rows if row[0] in _LEAVING and row[11] and row[3]}

    def _check_tellers(self) -> None:
        """See that no other log tells a transfer of these goods of another lot (rule 6)."""
        if len(self.ranks) == 1:
            return
        senders = {row[2] for books in self.books.values() for row in books.rows if row[0] in _LEAVING and row[11] and row[3]}
        written = writers(self.rows.session, senders)
        if not written:
            return
        told = [
            Word(Transfer(row[11], row[2], row[3]), lot, row[8], row[9])
            for lot, books in self.books.items()
            for row in books.rows
            if row[0] in _LEAVING and row[2] in written and row[11] and row[3]
        ]
        own = {(word.transfer, word.lot) for word in told}
        if any(
            (word.transfer, word.lot) not in own
            for word in other_words(self.rows.session, told, written, lambda site: str(self.sites[site][OPERATOR]))
        ):
            raise HandOver("one transfer told of unlike lots")
        lots: dict[Transfer, set[int]] = defaultdict(set)
        logs: dict[Transfer, set[int]] = defaultdict(set)
        for word in told if len(self.books) > 1 else ():
            lots[word.transfer].add(word.lot)
            logs[word.transfer].add(word.log)
        if any(len(mine) > 1 and len(logs[transfer]) > 1 for transfer, mine in lots.items()):
            raise HandOver("one transfer of several lots told by several logs")

    def _check_papers(self) -> None:
        """See that no paper of a transfer of these goods names another lot in place of theirs (rule 6)."""
        near = papers.another_named(self.rows.session, self.books)
        told = [side for lot in sorted(near) for side in papers.sides(self.books[lot].rows)]
        if told and papers.replaced(told, papers.other_sides(self.rows.session, told, logs=len(self.ranks))) & near:
            raise HandOver("papers of one transfer of unlike lots")

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

    def _closure(self, names: Sequence[str]) -> set[int]:
        lots = self.rows.whole_named(names) if names else self.rows.whole(self.asked)
        if lots is None:
            raise HandOver("other names")
        return lots

    def _read(self, lots: Collection[int]) -> Iterator[tuple[int, list[tuple[object, ...]]]]:
        rows = self.rows.rows(lots)
        if rows is None:
            raise HandOver("another log objects")
        new = sorted(({row[2] for row in rows} | {row[3] for row in rows}) - self.sites.keys() - {0})
        if self._few:
            tellers = of_senders(self._senders(rows)) if len(self.ranks) > 1 else ()
            made = self.rows.of_entries((row[8], row[9]) for row in rows if row[0] == _PRODUCED)
            named = papers.asks(self.rows.session.dialect, sorted(lots))
            self.rows.session.ahead(*self.rows.of_sites(new), *tellers, *made, *named)
        seen = set()
        for lot, mine in groupby(rows, key=_LOT):
            seen.add(lot)
            yield lot, list(mine)
        for lot in set(lots) - seen:
            yield lot, []
        # Only now: whoever takes the rows works on them while the server looks for the sites.
        said = self.rows.sites_said(new)
        if self._few:
            # What the answer's rows are made of is looked up while the books are gone through.
            quiet = set(new).difference(row[2] for row in rows if tells(row[0], row[12]))
            self.rows.session.ahead(*self.rows.of_keepers(quiet), (CONTACTS, new, ()))
        if any(each[WORDS] for each in said.values()):
            raise HandOver("logs contradict each other on a site")
        self.sites.update(said)

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
