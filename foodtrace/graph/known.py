"""Reads what was on record by a moment: the records as one knew them then (RECALL section 8, the entries recorded by T).

Rules:

1. What was recorded later is not seen, be it goods, what a lot or site is, or a correction. What a later correction ended stood then.
2. Another name of a lot counts if it was on record by then (:mod:`foodtrace.graph.namesthen`).
3. Sums know no moment. They only say where to look, and what is there is looked up row by row: O(affected) as ever. Whether a site keeps
   books is told by the first lot it wrote of, else by its other goods, the oldest first, until some record shows it.
4. When a site wrote last is told by the last entries of its log, else by its newest goods: on a very large stock it may have been later.
5. How far a log had come is found by halving its entries: their times never run backwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final

import msgspec

from foodtrace.graph.flowkind import NEVER, SAMPLE, UNNAMED, FlowKind
from foodtrace.graph.gathered import OWN_SUM, SAID_BY_OTHERS
from foodtrace.graph.heads import LogHead
from foodtrace.graph.namesthen import said_since
from foodtrace.graph.reader import SqlFacts
from foodtrace.graph.rows import BOUND, ENDED, FLOW, GTIN, OWN
from foodtrace.graph.subjects import SPOKEN
from foodtrace.graph.words import GIVEN, SITE, SITE_LENGTH, WORD, WORD_LENGTH
from foodtrace.storage.session import Row, Session
from foodtrace.tlog.entry import parse

_MOVES: Final = f"SELECT {FLOW} FROM {{ids}} CROSS JOIN move AS m WHERE m.lot = f.value AND m.recorded <= ?"  # noqa: S608 - constants
_AT: Final = _MOVES.replace("m.recorded <=", "m.site = ? AND m.recorded <=")
_LOTS_BY: Final = "SELECT DISTINCT h.site, h.lot FROM {ids} CROSS JOIN holding AS h WHERE h.site = f.value AND h.log = ?"
_ENTRIES: Final = f"SELECT {FLOW} FROM {{ids}} CROSS JOIN move AS m WHERE m.seq = f.value AND m.log = ? AND m.recorded <= ?"  # noqa: S608
_WORDS: Final = (
    f"SELECT {WORD}, l.recorded, l.log, l.seq, l.item, l.ended FROM {{ids}} CROSS JOIN lot_fact AS l JOIN log AS g ON g.id = l.log "  # noqa: S608
    "WHERE l.lot = f.value AND l.recorded <= ? ORDER BY l.recorded, g.origin, l.seq, l.item"
)
_SITES: Final = (
    f"SELECT {SITE}, s.ended FROM {{ids}} CROSS JOIN name AS n LEFT JOIN site_fact AS s ON s.site = n.id AND s.recorded <= ? "  # noqa: S608
    "LEFT JOIN log AS g ON g.id = s.log WHERE n.id = f.value ORDER BY s.recorded, g.origin, s.seq"
)
_NEWEST: Final = "SELECT v.site, v.log, v.recorded FROM {ids} CROSS JOIN site_seen AS v WHERE v.site = f.value"
_OTHERS_KINDS: Final = frozenset((FlowKind.USED, FlowKind.SEALED, FlowKind.RETURN, FlowKind.DESTROYED))
_OWN_KINDS: Final = ", ".join(str(kind) for kind in sorted(OWN_SUM) if kind not in _OTHERS_KINDS)
_FIRST_OWN: Final = (
    "SELECT f.value, (SELECT h.lot FROM holding AS h WHERE h.site = f.value AND "  # noqa: S608 - constants
    f"({OWN}) ORDER BY h.lot LIMIT 1) FROM {{ids}}"
)
"""The first lot of each site of which a record of its own, whenever it was made, shows that it keeps books."""
_EMPTIED: Final = "SELECT DISTINCT h.site FROM {ids} CROSS JOIN holding AS h WHERE h.site = f.value AND h.flows = 0"
_NEWEST_GOODS: Final = (
    "SELECT m.lot, m.site, MAX(m.recorded) FROM {ids} CROSS JOIN move AS m WHERE m.lot = f.value AND m.log = ? AND m.recorded <= ? "
    "AND (m.ended <= 0 OR m.ended > ?) GROUP BY m.lot, m.site"
)
"""When a log last told of each lot at each site: what it had not ended by then, see :meth:`KnownFacts._ended`."""
_KEPT: Final = (
    "SELECT DISTINCT m.lot, m.site, m.log, m.ended FROM {ids} CROSS JOIN move AS m WHERE m.lot = f.value AND m.recorded <= ? "  # noqa: S608
    f"AND m.flags & {UNNAMED | SAMPLE} = 0 AND (m.kind = {int(FlowKind.COUNT)} OR (m.q <> 0 AND m.kind IN ("
    f"{_OWN_KINDS})))"
)
"""Lots at sites that keep books of them, with who says so (:meth:`foodtrace.graph.rows.Rows.keepers`)."""
_DESCRIBED: Final = (
    "SELECT DISTINCT l.lot, l.log, l.ended FROM {texts} CROSS JOIN lot_fact AS l WHERE l.product = f.value AND l.recorded <= ?"
)
_ALL_DESCRIBED: Final = "SELECT DISTINCT l.lot, l.log, l.ended FROM lot_fact AS l WHERE l.recorded <= ?"
_NAMED: Final = "SELECT n.id FROM name AS n WHERE n.code IS NOT NULL"
_ALIASES: Final = "SELECT a.lot, a.other, a.log, a.n FROM {ids} CROSS JOIN alias AS a WHERE a.lot = f.value"
_USED: Final = (
    "SELECT f.value FROM {ids} WHERE COALESCE((SELECT 1 FROM move AS m WHERE m.lot = f.value AND m.recorded <= ? LIMIT 1), "
    "(SELECT 1 FROM lot_fact AS l WHERE l.lot = f.value AND l.recorded <= ? LIMIT 1)) = 1"
)
_ABOUT: Final = "SELECT a.subject, a.log, a.seq FROM {ids} CROSS JOIN about AS a WHERE a.subject = f.value"
_TWO_SIDED: Final = frozenset(map(int, (FlowKind.DISPATCH, FlowKind.RECEIPT, FlowKind.RETURN)))
_LATER: Final = " AND a.ended <= 0"
_SPOKEN: Final = SPOKEN.replace(_LATER, "")
_BACK: Final = 256
"""Entries read back to find the last one of a site; of one that wrote none of them, its goods tell."""
_PORTION: Final = 20


class _Event(msgspec.Struct, frozen=True):
    type: str
    site: str = ""


class _Entry(msgspec.Struct, frozen=True):
    event: _Event


_decoder: Final = msgspec.json.Decoder(_Entry)
_BY_OTHERS: Final = frozenset(str(each.__struct_config__.tag) for each in SAID_BY_OTHERS)


def facts_by(session: Session, now: int, recorded_until: int | None = None) -> SqlFacts:
    """Return the records of a database as of a moment. :param recorded_until: as they were known by then; none: as they are known now."""
    if recorded_until is None or recorded_until >= NEVER:
        return SqlFacts(session, now)
    return KnownFacts(session, now, recorded_until=recorded_until)


def entries_by(session: Session, log: int, size: int, when: int) -> int:
    """Return how many of the first ``size`` entries a log had recorded before a moment."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (log, middle))
        if row is None or parse(bytes(row[0])).recorded >= when:
            high = middle
        else:
            low = middle + 1
    return low


