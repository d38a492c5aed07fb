"""The fingerprint of the projection as it is stored, read once from end to end.

Rules:

1. Every row of every table of the projection is read, whatever log it names; a row of no known log never goes unseen.
2. Numbers of names become the weights of their texts; a number that has no name becomes that of no text.
3. A counted row that is zero adds nothing to a sum, so those are listed: each has to be one that a correction emptied.
4. Whatever cannot be read as the schema says makes the fingerprint none: the exact comparison then says what it is.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Generator, Iterator, Sequence
from operator import mul
from typing import Final

from foodtrace.graph.expected import TABLES, Columns, counted, lot_term, site_term
from foodtrace.graph.names import code_of
from foodtrace.graph.weights import NAME, PRIME, Weights
from foodtrace.storage.session import Session
from foodtrace.storage.sums import SUMS

PIECE: Final = 20_000
"""Rows between two steps of progress."""
_SPARE: Final = 1_000_000
"""More numbers of names without a name than this, and ten times as many as with one, is nothing foodtrace makes."""
_OFTEN: Final = ("born", "sent", "delivered", "sold", "flows")
"""Sums of a holding that a market's and a shop's books have."""
_NAMED: Final = {
    "holding": "lot, site, log, unit",
    "move": "lot, site, other, log, seq, item",
    "lot_edge": "src, dst, site, log",
    "alias": "lot, other, log",
    "unnamed": "site, lot, log",
    "lot_fact": "lot, site, log, seq, item",
    "site_fact": "site, log, seq",
    "site_seen": "site, log",
    "about": "subject, kind, log, seq",
    "cross_correction": "target, target_seq, log, seq",
}
"""Table -> its columns that are never negative."""


class Stored:
    """Adds up the stored rows of some logs."""

    def __init__(self, session: Session, weights: Weights, origins: dict[int, str], most: int) -> None:
        """Take the logs by number, and the size of the largest."""
        self.sums: dict[int, dict[str, int]] = {log: dict.fromkeys(TABLES, 0) for log in origins}
        self.seen: dict[int, dict[str, int]] = {log: {} for log in origins}
        """Log -> site -> newest time, as stored."""
        self.zero: dict[int, set[tuple[str, int]]] = {log: set() for log in origins}
        """Log -> table and weight of its counted rows that are zero (rule 3)."""
        self.rows = 0
        self.readable = True
        self._session, self._weights, self._columns, self._most = session, weights, Columns(weights), most
        self._numbers: tuple[array[int], array[int], array[int]] = (array("Q"), array("Q"), array("Q"))

    def steps(self) -> Iterator[int]:
        """Read everything, yielding the number of rows read now and then."""
        try:
            self._load_names()
            yield self.rows
            for table, columns in _NAMED.items():
                negative = " OR ".join(f"{column} < 0" for column in columns.split(", "))
                if self._session.row(f"SELECT 1 FROM {table} WHERE {negative} LIMIT 1") is not None:  # noqa: S608 - constants
                    self.readable = False
                    return
            for read in (self._holdings, self._moves, self._abouts, self._counted, self._facts):
                yield from read()
        except (TypeError, ValueError, OverflowError, MemoryError, LookupError, AttributeError):
            self.readable = False

    def result(self, log: int) -> dict[str, int]:
        """Return the fingerprint of each table, for one log."""
        return {table: value % PRIME for table, value in self.sums[log].items()}

    def _load_names(self) -> None:
        row = self._session.row("SELECT COUNT(*), COALESCE(MAX(id), 0), COALESCE(MIN(id), 1) FROM name")
        count, last, first = row or (0, 0, 1)
        if first < 1 or last > 10 * count + _SPARE:
            raise ValueError(last)
        none, missing = self._weights.text(""), self._weights.text("\0")
        tables = [array("Q", [none[index]]) + array("Q", [missing[index]]) * last for index in range(3)]
        first_, second, third = tables
        digest = self._weights.digest
        for number, text, code in self._session.stream("SELECT id, text, code FROM name"):
            first_[number], second[number], third[number] = NAME.unpack(digest(text))
            if code != code_of(text):
                raise ValueError(text)
        self._numbers = (first_, second, third)

    def _holdings(self) -> Iterator[int]:
        """Read the sums that most holdings have, and the others only of rows that have one: a column costs as much as a product."""
        often = [column for column in _OFTEN if column in SUMS]
        seldom = [column for column in SUMS if column not in often]
        columns = dict(zip(SUMS, self._columns.holding, strict=True))
        rest = "CASE WHEN " + " AND ".join(f"{column} = 0" for column in seldom) + " THEN 0 ELSE 1 END"  # what is no number is not 0
        more = yield from self._sums(often, [columns[each] for each in often], rest, "")
        if more:
            yield from self._sums(seldom, [columns[each] for each in seldom], "NULL", f" WHERE {rest} = 1")

    def _sums(self, names: Sequence[str], columns: list[int], rest: str, where: str) -> Generator[int, None, bool]:
        """Add some columns of holdings up; return whether any row has others.

        :param rest: SQL for 0 if a row has no others, 1 if it has, NULL if these are the others: then its row was counted before.
        """
        first, second, _ = self._numbers
        units = {unit: self._weights.small("unit", unit) for unit in range(8)}
        totals: dict[int, int] = defaultdict(int)
        count, more = 0, False
        for row in self._session.stream(f"SELECT {', '.join(names)}, {rest}, unit, lot, site, log FROM holding{where}"):  # noqa: S608
            others, unit, lot, site, log = row[-5:]
            value = sum(map(mul, row, columns))
            key = first[lot] * second[site] * units[unit]
            if value:
                totals[log] += key * value
            elif others == 0:
                self.zero[log].add(("holding", key))
            more = more or others == 1
            count += 1
            if count % PIECE == 0:
                yield self._add("holding", totals, 0 if others is None else PIECE)
        yield self._add("holding", totals, 0 if where else count % PIECE)
        return more

    def _moves(self) -> Iterator[int]:
        names, item_of, words, shape = self._numbers[0], self._weights.item, self._weights.words, self._columns.shape
        high, low = self._weights.places(self._most)
        _, c_ended, c_lot, c_site, c_other, _, _, c_q, c_t, c_recorded, c_pair, _ = self._columns.move
        first = item_of(0)
        totals: dict[int, int] = defaultdict(int)
        count = 0
        for log, seq, item, ended, lot, site, other, kind, unit, q, t, recorded, pair, flags in self._session.stream(
            "SELECT log, seq, item, ended, lot, site, other, kind, unit, q, t, recorded, pair, flags FROM move"
        ):
            value = shape[kind, unit, flags] + names[lot] * c_lot + names[site] * c_site + names[other] * c_other
            value += q * c_q + t * c_t + recorded * c_recorded
            if ended:
                value += ended * c_ended
            if pair:
                value += words(pair) * c_pair
            totals[log] += high[seq >> 8] * low[seq & 255] * (item_of(item) if item else first) * value
            count += 1
            if count % PIECE == 0:
                yield self._add("move", totals, PIECE)
        yield self._add("move", totals, count % PIECE)

    def _abouts(self) -> Iterator[int]:
        names, small = self._numbers[0], self._weights.small
        high, low = self._weights.places(self._most)
        c0, c_ended = self._columns.about
        totals: dict[int, int] = defaultdict(int)
        count = 0
        for log, seq, ended, subject, kind in self._session.stream("SELECT log, seq, ended, subject, kind FROM about"):
            totals[log] += high[seq >> 8] * low[seq & 255] * names[subject] * small("about", kind) * (c0 + ended * c_ended)
            count += 1
            if count % PIECE == 0:
                yield self._add("about", totals, PIECE)
        yield self._add("about", totals, count % PIECE)

    def _counted(self) -> Iterator[int]:
        first, second, third = self._numbers
        for table, columns in (("lot_edge", "src, dst, site"), ("alias", "lot, other"), ("unnamed", "site, lot")):
            totals: dict[int, int] = defaultdict(int)
            count = 0
            for log, n, *key in self._session.stream(f"SELECT log, n, {columns} FROM {table}"):  # noqa: S608 - constants
                term = counted(*((first[each], second[each], third[each]) for each in key))
                if n:
                    totals[log] += n * term
                else:
                    self.zero[log].add((table, term))
                count += 1
                if count % PIECE == 0:
                    yield self._add(table, totals, PIECE)
            yield self._add(table, totals, count % PIECE)

    def _facts(self) -> Iterator[int]:
        names, weights = self._numbers[0], self._weights
        totals: dict[int, int] = defaultdict(int)
        count = 0
        for log, seq, item, ended, lot, site, *rest in self._session.stream(
            "SELECT log, seq, item, ended, lot, site, product, gtin, produced, expiry, content, content_unit, recorded FROM lot_fact"
        ):
            term = lot_term(self._columns.lot_fact, ended, names[lot], names[site], weights, tuple(rest))
            totals[log] += weights.place(seq) * weights.item(item) * term
            count += 1
            if count % PIECE == 0:
                yield self._add("lot_fact", totals, PIECE)
        yield self._add("lot_fact", totals, count % PIECE)
        for log, seq, ended, site, recorded, *words in self._session.stream(
            "SELECT log, seq, ended, site, recorded, operator, kind, name, county, region, parent FROM site_fact"
        ):
            totals[log] += weights.place(seq) * site_term(self._columns.site_fact, ended, names[site], weights, tuple(words), recorded)
            self.rows += 1
        yield self._add("site_fact", totals, 0)
        c0, c_target, c_seq = self._columns.cross
        for log, seq, target, target_seq in self._session.stream("SELECT log, seq, target, target_seq FROM cross_correction"):
            totals[log] += weights.place(seq) * (c0 + names[target] * c_target + target_seq * c_seq)
            self.rows += 1
        yield self._add("cross_correction", totals, 0)
        for log, site, recorded in self._session.stream(
            "SELECT s.log, n.text, s.recorded FROM site_seen AS s LEFT JOIN name AS n ON n.id = s.site"
        ):
            self.seen[log][site] = recorded
            self.rows += 1

    def _add(self, table: str, totals: dict[int, int], count: int) -> int:
        """Take a piece's totals over; a row of an unknown log raises (rule 1)."""
        for log, value in totals.items():
            self.sums[log][table] += value
        totals.clear()
        self.rows += count
        return self.rows


def missing_rows(session: Session, log: int, touched: Collection[tuple[str, tuple[str, ...], int]], find: dict[str, int]) -> bool:
    """Say whether a row that a correction touched is not stored.

    :param touched: (table, names, unit). :param find: text -> number of a name.
    """
    where = {"holding": "lot = ? AND site = ?", "lot_edge": "src = ? AND dst = ? AND site = ?", "alias": "lot = ? AND other = ?"}
    for table, names, unit in touched:
        numbers = [find.get(name, -1) for name in names]
        clause = where.get(table, "site = ? AND lot = ?") + " AND log = ?"
        params = [*numbers, log]
        if table == "holding":
            clause, params = clause + " AND unit = ?", [*params, unit]
        if session.row(f"SELECT 1 FROM {table} WHERE {clause}", params) is None:  # noqa: S608 - constants
            return True
    return False
