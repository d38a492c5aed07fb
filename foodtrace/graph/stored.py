"""The rows of the projection that belong to no single entry, as they are stored, each read once.

Rules:

1. Every row of every table is read or counted, whatever log it names; a row of no known log never goes unseen.
2. A counted row that is zero adds nothing to a sum, so those are listed: each has to be one that a correction emptied.
3. Whatever cannot be read as the schema says makes all of it unreadable: the exact comparison then says what it is.
4. Rows are counted in the tables themselves, never in an index, which may lack a row that somebody wrote past it.
5. There are as many different keys as rows, whatever the table's definition says: a row that stands twice, or is split in two, adds up to
   the same, and a recall meets one of the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Generator, Iterator, Sequence
from operator import mul
from typing import Any, Final

from foodtrace.graph.check import TABLES
from foodtrace.graph.expected import SUMMED, Holdings, counted
from foodtrace.graph.weights import PRIME, Weights
from foodtrace.storage.columns import columns
from foodtrace.storage.session import Session
from foodtrace.storage.sums import SUMS

PIECE: Final = 4_096
"""Rows read at once, and between two steps of progress."""
_SPARE: Final = 1_000_000
"""More numbers of names without a name than this, and ten times as many as with one, is nothing foodtrace makes."""
_OFTEN: Final = ("flows", "sent", "delivered", "sold", "born")
"""Sums of a holding that a market's and a shop's books have."""
_SELDOM: Final = tuple(column for column in SUMS if column not in _OFTEN)
_SOUND: Final = "lot >= 0 AND site > 0 AND unit BETWEEN 0 AND 2 AND log BETWEEN 0 AND 2147483647"
"""A holding that can be weighed: a list takes a negative place for one from its end, and a text, which is larger than every number,
would be reckoned with as if it were one."""
_KEYS: Final = (
    ("holding", "lot, site, unit, log"),
    ("lot_edge", "src, dst, site, log"),
    ("alias", "lot, other, log"),
    ("unnamed", "site, lot, log"),
    ("site_seen", "site, log"),
)
"""Tables whose rows belong to no single entry, and their keys."""
_CODE: Final = {
    "sqlite": "typeof(text) <> 'text' OR code IS NOT CASE WHEN instr(text, '/') > 0 AND instr(text, ' ') = 0 AND substr(text, 1, 1) <> ? "
    "THEN substr(text, instr(text, '/') + 1) END",
    "postgresql": "code IS DISTINCT FROM CASE WHEN strpos(text, '/') > 0 AND strpos(text, ' ') = 0 AND substr(text, 1, 1) <> ? "
    "THEN substr(text, strpos(text, '/') + 1) END",
}
"""Names whose code is not that of their text, as :func:`foodtrace.graph.names.code_of` has it; the parameter: how a pseudo-lot begins."""


def last_name(session: Session) -> int:
    """Return the largest number of a name. Raises ``ValueError`` if foodtrace can't have given it."""
    row = session.row("SELECT COUNT(*), COALESCE(MAX(id), 0), COALESCE(MIN(id), 1) FROM name")
    count, last, first = row or (0, 0, 1)
    if first < 1 or last > 10 * count + _SPARE:
        raise ValueError(last)
    return int(last)