class KnownFacts(SqlFacts):
    """The records as they were known by ``recorded_until``."""

    def __init__(self, session: Session, now: int, *, recorded_until: int) -> None:
        """See :class:`foodtrace.graph.words.Words`."""
        super().__init__(session, now, recorded_until=recorded_until)
        self._sizes: dict[int, int] = {}
        self._names_since: dict[int, Counter[tuple[str, str]]] = {}

    def _size(self, log: int) -> int:
        """Return how many entries a log had by then (rule 5)."""
        if log not in self._sizes:
            row = self._s.row("SELECT size, time FROM head WHERE log = ?", (log,))
            size, time = (int(row[0]), int(row[1])) if row is not None else (0, 0)
            self._sizes[log] = size if time <= self._until else entries_by(self._s, log, size, self._until + 1)
        return self._sizes[log]

    def seen(self, log: int, seq: int) -> bool:
        """See :class:`foodtrace.graph.rows.Rows`."""
        return seq < self._size(log)

    def _ended(self, ended: int, log: int) -> int:
        """Return what ``ended`` of a row was by then: a later correction had not ended it (rule 1)."""
        return 0 if ended > self._size(log) else ended

    def _stood(self, rows: Iterable[Row], log: int, ended: int) -> list[Row]:
        """Return the rows that stood by then, as they stood. :param log: place of the log in a row. :param ended: of ``ended``."""
        told = [(*row[:ended], self._ended(row[ended], row[log]), *row[ended + 1 :]) for row in rows]
        return [row for row in told if row[ended] <= 0]

    # -- goods -------------------------------------------------------------------------------------------------------------

    def _rows_of(self, lots: Collection[int]) -> list[Row]:
        return self._stood(self._s.each(_MOVES, lots, (self._until,)), 8, ENDED)

    def entry_rows(self, entries: Collection[tuple[int, int]]) -> list[Row]:
        """See :class:`foodtrace.graph.rows.Rows`."""
        by_log: dict[int, list[int]] = {}
        for log, seq in sorted(set(entries)):
            by_log.setdefault(log, []).append(seq)
        return [row for log, seqs in by_log.items() for row in self._stood(self._s.each(_ENTRIES, seqs, (log, self._until)), 8, ENDED)]

    def aliases(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """See :class:`foodtrace.graph.rows.Rows` (rule 2)."""
        rows = self._s.each(_ALIASES, lots)
        texts = self.texts({name for row in rows for name in row[:2]}) if rows else {}
        said: Counter[tuple[int, int]] = Counter()
        for lot, other, log, n in rows:
            said[lot, other] += n - self._named_since(log)[texts[lot], texts[other]]
        return [pair for pair, times in said.items() if times > 0]

    def _named_since(self, log: int) -> Counter[tuple[str, str]]:
        """Return how much more often a log says pairs of names now than by then."""
        if log not in self._names_since:
            row = self._s.row("SELECT l.origin, h.size FROM log AS l JOIN head AS h ON h.log = l.id WHERE l.id = ?", (log,))
            since = self._size(log)
            later = row is not None and row[1] > since
            self._names_since[log] = said_since(self._s, log, row[0], since) if row is not None and later else Counter()
        return self._names_since[log]

    def children(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """See :class:`foodtrace.graph.rows.Rows`."""
        return self._made("SELECT e.src, e.dst FROM {ids} CROSS JOIN lot_edge AS e WHERE e.src = f.value", lots)

    def parents(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """See :class:`foodtrace.graph.rows.Rows`."""
        return self._made("SELECT e.src, e.dst FROM {ids} CROSS JOIN lot_edge AS e WHERE e.dst = f.value", lots)

    def _made(self, sql: str, lots: Collection[int]) -> list[tuple[int, int]]:
        """Return those pairs of lots of which one was made into the other by an entry of that time (rule 3)."""
        pairs = set(self._s.each(sql, lots))
        told: dict[tuple[int, int], set[tuple[int, int]]] = {}
        for row in self._rows_of({lot for pair in pairs for lot in pair}):
            told.setdefault((row[0], row[1]), set()).add((row[8], row[9]))
        nothing: set[tuple[int, int]] = set()
        taken, made = int(FlowKind.CONSUMED), int(FlowKind.PRODUCED)
        return [(src, dst) for src, dst in pairs if not told.get((taken, src), nothing).isdisjoint(told.get((made, dst), nothing))]

    def on_record(self, names: Collection[int]) -> set[int]:
        """See :class:`foodtrace.graph.rows.Rows`: what a record of that time used, be it corrected since or before."""
        asked = sorted(set(names))
        found = {row[0] for row in self._s.each(_USED, asked, (self._until, self._until))} if asked else set()
        left = [name for name in asked if name not in found]
        if not left:
            return found
        found |= {name for name, log, seq in self._s.each(_ABOUT, left) if self.seen(log, seq)}
        called = self._s.each(_ALIASES, [name for name in left if name not in found])
        texts = self.texts({name for row in called for name in row[:2]}) if called else {}
        for name, other, log, n in called:
            since, pair = self._named_since(log), (texts[name], texts[other])
            # What this log has not said since, and not taken back, it said before.
            if pair not in since or n > since[pair]:
                found.add(name)
        return found

    def _nobodys(self, text: str) -> bool:
        if super()._nobodys(text):
            return True
        authority = text.partition("/")[0]
        if authority.isdigit() and len(authority) == GTIN:
            return False
        numbers = self.numbers([f"operator {authority}", f"sites {authority}", authority])
        told = self._s.each("SELECT a.log, a.seq FROM {ids} CROSS JOIN about AS a WHERE a.subject = f.value", list(numbers.values()))
        if any(self.seen(log, seq) for log, seq in told):
            return False
        site = numbers.get(authority)
        return site is None or (self._site_rows([site])[0][GIVEN] is None and not any(self._at(site)))

    def pseudo_lots(self, sites: Collection[int]) -> list[int]:
        """See :class:`foodtrace.graph.rows.Rows`."""
        return [row[0] for row in self._s.each("SELECT u.lot FROM {ids} CROSS JOIN unnamed AS u WHERE u.site = f.value", sites)]

    def _unnamed_at(self, sites: Collection[int]) -> list[int]:
        return [row[0] for row in self._s.each(BOUND.replace(" AND h.flows > 0", ""), sites)]

    def stock_lots(self, sites: Collection[int]) -> Iterable[tuple[int, int]]:
        """See :class:`foodtrace.graph.rows.Rows`."""
        pairs = self._ever_at(sites)
        rows = self._rows_of({lot for _, lot in pairs})
        there = {(row[2], row[1]) for row in rows if not row[12] & UNNAMED} | {(row[3], row[1]) for row in rows if row[0] in _TWO_SIDED}
        return [pair for pair in pairs if pair in there]

    def _ever_at(self, sites: Collection[int]) -> list[tuple[int, int]]:
        return self._s.each("SELECT DISTINCT h.site, h.lot FROM {ids} CROSS JOIN holding AS h WHERE h.site = f.value", sites)

    def keepers(self, sites: Collection[int]) -> set[int]:
        """See :class:`foodtrace.graph.rows.Rows`."""
        asked = sorted(set(sites))
        first = [(site, lot) for site, lot in self._s.each(_FIRST_OWN, asked) if lot is not None]
        kept = set(self._by_goods(first, self._kept))
        # The others kept none, or showed it first of another lot, or what showed it was corrected since: something of it is left today.
        left = [site for site in asked if site not in kept]
        touched = {site for site, _ in first} - kept | {row[0] for sql in (_NEWEST, _EMPTIED) for row in self._s.each(sql, left)}
        return kept | set(self._by_goods(self._ever_at(touched), self._kept, oldest=True))

    def _kept(self, lots: list[int]) -> list[Row]:
        return [(lot, site, 1) for lot, site, *_ in self._stood(self._s.each(_KEPT, lots, (self._until,)), 2, 3)]

    def _at(self, site: int) -> Iterable[Row]:
        """Iterate over the flows at a site, its lots by portions: whoever has seen enough reads no further."""
        lots = sorted({lot for _, lot in self._ever_at([site])})
        for first in range(0, len(lots), _PORTION):
            yield from self._there(site, lots[first : first + _PORTION])

    def _there(self, site: int, lots: Collection[int]) -> list[Row]:
        return self._stood(self._s.each(_AT, lots, (site, self._until)), 8, ENDED)

    def speaking(self, lots: Collection[int]) -> list[Row]:
        """See :class:`foodtrace.graph.rows.Rows`."""
        return self._stood((row for row in self._s.each(_SPOKEN, lots) if self.seen(row[1], row[2])), 1, 3)

    def _acting(self, sql: str, lots: Collection[int], kind: int) -> list[Row]:
        rows = self._s.each(sql.replace(" AND a.ended = 0", ""), lots, (kind,))
        return [row for row in self._stood(rows, 1, 4) if row[4] == 0]

    # -- what lots and sites are -------------------------------------------------------------------------------------------

    def _word_rows(self, lots: Collection[int]) -> list[Row]:
        return [row[:WORD_LENGTH] for row in self._placed_rows(lots)]

    def _placed_rows(self, lots: Collection[int]) -> list[Row]:
        return self._stood(self._s.each(_WORDS, lots, (self._until,)), 9, 12)

    def _described(self, products: Collection[str] | None) -> list[int]:
        params = (self._until,)
        rows = self._s.rows(_ALL_DESCRIBED, params) if products is None else self._s.each(_DESCRIBED, products, params)
        return list(dict.fromkeys(row[0] for row in self._stood(rows, 1, 2)))

    def _nondescript(self) -> list[int]:
        described = set(self._described(None))
        return [row[0] for row in self._s.rows(_NAMED) if row[0] not in described]

    def _with_goods(self, names: Collection[int]) -> set[int]:
        return {row[1] for row in self._rows_of(names) if row[ENDED] == 0}

    def _site_rows(self, sites: Collection[int]) -> list[Row]:
        rows = self._s.each(_SITES, sites, (self._until,))
        told: dict[int, list[Row]] = {}
        for row in rows:
            mine = told.setdefault(row[0], [])
            if row[GIVEN] is not None and self._ended(row[-1], row[8]) == 0:
                mine.append(row[:SITE_LENGTH])
        texts = {row[0]: row[1] for row in rows}
        nothing = (None,) * (SITE_LENGTH - GIVEN)
        return [row for site, mine in told.items() for row in mine or [(site, texts[site], *nothing)]]

    def _last_entries(self, sites: Collection[int]) -> dict[int, int]:
        """Return when each site recorded its last entry by then."""
        last: dict[int, int] = {}
        later: dict[int, set[int]] = {}
        for site, log, recorded in self._s.each(_NEWEST, sites):
            if recorded <= self._until:
                last[site] = max(recorded, last.get(site, recorded))
            else:
                later.setdefault(log, set()).add(site)
        for log, wanted in later.items():
            found = self._read_back(log, wanted)
            found |= self._newest(wanted - found.keys(), log)
            for site, recorded in found.items():
                last[site] = max(recorded, last.get(site, recorded))
        return last

    def _newest(self, sites: Collection[int], log: int) -> dict[int, int]:
        """Return when a log last told of the newest goods that each site had by then: older goods are not read as well."""
        return self._by_goods(
            self._s.each(_LOTS_BY, sites, (log,)), lambda lots: self._s.each(_NEWEST_GOODS, lots, (log, self._until, self._size(log)))
        )

    def _by_goods(
        self, pairs: Iterable[tuple[int, int]], told: Callable[[list[int]], Iterable[Row]], *, oldest: bool = False
    ) -> dict[int, int]:
        """Return the most that is told of the goods of each site, its newest lots first, by portions: of what was told no more is read.

        A lot that many of the sites had is read once for all of them.

        :param pairs: (site, lot). :param told: what rows say of some lots: (lot, site, figure). :param oldest: its oldest lots first.
        """
        found: dict[int, int] = {}
        waiting: dict[int, list[int]] = {}
        for site, lot in pairs:
            waiting.setdefault(site, []).append(lot)
        for lots in waiting.values():
            lots.sort(reverse=oldest)  # the first is taken from the end
        while waiting:
            asked = {site: set(lots[-_PORTION:]) for site, lots in waiting.items()}
            for lot, site, figure in told(sorted(set().union(*asked.values()))):
                if lot in asked.get(site, ()):
                    found[site] = max(figure, found.get(site, figure))
            waiting = {site: lots[:-_PORTION] for site, lots in waiting.items() if site not in found and len(lots) > _PORTION}
        return found

    def _read_back(self, log: int, sites: Collection[int]) -> dict[int, int]:
        """Return when sites wrote last, of those that did so among the last entries that a log had."""
        end = self._size(log)
        rows = self._s.rows("SELECT bytes FROM entry WHERE log = ? AND seq >= ? AND seq < ? ORDER BY seq", (log, max(end - _BACK, 0), end))
        texts = self.texts(sites)
        names = {texts[site]: site for site in sites}
        found: dict[int, int] = {}
        for (data,) in rows:
            event = _decoder.decode(bytes(data)).event
            if event.site in names and event.type not in _BY_OTHERS:
                found[names[event.site]] = parse(bytes(data)).recorded
        return found

    # -- corrections, and how far the logs had come -------------------------------------------------------------------------

    def _cross_of(self, entries: Collection[tuple[int, int]]) -> dict[tuple[int, int], list[tuple[int, int, bool, int]]]:
        found = {entry: [each for each in claims if self.seen(each[1], each[3])] for entry, claims in super()._cross_of(entries).items()}
        return {entry: claims for entry, claims in found.items() if claims}

    def heads(self) -> list[LogHead]:
        """See :class:`foodtrace.graph.reader.SqlFacts`."""
        return [each if each.time <= self._until else self._then(each) for each in super().heads()]

    def _then(self, head: LogHead) -> LogHead:
        size = self._size(head.log)
        row: Sequence[Any] | None = self._s.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (head.log, size - 1))
        return head._replace(size=size, time=0 if row is None else parse(bytes(row[0])).recorded, verified=min(head.verified, size))