class Stored:
    """Adds up the stored rows of some logs."""

    def __init__(self, session: Session, weights: Weights, holdings: Holdings, logs: Collection[int]) -> None:
        """Take the logs by number."""
        self.sums: dict[int, dict[str, int]] = {log: dict.fromkeys(SUMMED, 0) for log in logs}
        self.seen: dict[int, dict[str, int]] = {log: {} for log in logs}
        """Log -> site -> newest time, as stored."""
        self.zero: dict[int, set[tuple[object, ...]]] = {log: set() for log in logs}
        """Log -> its rows that are zero (rule 2): table, then numbers of lot and site, and unit, of a holding, else the names."""
        self.counts: dict[str, int] = {}
        """Table -> rows of all logs (rule 4)."""
        self.readable = True
        self._session, self._weights, self._holdings = session, weights, holdings

    @property
    def rows(self) -> int:
        """Rows of the projection."""
        return sum(self.counts.values())

    def steps(self) -> Iterator[None]:
        """Read everything; stop now and then."""
        try:
            for read in (self._names, self._counts, self._once, self._held, self._counted, self._newest):
                yield from read()
        except (TypeError, ValueError, OverflowError, MemoryError, LookupError, AttributeError):
            self.readable = False

    def result(self, log: int) -> dict[str, int]:
        """Return the fingerprint of each table, for one log."""
        return {table: value % PRIME for table, value in self.sums[log].items()}

    def _names(self) -> Iterator[None]:
        bad = self._session.row(f"SELECT id FROM name WHERE {_CODE[self._session.dialect]} LIMIT 1", ("?",))  # noqa: S608 - constants
        if bad is not None:
            raise ValueError(bad)
        yield

    def _counts(self) -> Iterator[None]:
        hint = " NOT INDEXED" if self._session.dialect == "sqlite" else ""
        for table in TABLES:
            row = self._session.row(f"SELECT COUNT(*) FROM {table}{hint}")  # noqa: S608 - constants
            self.counts[table] = int(row[0]) if row is not None else -1
            yield

    def _once(self) -> Iterator[None]:
        """See that each key stands once (rule 5); the rows that entries say are compared with these one by one, and need no look here."""
        past = " NOT INDEXED" if self._session.dialect == "sqlite" else ""
        rows = self._session.row(f"SELECT COUNT(*) FROM name{past}")  # noqa: S608 - constants
        for table, key, wanted in (("name", "id", None), ("name", "text", None), *((*each, self.counts[each[0]]) for each in _KEYS)):
            found = self._session.row(f"SELECT COUNT(*) FROM (SELECT 1 FROM {table} GROUP BY {key}) AS k")  # noqa: S608 - constants
            if found != (rows if wanted is None else (wanted,)):
                raise ValueError(table)
            yield

    def _held(self) -> Iterator[None]:
        """Read the sums that most holdings have, and the others only of rows that have one: a column costs as much as a product."""
        rest = "CASE WHEN " + " AND ".join(f"{column} = 0" for column in _SELDOM) + " THEN 0 ELSE 1 END"  # what is no number is not 0
        more = yield from self._often(rest)
        if more:
            yield from self._seldom(f"{_SOUND} AND {rest} = 1")

    def _often(self, rest: str) -> Generator[None, None, bool]:
        """Add the frequent sums up; return whether any row has others. A lot's rows stand together: its weight is multiplied once."""
        lots, sites = self._holdings.lots, self._holdings.sites
        weights = [[each[SUMS.index(column)] for column in _OFTEN] for each in self._holdings.columns]
        totals: dict[int, int] = defaultdict(int)
        place, held, count, more, log, unit = (-1, -1), 0, 0, False, -1, 0
        flows_, sent_, delivered_, sold_, born_ = weights[0]
        for page in self._pages(rest):
            for column in page:
                if type(sum(column)) is not int:  # 5.0 is not 5
                    raise TypeError(column)
            for lot, site, kind, flows, sent, delivered, sold, born in zip(*page, strict=True):
                if (lot, kind) != place:
                    totals[log] += held * lots[place[0]]
                    place, held, log, unit = (lot, kind), 0, kind >> 3, kind >> 1 & 3
                    flows_, sent_, delivered_, sold_, born_ = weights[unit]
                value = flows * flows_
                if sent:
                    value += sent * sent_
                if delivered:
                    value += delivered * delivered_
                if sold:
                    value += sold * sold_
                if born:
                    value += born * born_
                if value:
                    held += sites[site] * value
                elif not kind & 1:
                    self.zero[log].add(("holding", lot, site, unit))
            more = more or any(kind & 1 for kind in {*page[2]})
            count += len(page[0])
            yield
        totals[log] += held * lots[place[0]]
        self._add("holding", totals)
        if count != self.counts["holding"]:
            raise ValueError(count)
        return more

    def _pages(self, rest: str) -> Iterator[list[list[Any]]]:
        """Read holdings by their key: lot, site, kind (one number: whether it has other sums, unit, log), and the frequent sums."""
        key = "lot, site, unit, log"
        source = (
            f"(SELECT lot, site, {rest} + 2 * unit + 8 * log AS kind, {', '.join(_OFTEN)} FROM holding "  # noqa: S608 - constants
            f"WHERE ({key}) > (?, ?, ?, ?) AND {_SOUND} ORDER BY {key} LIMIT {PIECE}) AS h"
        )
        last = (-1, -1, -1, -1)
        while True:
            page = columns(self._session, ("lot", "site", "kind", *_OFTEN), source, last)
            if not page[0]:
                return
            yield page
            before, kind = last, page[2][-1]
            last = (page[0][-1], page[1][-1], kind >> 1 & 3, kind >> 3)
            if last <= before:
                raise ValueError(last)  # not in order

    def _seldom(self, where: str) -> Iterator[None]:
        lots, sites = self._holdings.lots, self._holdings.sites
        columns = [[each[SUMS.index(column)] for column in _SELDOM] for each in self._holdings.columns]
        totals: dict[int, int] = defaultdict(int)
        for log, lot, unit, site, *values in self._session.stream(
            f"SELECT log, lot, unit, site, {', '.join(_SELDOM)} FROM holding WHERE {where}"  # noqa: S608 - constants
        ):
            totals[log] += lots[lot] * sites[site] * sum(map(mul, values, columns[unit]))
        self._add("holding", totals)
        yield

    def _counted(self) -> Iterator[None]:
        text = self._weights.text
        for table, places in (("lot_edge", ("src", "dst", "site")), ("alias", ("lot", "other")), ("unnamed", ("site", "lot"))):
            totals: dict[int, int] = defaultdict(int)
            for log, n, *names in self._session.stream(_with_texts(table, places)):
                if n != 0:  # an empty text is none
                    totals[log] += n * counted(*map(text, names))
                else:
                    self.zero[log].add((table, *names))
            self._add(table, totals)
            yield

    def _newest(self) -> Iterator[None]:
        for log, site, recorded in self._session.stream(
            "SELECT s.log, n.text, s.recorded FROM site_seen AS s LEFT JOIN name AS n ON n.id = s.site"
        ):
            self.seen[log][site] = recorded
        yield

    def _add(self, table: str, totals: dict[int, int]) -> None:
        """Take totals over; a row of an unknown log raises (rule 1)."""
        for log, value in totals.items():
            if type(value) is not int:
                raise TypeError(table)  # half a number, which weighs nothing once it is taken modulo a prime
            if value or log in self.sums:
                self.sums[log][table] += value


def _with_texts(table: str, columns: Sequence[str]) -> str:
    """Return the query for log, n and names as texts of a table; 0 is no name, and a number without one gives none."""
    texts = ", ".join(f"CASE WHEN t.{each} = 0 THEN '' ELSE {each}_.text END" for each in columns)
    joins = " ".join(f"LEFT JOIN name AS {each}_ ON {each}_.id = t.{each}" for each in columns)
    return f"SELECT t.log, t.n, {texts} FROM {table} AS t {joins}"  # noqa: S608 - constants


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
